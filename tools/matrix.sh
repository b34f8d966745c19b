#!/bin/sh
# Runs the test suite on every Python that we promise: each in an environment of its own.
# VERSIONS="3.12 3.13" chooses some. A version that is not on this machine is skipped, and said so.
# Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
for version in ${VERSIONS:-3.11 3.12 3.13 3.14}; do
    python=$(sh tools/find_python.sh "$version" || true)
    if [ -z "$python" ]; then
        echo "== Python $version: not on this machine, skipped"
        continue
    fi
    echo "== Python $version: $python"
    PYTHON=$python VENV=.venv-$version sh tools/test.sh "$@"
done
