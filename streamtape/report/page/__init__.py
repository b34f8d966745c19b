"""One self-contained HTML page of recordings: requests, timeline, events, text as it grew."""
