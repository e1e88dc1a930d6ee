"""What tests of all folders share: patience, and the order in which workers are given them.

`CRMWIDGET_DURATIONS` names a JSON file that says how long each test took. It is read, so that the
longest start first, and written anew. Without it the `weight` marks decide. Beside it lies a list
of the tests that failed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.slow import SLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

if find_spec("hypothesis"):  # Modin's tests run in an environment of their own, without it
    from hypothesis import HealthCheck, settings

    # How long an example takes says how busy the machine is.
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("patient", patient)
    settings.register_profile("slow", patient, max_examples=20_000)
    settings.load_profile("slow" if SLOW else "patient")


@pytest.fixture
def sigint() -> Iterator[None]:
    """What a shell started in the background ignores SIGINT, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# ---------------------------------------------------------------- the order of tests
USUAL = 5.0
"""Seconds that a test is thought to take of which nothing is known."""
_FILE = os.environ.get("CRMWIDGET_DURATIONS")
_SPENT: dict[str, float] = {}
_FAILED: set[str] = set()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With workers: tests that share a module's fixtures stay together, the longest come first."""
    if not (getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput")):
        return
    known = _known()
    seconds: defaultdict[str, float] = defaultdict(float)
    for item in items:
        seconds[_group(item)] += known.get(item.nodeid, _weight(item))
    items.sort(key=lambda item: (-seconds[_group(item)], _group(item)))
    for item in items:
        digest = hashlib.sha256(_group(item).encode()).hexdigest()[:12]
        item.add_marker(pytest.mark.xdist_group(f"{_MARK[1:]}{digest}"))


_MARK = "@group-"
"""Begins what xdist adds to a test's id: other signs @ are the id's own."""


def _group(item: pytest.Item) -> str:
    """The module where one of its fixtures lives as long as that, else the test itself."""
    found = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
    if any(one.scope == "module" for fixtures in found for one in fixtures):
        return str(item.path)
    return item.nodeid


def _weight(item: pytest.Item) -> float:
    mark = item.get_closest_marker("weight")
    return USUAL if mark is None else float(mark.args[0])


def _known() -> dict[str, float]:
    path = Path(_FILE) if _FILE else None
    return json.loads(path.read_text()) if path and path.exists() else {}


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    nodeid = report.nodeid.partition(_MARK)[0]
    _SPENT[nodeid] = _SPENT.get(nodeid, 0.0) + report.duration
    if report.failed:
        _FAILED.add(nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _FILE and not hasattr(session.config, "workerinput"):
        Path(_FILE).parent.mkdir(parents=True, exist_ok=True)
        Path(_FILE).write_text(json.dumps({**_known(), **_SPENT}, indent=0))
        Path(_FILE).with_suffix(".failed.json").write_text(json.dumps(sorted(_FAILED)))
