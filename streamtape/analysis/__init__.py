"""Analyses of whole recordings: `diff`, `check`, `stats`, `moderate`, `drift`.

The rooms `compare`, `checks` and `metrics` work on events and never see a cassette; here cassettes
are opened, and their interactions passed on as events.
"""
