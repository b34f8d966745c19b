"""Streams composed from parts such as Say and Call, in the events of a provider.

`parts` are the values, `compose` makes an interaction of them. Each dialect has a module with the
events for each part. Nothing here does I/O or reads a clock: ids, times and cuts come from a seed,
so that the same call gives the same bytes.
"""
