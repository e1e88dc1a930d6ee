"""A client in memory: dialling, and its end."""

from __future__ import annotations

import dataclasses
import enum
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from crmwidget import Contact, HistoryItem
from crmwidget.directory import Match, Matches
from crmwidget.errors import (
    AnswerError,
    ClickToDialDisabled,
    DirectoryError,
    PhoneClosedError,
)
from crmwidget.handlers.replies import plain
from crmwidget.testing import (
    Connector,
    click_to_dial,
    interaction_log,
    ready,
    screen_pop,
)

if TYPE_CHECKING:
    from crmwidget import Handlers


def test_dialling_needs_the_connectors_leave(connector: Connector) -> None:
    with pytest.raises(ClickToDialDisabled, match="requestEnableClickToDial"):
        connector.dial("+12025550143")

    connector.send(click_to_dial())
    connector.dial("+12025550143")

    data = connector.received[-1].data
    assert data["onClickToDialResponse"] == {
        "number": "+12025550143",
        "objectType": "End User",
        "recordId": "C-1",
        "recordName": "Bo Larsen",
        "email": "bo@example.com",
        "url": "",
    }
    assert data["pageInfo"] == data["onClickToDialResponse"]

    connector.send(click_to_dial(enabled=False))
    with pytest.raises(ClickToDialDisabled):
        connector.dial("+12025550143")


def test_a_record_can_be_given_with_the_number(connector: Connector) -> None:
    connector.send(click_to_dial())

    connector.dial(
        "4021", {"id": 5, "name": "Front desk", "url": "https://crm.example.com/5", "type": "Desk"}
    )

    assert connector.received[-1].data["onClickToDialResponse"] == {
        "number": "4021",
        "objectType": "Desk",
        "recordId": 5,
        "recordName": "Front desk",
        "email": None,
        "url": "https://crm.example.com/5",
    }


def test_what_is_no_number_is_not_dialled(connector: Connector) -> None:
    connector.send(click_to_dial())

    with pytest.raises(ValueError, match="as text"):
        connector.dial(12025550143)  # type: ignore[arg-type]


def test_a_closed_client_says_so(handlers: Handlers) -> None:
    connector = Connector(handlers)
    connector.close()

    with pytest.raises(PhoneClosedError, match="make a new CRMWidget"):
        connector.send(ready())


@dataclasses.dataclass
class Person:
    id: object
    name: str
    email: str | None = None


UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")
ROW = {"id": "P-2", "name": "Jon Ames", "email": None, "type": "Lead"}
BLANK = pd.DataFrame([{**ROW, "id": "P-1"}, {**ROW, "email": float("nan")}])
ROWS: dict[str, Any] = {
    "a mapping": ROW,
    "a mapping of to_dict": BLANK.to_dict("records")[1],
    "a row of pandas": BLANK.iloc[1],
    "a row of pandas by its label": BLANK.set_index("id", drop=False).loc["P-2"],
    "a row of itertuples": list(BLANK.itertuples(index=False))[1],
    "a frame with one row": BLANK[BLANK["id"] == "P-2"],
    "a row of polars": pl.DataFrame(ROW).row(0, named=True),
    "a frame of polars with one row": pl.DataFrame(ROW),
    "a row of pyarrow": pa.Table.from_pylist([ROW]).to_struct_array()[0],
    "an object": SimpleNamespace(**ROW),
    "a Contact": Contact("P-2", "Jon Ames", email=" ", fields={"type": "Lead"}),
    "a Match": Match(Contact("P-2", "Jon Ames", fields={"type": "Lead"}), "given", "", True),
}


@pytest.mark.parametrize("record", ROWS.values(), ids=ROWS)
def test_a_row_of_any_kind_is_dialled_as_the_same_record(connector: Connector, record: Any) -> None:
    connector.send(click_to_dial())

    connector.dial("+12025550182", record)

    assert connector.received[-1].data["pageInfo"] == {
        "number": "+12025550182",
        "objectType": "Lead",
        "recordId": "P-2",
        "recordName": "Jon Ames",
        "email": None,
        "url": "",
    }
    assert connector.received[-1].data["crmEmails"] == ""


@pytest.mark.parametrize(
    ("own", "sent"),
    [
        (UUID, str(UUID)),
        (Decimal(5), "5"),
        (5.0, 5),
        (pd.NA, ""),
        (pd.NaT, ""),
        (float("nan"), ""),
        (2**60, str(2**60)),
        (pd.Series([7])[0], 7),
    ],
)
def test_the_id_of_a_dialled_record_is_text_or_a_number_that_a_page_can_hold(
    connector: Connector, own: object, sent: object
) -> None:
    connector.send(click_to_dial())

    connector.dial("4021", Person(own, "Jon Ames"))

    data = connector.received[-1].data
    assert data["pageInfo"]["recordId"] == data["clickToDialLogDetails"]["id"] == sent


def test_the_columns_of_an_export_are_recognised_in_a_dialled_row(connector: Connector) -> None:
    row = pd.Series(
        {"Record ID": 7, "First Name": "Jon", "Last Name": "Ames", "Email": "j@a.example"}
    )
    connector.send(click_to_dial())

    connector.dial("4021", row)

    page = connector.received[-1].data["pageInfo"]
    assert (page["recordId"], page["recordName"], page["email"]) == (7, "Jon Ames", "j@a.example")


def test_of_several_matches_the_certain_one_is_dialled_and_else_nobody(
    connector: Connector,
) -> None:
    both = Matches([Match(Contact(n, f"Ida {n}"), "given", "", certain=True) for n in (1, 2)])
    connector.send(click_to_dial())

    connector.dial("4021", both)

    assert connector.received[-1].data["pageInfo"]["recordName"] == "4021"


def test_several_records_and_what_is_no_record_are_not_dialled(connector: Connector) -> None:
    connector.send(click_to_dial())

    with pytest.raises(ValueError, match=r"one record, and these are 2: .*frame\.iloc\[0\]"):
        connector.dial("4021", BLANK)
    with pytest.raises(DirectoryError, match="is no contact"):
        connector.dial("4021", "C-1")


# ---------------------------------------------------------------- values on the wire
class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (pd.NaT, None),
        (pd.NA, None),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("1.50"), "1.50"),
        (Decimal("NaN"), None),
        (UUID, str(UUID)),
        (Colour.RED, "red"),
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (pd.Timestamp("2026-01-02 03:04:05"), "2026-01-02T03:04:05"),
        (pd.Timedelta("90s"), "0:01:30"),
        (pd.Series({"due": pd.NaT, "amount": 1.5}), {"due": None, "amount": 1.5}),
        (pa.scalar([1, None]), [1, None]),
        (pl.Series(["a", None]), ["a", None]),
        (Person(UUID, "Jon"), {"id": str(UUID), "name": "Jon", "email": None}),
        ({"a": [pd.NaT, {"b": pd.NA}], 1: {2}}, {"a": [None, {"b": None}], "1": [2]}),
    ],
    ids=repr,
)
def test_every_value_of_a_dataframe_has_one_form_on_the_wire(value: object, sent: object) -> None:
    assert plain(value, "createHistoryItem") == sent


@pytest.mark.parametrize("value", [object(), b"\xff", {"a": object()}], ids=["it", "bytes", "in"])
def test_what_has_no_form_on_the_wire_is_refused(value: object) -> None:
    with pytest.raises(AnswerError, match="createHistoryItem"):
        plain(value, "createHistoryItem")


def test_a_saved_logs_fields_may_be_a_row_and_its_id_a_uuid(
    handlers: Handlers, connector: Connector
) -> None:
    row = pd.Series({"due": pd.NaT, "amount": float("nan"), "fee": Decimal("1.50")})
    handlers.on_save_log(lambda log: HistoryItem(UUID, row))  # type: ignore[arg-type]

    connector.send(interaction_log())

    data = connector.received[-1].data
    assert data["taskId"] == str(UUID)
    assert data["data"]["logParameters"] == {"due": None, "amount": None, "fee": "1.50"}


def test_a_dataclass_is_a_contact_of_a_screen_pop_and_shown_without_what_is_absent(
    handlers: Handlers, connector: Connector
) -> None:
    found = Contact(UUID, "Jon Ames", url=float("nan"), fields={"due": pd.NaT, "fee": 1.5})  # type: ignore[arg-type]
    shown: list[Any] = []
    connector._client.panel._show = lambda what, data, _: shown.append((what, data))
    handlers.on_screen_pop(lambda pop: [Person(UUID, "Iva Roth"), found])

    connector.send(screen_pop("+12025550182"))

    (card,) = [data for what, data in shown if what == "record"]
    first, second = (match["contact"] for match in card["matches"])
    assert (first["id"], first["name"]) == (str(UUID), "Iva Roth")
    assert (second["url"], second["fields"]) == (None, {"fee": "1.5"})
