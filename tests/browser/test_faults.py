"""Nothing is lost, handled twice or out of order, whatever breaks while records flow.

In the slow mode each fault comes 20 times (or CRMWIDGET_FAULTS times), with 1,000 records each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.browser.conftest import OPENED
from tests.browser.faults import FAULTS, Fault, Scene, ServerRestarted
from tests.browser.road import Restartable
from tests.slow import count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.browser.lab import Server
    from tests.browser.peer import Site

ROUNDS: Final = count("CRMWIDGET_FAULTS", 1, 20)
RECORDS: Final = 1_000 if ROUNDS > 1 else 300


@pytest.fixture
def scene(  # noqa: PLR0917 - pytest gives them by name
    request: pytest.FixtureRequest,
    fault: type[Fault],
    context: BrowserContext,
    server: Server,
    site: Site,
    tmp_path: Path,
) -> Iterator[Scene]:
    own = Restartable() if fault is ServerRestarted else None
    name = f"{fault.__name__}-{tmp_path.name}.ipynb"
    try:
        scene = Scene(context, own or server, site, tmp_path, name)
        request.node.stash[OPENED] = [scene.notebook]
        yield scene
        scene.close()
    finally:
        if own:
            own.close()


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_no_record_is_lost_handled_twice_or_out_of_order(
    scene: Scene, fault: type[Fault], number: int
) -> None:
    broken = fault()
    scene.stream(2 * RECORDS // 3)
    scene.until_seen(RECORDS // 3)

    broken.strike(scene)
    scene.stream(RECORDS)  # whatever the machine's pace, there are records that meet the fault
    broken.mend(scene)
    account = scene.accounted()

    print(f"{fault.__name__}: {account}")  # noqa: T201 - the figures, with -rP
    found = account.lost, account.twice, account.reordered
    assert found == (set(), set(), 0), account.order
    assert (account.failed, account.kept) == (0, 0)
    assert account.keys == len(account.lines)
    assert broken.kills or account.interrupted == set()
    broken.check(account)
    if account.interrupted:
        scene.notebook.execute("phone.journal.retry()")
        scene.notebook.until(lambda: not scene.interrupted(), "a journal that is empty again")
        again = scene.lines()[len(account.lines) :]
        assert {number for number, _, _ in again} == account.interrupted
