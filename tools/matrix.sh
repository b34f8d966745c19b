#!/bin/sh
# Runs the test suite on every Python that we promise: each in an environment of its own.
# VERSIONS="3.12 3.13" chooses some. A version that is not on this machine is skipped, and said so.
# Arguments go to pytest.
#
# `sh tools/matrix.sh --quick`, which continuous integration runs, takes the tests that need no
# server, no process and no clock: they give the same result on every machine.
set -eu
cd "$(dirname "$0")/.."
quick=""
if [ "${1:-}" = --quick ]; then
    quick=1
    shift
fi

quick_tests() { # of one version: VERSION PYTHON ARGUMENTS...
    venv=.venv-$1-quick
    uv=.venv/bin/uv
    [ -x "$uv" ] || (GROUPS_WANTED="" && . tools/setup.sh)
    rm -rf "$venv"
    "$uv" venv --quiet --python "$2" "$venv"
    shift 2
    "$uv" pip install --quiet --python "$venv/bin/python" --editable . pytest hypothesis httpx2
    env -u PYTHONDONTWRITEBYTECODE STREAMTAPE_FEW_EXAMPLES=1 \
        "$venv/bin/python" -m pytest -q -p no:cacheprovider \
        tests/framing/test_sse.py tests/framing/test_sse_runs.py tests/framing/test_select.py \
        tests/tape/test_kinds.py tests/tape/test_redact.py tests/tape/test_structs.py \
        tests/tape/test_recovery.py tests/dialects/test_payload.py tests/dialects/test_calls.py \
        tests/checks/test_relations.py tests/compare/test_texts.py tests/compare/test_levels.py \
        tests/compare/test_json_diff.py tests/playback/test_steps.py tests/playback/test_faults.py \
        tests/playback/test_breaking.py tests/session/test_match.py tests/session/test_miss.py \
        tests/session/test_modes.py tests/transport/test_sessions.py tests/cli/test_ls.py "$@"
}

for version in ${VERSIONS:-3.11 3.12 3.13 3.14}; do
    python=$(sh tools/find_python.sh "$version" || true)
    if [ -z "$python" ]; then
        echo "== Python $version: not on this machine, skipped"
        continue
    fi
    echo "== Python $version: $python"
    if [ -n "$quick" ]; then
        quick_tests "$version" "$python" "$@"
    else
        PYTHON=$python VENV=.venv-$version sh tools/test.sh "$@"
    fi
done
