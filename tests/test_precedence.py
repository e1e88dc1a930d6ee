"""Precedence: what an adapter is told before it is asked, and sources that change meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from crmwidget import Handlers
from crmwidget.handlers.resolver import Resolver, adapter_of, source_of
from crmwidget.testing import Connector, screen_pop


class Placed:
    """An adapter that reads national numbers as those of a region."""

    def __init__(self, region: str | None = None) -> None:
        self.region = region

    def with_region(self, region: str) -> Placed:
        return Placed(region)

    def find(self, numbers: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"id": str(self.region), "name": str(self.region), "phone": numbers[0]}]


@pytest.mark.parametrize(("own", "phones", "read_as"), [(None, "GB", "GB"), ("US", "GB", "US")])
def test_an_adapter_without_a_region_reads_numbers_as_the_phone_does(
    own: str | None, phones: str, read_as: str
) -> None:
    given = Placed(own)
    with Connector(Handlers(), crm=given, region=phones) as connector:
        connector.send(screen_pop("020 7946 0018"))

        assert connector.record.name == read_as  # type: ignore[union-attr]
        assert given.region == own


def test_a_crms_address_book_has_the_time_to_come_page_by_page() -> None:
    class Slow:
        def contacts(self) -> list[dict[str, str]]:
            return []

        def find(self, numbers: tuple[str, ...]) -> list[dict[str, str]]:
            return []

    with Connector(Handlers(), crm=Slow()) as connector:
        client = connector._client
        jobs = [client.deliver(a) for a in ("requestGetCrmDirectory", "requestOpenReports")]
        asked = [client.sources.answerer(job.message.action) for job in jobs]
        times = [client.lifecycle.time_for(*pair) for pair in zip(jobs, asked, strict=True)]
        client.timeout = 3.0

        assert times == [60.0, 10.0]
        assert client.lifecycle.time_for(jobs[0], asked[0]) == 3.0


def test_what_was_never_run_against_the_vendor_says_so_where_answers_are_listed() -> None:
    class Untried(Placed):
        tried = "not run against the vendor"

    with Connector(Handlers(), crm=Untried()) as connector:
        said = connector._client.sources.table()["screen_pop"]

    assert said == "crm=Untried.find (not run against the vendor)"


def contacts() -> list[dict[str, str]]:
    return []


class ChangingSources(Resolver):
    """What is given is taken back after the first look at it, as a cell on another thread may."""

    def __init__(self, **sources: Any) -> None:
        super().__init__(Handlers())
        read = {"crm": adapter_of}
        self.given = {name: read.get(name, source_of)(value) for name, value in sources.items()}

    def __getattribute__(self, name: str) -> Any:
        if name in {"crm_data", "directory", "crm"}:
            return super().__getattribute__("given").pop(name, None)
        return super().__getattribute__(name)


class Own:
    def find(self, numbers: object) -> list[object]:
        return []


@pytest.mark.parametrize(
    ("action", "given", "who"),
    [
        ("requestCrmData", {"crm_data": lambda: None}, "crm_data=<lambda>"),
        ("requestGetCrmDirectory", {"directory": contacts}, "directory=contacts"),
        ("requestPerformInteractionScreenPop", {"crm": Own()}, "crm=Own.find"),
    ],
)
def test_what_is_taken_back_while_it_is_looked_for_is_the_old_one_or_the_new_one(
    action: str, given: dict[str, Any], who: str
) -> None:
    found = ChangingSources(**given).answerer(action)

    assert found is not None
    assert found.who == who
    found.ask(screen_pop("+12025550143"))


def test_who_looks_for_a_caller_is_not_taken_back_meanwhile() -> None:
    assert list(ChangingSources(crm=Own()).find("+12025550143")) == []
