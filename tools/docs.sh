#!/bin/sh
# Builds the documentation site into build/docs/site; needs Python 3.11 and the package index.
GROUPS_WANTED="docs"
. "$(dirname "$0")/setup.sh"
exec python -m tools.docs.build "$@"
