"""Rules over events -> findings."""
