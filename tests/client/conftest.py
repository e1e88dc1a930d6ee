from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crmwidget import Handlers
from crmwidget.testing import Connector
from tests.client.known import CONTACTS, CRM_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def connector(handlers: Handlers) -> Iterator[Connector]:
    with Connector(handlers, crm_data=CRM_DATA, directory=CONTACTS, region="US") as connector:
        yield connector


@pytest.fixture
def bare(handlers: Handlers) -> Iterator[Connector]:
    """Nothing but handlers answers."""
    with Connector(handlers) as connector:
        yield connector
