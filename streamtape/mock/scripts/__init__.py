"""What the embedded endpoint says: one generator of (type, payload) pairs for each script.

Scripts are pure: ids, obfuscation and the cuts between deltas come from a seed. `play_responses`
adds what the Responses dialect wants around a script: the opening, sequence numbers, the end.
"""
