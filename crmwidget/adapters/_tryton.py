"""Tryton: parties over JSON-RPC, calls as notes; run against trytond 8.2.

A session is logged in once, because every password costs the server seconds.
Failures come inside HTTP 200, dates as objects, and numbers stand in a table of
their own, in E.164 where the server has phonenumbers and as written where not.
"""

from __future__ import annotations

import re
from base64 import b64encode
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from crmwidget.adapters._base import Adapter, Complaint
from crmwidget.adapters._calls import Call, call_of, key_of
from crmwidget.adapters._note import is_note, key_line, notes_of
from crmwidget.errors import (
    CredentialsError,
    CRMTimeoutError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from crmwidget.http.credentials import Credentials, credentials_of
from crmwidget.safety.privacy import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.http.errors import Kind
    from crmwidget.protocol import CurrentUser, InteractionLog

__all__ = ["Tryton"]

_PAGE: Final = 200
_KINDS: Final = ("phone", "mobile", "sip")
_NUMBER: Final = re.compile(r"[+(\d][\d\s()+\-./]{2,}")
_FIELDS: Final = (
    "name",
    "code",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    "contact_mechanisms.value_compact",
)
_COMPLAINTS: Final[Mapping[str, Kind]] = {
    "LoginException": "credentials",
    "RateLimitException": "rate",
}
_LOGGING_IN: ContextVar[bool] = ContextVar("crmwidget_tryton_login", default=False)


class Tryton(Adapter):
    """Tryton over JSON-RPC, with the module `party`.

    url: of the server, as in "https://erp.example.com". database: its name.
    auth: (login, password); it is used once a session. app: where the web
    client is, for links to a party, if it is not at url.
    The others as for every Adapter.
    """

    crm = "Tryton"
    tried = "run against trytond 8.2.1"
    credentials_advice = (
        "Give auth=(login, password) of a user. After a few wrong passwords Tryton refuses the "
        "right one, too, for five minutes."
    )
    timeout_advice = (
        "A wrong password can look like this: Tryton answers later with each. Check auth= first."
    )

    def __init__(self, url: str, *, database: str, app: str | None = None, **more: Any) -> None:
        self._user_id: int | None = None
        super().__init__(url, **more)
        segment = self.segment(database)
        if segment is None:
            raise ValueError("database= is the name of a database of Tryton's, as text.")
        self._database = segment
        self._app = app

    def credentials(self, auth: object) -> Credentials:
        """A pair as a session that is logged in when it is needed."""
        match auth:
            case (str() | Secret() as user, str() | Secret() as password):
                return Session(self, user, password)
            case str() | Secret():
                raise TypeError(
                    "Tryton takes auth=(login, password): its tokens are for other routes."
                )
        return credentials_of(auth, self.scheme)

    def complaint(self, status: int, body: Any) -> Complaint | None:  # noqa: ARG002 - it is 200
        """`{"error": [type, ...]}` within a 200; its texts have customers' values in them."""
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, list) or not error:
            return None
        kind = str(error[0])
        return Complaint(_COMPLAINTS.get(kind, "refused"), code=kind)

    # ------------------------------------------------------- the questions
    def current_user(self) -> CurrentUser:
        """The user whose session it is."""
        from crmwidget.protocol import CurrentUser

        call = "read the current user"
        # The session says who it is, once it is there.
        self._call("model.res.user.get_preferences", [True, {}], call=call)
        session = self._door.credentials
        if not isinstance(session, Session) or session.user_id is None:
            raise self.odd(call, "there is no session with a user")
        wanted = [["id", "=", session.user_id]]
        rows = self._search("res.user", wanted, ("name", "login", "language.code"), call=call)
        user = next(iter(rows), None)
        if user is None:
            raise self.odd(call, "its answer has no user")
        language = user.get("language.")
        return CurrentUser(
            id=str(session.user_id),
            name=str(user.get("name") or user.get("login") or ""),
            username=str(user.get("login") or ""),
            language_locale_key=_locale(language.get("code") if isinstance(language, dict) else ""),
        )

    def contacts(self) -> list[Contact]:
        """All active parties, in the order they were made."""
        return self.bounded(self._parties([], call="list the parties"))

    def find(self, numbers: Sequence[str]) -> Matches:
        """Who has one of these numbers."""
        call = "find parties"
        spellings = self.spellings(numbers)
        if not spellings:
            return self.verified([], numbers)
        wanted: list[object] = ["OR", ["value_compact", "in", spellings]]
        wanted += [["value_compact", "ilike", f"%{end}"] for end in self.endings(numbers)]
        # Without phonenumbers on the server, what was written is all it has.
        wanted += [["value", "ilike", _ending_in(text)] for text in spellings]
        rows = self._search("party.contact_mechanism", [wanted], ("party",), call=call)
        ids = sorted({row["party"] for row in rows if isinstance(row.get("party"), int)})
        found = self._parties([["id", "in", ids]], call=call) if ids else ()
        return self.verified(found, numbers)

    def open(self, record_id: object) -> Contact | Matches:
        """The party with this id, with a link to it in the web client."""
        from crmwidget.directory import Matches

        text = str(record_id)
        if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - an SQL integer
            return Matches()
        found = self._parties([["id", "=", int(text)]], call="open a party")
        return next(iter(found), None) or Matches()

    def save_log(self, log: InteractionLog) -> str:
        """Keep the log as a note on its party; the id of the note.

        Raises RefusedError where there is no one party with the number.
        """
        call, key = call_of(log, self.find), key_of(log)
        resource, line = f"party.party,{self._home(call)}", key_line(key)
        return self.once(
            look_up=lambda: self._known(resource, line),
            write=lambda: self._written(resource, notes_of(call, key)[0]),
        )

    # ------------------------------------------------------------ parties
    def _parties(self, wanted: Sequence[object], *, call: str) -> Iterator[Contact]:
        """Page by page, each from the last id on: nothing made meanwhile moves them."""
        last = 0
        for _ in range(self.most_pages):
            domain = [*wanted, ["id", ">", last]]
            rows = self._search("party.party", domain, _FIELDS, call=call, order=[["id", "ASC"]])
            yield from map(self._contact, rows)
            ids = [row["id"] for row in rows if isinstance(row.get("id"), int)]
            if len(rows) < _PAGE or not ids or max(ids) <= last:
                return
            last = max(ids)

    def _contact(self, row: Mapping[str, Any]) -> Contact:
        numbers: dict[str, list[str]] = {}
        emails = []
        others: dict[str, object] = {}
        given = row.get("contact_mechanisms.")
        for one in given if isinstance(given, list) else []:
            if not isinstance(one, dict):
                continue
            kind, value = one.get("type"), str(one.get("value") or "")
            if kind in _KINDS or (kind == "other" and _NUMBER.fullmatch(value)):
                compact = str(one.get("value_compact") or value)
                numbers.setdefault(str(kind), []).append(compact)
            elif kind == "email":
                emails.append(value)
            else:
                others.setdefault(str(kind), value)
        link = f"/#{self._database}/model/party.party/{row.get('id')}"
        return self.contact(
            row.get("id"),
            row.get("name"),
            numbers,
            email=emails[0] if emails else None,
            url=self.link_to(link, self._app),
            fields={"code": row.get("code"), **others},
        )

    # ---------------------------------------------------------------- notes
    def _home(self, call: Call) -> str:
        """The id of the party that keeps the note."""
        if call.contact is not None:
            return str(call.contact.id)
        raise RefusedError(
            self.crm,
            "save an interaction log",
            "a note belongs to one party, and nobody or several have the number for certain",
            "Save such calls with phone.on_save_log. The log is kept in phone.journal.",
        )

    def _known(self, resource: str, line: str | None) -> str | None:
        # Tryton lets nobody search the notes of all records: one whose number has moved to another
        # party since gets a second note.
        if line is None:
            return None
        wanted = [["resource", "=", resource], ["message", "ilike", _ending_in(line)]]
        rows = self._search("ir.note", wanted, ("message",), call="look for an interaction log")
        return next((str(row["id"]) for row in rows if is_note(row.get("message"), line)), None)

    def _written(self, resource: str, message: str) -> str:
        call = "save an interaction log"
        note = {"resource": resource, "message": message}
        ids = self._call("model.ir.note.create", [[note], {}], call=call, retry=False)
        if not isinstance(ids, list) or not ids:
            raise self.odd(call, "its answer has no id", unclear=True)
        return str(ids[0])

    # ----------------------------------------------------------------- rpc
    def _search(
        self,
        model: str,
        domain: Sequence[object],
        fields: Sequence[str],
        *,
        call: str,
        order: object = None,
    ) -> list[dict[str, Any]]:
        params = [domain, 0, _PAGE, order, list(fields), {}]
        return self.rows(self._call(f"model.{model}.search_read", params, call=call), call=call)

    def _call(self, method: str, params: list[object], *, call: str, retry: bool = True) -> Any:
        """What a method answers; `retry`: it only reads."""
        body = {"id": 1, "method": method, "params": params}
        path = f"/{self._database}/rpc/"
        answer = self.request("POST", path, call=call, json=body, retry=retry)
        if not isinstance(answer, dict) or "result" not in answer:
            raise self.odd(call, "its answer has no result")
        return answer["result"]

    def _login(self, user: str, password: str) -> tuple[int, str]:
        """Id and token of a new session; asked once: each wrong password makes the next slower."""
        call = "log in"
        mark = _LOGGING_IN.set(True)
        params: list[object] = [user, {"password": password}]
        try:
            result = self._call("common.db.login", params, call=call, retry=False)
        except CRMTimeoutError:
            advice = f"{self.timeout_advice} Or give it longer: timeout=."
            raise CRMTimeoutError(self.crm, call, "no answer in time", advice) from None
        except RecordNotFoundError as error:
            said = "it has no database of this name"
            raise UnexpectedAnswerError(
                self.crm, call, said, "Check database= and url=.", status=error.status
            ) from None
        finally:
            _LOGGING_IN.reset(mark)
        match result:
            case [int() as user_id, str() as token, *_]:
                return user_id, token
        raise self.odd(call, "its answer is no session")


class Session:
    """A login and password, and the session they gave."""

    def __init__(self, adapter: Tryton, user: str | Secret, password: str | Secret) -> None:
        self._adapter = adapter
        self._user = user if isinstance(user, Secret) else Secret(user)
        self._password = password if isinstance(password, Secret) else Secret(password)
        if ":" in self._user.reveal():
            raise ValueError(
                "the login of auth=(login, password) has a colon, which Tryton's cannot."
            )
        self._lock = Lock()
        self._header: Secret | None = None
        self._wrong: CredentialsError | None = None
        self.user_id: int | None = None
        """Who it is, once it has been logged in."""

    def headers(self) -> Mapping[str, str]:
        """The session's; the first call, and the first after renew(), log in."""
        if _LOGGING_IN.get():
            return {}
        with self._lock:
            if self._wrong is not None:
                # Asking again would only make Tryton slower, and lock the user out.
                raise self._wrong.with_traceback(None)
            if self._header is None:
                self._log_in()
            header = self._header
        return {} if header is None else {"Authorization": header.reveal()}

    def renew(self) -> bool:
        """A session ends after some minutes without a request."""
        if _LOGGING_IN.get():
            return False
        with self._lock:
            self._header = None
        return True

    def _log_in(self) -> None:
        user = self._user.reveal()
        try:
            self.user_id, token = self._adapter._login(user, self._password.reveal())  # noqa: SLF001
        except CredentialsError as error:
            self._wrong = error
            raise
        whole = b64encode(f"{user}:{self.user_id}:{token}".encode(errors="replace")).decode()
        self._header = Secret(f"Session {whole}")

    def __repr__(self) -> str:
        return "<session>"


def _locale(code: object) -> str:
    """A language as crmData has it; the connector's documentation shows language and country."""
    text = str(code or "")
    return {"": "en_US", "en": "en_US"}.get(text, text)


def _ending_in(text: str) -> str:
    """A pattern of SQL for what ends in this text, whatever is in it."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text)
