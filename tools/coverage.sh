#!/bin/sh
# Runs the tests, measures what they reach, and holds it against the floors of tools/coverage_floor.py.
# Arguments go to pytest. So does continuous integration, on the built wheel.
set -eu
COVERAGE="${COVERAGE:-$(cd "$(dirname "$0")/.." && pwd)/build/coverage.json}"
export COVERAGE
mkdir -p "$(dirname "$COVERAGE")"
sh "$(dirname "$0")/test.sh" --cov=streamtape --cov-branch --cov-report= \
    --cov-report="json:$COVERAGE" "$@"
exec python3 "$(dirname "$0")/coverage_floor.py" "$COVERAGE"
