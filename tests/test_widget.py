"""The widget as its class promises it, without a browser: traits, names, arguments, imports."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import anywidget
import pandas as pd
import pytest

from crmwidget import CrmData, CRMWidget, Handlers
from crmwidget.errors import CrmDataError, OriginError, SimulatorError
from crmwidget.handlers import HandlerMethods
from crmwidget.testing import Connector, crm_data_request, directory_request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "https://connector.example.com/app/?tenantId=ABCDEF"
CRM_DATA: dict[str, Any] = {
    "callCenterSettings": {},
    "currentUser": {
        "attributes": {"type": "User"},
        "Id": "1",
        "Name": "Ada Marsh",
        "Username": "ada@example.com",
        "LanguageLocaleKey": "en_US",
    },
}
CONTACTS = [{"id": "C-1", "name": "Bo Larsen", "phone": "+12025550143"}]


@pytest.fixture(autouse=True)
def no_journal_of_the_persons_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def phone() -> Iterator[CRMWidget]:
    phone = CRMWidget(URL, crm_data=CRM_DATA)
    yield phone
    phone.close(force=True)


def test_nothing_but_its_identity_is_synced(phone: CRMWidget) -> None:
    synced = set(phone.traits(sync=True)) - set(anywidget.AnyWidget().traits(sync=True))

    assert synced == {"_key", "_id", "_born"}
    assert not {"crm_data", "directory", "record", "last_message"} & set(phone.get_state())


def test_its_state_holds_neither_address_nor_agent(phone: CRMWidget) -> None:
    state = json.dumps({k: v for k, v in phone.get_state().items() if k != "_esm"})

    assert "connector.example.com" not in state
    assert "ABCDEF" not in state
    assert "Ada Marsh" not in state


def test_its_public_names_meet_those_of_anywidget_only_where_they_widen_them() -> None:
    own = {*vars(CRMWidget), *vars(HandlerMethods)}

    met = {name for name in own if not name.startswith("_")} & set(dir(anywidget.AnyWidget))

    assert met == {"open", "close", "observe", "unobserve"}
    assert "on_screen_pop" in own


def test_a_phone_holds_one_private_attribute_beside_the_cell_it_was_made_in(
    phone: CRMWidget,
) -> None:
    own = {name for name in vars(phone) if name not in vars(anywidget.AnyWidget())}

    assert own <= {"_client", "_cell_id"}


@pytest.mark.parametrize(
    ("arguments", "error", "advice"),
    [
        ({"direktory": []}, TypeError, "Did you mean 'directory'?"),
        ({"crmdata": {}}, TypeError, "Did you mean 'crm_data'?"),
        ({"xyz": 1}, TypeError, "There are: origin, crm_data"),
        ({"name": ""}, TypeError, "identifies the phone on the page"),
        ({"allow_origins": "https://a.example"}, TypeError, "allow_origins=['https://...']"),
        ({"crm": object()}, TypeError, "any of the methods current_user, contacts"),
        ({"region": "USA"}, ValueError, "two-letter region"),
        ({"placement": "left"}, ValueError, "one of 'auto', 'cell', 'dock'"),
        ({"timeout": 0}, ValueError, "seconds above 0"),
        ({"silence": True}, ValueError, "seconds above 0"),
        ({"origin": "javascript:alert(1)"}, OriginError, "leave it out to use the simulator"),
        ({"origin": "http://crm.example.com/a"}, OriginError, "Use 'https://crm.example.com/...'"),
        ({"crm_data": {"currentUser": {}}}, CrmDataError, "callCenterSettings"),
    ],
)
def test_a_wrong_argument_is_named_with_the_remedy_and_leaves_no_phone(
    arguments: dict[str, Any], error: type[Exception], advice: str
) -> None:
    from crmwidget.client import living

    before = dict(living)

    with pytest.raises(error) as raised:
        CRMWidget(**{"origin": URL, **arguments})

    assert advice in str(raised.value)
    assert living == before


def test_a_second_widget_of_the_name_is_a_handle_to_the_same_phone(phone: CRMWidget) -> None:
    @phone.on_screen_pop
    def pop(message: object) -> None: ...

    again = CRMWidget(URL, crm_data=CRM_DATA, directory=CONTACTS)

    assert again._client is phone._client
    assert again._key == phone._key
    assert again._id != phone._id
    assert again._born > phone._born
    assert again.answers["screen_pop"] == "your handler pop()"
    assert len(again.directory) == 1
    again.close(force=True)


def test_another_name_is_another_phone(phone: CRMWidget) -> None:
    other = CRMWidget(URL, crm_data=CRM_DATA, name="other")

    assert other._client is not phone._client
    assert other._key != phone._key
    other.close(force=True)


def test_a_closed_phone_is_made_anew(phone: CRMWidget) -> None:
    phone.close(force=True)

    again = CRMWidget(URL, crm_data=CRM_DATA)

    assert phone.status == "lost"
    assert again.status == "not shown"
    assert again._client is not phone._client
    again.close(force=True)


def test_assigned_crm_data_notifies_and_is_the_next_answer(phone: CRMWidget) -> None:
    connector = Connector(phone)
    seen: list[object] = []
    phone.observe(lambda change: seen.append(change["new"]), "crm_data")
    changed = {**CRM_DATA, "currentUser": {**CRM_DATA["currentUser"], "Name": "Bo Larsen"}}

    phone.crm_data = changed
    first = connector.ask(crm_data_request())
    phone.crm_data = changed
    phone.crm_data = CRM_DATA
    second = connector.ask(crm_data_request())

    assert first["currentUser"]["Name"] == "Bo Larsen"
    assert second["currentUser"]["Name"] == "Ada Marsh"
    assert [type(value) for value in seen] == [CrmData] * 3


def test_assigned_contacts_are_the_next_address_book(phone: CRMWidget) -> None:
    connector = Connector(phone)

    phone.directory = pd.DataFrame(CONTACTS)
    some = connector.ask(directory_request())
    phone.directory = None
    none = connector.ask(directory_request())

    assert some["results"] == [
        {"id": "C-1", "name": "Bo Larsen", "phone": "+12025550143", "email": None}
    ]
    assert none == {"count": "0", "results": []}


def test_an_assignment_that_is_no_answer_leaves_the_last_good_one(phone: CRMWidget) -> None:
    connector = Connector(phone)

    with pytest.raises(CrmDataError, match="currentUser"):
        phone.crm_data = {"callCenterSettings": {}}

    assert connector.ask(crm_data_request())["currentUser"]["Name"] == "Ada Marsh"


def test_what_the_connector_changes_cannot_be_assigned(phone: CRMWidget) -> None:
    for name in ("status", "last_message", "record", "candidates", "can_dial"):
        with pytest.raises(Exception, match="read-only"):
            setattr(phone, name, None)


def test_handlers_made_elsewhere_answer_and_can_be_swapped(phone: CRMWidget) -> None:
    handlers = Handlers()
    handlers.on_open_reports(lambda: "https://reports.example.com/")

    CRMWidget(URL, crm_data=CRM_DATA, handlers=handlers)

    assert phone.answers["open_reports"] == "your handler <lambda>()"


def test_a_real_connector_has_no_remote_control(phone: CRMWidget) -> None:
    with pytest.raises(SimulatorError, match="Leave origin out to use the simulator"):
        _ = phone.simulator


HEAVY = ("anywidget", "ipywidgets", "traitlets", "IPython", "jupyter_client", "ipykernel")
FRAMES = ("pandas", "polars", "pyarrow", "duckdb", "narwhals", "numpy")
LATER = ("pydantic", "phonenumbers", "httpx", *FRAMES)


def loaded(statement: str) -> set[str]:
    """Top-level modules that are there after a statement in a fresh interpreter."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(out.stdout)}


def test_importing_the_package_loads_neither_jupyter_nor_a_dataframe_library() -> None:
    assert not loaded("import crmwidget") & {*HEAVY, *LATER}


def test_importing_the_widget_loads_no_model_and_no_dataframe_library() -> None:
    assert not loaded("from crmwidget import CRMWidget") & {*LATER}


def test_a_process_that_made_a_phone_ends_in_silence() -> None:
    code = "from crmwidget import CRMWidget; phone = CRMWidget()"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout + done.stderr == ""
