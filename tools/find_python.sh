#!/bin/sh
# Prints the path of a Python of this version (3.12, say) that is on this machine and starts; exits 1
# where there is none. Looks on PATH, among those that uv knows, and among pyenv's.
version=$1
for python in "$(command -v "python$version" || true)" \
    "$(uv python find --no-python-downloads "$version" 2>/dev/null || true)" \
    "$HOME/.pyenv/versions/$version".*/bin/python; do
    if [ -x "$python" ] && "$python" -c 'pass' 2>/dev/null; then
        echo "$python"
        exit 0
    fi
done
exit 1
