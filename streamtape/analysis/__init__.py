"""What joins recordings and the rooms that judge them: `diff`, `check`, `stats`, `moderate`.

Those rooms see events and never a cassette; here cassettes are opened and their interactions handed
down as what those rooms know.
"""
