#!/bin/sh
# Builds what a release uploads, into dist/, and proves it: the wheel is the same byte for byte when it
# is built twice, its metadata passes twine, the sdist builds the same wheel, both install into fresh
# environments of every Python at hand and run the tour, and the SBOM lists what the wheel brings along.
# Nothing is uploaded. Needs git and the package index.
set -eu
cd "$(dirname "$0")/.."
GROUPS_WANTED=release
. tools/setup.sh
# Times inside of archives are those of the commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
rm -rf dist build/release
mkdir -p build/release
python -m build --outdir dist . >build/release/build.log
python -m build --wheel --outdir build/release/again . >>build/release/build.log
for wheel in dist/*.whl; do cmp "$wheel" "build/release/again/${wheel##*/}"; done
mkdir build/release/sdist
tar -xzf dist/*.tar.gz -C build/release/sdist --strip-components=1
python -m build --wheel --outdir build/release/from-sdist build/release/sdist >>build/release/build.log
for wheel in dist/*.whl; do cmp "$wheel" "build/release/from-sdist/${wheel##*/}"; done
twine check --strict dist/*
echo "the wheel is reproducible: $(sha256sum dist/*.whl | cut -d' ' -f1)"

for version in 3.11 3.12 3.13 3.14; do
    python=$(sh tools/find_python.sh "$version") || {
        echo "== Python $version: not on this machine, skipped"
        continue
    }
    for package in dist/*.whl dist/*.tar.gz; do
        env=build/release/env-$version
        uv venv --quiet --clear --python "$python" "$env"
        uv pip install --quiet --python "$env/bin/python" "$package"
        (cd build/release && "../../$env/bin/streamtape" demo >"demo-$version.txt")
        echo "== Python $version: ${package##*.} installs, and streamtape demo passes"
    done
    uv pip check --quiet --python "$env/bin/python"
    last=$env
done
(cd build/release && uvx --quiet --from ../../dist/*.whl streamtape demo >demo-uvx.txt)
echo "== uvx --from the wheel streamtape demo passes"
cyclonedx-py environment "$last/bin/python" --output-reproducible --of JSON -o dist/streamtape.cdx.json
echo "dist/:" && ls dist
