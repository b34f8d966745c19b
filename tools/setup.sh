# Sourced by the other scripts: makes the virtual environment .venv and installs the project in it.
# Needs Python 3.11 or newer and nothing else; PYTHON=/path/to/python chooses another one, VENV=dir
# another place. Usage: GROUPS_WANTED="test lint" . tools/setup.sh
set -eu
[ -f pyproject.toml ] || cd "$(dirname "$0")/.."
venv=${VENV:-.venv}
if [ ! -x "$venv/bin/python" ]; then
    for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$python" -m venv "$venv"
            break
        fi
    done
    [ -x "$venv/bin/python" ] || { echo "streamtape needs Python 3.11 or newer" >&2; exit 2; }
fi
# uv resolves the SDKs that the tests drive in seconds where pip takes minutes.
[ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
set -- "$@"
groups=""
for group in ${GROUPS_WANTED:-}; do groups="$groups --group $group"; done
# shellcheck disable=SC2086  # one option a group
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --editable . $groups
PATH="$PWD/$venv/bin:$PATH"
export PATH
