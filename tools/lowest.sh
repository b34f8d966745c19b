#!/bin/sh
# Tests the lowest versions that pyproject.toml declares, in an environment of its own (.venv-lowest),
# with tests that reach each of them. Further arguments go to pytest.
#
# `sh tools/lowest.sh --quick`, which continuous integration runs, imports every module and runs the
# tests that need no server, no process and no clock: they give the same result on every machine.
#
# Only what we declare is at its lowest; what that depends on is its own choice. The clients that the
# tests drive are current, and raise one of them: httpx2 needs a newer anyio than we do. One test is
# left out: the client of websockets 13.1 breaks off at a text that is not UTF-8, and sends no 1007.
set -eu
cd "$(dirname "$0")/.."
quick=""
if [ "${1:-}" = --quick ]; then
    quick=1
    shift
fi
VENV=.venv-lowest
rm -rf "$VENV"
if [ -n "$quick" ] && [ -x .venv/bin/uv ]; then
    uv=.venv/bin/uv
    "$uv" venv --quiet --python .venv/bin/python "$VENV"
    PATH="$PWD/$VENV/bin:$PATH"
    export PATH
else
    GROUPS_WANTED=""
    . tools/setup.sh
    uv=$VENV/bin/uv
fi
mkdir -p build
install() { "$uv" pip install --quiet --python "$VENV/bin/python" "$@"; }
install --upgrade --resolution lowest-direct \
    --editable ".[brotli,cluster,migrate,play,plot,stores,tables,yaml]"
"$uv" pip freeze --quiet --python "$VENV/bin/python" --exclude-editable >build/lowest-all.txt
grep -Ev '^(anyio|h11)==' build/lowest-all.txt >build/lowest.txt
clients="aiohttp asciinema jsonschema openai pydantic pyte requests trio uvloop wsproto"
[ -z "$quick" ] || clients=""
# shellcheck disable=SC2086  # a list of packages
install --constraint build/lowest.txt pip pytest pytest-xdist hypothesis httpx2 $clients
python -m pip list --format freeze | grep -iE '^(anyio|click|duckdb|httpx|msgspec|rich|websockets)='
unset PYTHONDONTWRITEBYTECODE
if [ -n "$quick" ]; then
    python tools/import_all.py aiohttp syrupy
    export STREAMTAPE_FEW_EXAMPLES=1
    exec python -m pytest -q -p no:cacheprovider tests/tape/test_kinds.py tests/tape/test_redact.py \
        tests/tape/test_extras.py tests/tape/test_structs.py tests/tape/test_recovery.py \
        tests/compare/test_texts.py tests/compare/test_levels.py tests/session/test_match.py \
        tests/session/test_miss.py tests/session/test_bodies.py tests/editing/test_command.py \
        tests/report/test_show.py tests/report/test_differences.py tests/convert/migrate \
        tests/transport/test_sessions.py tests/cli/test_ls.py tests/tabular/test_rows.py \
        tests/tabular/test_export.py \
        tests/report/test_plots.py::test_streams_without_times_are_left_out "$@"
fi
exec python -m pytest -q -n auto --dist loadgroup -p no:cacheprovider \
    tests/tape/test_codec.py tests/tape/test_store.py tests/tape/test_finders.py \
    tests/compare/test_align.py tests/cli/test_show.py tests/cli/test_diff.py tests/cli/test_play.py \
    tests/cli/test_migrate.py tests/tabular tests/cluster tests/report/test_plots.py \
    tests/transport/test_transports.py tests/server/test_wire.py tests/server/test_headers.py \
    tests/server/test_websocket_replay.py \
    --deselect 'tests/server/test_websocket_replay.py::test_faults[utf8@event=1-got6-1007]' "$@"
