"""dev.py: what it skips, what it says when something cannot be had, and how it reports checks."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import tomllib
from functools import partial
from itertools import chain
from pathlib import Path

import pytest

import dev
from tests import changed

ROOT = Path(dev.__file__).parent


def script(path: Path, text: str) -> Path:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# ------------------------------------------------------------------- skipping


def test_work_is_done_once_for_a_state_and_again_for_another(tmp_path: Path) -> None:
    done: list[str] = []
    for state in ("a", "a", "b", "b", "a"):
        dev.once(tmp_path / "stamps" / "x", state, "Working", partial(done.append, state))

    assert done == ["a", "b", "a"]


def test_failed_work_is_done_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stamp = tmp_path / "stamp"
    dev.once(stamp, "good", "Working", lambda: None)

    def fail() -> None:
        raise dev.Failure("no")

    with pytest.raises(dev.Failure):
        dev.once(stamp, "bad", "Working", fail)

    assert not stamp.exists()
    assert capsys.readouterr().out.endswith("Working ... failed\n")


def test_contents_names_and_words_all_change_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")

    digests = [dev.digest([one]), dev.digest([two]), dev.digest([one, two]), dev.digest([one], "w")]
    one.write_text("y")
    digests.append(dev.digest([one]))

    assert len(set(digests)) == len(digests)
    assert dev.digest([one, two]) == dev.digest([two, one])


def test_editors_leave_nothing_that_makes_the_build_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "js" / "src" / "widget.ts"
    source.parent.mkdir(parents=True)
    source.write_text("1")
    for name in ("build.mjs", "package.json", "package-lock.json"):
        (tmp_path / "js" / name).write_text("")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "JS", tmp_path / "js")
    before = dev.static_state()

    (source.parent / ".widget.ts").touch()
    (source.parent / "widget.ts~").touch()

    assert dev.static_state() == before
    source.write_text("2")
    assert dev.static_state() != before


# ------------------------------------------------------------------ lock files


@pytest.mark.parametrize("file", [dev.REQUIREMENTS, dev.MORE_REQUIREMENTS], ids=["dev", "all"])
def test_every_requirement_has_hashes_and_none_an_address(file: Path) -> None:
    text = file.read_text()
    blocks = re.split(r"\n(?=\S)", text.strip())

    assert len(blocks) > 50
    assert all(re.match(r"[\w.-]+==\S+ .*--hash=sha256:", block, re.DOTALL) for block in blocks)
    assert "://" not in text
    assert "--index" not in text


def test_the_requirements_cover_everything_that_pyproject_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    files = (dev.REQUIREMENTS, dev.MORE_REQUIREMENTS)
    pinned = {
        name
        for file in files
        for name in re.findall(r"^([\w.-]+)==", file.read_text(), re.MULTILINE)
    }

    wanted = {re.match(r"[\w.-]+", requirement)[0] for requirement in named} - {"crmwidget"}

    assert wanted <= pinned


def test_the_javascript_lock_has_hashes_no_address_and_what_package_json_asks_for() -> None:
    lock = json.loads((dev.JS / "package-lock.json").read_text())["packages"]
    root = lock.pop("")

    assert (
        root["devDependencies"]
        == json.loads((dev.JS / "package.json").read_text())["devDependencies"]
    )
    assert all("integrity" in package for package in lock.values())
    assert not any("resolved" in package for package in lock.values())


def test_a_pin_is_taken_with_all_its_hashes() -> None:
    lines = dev.pinned("uv").splitlines()

    assert lines[0].startswith("uv==")
    assert len(lines) > 2
    assert all(line.strip().startswith("--hash=") for line in lines[1:])


def test_a_missing_pin_is_said() -> None:
    with pytest.raises(dev.Failure, match=r"does not pin nonsense\. Take the committed one"):
        dev.pinned("nonsense")


# -------------------------------------------------------------------- nothing there


def test_dev_needs_the_standard_library_only() -> None:
    tree = ast.parse(Path(dev.__file__).read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported <= sys.stdlib_module_names


def test_an_expected_failure_is_one_sentence_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-I", dev.__file__, "test", "nonsense"],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"dev\.py: No check is called nonsense\. There are: .*\.\n", done.stderr)


def test_children_find_the_systems_programs_where_path_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    environment = dev.environment()

    assert environment["PATH"].split(":")[0] == str(dev.VENV / "bin")
    assert {"/usr/sbin", "/usr/bin", "/bin"} <= set(environment["PATH"].split(":"))
    assert "" not in environment["PATH"].split(":")
    assert "PYTHONPATH" not in environment
    assert "PYTHONDONTWRITEBYTECODE" not in environment


def test_a_failed_command_leaves_its_output_in_the_failure(tmp_path: Path) -> None:
    failing = script(tmp_path / "failing", "echo out; echo err >&2; exit 3")

    with pytest.raises(dev.Failure, match="it broke") as raised:
        dev.run([str(failing)], "it broke")

    assert raised.value.output == "out\nerr\n"


def test_a_missing_program_is_a_failure_too() -> None:
    with pytest.raises(dev.Failure, match="remedy") as raised:
        dev.run("no-such-program --version", "remedy")

    assert raised.value.output == "no-such-program: No such file or directory\n"


class Machine:
    """A machine on which commands are noted, and modules are there or not."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[str] = []
        self.modules: set[str] = set()
        self.user = 1000
        monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
        monkeypatch.setattr(dev, "has", lambda module: module in self.modules)
        monkeypatch.setattr(dev, "run", self.run)
        monkeypatch.setattr(dev.os, "geteuid", lambda: self.user)

    def run(self, command: str | list[str], _sentence: str, **_options: object) -> str:
        words = command if isinstance(command, str) else " ".join(map(str, command))
        self.commands.append(words)
        if "python3-venv" in words:
            self.modules.add("ensurepip")
        return ""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_ensurepip_makes_the_environment_where_it_is_there(machine: Machine) -> None:
    machine.modules = {"ensurepip", "pip"}

    dev.make_venv()

    assert [command.split(" -m ")[1] for command in machine.commands] == [f"venv {dev.VENV}"]


def test_the_systems_pip_makes_up_for_a_missing_ensurepip(machine: Machine) -> None:
    machine.modules = {"pip"}

    dev.make_venv()

    made, filled = machine.commands
    assert made.endswith(f"-m venv --without-pip {dev.VENV}")
    assert "-m pip install --target" in filled
    assert "--require-hashes" in filled


def test_root_on_debian_gets_the_missing_package(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.user = 0
    monkeypatch.setattr(dev.sys, "executable", "/usr/bin/python3.99")
    monkeypatch.setattr(dev.Path, "exists", lambda _self: True)

    dev.make_venv()

    assert machine.commands == [
        "apt-get update",
        "apt-get install -y --no-install-recommends python3-venv",
        f"/usr/bin/python3.99 -m venv {dev.VENV}",
    ]


@pytest.mark.parametrize(
    ("python", "remedy"),
    [
        ("/opt/python", r"a Python from python\.org"),
        ("/usr/bin/python3.99", "apt-get install python3-venv, as root"),
    ],
)
def test_neither_ensurepip_nor_pip_is_said_with_the_remedy(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, python: str, remedy: str
) -> None:
    monkeypatch.setattr(dev.sys, "executable", python)
    monkeypatch.setattr(dev.Path, "exists", lambda _self: True)

    with pytest.raises(dev.Failure, match=f"has neither ensurepip nor pip. The remedy: {remedy}"):
        dev.make_venv()

    assert machine.commands == []


def test_pip_installs_where_uv_reaches_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []

    def run(command: str, sentence: str) -> str:
        commands.append(command)
        if command.startswith("uv "):
            raise dev.Failure(sentence)
        return ""

    monkeypatch.setattr(dev, "run", run)

    dev.install_packages()

    assert [command.split()[0] for command in commands] == ["uv", "python"]
    assert all("--require-hashes -r requirements.txt" in command for command in commands)


# --------------------------------------------------------------------- browser


def test_a_wrong_chromium_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/no/chromium")

    with pytest.raises(dev.Failure, match="CHROMIUM is /no/chromium, which is no program"):
        dev.set_up_browser()


def test_the_first_browser_that_runs_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = script(tmp_path / "chromium-browser", "echo install the snap; exit 1")
    real = script(tmp_path / "chrome", "echo Chromium 1")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(dev, "browsers", lambda: iter(["/no/browser", str(advice), str(real)]))

    dev.set_up_browser()

    assert dev.os.environ["CHROMIUM"] == str(real)


def test_no_browser_and_no_way_to_one_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(dev, "find_browser", lambda: None)

    with pytest.raises(dev.Failure, match=r"no Chromium here\. Install one, or set CHROMIUM"):
        dev.set_up_browser()

    assert machine.commands == ["python -m playwright install chromium"]


# ---------------------------------------------------------------------- checks


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = script(tmp_path / "good", "echo one; echo '===== 3 passed in 0.10s ====='; echo later")
    bad = script(tmp_path / "bad", "echo first; echo 'FAILED tests/test_a.py::b - c'; exit 1")
    fakes = (
        dev.Check("good", (str(good),)),
        dev.Check("long", (str(good),), budget=50),
        dev.Check("bad", (str(bad), str(good))),
        dev.Check("slow", (str(good),), budget=-1),
        dev.Check("servers", (str(good),), servers=True),
    )
    monkeypatch.setattr(dev, "CHECKS", fakes)
    monkeypatch.setattr(dev, "set_up", lambda: None)
    monkeypatch.setattr(dev, "set_up_servers", lambda: None)
    monkeypatch.setattr(dev, "DURATIONS", tmp_path)


run_checks = partial(dev.test, everything=False, base=None, slow=False)


@pytest.mark.usefixtures("checks")
def test_a_good_check_is_announced_and_then_one_line_and_pytests_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_checks(["good"]) == 0

    begun, first, closing, summary = capsys.readouterr().out.splitlines()
    assert begun == "        good ..."
    assert re.fullmatch(r"ok +good +\d+\.\d s", first)
    assert closing == "===== 3 passed in 0.10s ====="
    assert summary == "1 passed, 0 failed"


@pytest.mark.usefixtures("checks")
def test_a_failing_check_shows_all_it_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_checks(["bad", "long"]) == 1

    out = capsys.readouterr().out
    assert re.search(r"^FAILED +bad .*\nfirst\nFAILED tests.*\none\n", out, re.MULTILINE)
    last = "Failed: bad\nFAILED tests/test_a.py::b - c\n1 passed, 1 failed\n"
    assert out.endswith(last)


FAILS_ONCE = """
[ -e {0} ] && echo '===== 1 passed in 0.10s =====' && exit
touch {0}; echo 'FAILED tests/test_a.py::b - c'; exit 1
"""


@pytest.mark.usefixtures("checks")
def test_what_fails_beside_others_is_run_again_alone_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    once = script(tmp_path / "once", FAILS_ONCE.format(tmp_path / "mark"))
    fakes = (*dev.CHECKS, dev.Check("once", (str(once),)))
    monkeypatch.setattr(dev, "CHECKS", fakes)

    assert run_checks(["once", "good"]) == 0

    out = capsys.readouterr().out
    assert re.search(r"^ok +once .* once more, alone", out, re.MULTILINE)
    assert out.endswith(
        "Passed only when run again alone: once\nFAILED tests/test_a.py::b - c\n"
        "2 passed, 1 of them only when run again, 0 failed\n"
    )


@pytest.mark.usefixtures("checks")
@pytest.mark.parametrize("lines", ["", "FAILED tests/test_a.py::b - c\n" * 4], ids=["none", "many"])
def test_no_test_that_failed_or_many_are_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lines: str
) -> None:
    broken = script(tmp_path / "broken", f"echo '{lines}'; exit 1")
    monkeypatch.setattr(dev, "CHECKS", (*dev.CHECKS, dev.Check("broken", (str(broken),))))

    assert run_checks(["broken", "good"]) == 1

    assert "once more" not in capsys.readouterr().out


def test_workers_list_the_tests_that_failed_by_their_own_ids(tmp_path: Path) -> None:
    test = """
    import pytest
    @pytest.mark.parametrize("whom", ["a@x y", "b"])
    def test_it(whom): assert whom == "b"
    """
    (tmp_path / "conftest.py").write_text("from tests.conftest import *")
    (tmp_path / "test_a.py").write_text(textwrap.dedent(test))
    durations = tmp_path / "found.json"
    variables = {"PYTHONPATH": str(ROOT), "CRMWIDGET_DURATIONS": str(durations)}

    found = subprocess.run(
        [sys.executable, "-m", "pytest", *dev.WORKERS.split(), "-q"],
        cwd=tmp_path,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 1, found.stdout + found.stderr
    failed = json.loads(durations.with_suffix(".failed.json").read_text())
    assert failed == ["test_a.py::test_it[a@x y]"]
    assert set(json.loads(durations.read_text())) == {*failed, "test_a.py::test_it[b]"}


@pytest.mark.usefixtures("checks")
def test_a_check_over_its_budget_says_so_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_checks(["slow"]) == 0

    out = capsys.readouterr().out
    assert re.search(r"^ok +slow +\d+\.\d s   over its budget of -1 s$", out, re.MULTILINE)


@pytest.mark.usefixtures("checks")
def test_the_longest_check_starts_first(capsys: pytest.CaptureFixture[str]) -> None:
    run_checks([])

    begun = re.findall(r"^ {8}(\w+) \.\.\.$", capsys.readouterr().out, re.MULTILINE)
    assert begun == ["long", "good", "bad", "slow"]


def test_no_more_run_at_once_than_have_a_lane() -> None:
    living, most, together = 0, 0, threading.Barrier(dev.LANES, timeout=60)
    lock = threading.Lock()

    def work(check: dev.Check) -> dev.Result:
        nonlocal living, most
        with lock:
            living += check.lanes
            most = max(most, living)
        if check.lanes < dev.LANES:
            together.wait()  # proves that they run side by side
        with lock:
            living -= check.lanes
        return dev.Result(check.name, passed=True)

    checks = [
        dev.Check("alone", ("",), lanes=dev.LANES, budget=9),
        *(dev.Check(f"one of {dev.LANES}, {n}", ("",)) for n in range(dev.LANES)),
    ]

    results = dev.side_by_side(checks, work)

    assert sorted(result.check for result in results) == sorted(check.name for check in checks)
    assert most == dev.LANES


@pytest.mark.usefixtures("checks")
def test_what_needs_servers_is_left_out_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    run_checks([])
    plain = capsys.readouterr().out
    dev.test([], everything=True, base=None, slow=False)
    everything = capsys.readouterr().out

    assert "Left out: servers (python3 dev.py test --all)." in plain
    assert plain.endswith("3 passed, 1 failed\n")
    assert "Left out" not in everything
    assert everything.endswith("4 passed, 1 failed\n")


def test_the_slowest_tests_are_told_from_the_files_of_the_checks_that_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "DURATIONS", tmp_path)
    (tmp_path / "one.json").write_text(json.dumps({f"a{n}": n for n in range(20)}))
    (tmp_path / "two.json").write_text(json.dumps({"b": 12.34}))
    (tmp_path / "left-out.json").write_text(json.dumps({"c": 99}))

    lines = dev.slowest([dev.Check("one", ("",)), dev.Check("two", ("",)), dev.Check("3", ("",))])

    assert lines[:2] == ["  19.0 s  a19", "  18.0 s  a18"]
    assert "  12.3 s  b" in lines
    assert len(lines) == dev.SLOWEST


def test_only_the_chosen_files_of_a_check_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = []
    monkeypatch.setattr(dev, "DURATIONS", tmp_path)
    monkeypatch.setattr(dev, "run", lambda command, *_, **more: commands.append(command) or "")
    check = next(check for check in dev.CHECKS if check.name == "python")

    dev.perform(check, ["tests/test_address.py"])

    (command,) = commands
    assert " ".join(command) == f"{dev.PYTEST} {dev.WORKERS} tests/test_address.py"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_what_it_started_and_says_so(
    tmp_path: Path, number: signal.Signals
) -> None:
    started = tmp_path / "started"
    child = f"import os, pathlib, time; os.mkfifo({str(tmp_path / 'pipe')!r}); "
    child += f"pathlib.Path({str(started)!r}).touch(); open({str(tmp_path / 'pipe')!r})"
    code = f"import dev, signal, sys; signal.signal({number.value}, dev.end_by_signal); "
    code += f"dev.run([sys.executable, '-c', {child!r}], 'failed')"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    while not started.exists():
        assert process.poll() is None

    process.send_signal(number)
    out = process.communicate(timeout=120)[0]

    assert out == "\nInterrupted: ending what runs ...\n"
    assert process.returncode == 128 + number
    with pytest.raises(OSError, match="No such device"):  # nobody has the pipe open any more
        os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)


def test_the_closing_lines_of_vitest_are_known() -> None:
    output = " Test Files  1 passed (1)\n      Tests  2 failed | 5 passed (7)\n   Duration  2s\n"

    assert dev.CLOSING.findall(output) == ["      Tests  2 failed | 5 passed (7)"]


def test_the_tests_that_failed_are_found_in_what_pytest_and_vitest_print() -> None:
    output = """
 |frames (chromium)| test/browser/a.test.ts (2 tests | 1 failed) 3ms
⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯
 FAIL  |frames (chromium)| test/browser/a.test.ts > it goes on
AssertionError: expected 1 to be 2
⎯⎯⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯⎯⎯
Vitest caught 1 unhandled error during the test run.
FAILED tests/test_a.py::test_b[c] - assert 1 == 2
ERROR tests/test_a.py::test_d - fixture 'e' not found
"""

    assert dev.FAILING.findall(output) == [
        """ FAIL  |frames (chromium)| test/browser/a.test.ts > it goes on
AssertionError: expected 1 to be 2""",
        "⎯⎯⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯⎯⎯\nVitest caught 1 unhandled error during the test run.",
        "FAILED tests/test_a.py::test_b[c] - assert 1 == 2",
        "ERROR tests/test_a.py::test_d - fixture 'e' not found",
    ]


def test_a_folder_of_tests_belongs_to_exactly_one_check() -> None:
    commands = [command for check in dev.CHECKS for command in check.commands]

    for path in dev.FOLDERS.values():
        naming = [command for command in commands if f"pytest {path}" in command]
        assert len(naming) == (dev.ROOT / path).is_dir()
        assert any(f"--ignore={path}" in command for command in commands)


# ------------------------------------------------------------ what a change can have touched
NAMES = [check.name for check in dev.CHECKS]


@pytest.mark.parametrize(
    ("path", "runs", "spares"),
    [
        ("crmwidget/adapters/_tryton.py", "systems", "browser"),
        ("crmwidget/client/_client.py", "browser", "core"),
        ("crmwidget/phones/_plain.py", "engines", "tsc"),
        ("js/src/softphone/frame.ts", "hostile", "engines"),
        ("js/test/core/guard.test.ts", "core", "browser"),
        ("tests/browser/lab.py", "notebooks", "engines"),
        ("notebooks/quickstart.ipynb", "notebooks", "browser"),
    ],
)
def test_a_change_runs_the_checks_that_it_can_have_touched(
    path: str, runs: str, spares: str
) -> None:
    touched = changed.plan([path], NAMES)

    assert runs in touched
    assert spares not in touched


def test_a_change_runs_the_test_files_that_import_it_through_whatever_lies_between() -> None:
    python = changed.plan(["crmwidget/phones/_plain.py"], NAMES)["python"]

    assert {"tests/test_phones.py", "tests/test_directory_find.py", "tests/test_dev.py"} <= python
    assert "tests/test_workers.py" not in python


def test_a_name_that_a_package_loads_late_leads_to_its_module() -> None:
    assert changed._home("crmwidget.adapters", "Tryton") == "crmwidget.adapters._tryton"
    assert changed._home("crmwidget", "Directory") == "crmwidget.directory"


@pytest.mark.parametrize("path", ["pyproject.toml", "tests/vectors/wire.json", "unheard.of"])
def test_what_is_not_understood_touches_everything(path: str) -> None:
    assert changed.plan([path], NAMES) == dict.fromkeys(NAMES)


def test_the_prose_touches_its_own_tests_only() -> None:
    assert changed.plan(["README.md", "docs/panel.md"], NAMES) == {"python": {"tests/test_docs.py"}}
