"""Faults of providers, gateways and local servers as public bug reports describe them.

Each is a mutation: it makes of a whole, good answer what the report saw, or says that it cannot
(there is no tool call in it, for one). `python -m tools.corpus.reported --api responses` counts how
many of them `streamtape.check` finds. The mutations were written from the reports alone, without a
look at the rules, and rules are to be written without a look at the mutations: from misses by kind.
"""
