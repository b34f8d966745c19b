#!/bin/sh
# Sets everything up in .venv and runs the test suite; further arguments go to pytest.
# WHEEL=1 tests the built wheel, as a user installs it: the tests are laid out in build/stage,
# without the package's source beside them. So does continuous integration.
GROUPS_WANTED="${GROUPS_WANTED:-test}"
. "$(dirname "$0")/setup.sh"
if [ -n "${WHEEL:-}" ]; then
    root=$PWD
    stage=$root/build/stage
    rm -rf "$stage" build/wheel
    mkdir -p "$stage"
    "$venv/bin/uv" build --quiet --wheel --out-dir build/wheel
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --reinstall --no-deps build/wheel/*.whl
    git ls-files -z | grep -zv '^streamtape/' | xargs -0 cp --parents -t "$stage"
    for folder in tests/interop/node tests/stores/node tools/page; do
        [ ! -d "$folder/node_modules" ] || ln -s "$root/$folder/node_modules" "$stage/$folder/"
    done
    STREAMTAPE_WHEEL=$(ls "$root"/build/wheel/*.whl)
    export STREAMTAPE_WHEEL
    export STREAMTAPE_SHARED="${STREAMTAPE_SHARED:-$root/../shared}"
    cd "$stage"
    python -c 'import streamtape, sys; sys.exit("site-packages" not in streamtape.__file__)'
fi
# The tests start hundreds of interpreters: each would compile anew all that it imports.
unset PYTHONDONTWRITEBYTECODE
# One worker more than there are processors: some tests wait for browsers and other processes.
workers=$(($(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1))
exec python -m pytest -n "$workers" --dist loadgroup "$@"
