#!/bin/sh
# Measures what the tests of the inner rooms (those that open no socket) reach of these rooms, and
# holds it against the floors of tools/coverage_floor.py. So does continuous integration. Other tests
# to measure are given as arguments, and no floor is held then: `sh tools/coverage.sh tests`.
#
# Measuring makes Python three times as slow, and the whole suite drives browsers, servers and
# hundreds of interpreters, whose code counts elsewhere: it would take longer than all the rest of
# continuous integration. So properties get fewer examples here (tests/conftest.py), always the same
# ones, and recorded streams of elsewhere are left out.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
GROUPS_WANTED="${GROUPS_WANTED:-test}"
. tools/setup.sh
unset PYTHONDONTWRITEBYTECODE
rm -rf build/coverage
mkdir -p build/coverage
COVERAGE_FILE=$root/build/coverage/data
COVERAGE_RUN=1
STREAMTAPE_SHARED=$root/build/coverage/no-shared
export COVERAGE_FILE COVERAGE_RUN STREAMTAPE_SHARED
tests=$*
# shellcheck disable=SC2046,SC2086  # one argument a folder
python -m coverage run -m pytest -q -n "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" \
    --dist loadgroup -p no:cacheprovider ${tests:-$(python tools/coverage_floor.py --tests)}
python -m coverage combine --quiet build/coverage
python -m coverage json --quiet -o build/coverage.json
if [ -n "$tests" ]; then
    exec python -m coverage report --skip-covered
fi
exec python tools/coverage_floor.py build/coverage.json
