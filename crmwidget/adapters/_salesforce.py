"""Salesforce: contacts and tasks over its REST API.

Not run against the vendor: written from its public documentation and tested
for the shape of every request and for every documented error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from crmwidget.adapters._base import Adapter, Complaint, Rate, clean, few
from crmwidget.adapters._calls import Call, call_of, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.protocol import CurrentUser, CustomField, InteractionLog

__all__ = ["Salesforce", "like", "quoted"]

_NUMBERS: Final = {
    "Phone": "phone",
    "MobilePhone": "mobile",
    "HomePhone": "home",
    "OtherPhone": "other",
    "AssistantPhone": "assistant",
}
_COLUMNS: Final = ("Id", "FirstName", "LastName", "Name", "Email", "Title", *_NUMBERS)
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM Contact"  # noqa: S608 - constants
_VERSION: Final = re.compile(r"\d{2,3}\.0")
_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_WRITABLE: Final = ("string", "textarea", "picklist", "phone", "email", "url")
"""Types of fields that take what an agent has typed; with others the whole log is refused."""
_FOUND: Final = 200
_SUBJECT: Final = 255
_BODY: Final = 32_000
_KINDS: Final[Mapping[str, Any]] = {
    "INVALID_SESSION_ID": "credentials",
    "INVALID_AUTH_HEADER": "credentials",
    "REQUEST_LIMIT_EXCEEDED": "rate",
    "API_DISABLED_FOR_ORG": "permission",
    "API_CURRENTLY_DISABLED": "permission",
    "INSUFFICIENT_ACCESS": "permission",
    "INSUFFICIENT_ACCESS_OR_READONLY": "permission",
    "NOT_FOUND": "not found",
    "ENTITY_IS_DELETED": "not found",
    "SERVER_UNAVAILABLE": "broken",
    "QUERY_TIMEOUT": "broken",
}
_ESCAPES: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}


class Salesforce(Adapter):
    """Salesforce over its REST API. Not run against the vendor.

    url: https://yours.my.salesforce.com. auth: an access token, or what gives
    one (an OAuth object of this package, a function). version: of the API.
    done: the name of a finished task's status, which can be another one here.

    A log becomes a finished Task of the subtype Call: `Subject` is the topic,
    `Description` the comments and all that has no field, `CallType` the
    direction, `CallObject` the log's key, by which it is looked up before it
    is written, `WhoId` the contact who certainly has the number. Custom fields
    are the Task's own (`..__c`); leads are not searched.
    """

    crm: ClassVar[str] = "Salesforce"
    rate: ClassVar[Rate | None] = Rate(100, 10.0)
    credentials_advice: ClassVar[str] = (
        "An access token is valid for some hours; give auth= something that can fetch a new one. "
        "The user needs the permission API Enabled."
    )

    def __init__(
        self, url: str, *, version: str = "60.0", done: str = "Completed", **more: Any
    ) -> None:
        super().__init__(url, **more)
        if not _VERSION.fullmatch(version):
            raise ValueError("version= is a version of the API, such as '60.0'.")
        self._api = f"/services/data/v{version}"
        self._done = done
        self._known: dict[str, Any] = {}

    def current_user(self) -> CurrentUser:
        """Whose the token is."""
        from crmwidget.protocol import CurrentUser

        call = "read the agent"
        user = self.request("GET", "/services/oauth2/userinfo", call=call)
        if not isinstance(user, dict) or not user.get("user_id"):
            raise self.odd(call, "its answer has no user_id")
        username = str(user.get("preferred_username") or user.get("email") or user["user_id"])
        return CurrentUser(
            id=str(user["user_id"]),
            name=str(user.get("name") or username),
            username=username,
            language_locale_key=str(user.get("language") or "en_US"),
        )

    def contacts(self) -> list[Contact]:
        """All contacts the user may see, at most `most`."""
        return self.bounded(self._queried(f"{_SELECT} ORDER BY Id", "list contacts"))

    def find(self, numbers: Sequence[str]) -> Matches:
        """Who has one of the numbers: as usually written, else with anything between its digits."""
        found: list[Contact] = []
        for number in few(numbers):
            written = self.spellings([number])
            if written:
                among = ", ".join(map(quoted, written))
                found += self._where(" OR ".join(f"{name} IN ({among})" for name in _NUMBERS))
        matches = self.verified(found, numbers)
        if matches:
            return matches
        for digits in self.nationals(numbers):
            pattern = like(digits)
            found += self._where(" OR ".join(f"{name} LIKE {pattern}" for name in _NUMBERS))
        return self.verified(found, numbers)

    def open(self, record_id: str | int) -> Contact | Matches:
        """The contact with this id."""
        text = str(record_id)
        if not _ID.fullmatch(text):
            return self.verified((), ())
        row = self.record(
            f"{self._api}/sobjects/Contact/{text}",
            call="open a contact",
            params={"fields": ",".join(_COLUMNS)},
        )
        return self.verified((), ()) if row is None else self._contact(row)

    def save_log(self, log: InteractionLog) -> str:
        """The id of the task that the log became; never two tasks of one log."""
        key = key_of(log)
        call = call_of(log, self.find)

        def look_up() -> str | None:
            return None if key is None else self._task_with(key)

        return self.once(look_up=look_up, write=lambda: self._written(call, key))

    def custom_fields(self, names: Sequence[str] = ()) -> dict[str, CustomField]:  # noqa: ARG002 - replies.py picks those
        """The Task's own fields, by their API names; all, whatever was asked for."""
        from crmwidget.protocol import CustomField

        return {
            name: CustomField(
                str(row.get("label") or name),
                "PICKLIST" if row.get("type") == "picklist" else "STRING",
                options=_options(row),
            )
            for name, row in self._own_fields().items()
        }

    def reports(self) -> str:
        """The list of reports."""
        return self.link_to("/lightning/o/Report/home")

    def complaint(self, status: int, body: Any) -> Complaint | None:  # noqa: ARG002 - as in Adapter
        """The first error's code, the fields of all; also of a save that says success false."""
        if isinstance(body, dict) and body.get("success") is False:
            body = body.get("errors")
        if not isinstance(body, list) or not body or not isinstance(body[0], dict):
            return None
        code = str(body[0].get("errorCode") or body[0].get("statusCode") or "")
        if not code:
            return None
        given = (one.get("fields") for one in body if isinstance(one, dict))
        fields = [name for some in given if isinstance(some, list) for name in some]
        return Complaint(_KINDS.get(code), code, tuple(map(str, fields)))

    # ------------------------------------------------------------ inside
    def _where(self, condition: str) -> list[Contact]:
        # quoted() and like() are the only ways into the condition.
        query = f"{_SELECT} WHERE {condition} LIMIT {_FOUND}"
        return list(self._queried(query, "find contacts"))

    def _queried(self, query: str, call: str) -> Iterator[Contact]:
        for page in self.pages(
            "GET", f"{self._api}/query", call=call, params={"q": query}, following=_next
        ):
            for row in self.rows(
                page.get("records") if isinstance(page, dict) else None, call=call
            ):
                yield self._contact(row)

    def _contact(self, row: dict[str, Any]) -> Contact:
        record_id = row.get("Id")
        segment = self.segment(record_id)
        parts = (row.get("FirstName"), row.get("LastName"))
        return self.contact(
            record_id,
            row.get("Name") or parts,
            {kind: row.get(name) for name, kind in _NUMBERS.items()},
            email=row.get("Email"),
            url=self.link_to(f"/lightning/r/Contact/{segment}/view") if segment else None,
            fields={"Title": row["Title"]} if row.get("Title") else {},
        )

    def _own_fields(self) -> dict[str, dict[str, Any]]:
        if "fields" not in self._known:
            call = "list custom fields"
            found = self.request("GET", f"{self._api}/sobjects/Task/describe", call=call)
            rows = self.rows(found.get("fields") if isinstance(found, dict) else None, call=call)
            self._known["fields"] = {
                row["name"]: row
                for row in rows
                if isinstance(row.get("name"), str)
                and row.get("custom") is True
                and row.get("createable") is True
                and row.get("type") in _WRITABLE
            }
        known: dict[str, dict[str, Any]] = self._known["fields"]
        return known

    def _task_with(self, key: str) -> str | None:
        call = "look for a saved log"
        query = f"SELECT Id FROM Task WHERE CallObject = {quoted(key)} LIMIT 1"  # noqa: S608 - quoted
        page = self.request("GET", f"{self._api}/query", call=call, params={"q": query})
        rows = self.rows(page.get("records") if isinstance(page, dict) else None, call=call)
        return str(rows[0].get("Id")) if rows else None

    def _written(self, call: Call, key: str | None) -> str:
        log = call.log
        own = self._own_fields() if log.custom_fields else {}
        kept = {name: value for name, value in log.custom_fields.items() if name in own}
        task: dict[str, object] = {
            **kept,
            "Subject": call.subject(_SUBJECT),
            "Description": call.text(_BODY, kept=kept),
            "Status": self._done,
            "TaskSubtype": "Call",
            "ActivityDate": log.at.date().isoformat(),
        }
        if key is not None:
            task["CallObject"] = key
        if call.inbound is not None:
            task["CallType"] = "Inbound" if call.inbound else "Outbound"
        if call.contact is not None:
            task["WhoId"] = str(call.contact.id)
        made = self.request("POST", f"{self._api}/sobjects/Task", call="save a log", json=task)
        if not isinstance(made, dict) or not made.get("id"):
            raise self.odd("save a log", "its answer has no id of the task", unclear=True)
        return str(made["id"])


def quoted(text: str) -> str:
    """A text as a string of SOQL, whatever is in it."""
    return "'" + "".join(_ESCAPES.get(letter, letter) for letter in clean(text)) + "'"


def like(digits: str) -> str:
    """A SOQL pattern: these digits in this order, anything between and around them."""
    return "'%" + "%".join(digit for digit in digits if digit.isdecimal()) + "%'"


def _next(page: Any) -> str | None:
    link = page.get("nextRecordsUrl") if isinstance(page, dict) else None
    return link if isinstance(link, str) else None


def _options(row: dict[str, Any]) -> list[str]:
    given = row.get("picklistValues")
    given = given if isinstance(given, list) else []
    return [str(o.get("value")) for o in given if isinstance(o, dict) and o.get("active")]
