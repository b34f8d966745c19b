"""Which version of the cassette format a recording needs. Pure.

What each version can say is in `record_types`; FORMAT.md says what each one added.
"""

from __future__ import annotations

from streamtape.tape.container import OLDEST_VERSION, VERSION
from streamtape.tape.model import Interaction


def version_for(interactions: tuple[Interaction, ...]) -> int:
    """The oldest version that can say all that is in these interactions.

    Older readers go on reading what they can understand, and a file that is written again without
    a change stays the same.
    """
    return VERSION if any(one.is_dialogue for one in interactions) else OLDEST_VERSION
