"""Changed: which checks, and which of their test files, a change can have touched.

`python -m tests.changed BASE` compares the working tree with BASE and prints a JSON object: by the
name of each check, the test files to run, or null for the whole check. A test file is touched
when the change reaches a module that it imports, directly or through others. Tests that drive the
widget in a browser import it in a kernel, so that they are touched by all that the widget imports.
What is not understood touches everything.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grimp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
KERNEL: Final = ("browser", "notebooks", "systems", "conformance", "hostile")
"""Folders of tests whose pages are answered by the widget."""
PYTHON: Final = ("format", "lint", "layers", "types")
PAGE: Final = ("build", "biome", "tsc", "core", "frames")
"""What a change of the page's own tests touches."""
PLAYED: Final = ("tests/test_channel_both.py",)
"""They run the page's code in node."""
ALWAYS_READ: Final = ("tests/test_docs.py", "tests/test_packaging.py", "tests/test_dev.py")
"""They read the other files of the project as text."""

Plan = dict[str, "set[str] | None"]


def changed_since(base: str) -> list[str]:
    """Paths within the project, new ones included."""
    asked = (["diff", "--name-only", base], ["ls-files", "--others", "--exclude-standard"])
    return sorted({path for words in asked for path in _git(*words)})


def _git(*words: str) -> list[str]:
    command = ["git", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def plan(paths: Iterable[str], checks: Iterable[str]) -> Plan:
    """What to run after a change of these paths; `checks`: the names of all there are."""
    planned: Plan = {}
    names = tuple(checks)
    for path in paths:
        for name, files in _touched(path, names).items():
            known = planned.get(name, set())
            planned[name] = None if known is None or files is None else known | files
    return planned


def _touched(path: str, checks: tuple[str, ...]) -> Plan:
    top, *rest = Path(path).parts
    if path.endswith(".md") or top == "docs":
        return _files(["tests/test_docs.py"])
    if top == "js" and rest[0] in {"src", "test"}:
        names = (*PAGE, *(() if rest[0] == "test" else (*KERNEL, "generated")))
        return {
            **{name: None for name in checks if name in names},
            **_files([*PLAYED, *ALWAYS_READ]),
        }
    if top == "notebooks":
        return {"notebooks": None, **_files(ALWAYS_READ)}
    if top == "benchmarks" and path.endswith(".py"):
        return dict.fromkeys(PYTHON[:2])
    if path.endswith(".py") and top in {"crmwidget", "tests"}:
        return {**dict.fromkeys(PYTHON), **_files([*_reached(_name(path)), *ALWAYS_READ])}
    return dict.fromkeys(checks)


def _files(paths: Iterable[str]) -> Plan:
    """Test files by their check: a folder of its own, or `python`."""
    planned: Plan = {}
    for path in paths:
        folder = Path(path).parts[1]
        name = folder if folder in {*KERNEL, "engines"} else "python"
        known = planned.setdefault(name, set())
        assert known is not None
        known.add(path)
    return planned


# ---------------------------------------------------------------- who imports what


def _name(path: str) -> str:
    return ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("crmwidget")


@cache
def _tests() -> dict[str, Path]:
    return {_name(str(path.relative_to(ROOT))): path for path in (ROOT / "tests").rglob("*.py")}


def _reached(changed: str) -> Iterator[str]:
    """The test files that import a module, through whatever lies between."""
    downstream = {changed}
    if changed in _graph().modules:
        downstream |= _graph().find_downstream_modules(changed)
        downstream |= _graph().find_descendants(changed)
    for name, path in _tests().items():
        if path.name.startswith("test_") and downstream & _needed(name):
            yield str(path.relative_to(ROOT))


@cache
def _needed(test: str) -> frozenset[str]:
    """What a test file imports of the project, and what its helpers and conftests import."""
    found, waiting = {test}, [test, *_conftests(test)]
    while waiting:
        now = waiting.pop()
        found.add(now)
        waiting += _imported(now) - found if now in _tests() else ()
    if test.split(".")[1] in KERNEL:
        found.add("crmwidget")
    return frozenset(found)


def _conftests(test: str) -> Iterator[str]:
    parts = test.split(".")
    for length in range(1, len(parts)):
        name = ".".join([*parts[:length], "conftest"])
        if name in _tests():
            yield name


@cache
def _imported(test: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(_tests()[test].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {_home(node.module, alias.name) for alias in node.names}
    return {name for name in found if name.split(".")[0] in {"crmwidget", "tests", "dev"}}


@cache
def _home(package: str, name: str) -> str:
    """The module that `from package import name` leads to; packages import lazily."""
    if f"{package}.{name}" in _graph().modules or f"{package}.{name}" in _tests():
        return f"{package}.{name}"
    init = ROOT.joinpath(*package.split("."), "__init__.py")
    if package.startswith("crmwidget") and init.exists():
        for node in ast.walk(ast.parse(init.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named = {alias.name for alias in node.names}
                if name in named:
                    return _home(node.module, name)
    return package


if __name__ == "__main__":
    base, *names = sys.argv[1:]
    touched = plan(changed_since(base), names)
    print(json.dumps({n: None if f is None else sorted(f) for n, f in touched.items()}))  # noqa: T201
