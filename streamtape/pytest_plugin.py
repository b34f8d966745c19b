"""The pytest plugin: the `tape` fixture and the `streamtape` marker.

Pytest imports this module in every run, so it imports nothing heavy before a test asks for it.
"""

from __future__ import annotations
