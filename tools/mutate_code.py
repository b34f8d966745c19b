"""Change the product in small ways, and see whether a test notices: which lines are not tested.

    python tools/mutate_code.py playback/steps playback/pacing --mutants 500 --minutes 10 --seed 1

Names are modules or folders of `streamtape`. mutmut (https://mutmut.readthedocs.io) makes the
mutants: one comparison, number, operator, text, argument, default or assigned value is changed. For
each it runs the tests that call the changed function, and stops at the first that fails. The tests
are those in the mirror folder and those elsewhere that import one of the modules; `--tests` names
others. Everything happens in a copy of the checkout in a temporary folder.

A mutant that survives is printed with its location and its change. Either a test is missing, or it
cannot fail, or the change makes no difference. `--messages` changes the texts of errors, too. The
exit status is 1 if a mutant survived.

mutmut comes with `pip install --group mutate`; Windows has no fork, which mutmut needs.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
PACKAGE = "streamtape"
STATUS = {0: "survived", 1: "killed", 3: "killed", 5: "no test", 33: "no test", None: "not run"}
MESSAGES = [r"\braise\b", r"Error\(", r"\bwarn\("]  # whole statements that begin on such a line
CONFIG = """
[tool.mutmut]
source_paths = ["{package}"]
only_mutate = {modules}
do_not_mutate_patterns = {patterns}
also_copy = {copied}
pytest_add_cli_args = ["-n0", "-p", "no:randomly", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
"""
# mutmut makes all mutants anew, and runs all tests once more, before it runs any mutant. The call
# before has done both.
AGAIN = """
from types import SimpleNamespace
from mutmut import __main__ as mutmut
made = SimpleNamespace(mutated=0, ignored=0, unmodified=0)
new_runner = mutmut.get_mutant_runner
def runner(*arguments):
    new = new_runner(*arguments)
    new.run_clean_tests = lambda tests: 0
    return new
mutmut.copy_src_dir = mutmut.copy_also_copy_files = lambda: None
mutmut.create_mutants = lambda jobs: made
mutmut.collect_or_load_stats = lambda runner, **how: mutmut.load_stats()
mutmut.get_mutant_runner = runner
mutmut.cli()
"""


def modules_named(names: list[str]) -> list[str]:
    """The paths of the modules that `names` name, from the checkout's root."""
    paths: list[str] = []
    for name in names:
        base = REPO / PACKAGE / name.removeprefix(f"{PACKAGE}/").removesuffix(".py")
        found = [base.with_suffix(".py")] if base.with_suffix(".py").is_file() else []
        found = found or sorted(base.rglob("*.py"))
        if not found:
            raise SystemExit(f"mutate_code: no module or folder {name!r} in {PACKAGE}/")
        paths += [str(path.relative_to(REPO)) for path in found]
    return paths


def tests_of(modules: list[str]) -> list[str]:
    """The tests that belong to modules: their mirror folders, and files that import one of them."""
    chosen = {f"tests/{Path(module).parts[1]}" for module in modules}
    chosen = {folder for folder in chosen if (REPO / folder).is_dir()}
    dotted = [re.escape(module.removesuffix(".py").replace("/", ".")) for module in modules]
    imports = re.compile(rf"\b({'|'.join(dotted)})\b")
    for path in sorted((REPO / "tests").rglob("test_*.py")):
        name = str(path.relative_to(REPO))
        if "node_modules" in path.parts or any(name.startswith(f"{at}/") for at in chosen):
            continue
        if imports.search(path.read_text("utf-8")):
            chosen.add(name)
    return sorted(chosen)


def copy_checkout(to: Path) -> list[str]:
    """Copy what git tracks or would track, as it is now; the names at its root."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=REPO, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (REPO / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, to / name)
    return sorted(path.name for path in to.iterdir())


def mutmut(where: Path, *arguments: str, minutes: float | None = None) -> str:
    """Run mutmut in the copy; its last output, whether it came to an end or was ended.

    With `minutes`, for so long: the mutants are made, and it is known which tests call what.
    """
    environment = os.environ | {"STREAMTAPE_SHARED": str(shared())}
    how = ["-m", "mutmut"] if minutes is None else ["-c", AGAIN]
    with (where / "mutmut.log").open("w+b") as log:
        process = subprocess.Popen(
            [sys.executable, *how, *arguments], cwd=where, env=environment, stdout=log, stderr=log
        )
        try:
            process.wait(None if minutes is None else minutes * 60)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
        log.seek(0)
        return log.read().decode(errors="replace")[-3000:]


def shared() -> Path:
    """The folder of recorded streams, which the tests find beside the checkout."""
    return Path(os.environ.get("STREAMTAPE_SHARED") or REPO.parent / "shared")


def outcomes(where: Path) -> dict[str, int | None]:
    """The exit status of the tests for each mutant; None where they did not run."""
    found: dict[str, int | None] = {}
    for meta in sorted((where / "mutants" / PACKAGE).rglob("*.py.meta")):
        found |= json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    return found


def change_of(where: Path, mutant: str) -> Iterator[str]:
    """Where a mutant is and what it changes: `file:line`, and the lines taken away and put in."""
    module, _, name = mutant.rpartition(".")
    original = name.rpartition("__mutmut_")[0]
    names = original.removeprefix("x_").removeprefix("xǁ").split("ǁ")
    path = Path(*module.split(".")).with_suffix(".py")
    if not (where / path).is_file():
        path = Path(*module.split(".")) / "__init__.py"
    functions = functions_of(where / "mutants" / path)
    before, after = (
        [line.replace(label, names[-1]) for line in functions[label]]
        for label in (f"{original}__mutmut_orig", name)
    )
    first = first_line(ast.parse((where / path).read_text("utf-8")), names)
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag != "equal":
            yield from (f"{path}:{first + n}: -{before[n]}" for n in range(i, i_end))
            yield from (f"{path}:{first + i}: +{text}" for text in after[j:j_end])


@cache
def functions_of(path: Path) -> dict[str, list[str]]:
    """The lines of each function in a file that mutmut wrote: originals and mutants."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    return {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def first_line(tree: ast.AST, names: list[str]) -> int:
    """The line where a function begins, or a method of a class: `[function]`, `[class, method]`."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
            ):
                if name == names[0]:
                    return node.lineno if len(names) == 1 else first_line(node, names[1:])
    return 1


def main() -> int:
    """Make mutants, run a sample of them, print the survivors and the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="+", help="playback, playback/steps, ...")
    parser.add_argument("--tests", action="append", help="tests to run, instead of those found")
    parser.add_argument("--mutants", type=int, default=500, help="a sample of that many at most")
    parser.add_argument("--minutes", type=float, default=10, help="stop after that many")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--messages", action="store_true", help="change texts of errors, too")
    given = parser.parse_args()
    modules = modules_named(given.modules)
    tests = given.tests or tests_of(modules)
    print(f"mutating {', '.join(modules)}\nwith {' '.join(tests)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutate-code-") as folder:
        where = Path(folder)
        copied = copy_checkout(where)
        patterns = [] if given.messages else MESSAGES
        values = {"modules": modules, "patterns": patterns, "copied": copied, "tests": tests}
        values = {name: json.dumps(value) for name, value in values.items()}
        with (where / "pyproject.toml").open("a", encoding="utf-8") as config:
            config.write(CONFIG.format(package=PACKAGE, **values))
        # A name that is no mutant's makes them all, learns which tests call what, and runs none.
        output = mutmut(where, "run", "none")
        everyone = sorted(outcomes(where))
        if "nothing matches" not in output or not everyone:
            raise SystemExit(f"mutate_code: mutmut made no mutants:\n{output}")
        sample = random.Random(given.seed).sample(everyone, min(given.mutants, len(everyone)))
        jobs = ("--max-children", str(given.jobs))
        output = mutmut(where, "run", *jobs, *sample, minutes=given.minutes)
        ended = {mutant: outcomes(where)[mutant] for mutant in sorted(sample)}
        if set(ended.values()) == {None}:
            raise SystemExit(f"mutate_code: no mutant was run in {given.minutes:g} min:\n{output}")
        alive = [mutant for mutant, code in ended.items() if code in (0, 5, 33)]
        for mutant in alive:
            print(f"\n{STATUS[ended[mutant]]}: {mutant}")
            print("\n".join(change_of(where, mutant)), flush=True)
        counts = Counter(STATUS.get(code, "killed by time or a crash") for code in ended.values())
        text = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
        print(f"\n{len(everyone)} mutants, a sample of {len(sample)}: {text}")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
