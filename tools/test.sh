#!/bin/sh
# Sets everything up in .venv and runs the test suite; further arguments go to pytest.
GROUPS_WANTED="test"
. "$(dirname "$0")/setup.sh"
exec python -m pytest -n auto --dist loadgroup "$@"
