"""Zendesk: end users and tickets over the Support API, version 2.

Not run against the vendor: written from its public documentation and tested
for the shape of every request and for every documented error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from crmwidget.adapters._base import Adapter, Complaint, Rate
from crmwidget.adapters._calls import Call, call_of, key_of
from crmwidget.http.credentials import Pair
from crmwidget.safety.privacy import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.http.credentials import Credentials
    from crmwidget.protocol import CurrentUser, CustomField, InteractionLog

__all__ = ["Zendesk"]

_API: Final = "/api/v2"
_PAGE: Final = 100
_SHORT: Final = 7
"""Fewer digits are searched for as they are: as an ending they would find everybody."""
_SUBJECT: Final = 150
_BODY: Final = 60_000
_CHOICES: Final = frozenset({"tagger", "multiselect"})
_WRITABLE: Final = ("text", "textarea", "integer", "decimal", "date", "regexp", "tagger")


class Zendesk(Adapter):
    """Zendesk over its Support API. Not run against the vendor.

    url: https://yours.zendesk.com. auth: the pair (an agent's e-mail address,
    an API token), or an OAuth token.

    A log becomes a ticket with an internal comment, which nobody is mailed:
    `subject` is the topic, the comment has all the rest, `external_id` is the
    log's key, by which it is looked up before it is written, and which is sent
    as the Idempotency-Key that Zendesk honours for two hours. The requester is
    the end user who certainly has the number, else the agent. Custom fields
    are the ticket's, by their titles; the direction of the call is in no field.
    """

    crm: ClassVar[str] = "Zendesk"
    rate: ClassVar[Rate | None] = Rate(200, 60.0)
    credentials_advice: ClassVar[str] = (
        "With an API token, auth= is the pair (e-mail address, token), and token access is "
        "switched on in the Admin Center."
    )

    def credentials(self, auth: object) -> Credentials:
        """A pair is an address and an API token, which Zendesk wants to be told."""
        match auth:
            case [str() | Secret() as user, str() | Secret() as key]:
                name = user.reveal() if isinstance(user, Secret) else user
                return Pair(f"{name.strip().removesuffix('/token')}/token", key)
        return super().credentials(auth)

    def current_user(self) -> CurrentUser:
        """Whose the token is."""
        from crmwidget.protocol import CurrentUser

        call = "read the agent"
        user = _part(self.request("GET", f"{_API}/users/me", call=call), "user")
        if not user:
            raise self.odd(call, "its answer has no user")
        email = str(user.get("email") or user.get("name") or user.get("id"))
        return CurrentUser(
            id=str(user.get("id")),
            name=str(user.get("name") or email),
            username=email,
            type=str(user.get("role") or "agent").capitalize(),
            language_locale_key=str(user.get("locale") or "en-US").replace("-", "_"),
        )

    def contacts(self) -> list[Contact]:
        """All end users, at most `most`."""
        call = "list contacts"
        pages = self.pages(
            "GET",
            f"{_API}/users",
            call=call,
            params={"role": "end-user", "page[size]": _PAGE},
            following=_next,
        )
        return self.bounded(
            self._contact(row)
            for page in pages
            for row in self.rows(_list(page, "users"), call=call)
        )

    def find(self, numbers: Sequence[str]) -> Matches:
        """The end users who have one of the numbers, however it is written there."""
        call = "find contacts"
        found: list[Contact] = []
        for digits in self.nationals(numbers):
            # Digits only, so nothing in it can be an operator of the search language.
            term = digits if len(digits) < _SHORT else f"*{digits}"
            page = self.request(
                "GET",
                f"{_API}/search",
                call=call,
                params={"query": f"type:user role:end-user phone:{term}", "per_page": _PAGE},
            )
            found += [self._contact(row) for row in self.rows(_list(page, "results"), call=call)]
        return self.verified(found, numbers)

    def open(self, record_id: str | int) -> Contact | Matches:
        """The user with this id."""
        segment = self.segment(record_id)
        if segment is None or not segment.isdigit():
            return self.verified((), ())
        user = self.record(f"{_API}/users/{segment}", call="open a user", within="user")
        return self.verified((), ()) if user is None else self._contact(user)

    def save_log(self, log: InteractionLog) -> str:
        """The id of the ticket that the log became; never two tickets of one log."""
        key = key_of(log)
        call = call_of(log, self.find)

        def look_up() -> str | None:
            return None if key is None else self._ticket_with(key)

        return self.once(look_up=look_up, write=lambda: self._written(call, key))

    def custom_fields(self, names: Sequence[str] = ()) -> dict[str, CustomField]:  # noqa: ARG002 - replies.py picks those
        """The tickets' own fields, by their titles; all, whatever was asked for."""
        from crmwidget.protocol import CustomField

        return {
            title: CustomField(
                title, "PICKLIST" if row["type"] in _CHOICES else "STRING", options=_options(row)
            )
            for title, row in self._own_fields().items()
        }

    def reports(self) -> str:
        """Explore, Zendesk's reports."""
        return self.link_to("/explore")

    def complaint(self, status: int, body: Any) -> Complaint | None:
        """`error`, the fields under `details`; and the anonymous user, who comes with a 200."""
        if not isinstance(body, dict):
            return None
        user = body.get("user")
        if isinstance(user, dict) and "id" in user and user["id"] is None:
            return Complaint("credentials")  # no credentials were sent, or they did not count
        if status < 400:  # noqa: PLR2004 - HTTP's
            return None
        error = body.get("error")
        code = error.get("title") if isinstance(error, dict) else error
        details = body.get("details")
        return Complaint(
            code=str(code or ""), fields=tuple(details) if isinstance(details, dict) else ()
        )

    # ------------------------------------------------------------ inside
    def _contact(self, row: dict[str, Any]) -> Contact:
        record_id = row.get("id")
        shown = ("external_id", "role", "details", "notes", "tags", "time_zone", "organization_id")
        segment = self.segment(record_id)
        return self.contact(
            record_id,
            row.get("name"),
            [row.get("phone")],
            email=row.get("email"),
            url=self.link_to(f"/agent/users/{segment}") if segment else None,
            fields={name: row[name] for name in shown if row.get(name)},
        )

    def _own_fields(self) -> dict[str, dict[str, Any]]:
        call = "list custom fields"
        page = self.request("GET", f"{_API}/ticket_fields", call=call)
        rows = self.rows(_list(page, "ticket_fields"), call=call)
        return {
            row["title"]: row
            for row in rows
            if isinstance(row.get("title"), str)
            # What cannot be removed is Zendesk's own.
            and row.get("removable") is True
            and row.get("active") is True
            and row.get("type") in _WRITABLE
        }

    def _ticket_with(self, key: str) -> str | None:
        call = "look for a saved log"
        page = self.request("GET", f"{_API}/tickets", call=call, params={"external_id": key})
        rows = self.rows(_list(page, "tickets"), call=call)
        # Should a server not know the parameter, it lists all tickets.
        found = (row for row in rows if row.get("external_id") == key)
        return next((str(row["id"]) for row in found if row.get("id")), None)

    def _written(self, call: Call, key: str | None) -> str:
        own = self._own_fields() if call.log.custom_fields else {}
        kept = {name: value for name, value in call.log.custom_fields.items() if name in own}
        ticket: dict[str, object] = {
            "subject": call.subject(_SUBJECT),
            "comment": {"body": call.text(_BODY, kept=kept) or "-", "public": False},
        }
        if kept:
            ticket["custom_fields"] = [
                {"id": own[name].get("id"), "value": value} for name, value in kept.items()
            ]
        if call.contact is not None:
            ticket["requester_id"] = call.contact.id
        headers = None
        if key is not None:
            ticket["external_id"] = key
            headers = {"Idempotency-Key": key}
        made = self.request(
            "POST",
            f"{_API}/tickets",
            call="save a log",
            json={"ticket": ticket},
            headers=headers,
            retry=key is not None,
        )
        record_id = _part(made, "ticket").get("id")
        if record_id is None:
            raise self.odd("save a log", "its answer has no id of the ticket", unclear=True)
        return str(record_id)


def _part(answer: Any, name: str) -> dict[str, Any]:
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}


def _list(page: Any, name: str) -> object:
    return page.get(name) if isinstance(page, dict) else None


def _next(page: Any) -> str | None:
    more = _part(page, "meta").get("has_more") is True
    link = _part(page, "links").get("next")
    return link if more and isinstance(link, str) else None


def _options(row: dict[str, Any]) -> list[str]:
    given = row.get("custom_field_options")
    given = given if isinstance(given, list) else []
    return [str(one.get("value")) for one in given if isinstance(one, dict)]
