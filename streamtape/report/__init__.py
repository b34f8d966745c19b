"""Comparisons, checks and recordings -> terminal text, JSON, Markdown, HTML."""
