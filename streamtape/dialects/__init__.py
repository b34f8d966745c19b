"""Events read from frames, by tables of what is known about each provider."""
