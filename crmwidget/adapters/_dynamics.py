"""Dynamics: contacts and phone calls over the Dataverse Web API.

Not run against the vendor: written from its public documentation and tested
for the shape of every request and for every documented error.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Final

from crmwidget.adapters._base import Adapter, Complaint, Rate, clean, few
from crmwidget.adapters._calls import Call, call_of, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.protocol import CurrentUser, CustomField, InteractionLog

__all__ = ["Dynamics", "literal"]

_API: Final = "/api/data/v9.2"
_NUMBERS: Final = {
    "telephone1": "business",
    "telephone2": "home",
    "mobilephone": "mobile",
}
_COLUMNS: Final = ("contactid", "fullname", "emailaddress1", "jobtitle", *_NUMBERS)
_HEADERS: Final = {
    "OData-MaxVersion": "4.0",
    "OData-Version": "4.0",
    "Accept": "application/json",
    "Content-Type": "application/json; charset=utf-8",
}
_PAGE: Final = {**_HEADERS, "Prefer": "odata.maxpagesize=500"}
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CODE: Final = re.compile(r"0x([0-9a-f]{4})([0-9a-f]{4})")
_LOGS: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "crmwidget.interaction-logs")
"""Where a log's key becomes the id of its record."""
_TEXTS: Final = ("String", "Memo")
_FOUND: Final = 200
_SUBJECT: Final = 200
_BODY: Final = 2_000
_NUMBER: Final = 200
_EXISTS: Final = 412
_COMPLETED: Final = 1
_RECEIVED, _MADE = 4, 2
_CODES: Final[Mapping[str, Any]] = {
    "0x80072322": "rate",
    "0x80072321": "rate",
    "0x80072326": "rate",
    "0x80040217": "not found",
    "0x80040220": "permission",
    "0x80048306": "permission",
}


class Dynamics(Adapter):
    """Dynamics 365, or anything else on Dataverse. Not run against the vendor.

    url: https://yours.crm.dynamics.com. auth: an access token of Entra for this
    address, or what gives one: a function around msal's client, for example.

    A log becomes a phone call, marked as completed: `subject` is the topic,
    `description` the comments and all that has no field (2,000 letters),
    `phonenumber` and `directioncode` the other side. Its id is made from the
    log's key, and Dataverse is told to create it only if it is not there: the
    same log twice is one record. `regardingobjectid` and a party of the call
    are the contact who certainly has the number. Custom fields are the text
    columns that somebody added to the phone call.
    """

    crm: ClassVar[str] = "Dynamics"
    rate: ClassVar[Rate | None] = Rate(1_000, 60.0)
    credentials_advice: ClassVar[str] = (
        "The token has to be issued for this address (scope https://yours.crm.dynamics.com/"
        ".default), and its user or application needs a security role."
    )

    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(url, **more)
        self._known: dict[str, Any] = {}

    def current_user(self) -> CurrentUser:
        """Whose the token is."""
        from crmwidget.protocol import CurrentUser

        call = "read the agent"
        me = self.request("GET", f"{_API}/WhoAmI", call=call, headers=_HEADERS)
        user_id = str(me.get("UserId")) if isinstance(me, dict) else ""
        if not _GUID.fullmatch(user_id):
            raise self.odd(call, "its answer has no UserId")
        row = self.request(
            "GET",
            f"{_API}/systemusers({user_id})",
            call=call,
            params={"$select": "fullname,internalemailaddress,domainname"},
            headers=_HEADERS,
        )
        row = row if isinstance(row, dict) else {}
        username = str(row.get("domainname") or row.get("internalemailaddress") or user_id)
        return CurrentUser(id=user_id, name=str(row.get("fullname") or username), username=username)

    def contacts(self) -> list[Contact]:
        """All active contacts, at most `most`."""
        call = "list contacts"
        pages = self.pages(
            "GET",
            f"{_API}/contacts",
            call=call,
            params={"$select": ",".join(_COLUMNS), "$filter": "statecode eq 0"},
            headers=_PAGE,
            following=_next,
        )
        return self.bounded(
            self._contact(row) for page in pages for row in self.rows(_value(page), call=call)
        )

    def find(self, numbers: Sequence[str]) -> Matches:
        """Who has one of the numbers: as usually written, else with anything between its digits."""
        found: list[Contact] = []
        for number in few(numbers):
            written = self.spellings([number])
            if written:
                among = ",".join(map(literal, written))
                found += self._where(
                    f"Microsoft.Dynamics.CRM.In(PropertyName='{name}',PropertyValues=[{among}])"
                    for name in _NUMBERS
                )
        matches = self.verified(found, numbers)
        if matches:
            return matches
        for digits in self.nationals(numbers):
            # % stands for anything in a condition of Dataverse.
            pattern = literal("%".join(digits))
            found += self._where(f"contains({name},{pattern})" for name in _NUMBERS)
        return self.verified(found, numbers)

    def open(self, record_id: str | int) -> Contact | Matches:
        """The contact with this id."""
        text = str(record_id)
        if not _GUID.fullmatch(text):
            return self.verified((), ())
        row = self.record(
            f"{_API}/contacts({text})",
            call="open a contact",
            params={"$select": ",".join(_COLUMNS)},
            headers=_HEADERS,
        )
        return self.verified((), ()) if row is None else self._contact(row)

    def save_log(self, log: InteractionLog) -> str:
        """The id of the phone call that the log became; the same log twice is one record."""
        key = key_of(log)
        record_id = str(uuid.uuid4() if key is None else uuid.uuid5(_LOGS, key))
        call = call_of(log, self.find)
        self._created(record_id, self._fields(call), again=key is not None)
        status = _MADE if call.inbound is False else _RECEIVED
        self.request(
            "PATCH",
            f"{_API}/phonecalls({record_id})",
            call="complete a log",
            json={"statecode": _COMPLETED, "statuscode": status},
            headers={**_HEADERS, "If-Match": "*"},
            retry=True,
        )
        return record_id

    def custom_fields(self, names: Sequence[str] = ()) -> dict[str, CustomField]:  # noqa: ARG002 - replies.py picks those
        """The text columns added to the phone call, by their logical names; all."""
        from crmwidget.protocol import CustomField

        return {name: CustomField(label) for name, label in self._own_columns().items()}

    def reports(self) -> str:
        """The dashboards."""
        return self.link_to("/main.aspx?pagetype=dashboard")

    def complaint(self, status: int, body: Any) -> Complaint | None:  # noqa: ARG002 - as in Adapter
        """`error.code`; its message has values in it and is not shown."""
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return None
        code = str(error.get("code") or "").lower()
        # In halves, because eight digits in a row could be a customer's number.
        halves = _CODE.fullmatch(code)
        return Complaint(_CODES.get(code), f"error-{halves[1]}-{halves[2]}" if halves else "")

    # ------------------------------------------------------------ inside
    def _where(self, conditions: Iterable[str]) -> list[Contact]:
        call = "find contacts"
        page = self.request(
            "GET",
            f"{_API}/contacts",
            call=call,
            params={
                "$select": ",".join(_COLUMNS),
                "$filter": f"statecode eq 0 and ({' or '.join(conditions)})",
                "$top": _FOUND,
            },
            headers=_HEADERS,
        )
        return [self._contact(row) for row in self.rows(_value(page), call=call)]

    def _contact(self, row: dict[str, Any]) -> Contact:
        record_id = row.get("contactid")
        known = isinstance(record_id, str) and _GUID.fullmatch(record_id)
        page = f"/main.aspx?pagetype=entityrecord&etn=contact&id={record_id}"
        return self.contact(
            record_id,
            row.get("fullname"),
            {kind: row.get(name) for name, kind in _NUMBERS.items()},
            email=row.get("emailaddress1"),
            url=self.link_to(page) if known else None,
            fields={"jobtitle": row["jobtitle"]} if row.get("jobtitle") else {},
        )

    def _own_columns(self) -> dict[str, str]:
        if "columns" not in self._known:
            call = "list custom fields"
            page = self.request(
                "GET",
                f"{_API}/EntityDefinitions(LogicalName='phonecall')/Attributes",
                call=call,
                params={
                    "$select": "LogicalName,DisplayName,AttributeType,IsValidForCreate",
                    "$filter": "IsCustomAttribute eq true",
                },
                headers=_HEADERS,
            )
            rows = self.rows(_value(page), call=call)
            self._known["columns"] = {
                row["LogicalName"]: _label(row)
                for row in rows
                if isinstance(row.get("LogicalName"), str)
                and row.get("AttributeType") in _TEXTS
                and row.get("IsValidForCreate") is True
            }
        known: dict[str, str] = self._known["columns"]
        return known

    def _fields(self, call: Call) -> dict[str, object]:
        log = call.log
        own = self._own_columns() if log.custom_fields else {}
        kept = {name: value for name, value in log.custom_fields.items() if name in own}
        outbound = call.inbound is False
        number = (log.called if outbound else log.caller) or ""
        fields: dict[str, object] = {
            **kept,
            "subject": call.subject(_SUBJECT),
            "description": call.text(_BODY, kept=kept),
            "phonenumber": number if len(number) <= _NUMBER else "",
            "directioncode": outbound,
        }
        if call.contact is not None and _GUID.fullmatch(str(call.contact.id)):
            bound = f"/contacts({call.contact.id})"
            fields["regardingobjectid_contact@odata.bind"] = bound
            party = {
                "partyid_contact@odata.bind": bound,
                # The sender of a call is who calls, its recipient who is called.
                "participationtypemask": 2 if outbound else 1,
            }
            fields["phonecall_activity_parties"] = [party]
        return fields

    def _created(self, record_id: str, fields: Mapping[str, object], *, again: bool) -> None:
        call = "save a log"
        answer = self.send_json(
            "PATCH",
            f"{_API}/phonecalls({record_id})",
            call=call,
            json=fields,
            headers={**_HEADERS, "If-None-Match": "*"},
            retry=again,
        )
        if answer.status != _EXISTS:  # it is there: an earlier try got through
            self.data(answer, call=call, writes=not again)


def literal(text: str) -> str:
    """A text as a string of OData, whatever is in it."""
    return "'" + str(clean(text)).replace("'", "''") + "'"


def _value(page: Any) -> object:
    return page.get("value") if isinstance(page, dict) else None


def _next(page: Any) -> str | None:
    link = page.get("@odata.nextLink") if isinstance(page, dict) else None
    return link if isinstance(link, str) else None


def _label(row: dict[str, Any]) -> str:
    shown = row.get("DisplayName")
    local = shown.get("UserLocalizedLabel") if isinstance(shown, dict) else None
    label = local.get("Label") if isinstance(local, dict) else None
    return label if isinstance(label, str) and label else str(row["LogicalName"])
