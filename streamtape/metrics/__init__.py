"""How fast and how large streams were: measures of one stream, and statistics over many."""
