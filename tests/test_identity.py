"""Whose phone it is: one session through restarts and renames, and never another's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget.client.journal import _sessions
from crmwidget.client.journal._sessions import FORGOTTEN, Identity, place_of
from crmwidget.notebook import _identity as identity
from crmwidget.notebook._identity import here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SESSION = """
import json, sys
from types import SimpleNamespace
kernel = sys.argv[1]
if kernel != "none":  # what ipykernel's application says of itself
    application = SimpleNamespace(connection_file=f"/run/kernel-{kernel}.json")
    shell = SimpleNamespace(kernel=SimpleNamespace(parent=application))
    sys.modules["IPython"] = SimpleNamespace(get_ipython=lambda: shell)
from crmwidget.notebook._identity import here
found = here()
print(json.dumps([found.key, found.place]), flush=True)
sys.stdin.read()
"""


class Sessions:
    """Processes that ask who they are; each lives until it is killed."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._living: list[subprocess.Popen[str]] = []

    def start(self, place: str | None, kernel: str = "none", *, folder: str = "") -> str:
        """The key of a kernel that starts for this notebook."""
        environment = {k: v for k, v in os.environ.items() if k != "JPY_SESSION_NAME"}
        environment["XDG_STATE_HOME"] = str(self._state)
        if place is not None:
            environment["JPY_SESSION_NAME"] = place
        where = self._state / folder
        where.mkdir(exist_ok=True, parents=True)
        process = subprocess.Popen(
            [sys.executable, "-c", SESSION, kernel],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": os.getcwd()},  # noqa: PTH109 - as in a shell
            cwd=where,
        )
        self._living.append(process)
        assert process.stdout is not None
        key, said = json.loads(process.stdout.readline())
        assert said == (place or str(where))
        return str(key)

    def kill(self) -> None:
        """All of them, at once."""
        for process in self._living:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        self._living.clear()


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    made = Sessions(tmp_path)
    yield made
    made.kill()


def test_a_notebook_that_is_renamed_is_found_by_its_kernel_and_after_that_by_its_name(
    sessions: Sessions,
) -> None:
    first = sessions.start("a.ipynb", "K1")
    sessions.kill()
    assert sessions.start("b.ipynb", "K1") == first  # renamed, and its kernel restarted
    sessions.kill()
    assert sessions.start("b.ipynb", "K2") == first  # shut down, and opened again
    sessions.kill()
    assert sessions.start("a.ipynb", "K3") != first  # a new notebook of the old name


def test_a_copy_and_a_notebook_that_took_the_name_of_an_open_one_are_others(
    sessions: Sessions,
) -> None:
    first = sessions.start("a.ipynb", "K1")  # renamed while its kernel lives, which nobody is told
    assert sessions.start("a-Copy1.ipynb", "K2") != first
    other = sessions.start("a.ipynb", "K3")
    assert other != first
    sessions.kill()
    assert sessions.start("b.ipynb", "K1") == first
    assert sessions.start("a.ipynb", "K3") == other


def test_what_has_no_name_of_its_own_is_its_folder_s(sessions: Sessions) -> None:
    first = sessions.start(None, "K1", folder="one")
    assert sessions.start(None, "K2", folder="one") == first
    assert sessions.start(None, folder="one") == first
    assert sessions.start(None, folder="two") != first


def test_many_that_start_at_once_agree(sessions: Sessions) -> None:
    keys = {sessions.start(None, folder="one") for _ in range(5)}

    assert len(keys) == 1


# ---------------------------------------------------------------- in this process
@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(identity, "_found", {})
    return tmp_path / "crmwidget"


def test_the_answer_of_a_process_stays_the_same(fresh: Path) -> None:
    first = here()
    (fresh / "sessions.sqlite").unlink()

    assert here() == first


def test_a_register_that_cannot_be_had_leaves_a_key_that_the_place_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first = here()
    identity._found.clear()

    assert here() == first
    assert place_of(first.key) is None


def test_a_register_that_is_none_is_left_alone(fresh: Path) -> None:
    fresh.mkdir()
    (fresh / "sessions.sqlite").write_bytes(b"something else entirely" * 100)

    assert here().key

    assert (fresh / "sessions.sqlite").read_bytes().startswith(b"something else")


def test_a_session_that_has_not_come_back_for_long_is_forgotten(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = here()
    assert place_of(first.key) == first.place
    later = time.time() + FORGOTTEN + 60
    monkeypatch.setattr(_sessions, "time", SimpleNamespace(time=lambda: later))
    identity._found.clear()

    assert here().key != first.key
    assert place_of(first.key) is None


def test_the_notebook_of_an_editor_is_named_by_it(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__vsc_ipynb_file__", "/home/ada/calls.ipynb", raising=False)

    assert here().place == "/home/ada/calls.ipynb"


# ---------------------------------------------------------------- visitors
# What these hosts say of a session is mocked here: their servers are not in this environment.
class NoSessionError(Exception):
    """As hosts do where there is no session."""


def shiny(session: str | None) -> Any:
    current = None if session is None else SimpleNamespace(id=session)
    return SimpleNamespace(session=SimpleNamespace(get_current_session=lambda: current))


def solara(session: str | None) -> Any:
    def get_kernel_id() -> str:
        if session is None:
            raise NoSessionError
        return session

    return SimpleNamespace(get_kernel_id=get_kernel_id)


def panel(session: str | None) -> Any:
    context = None if session is None else SimpleNamespace(id=session)
    return SimpleNamespace(state=SimpleNamespace(curdoc=SimpleNamespace(session_context=context)))


@pytest.mark.parametrize(("name", "host"), [("shiny", shiny), ("solara", solara), ("panel", panel)])
def test_visitors_of_one_process_are_apart_and_nobody_s_successor(
    name: str,
    host: Callable[[str | None], Any],
    fresh: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Identity] = []
    for session in ("one", "two", "one"):
        monkeypatch.setitem(sys.modules, name, host(session))
        seen.append(here())

    one, two, again = seen
    assert one == again
    assert one.key != two.key
    assert {one.place, two.place} == {None}
    monkeypatch.setitem(sys.modules, name, host(None))  # outside of a session
    assert here().place == os.getcwd()  # noqa: PTH109 - as in a shell


@pytest.mark.parametrize("mode", ["run", "edit"])
def test_visitors_of_a_marimo_app_are_apart_and_its_editor_is_a_notebook(
    mode: str, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream:
        pass

    seen: list[Identity] = []
    streams = [Stream(), Stream()]
    monkeypatch.setitem(
        sys.modules,
        "marimo",
        SimpleNamespace(app_meta=lambda: SimpleNamespace(mode=mode)),
    )
    for stream in (*streams, streams[0]):
        context = ModuleType("marimo._runtime.context")
        now = SimpleNamespace(stream=stream, filename="/home/ada/calls.py")
        context.get_context = lambda now=now: now  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "marimo._runtime.context", context)
        seen.append(here())

    one, two, again = seen
    assert one == again
    assert (one == two) is (mode == "edit")
    assert one.place == ("/home/ada/calls.py" if mode == "edit" else None)


def test_each_kernel_of_voila_is_a_visitor(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    monkeypatch.setattr(identity, "_kernel", lambda: "K1")
    one = here()
    monkeypatch.setattr(identity, "_kernel", lambda: "K2")

    assert here().key != one.key
    assert one.place is None
    assert not (fresh / "sessions.sqlite").exists()
