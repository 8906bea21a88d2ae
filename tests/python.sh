#!/usr/bin/env bash
# Builds the Python package into a virtual environment of the build folder and runs its tests, beside
# pycocotools, SciPy and scikit-learn where they can be had. Ends on a line that counts them.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
bash examples/packages.sh python || exit 1
folder=$PWD/build/python
python=$folder/venv/bin/python
mkdir -p "$folder"
[ -x "$python" ] || /usr/bin/env python3 -m venv "$folder/venv" || exit 1

# fetched PACKAGE...: whether they are there; only wheels, so that nothing of theirs is compiled.
fetched() {
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "$@"
}
if ! fetched cmake ninja nanobind scikit-build-core numpy pytest; then
  echo "!! the registry of Python packages is out of reach: the Python package is NEITHER BUILT NOR TESTED"
  echo "python: 0 passed, 0 failed, 1 skipped"
  exit 0
fi
for peer in pycocotools scipy scikit-learn; do
  fetched "$peer" || echo "!! no $peer: the tests beside it are SKIPPED"
done

launcher=()
command -v ccache >/dev/null &&
  launcher=(--config-settings=cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache)
PATH=$folder/venv/bin:$PATH "$python" -m pip install --quiet --disable-pip-version-check \
  --no-build-isolation --no-deps --force-reinstall --config-settings=build-dir="$folder/build" \
  --config-settings=cmake.define.S2D_WARNINGS_AS_ERRORS=ON "${launcher[@]}" ./adapters/python ||
  exit 1

results=$folder/results.xml
rm -f "$results"
"$python" -m pytest -q -p no:cacheprovider -W ignore::DeprecationWarning --junitxml="$results" adapters/python/tests
status=$?
"$python" - "$results" <<'END' || exit 1
import sys
from xml.etree import ElementTree
suite = ElementTree.parse(sys.argv[1]).getroot().find("testsuite").attrib
failed = int(suite["failures"]) + int(suite["errors"])
skipped = int(suite["skipped"])
print(f"python: {int(suite['tests']) - failed - skipped} passed, {failed} failed, {skipped} skipped")
END
exit "$status"
