"""HubSpot: contacts and calls over its CRM API, version 3.

Not run against the vendor: written from its public documentation and tested
for the shape of every request and for every documented error.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from crmwidget.adapters._base import Adapter, Complaint, Rate, few
from crmwidget.adapters._calls import Call, call_of, key_of
from crmwidget.errors import AdapterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.protocol import CurrentUser, CustomField, InteractionLog

__all__ = ["HubSpot"]

_CONTACTS: Final = "/crm/v3/objects/contacts"
_CALLS: Final = "/crm/v3/objects/calls"
_NUMBERS: Final = {"phone": "phone", "mobilephone": "mobile"}
_PROPERTIES: Final = ("firstname", "lastname", "email", "company", *_NUMBERS)
# National digits of every number that HubSpot could read, however it is written.
_SEARCHABLE: Final = (
    "hs_searchable_calculated_phone_number",
    "hs_searchable_calculated_mobile_number",
)
_CALL_TO_CONTACT: Final = 194
_PAGE: Final = 100
_SEARCH: Final = 3_000
"""Letters of a search's body."""
_WRITTEN: Final = 60
"""Letters of what somebody may have written for a number."""
_WRITABLE: Final = ("string", "enumeration", "phone_number")
_SUBJECT: Final = 255
_BODY: Final = 60_000
_HOST: Final = re.compile(r"app(?:-[a-z0-9]+)?\.hubspot\.com")
_KINDS: Final[Mapping[str, Any]] = {
    "INVALID_AUTHENTICATION": "credentials",
    "EXPIRED_AUTHENTICATION": "credentials",
    "MISSING_SCOPES": "permission",
    "RATE_LIMITS": "rate",
    "RATE_LIMIT": "rate",
    "OBJECT_NOT_FOUND": "not found",
}


class HubSpot(Adapter):
    """HubSpot over its API. Not run against the vendor.

    auth: the token of a private app with the scopes crm.objects.contacts.read
    and, to save logs, crm.objects.contacts.write; crm.objects.owners.read for
    the agent. user: the agent's e-mail address in HubSpot, without which
    HubSpot cannot say who the agent is, because a private app is nobody.

    A log becomes a call: `hs_call_title` is the topic, `hs_call_body` the
    comments and all that has no property, `hs_call_from_number` and
    `hs_call_to_number` the numbers, `hs_call_external_id` the log's key, by
    which it is looked up before it is written; HubSpot's search may miss what
    is younger than some seconds. It is associated with the contact that
    certainly has the number. Custom fields are the call's own properties.
    """

    crm: ClassVar[str] = "HubSpot"
    rate: ClassVar[Rate | None] = Rate(90, 10.0)
    credentials_advice: ClassVar[str] = (
        "A private app's token needs the scopes crm.objects.contacts.read, "
        "crm.objects.contacts.write and crm.objects.owners.read."
    )

    def __init__(
        self, url: str = "https://api.hubapi.com", *, user: str | None = None, **more: Any
    ) -> None:
        super().__init__(url, **more)
        self.user = user
        self._known: dict[str, Any] = {}
        if user is None:
            self.cannot("current_user", give="user=")

    def current_user(self) -> CurrentUser:
        """The owner with the e-mail address given as user=."""
        from crmwidget.protocol import CurrentUser

        owner = self._owner("read the agent")
        name = " ".join(str(owner.get(part) or "") for part in ("firstName", "lastName")).strip()
        email = str(owner.get("email") or self.user)
        return CurrentUser(
            id=str(owner.get("userId") or owner.get("id")), name=name or email, username=email
        )

    def contacts(self) -> list[Contact]:
        """All contacts, at most `most`."""
        pages = self.pages(
            "GET",
            _CONTACTS,
            call="list contacts",
            params={"limit": _PAGE, "properties": ",".join(_PROPERTIES)},
            following=_after,
        )
        return self.bounded(
            self._contact(row)
            for page in pages
            for row in self.rows(_results(page), call="list contacts")
        )

    def find(self, numbers: Sequence[str]) -> Matches:
        """Who has one of the numbers as the phone or mobile number."""
        call = "find contacts"
        found: list[Contact] = []
        for body in self._searches(numbers):
            page = self.request("POST", f"{_CONTACTS}/search", call=call, json=body, retry=True)
            found += map(self._contact, self.rows(_results(page), call=call))
        return self.verified(found, numbers)

    def open(self, record_id: str | int) -> Contact | Matches:
        """The contact with this id."""
        segment = self.segment(record_id)
        if segment is None:
            return self.verified((), ())
        row = self.record(
            f"{_CONTACTS}/{segment}",
            call="open a contact",
            params={"properties": ",".join(_PROPERTIES)},
        )
        return self.verified((), ()) if row is None else self._contact(row)

    def save_log(self, log: InteractionLog) -> str:
        """The id of the call that the log became; never two calls of one log."""
        key = key_of(log)
        call = call_of(log, self.find)

        def look_up() -> str | None:
            return None if key is None else self._call_with(key)

        return self.once(look_up=look_up, write=lambda: self._written(call, key))

    def custom_fields(self, names: Sequence[str] = ()) -> dict[str, CustomField]:  # noqa: ARG002 - replies.py picks those
        """The call's own properties, by their internal names; all, whatever was asked for."""
        from crmwidget.protocol import CustomField

        return {
            name: CustomField(
                str(row.get("label") or name),
                "PICKLIST" if row.get("type") == "enumeration" else "STRING",
                options=_options(row),
            )
            for name, row in self._own_properties().items()
        }

    def reports(self) -> str:
        """The dashboards of the account."""
        host, portal = self._portal()
        return f"https://{host}/reports-dashboard/{portal}"

    def complaint(self, status: int, body: Any) -> Complaint | None:  # noqa: ARG002 - as in Adapter
        """`category`, and the properties that `errors` name."""
        if not isinstance(body, dict) or body.get("status") != "error":
            return None
        code = str(body.get("category") or "")
        fields: list[object] = []
        for one in body.get("errors") or ():
            context = one.get("context") if isinstance(one, dict) else None
            given = context.get("propertyName") if isinstance(context, dict) else None
            fields += given if isinstance(given, list) else [given]
        return Complaint(_KINDS.get(code), code, tuple(str(f) for f in fields if f))

    # ------------------------------------------------------------ inside
    def _searches(self, numbers: Sequence[str]) -> Iterator[dict[str, object]]:
        """The searches for these numbers, each of as many as HubSpot takes at once."""
        body: dict[str, object] | None = None
        together: list[str] = []
        for number in few(numbers):
            more = self._search([*together, number])
            if body and more and len(json.dumps(more)) > _SEARCH:
                yield body
                together, more = [], self._search([number])
            together, body = [*together, number], more or body
        if body:
            yield body

    def _search(self, numbers: Sequence[str]) -> dict[str, object] | None:
        """A search; None where there is nothing to look for."""
        written = [text for text in self.spellings(numbers) if len(text) <= _WRITTEN]
        if not written:
            return None
        national = [text for text in self.nationals(numbers) if len(text) <= _WRITTEN]
        wanted = [*((name, national) for name in _SEARCHABLE), *((n, written) for n in _NUMBERS)]
        return {
            "filterGroups": [{"filters": [_among(name, texts)]} for name, texts in wanted if texts],
            "properties": list(_PROPERTIES),
            "limit": _PAGE,
        }

    def _contact(self, row: dict[str, Any]) -> Contact:
        found = row.get("properties")
        found = found if isinstance(found, dict) else {}
        record_id = row.get("id")
        taken = {"firstname", "lastname", "email", *_NUMBERS, "hs_object_id"}
        return self.contact(
            record_id,
            (found.get("firstname"), found.get("lastname")),
            {kind: found.get(name) for name, kind in _NUMBERS.items()},
            email=found.get("email"),
            url=self._record_url(record_id),
            fields={name: value for name, value in found.items() if name not in taken},
        )

    def _record_url(self, record_id: object) -> str | None:
        segment = self.segment(record_id)
        if "no portal" in self._known:
            return None
        try:
            host, portal = self._portal()
        except AdapterError:
            # A contact without a link is a contact, too, and the account is not asked for each.
            self._known["no portal"] = True
            return None
        return f"https://{host}/contacts/{portal}/record/0-1/{segment}" if segment else None

    def _portal(self) -> tuple[str, int]:
        """Host and number of the account's pages, asked once."""
        if "portal" not in self._known:
            found = self.request("GET", "/account-info/v3/details", call="read the account")
            portal = found.get("portalId") if isinstance(found, dict) else None
            if not isinstance(portal, int):
                raise self.odd("read the account", "its answer has no portalId")
            host = str(found.get("uiDomain") or "")
            host = host if _HOST.fullmatch(host) else "app.hubspot.com"
            self._known["portal"] = (host, portal)
        known: tuple[str, int] = self._known["portal"]
        return known

    def _owner(self, call: str) -> dict[str, Any]:
        if "owner" not in self._known:
            params = {"email": self.user, "limit": 1}
            page = self.request("GET", "/crm/v3/owners", call=call, params=params)
            rows = self.rows(_results(page), call=call)
            if not rows:
                raise self.odd(call, "no owner has the e-mail address given as user=")
            self._known["owner"] = rows[0]
        known: dict[str, Any] = self._known["owner"]
        return known

    def _own_properties(self) -> dict[str, dict[str, Any]]:
        if "properties" not in self._known:
            call = "list custom fields"
            page = self.request("GET", "/crm/v3/properties/calls", call=call)
            rows = self.rows(_results(page), call=call)
            self._known["properties"] = dict(_own(rows))
        known: dict[str, dict[str, Any]] = self._known["properties"]
        return known

    def _call_with(self, key: str) -> str | None:
        call = "look for a saved log"
        page = self.request(
            "POST",
            f"{_CALLS}/search",
            call=call,
            json={
                "filterGroups": [
                    {
                        "filters": [
                            {"propertyName": "hs_call_external_id", "operator": "EQ", "value": key}
                        ]
                    }
                ],
                "properties": ["hs_call_external_id"],
                "limit": 1,
            },
            retry=True,
        )
        rows = self.rows(_results(page), call=call)
        return str(rows[0].get("id")) if rows else None

    def _written(self, call: Call, key: str | None) -> str:
        log = call.log
        own = self._own_properties() if log.custom_fields else {}
        kept = {name: value for name, value in log.custom_fields.items() if name in own}
        properties: dict[str, object] = {
            **kept,
            "hs_timestamp": log.at.isoformat(),
            "hs_call_title": call.subject(_SUBJECT),
            "hs_call_body": _html(call.text(_BODY, kept=kept, size=_room)),
            "hs_call_status": "COMPLETED",
            "hs_call_from_number": log.caller or "",
            "hs_call_to_number": log.called or "",
        }
        if key is not None:
            properties["hs_call_external_id"] = key
        if call.inbound is not None:
            properties["hs_call_direction"] = "INBOUND" if call.inbound else "OUTBOUND"
        if self.user is not None:
            properties["hubspot_owner_id"] = str(self._owner("read the agent").get("id"))
        sent: dict[str, object] = {"properties": properties}
        if call.contact is not None:
            kind = {
                "associationCategory": "HUBSPOT_DEFINED",
                "associationTypeId": _CALL_TO_CONTACT,
            }
            sent["associations"] = [{"to": {"id": str(call.contact.id)}, "types": [kind]}]
        made = self.request("POST", _CALLS, call="save a log", json=sent)
        if not isinstance(made, dict) or not made.get("id"):
            raise self.odd("save a log", "its answer has no id of the call", unclear=True)
        return str(made["id"])


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")


def _room(text: str) -> int:
    return len(_html(text))


def _among(name: str, texts: list[str]) -> dict[str, object]:
    return {"propertyName": name, "operator": "IN", "values": texts}


def _results(page: Any) -> object:
    return page.get("results") if isinstance(page, dict) else None


def _after(page: Any) -> Mapping[str, object] | None:
    paging = page.get("paging") if isinstance(page, dict) else None
    step = paging.get("next") if isinstance(paging, dict) else None
    after = step.get("after") if isinstance(step, dict) else None
    return {"after": after} if after else None


def _own(rows: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Properties somebody has made and may write, as text: never one of HubSpot's own."""
    for row in rows:
        locked = row.get("modificationMetadata")
        locked = isinstance(locked, dict) and locked.get("readOnlyValue") is True
        name = row.get("name")
        typed = row.get("type") in _WRITABLE
        if isinstance(name, str) and row.get("hubspotDefined") is not True and typed and not locked:
            yield name, row


def _options(row: dict[str, Any]) -> list[str]:
    given = row.get("options")
    given = given if isinstance(given, list) else []
    return [str(one.get("value")) for one in given if isinstance(one, dict)]
