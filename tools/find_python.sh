#!/bin/sh
# Prints the path of a Python of this version (3.12, say) that is on this machine, starts, and can
# make a virtual environment; exits 1 where there is none. Looks on PATH, among those that uv knows,
# and among pyenv's: what pyenv has on PATH may start nothing, and one that was built without OpenSSL
# or SQLite can't run the tests.
version=$1
uv=uv
[ ! -x .venv/bin/uv ] || uv=.venv/bin/uv
for python in "$(command -v "python$version" || true)" \
    "$("$uv" python find --no-python-downloads "$version" 2>/dev/null || true)" \
    "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
    if [ -x "$python" ] && "$python" -c 'import bz2, ctypes, lzma, sqlite3, ssl, venv, zlib' 2>/dev/null
    then
        echo "$python"
        exit 0
    fi
done
exit 1
