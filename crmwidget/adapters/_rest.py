"""Rest: any CRM with a JSON API, declared by its paths and the names of its fields.

What is declared is all it answers. A value never becomes part of a path, a
query or a body but as a value: it is quoted there, or put into the JSON.
"""

from __future__ import annotations

import contextlib
import uuid
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

from crmwidget.adapters._base import Adapter, several
from crmwidget.adapters._calls import Call, call_of, key_of
from crmwidget.adapters._declared import (
    ROLES,
    Path,
    Plan,
    Query,
    check,
    filled,
    filled_path,
    key_places,
)
from crmwidget.directory._paths import keys_of, misread, values_at
from crmwidget.errors import RecordNotFoundError, UnexpectedAnswerError
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmwidget.directory import Contact, Matches
    from crmwidget.protocol import CurrentUser, CustomField, InteractionLog

__all__ = ["Rest"]

_TEXT: Final = 60_000
_LINE: Final = 255
_FIND: Final = "find contacts"
_NEEDED: Final = frozenset({"id", "name", "phone"})
"""A contact cannot be found or recognised without these."""


class Rest(Adapter):
    """Any CRM with a JSON API. Not run against yours, until you do.

    fields: where a record has its id, name, phone, email and url: a path such
    as "id", "properties.phone" or, for a list of objects, "phones.value"; for a
    name a list of its parts, for phones a list or a mapping from kind to path;
    columns that are not named are kept in the contact's `fields`. items: where
    an answer has its list; None: it is the list. next: where it has the link to
    the next page, or (where it has a cursor, the parameter that takes it).

    contacts="/people"; find="/people?phone={number}", asked once for each way a
    number is written (search="digits": only with its national digits, for a CRM
    that ignores how numbers are written), or ("POST", "/search", {"phone":
    "{number}"}) for a search that is a POST; open="/people/{id}".

    save_log=("POST", "/calls", {"note": "{text}", "person": "{contact_id}",
    "external_id": "{key}"}), with any of caller, called, topic, subject,
    comments, text (the comments and all the rest), key, interaction_id,
    contact_id, direction, started_at, at, custom_fields; log_id: where the
    answer has the record's id. find_log="/calls?external_id={key}" looks a log
    up by its key before it is written, and passes over what shows another key
    where that one was sent; where rows show none, a key that no log has is asked
    for once, to see that the server knows the parameter; key_header="Idempotency-Key" sends the
    key along. Without either this CRM cannot tell that it has a log: a write
    that ended unclearly is not repeated here, and may be there when the journal
    runs it again.

    current_user=("/me", {"id": "id", "name": "name", "username": "email"});
    custom_fields=("/fields", {"name": "key", "label": "title"}); reports and
    record_url="https://crm.example.com/people/{id}": links for people.
    """

    crm: ClassVar[str] = "the CRM"
    tried: ClassVar[str] = "declared by you: not run against your CRM before"

    def __init__(
        self,
        url: str,
        *,
        fields: Mapping[str, Any] | None = None,
        contacts: str | None = None,
        find: Query | None = None,
        open: str | None = None,  # noqa: A002 - the question's name
        save_log: tuple[str, str, Mapping[str, Any]] | None = None,
        find_log: str | None = None,
        log_id: Path = "id",
        current_user: tuple[str, Mapping[str, Path]] | None = None,
        custom_fields: tuple[str, Mapping[str, Path]] | None = None,
        reports: str | None = None,
        record_url: str | None = None,
        items: Path | None = None,
        next: Path | tuple[Path, str] | None = None,  # noqa: A002 - what APIs call it
        key_header: str | None = None,
        search: Literal["text", "digits"] = "text",
        **more: Any,
    ) -> None:
        super().__init__(url, **more)
        self._fields = dict(fields or {name: name for name in ROLES})
        self._declared = bool(fields)
        self._search = search
        self._tells_keys: bool | None = None
        self._missed: set[str] = set()
        self._plan = Plan(
            contacts=contacts,
            find=find,
            open=open,
            save_log=save_log,
            find_log=find_log,
            log_id=log_id,
            current_user=current_user,
            custom_fields=custom_fields,
            reports=reports,
            record_url=record_url,
            items=items,
            next=next,
            key_header=key_header,
        )
        check(self._plan, self._fields, search)
        for question in _QUESTIONS:
            if getattr(self._plan, question) is None:
                self.cannot(question, give=f"{question}=")

    def current_user(self) -> CurrentUser:
        """Who the credentials belong to."""
        from crmwidget.protocol import CurrentUser

        path, where = cast("tuple[str, Mapping[str, Path]]", self._plan.current_user)
        call = "read the agent"
        with self._declared_at("current_user", path, call):
            row = self.request("GET", path, call=call)
        found = {name: _at(row, place) for name, place in where.items()}
        username = found.get("username") or found.get("id")
        if not username:
            raise self.odd(call, "its answer has no id and no username where they were declared")
        return CurrentUser(
            id=str(found.get("id") or username),
            name=str(found.get("name") or username),
            username=str(username),
        )

    def contacts(self) -> list[Contact]:
        """All contacts, at most `most`."""
        call = "list contacts"
        path = cast("str", self._plan.contacts)
        pages = self.pages("GET", path, call=call, following=self._following)
        with self._declared_at("contacts", path, call):
            return self.bounded(
                contact
                for page in pages
                for contact in self._contacts(self._rows(page, call), call)
            )

    def find(self, numbers: Sequence[str]) -> Matches:
        """Who has one of the numbers: asked in every spelling, matched exactly here."""
        asked = self.nationals(numbers) if self._search == "digits" else self.spellings(numbers)
        found = [contact for text in asked for contact in self._found(text)]
        return self.verified(found, numbers)

    def open(self, record_id: str | int) -> Contact | Matches:
        """The contact with this id."""
        if self.segment(record_id) is None:
            return self.verified((), ())
        path = filled_path(cast("str", self._plan.open), {"id": record_id})
        call = "open a contact"
        row = self.record(path, call=call)
        return self.verified((), ()) if row is None else self._contacts([row], call)[0]

    def save_log(self, log: InteractionLog) -> str:
        """The id of the record that the log became."""
        key = key_of(log)
        found = call_of(log, self.find) if self._plan.find is not None else Call(log, None, None)

        def look_up() -> str | None:
            return None if self._plan.find_log is None or key is None else self._log_with(key)

        return self.once(look_up=look_up, write=lambda: self._written(found, key))

    def custom_fields(self, names: Sequence[str] = ()) -> dict[str, CustomField]:  # noqa: ARG002 - replies.py picks those
        """The CRM's custom fields; all, whatever was asked for."""
        from crmwidget.protocol import CustomField

        path, where = cast("tuple[str, Mapping[str, Path]]", self._plan.custom_fields)
        call = "list custom fields"
        with self._declared_at("custom_fields", path, call):
            rows = self._rows(self.request("GET", path, call=call), call)
        named = ((_at(row, where["name"]), row) for row in rows)
        return {
            str(name): CustomField(str(_at(row, where.get("label", where["name"])) or name))
            for name, row in named
            if name
        }

    def reports(self) -> str:
        """The page that was declared."""
        return cast("str", self._plan.reports)

    # ------------------------------------------------------------ inside
    def _found(self, text: str) -> list[Contact]:
        call = _FIND
        query = cast("Query", self._plan.find)
        method, path, body = ("GET", query, None) if isinstance(query, str) else query
        values = {"number": text}
        with self._declared_at("find", path, call):
            page = self.request(
                method,
                filled_path(path, values),
                call=call,
                json=None if body is None else filled(body, values),
                retry=True,
            )
        return self._contacts(self._rows(page, call), call)

    @contextlib.contextmanager
    def _declared_at(self, argument: str, path: str, call: str) -> Iterator[None]:
        """Name the declared path where the CRM answers 404; `path`: before values are filled in."""
        try:
            yield
        except RecordNotFoundError as error:
            raise RecordNotFoundError(
                self.crm,
                call,
                f"there is nothing at {mask(path.partition('?')[0])}",
                f"Check {argument}=, and that url= is where the paths of its API begin.",
                status=error.status,
                unclear=error.unclear,
            ) from error

    def _rows(self, page: Any, call: str) -> list[dict[str, Any]]:
        items = self._plan.items
        value = page if items is None else _at(page, items)
        if isinstance(value, list) or not isinstance(page, Mapping):
            return self.rows(value, call=call)
        lists = {key: inside for key, inside in page.items() if isinstance(inside, list)}
        raise UnexpectedAnswerError(
            self.crm,
            call,
            f"its answer has no list at {items!r}" if items else "its answer is not a list",
            f"Give items= the place of its list: the answer has {keys_of([lists or page])}.",
        )

    def _following(self, page: Any) -> str | Mapping[str, object] | None:
        if self._plan.next is None:
            return None
        if isinstance(self._plan.next, str):
            link = _at(page, self._plan.next)
            return link if isinstance(link, str) else None
        place, parameter = self._plan.next
        cursor = _at(page, place)
        return {parameter: cursor} if isinstance(cursor, str | int) and cursor != "" else None

    def _contacts(self, rows: list[dict[str, Any]], call: str) -> list[Contact]:
        """The contacts of these rows; an error where none of them has what was declared."""
        for role, given in self._fields.items() if self._declared else ():
            places = list(_places({role: given}))
            values = (value for row in rows for one in places for value in values_at(row, one))
            if any(isinstance(value, str | int | float) for value in values):
                continue
            why = next(filter(None, (misread(row, one) for row in rows for one in places)), None)
            if why is not None:
                raise UnexpectedAnswerError(
                    self.crm,
                    call,
                    f"its records have no {role} where fields= says: {why}",
                    'Name the place of the text itself, as in fields={"phone": "phone.value"}.',
                )
            # Somebody may well have no number, but not who was found by one.
            if role != "phone" or call == _FIND or len(rows) > 1:
                self._warn_of_none(role, places, rows)
        return [self._contact(row) for row in rows]

    def _warn_of_none(self, role: str, places: list[Path], rows: list[dict[str, Any]]) -> None:
        """Warn once of a field that no record has: its name may be misspelt."""
        known = any(place.partition(".")[0] in row for row in rows for place in places)
        if known or not rows or role not in _NEEDED or role in self._missed:
            return
        self._missed.add(role)
        warnings.warn(
            f"{self.crm}: no record has {', '.join(map(repr, places))}, where fields= has the "
            f"{role}. They have {keys_of(rows)}.",
            stacklevel=2,
        )

    def _contact(self, row: dict[str, Any]) -> Contact:
        fields = self._fields
        record_id = _first(row, fields.get("id", "id"))
        url = _first(row, fields["url"]) if "url" in fields else None
        if self._plan.record_url is not None and self.segment(record_id) is not None:
            url = filled_path(self._plan.record_url, {"id": record_id})
        phone = fields.get("phone", ())
        kinds = phone if isinstance(phone, Mapping) else {"phone": several(phone)}
        read = {part for place in _places(fields) for part in (place, place.partition(".")[0])}
        return self.contact(
            record_id,
            [_first(row, place) for place in several(fields.get("name", ()))],
            {
                kind: [value for place in several(places) for value in values_at(row, place)]
                for kind, places in kinds.items()
            },
            email=_first(row, fields["email"]) if "email" in fields else None,
            url=url if isinstance(url, str) and url.startswith(("https://", "http://")) else None,
            fields={name: value for name, value in row.items() if name not in read},
        )

    def _log_with(self, key: str) -> str | None:
        """The id of the log with this key. A server that does not know the parameter lists all."""
        call = "look for a saved log"
        find_log = cast("str", self._plan.find_log)
        path = filled_path(find_log, {"key": key})
        places = key_places(find_log, self._plan.save_log) - {self._plan.log_id}
        unsure: str | None = None
        pages = self.pages("GET", path, call=call, following=self._following)
        with self._declared_at("find_log", find_log, call):
            for row in (row for page in pages for row in self._rows(page, call)):
                record_id = _at(row, self._plan.log_id)
                keys = {str(_at(row, place) or "") for place in places} - {""}
                if record_id is None or keys - {key}:
                    continue
                if keys:
                    return str(record_id)
                unsure = unsure or str(record_id)
        if unsure is not None and not self._finds_by_key(call):
            raise UnexpectedAnswerError(
                self.crm,
                call,
                "it lists logs for a key that none has, and they do not show theirs",
                "Name the parameter of find_log= by which it finds a key, or leave find_log= out. "
                "The log is kept in phone.journal.",
            )
        return unsure

    def _finds_by_key(self, call: str) -> bool:
        """Whether nothing is found for a key that no log has; asked once."""
        if self._tells_keys is None:
            path = filled_path(cast("str", self._plan.find_log), {"key": uuid.uuid4().hex})
            try:
                self._tells_keys = not self._rows(self.request("GET", path, call=call), call)
            except RecordNotFoundError:
                self._tells_keys = True
        return self._tells_keys

    def _written(self, call: Call, key: str | None) -> str:
        method, path, body = cast("tuple[str, str, Mapping[str, Any]]", self._plan.save_log)
        values = _log_values(call, key)
        headers = {self._plan.key_header: key} if self._plan.key_header and key else None
        with self._declared_at("save_log", path, "save a log"):
            made = self.request(
                method,
                filled_path(path, values),
                call="save a log",
                json=filled(body, values),
                headers=headers,
                retry=headers is not None,
            )
        record_id = _at(made, self._plan.log_id)
        if record_id is None:
            raise self.odd(
                "save a log", f"its answer has nothing at {self._plan.log_id!r}", unclear=True
            )
        return str(record_id)


_QUESTIONS: Final = (
    "current_user",
    "contacts",
    "find",
    "open",
    "save_log",
    "custom_fields",
    "reports",
)


def _log_values(call: Call, key: str | None) -> dict[str, Any]:
    log = call.log
    started = log.started_at
    directions = {True: "inbound", False: "outbound", None: None}
    return {
        "caller": log.caller,
        "called": log.called,
        "topic": log.topic,
        "subject": call.subject(_LINE),
        "comments": log.comments,
        "text": call.text(_TEXT),
        "key": key,
        "interaction_id": log.interaction_id,
        "contact_id": None if call.contact is None else call.contact.id,
        "direction": directions[call.inbound],
        "started_at": None if started is None else started.isoformat(),
        "at": log.at.isoformat(),
        "custom_fields": dict(log.custom_fields),
    }


def _at(row: Any, place: Path) -> Any:
    for part in place.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return row


def _first(row: Any, place: Path) -> Any:
    """The first value there that says anything."""
    return next((one for one in values_at(row, place) if one not in (None, "")), None)


def _places(fields: Mapping[str, Any]) -> Iterator[str]:
    for given in fields.values():
        for places in given.values() if isinstance(given, Mapping) else [given]:
            yield from several(places)
