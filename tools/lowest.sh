#!/bin/sh
# Tests the lowest versions that pyproject.toml declares, in an environment of its own (.venv-lowest).
# What drives the product, the SDKs and pytest's plugins, stays current. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv-lowest
GROUPS_WANTED=test
. tools/setup.sh
"$venv/bin/uv" pip compile --quiet --resolution lowest-direct --python "$venv/bin/python" \
    --extra brotli --extra cluster --extra migrate --extra play --extra plot --extra tables \
    --extra yaml --no-annotate --no-header \
    pyproject.toml -o build/lowest.txt
# Only the direct ones: what they depend on is theirs to choose.
"$venv/bin/python" - build/lowest.txt <<'PYTHON' >build/lowest-direct.txt
import re, sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
wanted = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
def name(text):
    return re.match(r"[\w.-]+", text)[0].lower().replace("_", "-")
names = {name(text) for text in wanted}
print(*(line for line in open(sys.argv[1]) if line.strip() and name(line) in names), sep="", end="")
PYTHON
cat build/lowest-direct.txt
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" -r build/lowest-direct.txt
exec python -m pytest -n auto --dist loadgroup "$@"
