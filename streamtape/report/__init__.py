"""Output for people: recordings and comparisons as lines, Markdown and JSON. Values in, text out.

A report is made of `lines`: pieces of text with the name of a style. A terminal gets them in
colour, everything else as plain text, which depends on the recording alone.
"""
