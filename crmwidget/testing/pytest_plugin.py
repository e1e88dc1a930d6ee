"""pytest plugin: `connector`, `capture` and the marker `scenario` for tests of handlers.

pytest loads this file in every run of an environment where crmwidget is
installed, so nothing is imported here before a fixture is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crmwidget.testing import Connector
    from crmwidget.testing.replay import Capture

_MARKER = """\
scenario(name_or_path_or_steps): the fixture `connector` works it off before the test; a path is \
read beside the test"""

_NO_PHONE = """\
The fixture `connector` speaks to your fixture `phone`, and there is none. Put into conftest.py:

    @pytest.fixture
    def phone():
        from my_integration import handlers
        return handlers

`phone` may be Handlers, a CRMWidget, or a crmwidget.testing.Connector(handlers, directory=...).
"""


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def connector(request: pytest.FixtureRequest) -> Iterator[Connector]:
    """A connector in memory, speaking to your fixture `phone`: ask, send, run, received.

    What `@pytest.mark.scenario(...)` names it has worked off before the test begins.
    """
    from crmwidget.testing import Connector

    try:
        phone = request.getfixturevalue("phone")
    except pytest.FixtureLookupError as error:
        if error.argname != "phone":
            raise
        pytest.fail(_NO_PHONE, pytrace=False)
    if isinstance(phone, Connector):
        _play(request, phone)
        yield phone
        return
    with Connector(phone) as made:
        _play(request, made)
        yield made


def _play(request: pytest.FixtureRequest, connector: Connector) -> None:
    """Work off the scenarios of the test's markers, the outermost first."""
    from crmwidget.errors import SimulatorError

    for marker in reversed(list(request.node.iter_markers("scenario"))):
        (scenario,) = marker.args
        beside = request.path.parent / scenario if isinstance(scenario, str) else None
        try:
            report = connector.run(beside if beside is not None and beside.is_file() else scenario)
        except SimulatorError as error:  # the mistake is in the marker, not in our code
            pytest.fail(f"@pytest.mark.scenario({scenario!r}): {error}", pytrace=False)
        request.node.add_report_section("setup", "scenario", str(report))
        if not report.passed:
            pytest.fail(str(report), pytrace=False)


@pytest.fixture
def capture(request: pytest.FixtureRequest) -> Callable[[str], Capture]:
    """Loads a capture that lies beside the test.

    `assert not capture("call.jsonl").replay(phone).diff`
    """
    folder = request.path.parent

    def load(path: str) -> Capture:
        from crmwidget.testing.replay import Capture

        return Capture.load(folder / Path(path))

    return load
