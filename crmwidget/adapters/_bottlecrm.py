"""BottleCRM: contacts, calls as interactions, custom fields; run against django-crm 1.35.0.

Its search is for a piece of the number as somebody wrote it, so it is asked
for the last digits, and the exact match is made here. It keeps a call on one
record only, with one of five outcomes; what has no place there stays in the text.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from crmwidget.adapters._base import Adapter, Answer, Complaint
from crmwidget.adapters._calls import Call, call_of, key_of
from crmwidget.adapters._note import is_note, key_line, notes_of
from crmwidget.errors import CredentialsError, RefusedError
from crmwidget.http.credentials import Credentials, Token
from crmwidget.phones import digits
from crmwidget.safety.privacy import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crmwidget.directory import Contact, Matches
    from crmwidget.protocol import CurrentUser, CustomField, InteractionLog

__all__ = ["BottleCRM"]

OUTCOMES: Final = ("connected", "no_answer", "voicemail", "busy", "wrong_number")
"""What BottleCRM says of a call; it has no others."""
_SAID: Final[Mapping[str, str]] = {
    "answered": "connected",
    "noanswer": "no_answer",
    "notanswered": "no_answer",
    "unanswered": "no_answer",
    "missed": "no_answer",
    "leftvoicemail": "voicemail",
    "leftmessage": "voicemail",
    "leftamessage": "voicemail",
    "linebusy": "busy",
    "engaged": "busy",
    **{word.replace("_", ""): word for word in OUTCOMES},
}
_OUTCOME_FIELDS: Final = frozenset({"outcome", "calloutcome", "disposition", "callresult"})
_FIELDS: Final = (
    "title",
    "department",
    "organization",
    "city",
    "country",
    "do_not_call",
    "is_active",
)
_ROWS: Final = ("results", "contact_obj_list", "interactions")
"""Where a list has its rows; it has those of contacts twice, and older versions had the second."""
_LONGEST_BODY: Final = 10_000
_LONGEST_SUBJECT: Final = 200
_PAGE: Final = 100
_FEW_DIGITS: Final = 4
_MORE_DIGITS: Final = 7
_MANY: Final = 300
"""Of a search by few digits; then it is asked by more of them."""
_NO_ORGANISATION: Final = "Organization context is required"
_DIGIT: Final = re.compile(r"\d")


class BottleCRM(Adapter):
    """BottleCRM over its API.

    url: of the API, as in "https://api.example.com". auth: a personal token
    (bcrm_pat_...), an access token (JWT), a function returning one, or the
    organisation's API key, which can read only and is no user.
    app: of the web application, "https://app.example.com", for links to a
    contact. unmatched: the id of the contact that keeps the calls of nobody
    and of several; without it such a log is an error and stays in the journal.
    outcomes: {"Left a message": "voicemail"}, from the words of a topic or of a
    custom field called outcome or disposition to one of OUTCOMES; a few are known.
    The others as for every Adapter.
    """

    crm = "BottleCRM"
    tried = "run against django-crm 1.35.0"
    refused_statuses: ClassVar[frozenset[int]] = frozenset({401, 403})
    credentials_advice = (
        "It answers 403 for a token that is wrong, expired or missing, too. A personal token needs "
        "the scopes contacts:read, interactions:read, interactions:write, custom-fields:read and "
        "profile:read, or none; the organisation's key can only read."
    )

    def __init__(
        self,
        url: str,
        *,
        app: str | None = None,
        unmatched: str | None = None,
        outcomes: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        self._organisation = False
        super().__init__(url, **more)
        self._app = app
        self._unmatched = unmatched
        self._outcomes = {**_SAID, **{_word(said): kept for said, kept in (outcomes or {}).items()}}
        odd = sorted({*self._outcomes.values()} - {*OUTCOMES})
        if odd:
            raise ValueError(f"outcomes= leads to {odd}. BottleCRM has {', '.join(OUTCOMES)}.")

    def credentials(self, auth: object) -> Credentials:
        """A token for `Authorization`, the organisation's key for `Token`."""
        if isinstance(auth, str | Secret):
            text = (auth.reveal() if isinstance(auth, Secret) else auth).strip()
            if _uuid(text):
                self._organisation = True
                return OrganisationKey(text)
        return super().credentials(auth)

    def refused(self, answer: Answer) -> bool:
        """A 403 says either that nobody is known to ask, or that they may not."""
        return answer.status in self.refused_statuses and "not scoped" not in answer.text

    def complaint(self, status: int, body: Any) -> Complaint | None:
        """`{"error": true, "errors": {...}}`, also within a 200; or `{"detail": ...}`."""
        if not isinstance(body, dict):
            return None
        detail = body.get("detail")
        if isinstance(detail, str) and detail.startswith(_NO_ORGANISATION):
            return Complaint("credentials")
        if not body.get("error"):
            return None
        errors = body.get("errors")
        fields = tuple(map(str, errors)) if isinstance(errors, dict) else ()
        return Complaint(None if status >= 300 else "refused", fields=fields)  # noqa: PLR2004 - HTTP's

    # ------------------------------------------------------- the questions
    def current_user(self) -> CurrentUser:
        """The owner of the token; CredentialsError for the organisation's key, which has none."""
        from crmwidget.protocol import CurrentUser

        call = "read the current user"
        if self._organisation:
            raise CredentialsError(
                self.crm,
                call,
                "the organisation's key belongs to no user",
                "Give a personal token as auth=, or say who the agent is with crm_data=.",
            )
        answer = self.request("GET", "/api/profile/", call=call)
        profile = answer.get("user_obj") if isinstance(answer, dict) else None
        user = profile.get("user_details") if isinstance(profile, dict) else None
        if not isinstance(profile, dict) or not isinstance(user, dict) or not user.get("id"):
            raise self.odd(call, "its answer has no user_obj.user_details")
        email = str(user.get("email") or "")
        return CurrentUser(
            id=str(user["id"]),
            name=str(user.get("name") or email),
            username=email,
            type="Admin" if profile.get("role") == "ADMIN" else "User",
        )

    def contacts(self) -> list[Contact]:
        """All contacts the token may see, the newest first."""
        return self.bounded(self._listed({}, call="list the contacts"))

    def find(self, numbers: Sequence[str]) -> Matches:
        """Who has one of these numbers, however it is written there."""
        found = [
            contact
            for ending in self._tails(numbers, _FEW_DIGITS)
            for contact in self._ending(ending, numbers)
        ]
        return self.verified(found, numbers)

    def open(self, record_id: object) -> Contact | Matches:
        """The contact with this id, with a link to it where `app` is known.

        BottleCRM forbids to show its pages within others: a link, no frame.
        """
        from crmwidget.directory import Matches

        if not _uuid(record_id):
            return Matches()
        path = f"/api/contacts/{self.segment(record_id)}/"
        row = self.record(path, call="open a contact", within="contact_obj")
        return Matches() if row is None else self._contact(row)

    def save_log(self, log: InteractionLog) -> str:
        """Keep the log as a call on its contact; the id of the interaction.

        The text has all of the log; over 10,000 letters it becomes several
        interactions. Raises RefusedError where there is no one contact.
        """
        call, key = call_of(log, self.find), key_of(log)
        first = {
            "kind": "call",
            "direction": "outbound" if call.inbound is False else "inbound",
            "contact": self._home(call),
            "occurred_at": log.at.isoformat(),
            "subject": call.subject(_LONGEST_SUBJECT),
            "outcome": self._outcome(log),
        }
        ids = [
            self._once({**first, "body": body}, key_line(key, part))
            for part, body in enumerate(notes_of(call, key, _LONGEST_BODY), 1)
        ]
        return ids[0]

    def custom_fields(self, names: Sequence[str]) -> list[CustomField]:  # noqa: ARG002 - the client picks
        """The custom fields that contacts have, in the CRM's order."""
        from crmwidget.protocol import CustomField

        call = "read the custom fields"
        answer = self.request(
            "GET",
            "/api/custom-fields/",
            call=call,
            params={"target_model": "Contact", "active_only": "true", "include_counts": "false"},
        )
        rows = self.rows(answer.get("definitions") if isinstance(answer, dict) else None, call=call)
        return [
            CustomField(
                label=str(row.get("label") or row["key"]),
                type="PICKLIST" if row.get("field_type") == "dropdown" else "STRING",
                options=row.get("options") or (),
                name=str(row["key"]),
            )
            for row in rows
            if row.get("key")
        ]

    # ------------------------------------------------------------ contacts
    def _listed(self, params: Mapping[str, object], *, call: str) -> Iterator[Contact]:
        seen: set[str] = set()
        for rows, _ in self._paged("contacts", params, call=call):
            for row in rows:
                # A contact made meanwhile moves the others on to the next page.
                if str(row.get("id")) not in seen:
                    seen.add(str(row.get("id")))
                    yield self._contact(row)

    def _paged(
        self, what: str, params: Mapping[str, object], *, call: str
    ) -> Iterator[tuple[list[dict[str, Any]], int]]:
        """The rows of each page, and how many there are on all of them."""
        rows: list[dict[str, Any]] = []
        read = count = 0

        def following(_: object) -> Mapping[str, object] | None:
            return {"offset": read} if rows and read < count else None

        for page in self.pages(
            "GET",
            f"/api/{what}/",
            call=call,
            params={**params, "limit": _PAGE, "offset": 0},
            following=following,
        ):
            given = page if isinstance(page, dict) else {}
            named = next((given[name] for name in _ROWS if name in given), None)
            rows = self.rows(named, call=call)
            read += len(rows)
            count = given["count"] if isinstance(given.get("count"), int) else read
            yield rows, count

    def _tails(self, numbers: Iterable[str], digits: int) -> list[str]:
        """The ends of all spellings that have so many digits: in most countries one."""
        return list(dict.fromkeys(_tail(text, digits) for text in self.spellings(numbers)))

    def _ending(self, ending: str, numbers: Sequence[str]) -> Iterator[Contact]:
        """Who has these digits in their number; of many, those who have more of them."""
        if len(_DIGIT.findall(ending)) < _FEW_DIGITS:
            return
        call = "find contacts"
        rows, count = next(self._paged("contacts", {"phone": ending}, call=call))
        if count <= len(rows):
            yield from map(self._contact, rows)
        elif count <= _MANY:
            yield from self._listed({"phone": ending}, call=call)
        else:
            for longer in self._tails(numbers, _MORE_DIGITS):
                if longer.endswith(ending):
                    yield from self._listed({"phone": longer}, call=call)

    def _contact(self, row: Mapping[str, Any]) -> Contact:
        own = row.get("custom_fields")
        account = row.get("account_detail")
        known = {
            **{name: row.get(name) for name in _FIELDS},
            "account": account.get("name") if isinstance(account, dict) else None,
            **(own if isinstance(own, dict) else {}),
        }
        link = None
        if self._app and (segment := self.segment(row.get("id"))):
            link = self.link_to(f"/contacts/{segment}", self._app)
        return self.contact(
            row.get("id"),
            [row.get("first_name"), row.get("last_name")],
            _numbers(row),
            email=row.get("email"),
            url=link,
            fields={name: value for name, value in known.items() if value not in (None, "")},
        )

    # ---------------------------------------------------------------- logs
    def _home(self, call: Call) -> str:
        """The id of the contact that keeps the call."""
        if call.contact is not None:
            return str(call.contact.id)
        if self._unmatched:
            return self._unmatched
        raise RefusedError(
            self.crm,
            "save an interaction log",
            "it keeps a call on one contact, and nobody or several have the number for certain",
            f"Give {type(self).__name__}(..., unmatched=) the id of a contact for such calls, "
            "or save them with phone.on_save_log. The log is kept in phone.journal.",
        )

    def _outcome(self, log: InteractionLog) -> str:
        """One of the five, where the log says one; a warning where it has another."""
        fields = {_word(name): value for name, value in log.custom_fields.items()}
        said = [fields[name] for name in fields if name in _OUTCOME_FIELDS]
        for words in (*said, log.topic):
            if words and (known := self._outcomes.get(_word(words))):
                return known
        if any(said):
            warnings.warn(
                "BottleCRM has no such outcome: it was left out, and stands in the text. "
                f"It has {', '.join(OUTCOMES)}; give BottleCRM(..., outcomes=) the others.",
                stacklevel=2,
            )
        return ""

    def _once(self, interaction: Mapping[str, object], line: str | None) -> str:
        return self.once(
            look_up=lambda: self._known(str(interaction["contact"]), line),
            write=lambda: self._written(interaction),
        )

    def _known(self, contact: str, line: str | None) -> str | None:
        """The id of the interaction that ends in this line."""
        if line is None:
            return None
        call = "look for an interaction log"
        # Who is a contact by now may have been nobody when an earlier try wrote it.
        for one in dict.fromkeys(filter(None, (contact, self._unmatched))):
            for rows, _ in self._paged("interactions", {"contact": one}, call=call):
                for row in rows:
                    if is_note(row.get("body"), line):
                        return str(row.get("id"))
        return None

    def _written(self, interaction: Mapping[str, object]) -> str:
        call = "save an interaction log"
        answer = self.request("POST", "/api/interactions/", call=call, json=interaction)
        if not isinstance(answer, dict) or not answer.get("id"):
            raise self.odd(call, "its answer has no id", unclear=True)
        return str(answer["id"])


class OrganisationKey(Token):
    """The key of the organisation, in a header of BottleCRM's own."""

    def headers(self) -> Mapping[str, str]:
        """`Token: ...`."""
        return {"Token": self._value.reveal().partition(" ")[2]}


def _numbers(row: Mapping[str, Any]) -> dict[str, object]:
    """The number as BottleCRM has placed it in a country, and as somebody wrote it."""
    written, placed = row.get("phone"), row.get("phone_e164")
    if not placed:
        return {"phone": written}
    same = digits(str(placed)) == digits(str(written))
    return {"phone": written if same else placed, "written": None if same else written}


def _uuid(value: object) -> bool:
    try:
        return str(UUID(str(value))) == str(value).strip().lower()
    except ValueError:
        return False


def _word(text: str) -> str:
    """A word however it is written: only its letters and digits."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _tail(text: str, digits: int) -> str:
    """The end of a text from its last so many digits on."""
    places = [found.start() for found in _DIGIT.finditer(text)]
    return text[places[-digits] :] if len(places) >= digits else text
