"""pytest plugin: `connector` and `capture` for tests of handlers.

pytest loads this file in every run of an environment where crmwidget is
installed, so nothing is imported here before a fixture is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crmwidget.capture import Capture
    from crmwidget.testing import Connector

_NO_PHONE = """\
The fixture `connector` speaks to your fixture `phone`, and there is none. Put into conftest.py:

    @pytest.fixture
    def phone():
        from my_integration import handlers
        return handlers

`phone` may be Handlers, a CRMWidget, or a crmwidget.testing.Connector(handlers, directory=...).
"""


@pytest.fixture
def connector(request: pytest.FixtureRequest) -> Iterator[Connector]:
    """A connector in memory, speaking to your fixture `phone`: ask, send, received."""
    from crmwidget.testing import Connector

    try:
        phone = request.getfixturevalue("phone")
    except pytest.FixtureLookupError as error:
        if error.argname != "phone":
            raise
        pytest.fail(_NO_PHONE, pytrace=False)
    if isinstance(phone, Connector):
        yield phone
        return
    with Connector(phone) as made:
        yield made


@pytest.fixture
def capture(request: pytest.FixtureRequest) -> Callable[[str], Capture]:
    """Loads a capture that lies beside the test.

    `assert not capture("call.jsonl").replay(phone).diff`
    """
    folder = request.path.parent

    def load(path: str) -> Capture:
        from crmwidget.capture import Capture

        return Capture.load(folder / Path(path))

    return load
