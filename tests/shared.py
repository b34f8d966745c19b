"""Where the streams lie that were recorded elsewhere: the folder `shared` beside the checkout.

STREAMTAPE_SHARED names another place. Tests that need it are skipped with a reason without it.
"""

import os
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
SHARED = Path(os.environ.get("STREAMTAPE_SHARED") or REPO.parent / "shared")
needs_corpus = pytest.mark.skipif(
    not (SHARED / "corpus" / "core").is_dir(), reason=f"no recorded streams in {SHARED}/corpus"
)
