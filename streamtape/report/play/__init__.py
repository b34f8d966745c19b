"""Playing recordings: their text at a moment, and screens, casts and pictures of it.

`scenes` holds what plays and when, `player` where playing is, `screens` draws one moment as lines,
`frames` all of them. `asciicast`, `animated_svg` and `gif` write frames to files. Nothing here
reads a clock or touches a terminal: the command line does.
"""
