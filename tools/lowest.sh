#!/bin/sh
# Tests the lowest versions that pyproject.toml declares, in an environment of its own (.venv-lowest),
# with tests that reach each of them. Further arguments go to pytest.
#
# Only what we declare is at its lowest; what that depends on is its own choice. The clients that the
# tests drive are current, and raise one of them: httpx2 needs a newer anyio than we do. One test is
# left out: the client of websockets 13.1 breaks off at a text that is not UTF-8, and sends no 1007.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv-lowest
GROUPS_WANTED=""
rm -rf "$VENV"
. tools/setup.sh
mkdir -p build
install() { "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" "$@"; }
install --upgrade --resolution lowest-direct \
    --editable ".[brotli,cluster,migrate,play,plot,stores,tables,yaml]"
"$VENV/bin/uv" pip freeze --python "$VENV/bin/python" --exclude-editable >build/lowest-all.txt
grep -Ev '^(anyio|h11)==' build/lowest-all.txt >build/lowest.txt
install --constraint build/lowest.txt pip pytest pytest-xdist hypothesis aiohttp asciinema httpx2 \
    jsonschema openai pydantic pyte requests trio uvloop wsproto
python -m pip list --format freeze | grep -iE '^(anyio|click|duckdb|httpx|msgspec|rich|websockets)='
unset PYTHONDONTWRITEBYTECODE
exec python -m pytest -q -n auto --dist loadgroup -p no:cacheprovider \
    tests/tape/test_codec.py tests/tape/test_store.py tests/tape/test_finders.py \
    tests/compare/test_align.py tests/cli/test_show.py tests/cli/test_diff.py tests/cli/test_play.py \
    tests/cli/test_migrate.py tests/tabular tests/cluster tests/report/test_plots.py \
    tests/transport/test_transports.py tests/server/test_wire.py tests/server/test_headers.py \
    tests/server/test_websocket_replay.py \
    --deselect 'tests/server/test_websocket_replay.py::test_faults[utf8@event=1-got6-1007]' "$@"
