"""Editing of recordings: texts, arguments and facts change; cuts and times stay."""
