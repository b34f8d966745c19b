#!/bin/sh
# Runs the tests, measures what they reach (children included), and holds it against the floors of
# tools/coverage_floor.py. Arguments go to pytest. So does continuous integration, on the built wheel.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$root/build/coverage"
mkdir -p "$root/build/coverage"
COVERAGE_FILE=$root/build/coverage/data
COVERAGE_RUN=1
export COVERAGE_FILE COVERAGE_RUN
sh "$root/tools/test.sh" "$@"
cd "$root"
PATH="$root/${VENV:-.venv}/bin:$PATH"
python -m coverage combine --quiet build/coverage
python -m coverage json --quiet -o build/coverage.json
exec python tools/coverage_floor.py build/coverage.json
