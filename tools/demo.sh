#!/bin/sh
# Sets everything up in .venv and runs the demo: no key, no network beyond the package index.
GROUPS_WANTED="demo"
. "$(dirname "$0")/setup.sh"
exec streamtape demo "$@"
