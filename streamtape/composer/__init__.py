"""Streams made from what they mean: parts such as Say and Call, put into a provider's own words.

`parts` are the values, `compose` makes an interaction of them. A module a dialect knows the events
in which that provider says each part. Nothing here does I/O or reads a clock: ids, times and cuts
come from a seed, so that the same call gives the same bytes.
"""
