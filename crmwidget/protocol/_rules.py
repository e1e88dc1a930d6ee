"""The rules that this package keeps on the wire, each with its evidence.

`Message.problems` and `CrmData.problems` are made of these sentences, so that a
panel or a conformance kit can list what is tolerated and why. `rows` are the
rows of the protocol reference's table of inconsistencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is done on the wire; {braces} in the sentence name what differs."""

    id: str
    sentence: str
    evidence: Literal["D", "S", "R", "O", "I"]
    side: Literal["receiving", "sending"]
    rows: tuple[int, ...] = ()

    def problem(self, **facts: str | int) -> str:
        """The sentence about these facts, which must never be values of a message."""
        return f"{self.sentence.format(**facts)} [{self.evidence}]"


def _receiving(id_: str, sentence: str, evidence: Literal["D", "S", "O", "I"], *rows: int) -> Rule:
    return Rule(id_, sentence, evidence, "receiving", rows)


def _sending(id_: str, sentence: str, evidence: Literal["D", "S", "O", "I"], *rows: int) -> Rule:
    return Rule(id_, sentence, evidence, "sending", rows)


_ALL: Final = (
    _receiving("action-case", "the action is spelt in another case, read as {name}", "I", 1, 2),
    _receiving("no-data", "{action} without the data it needs, read as empty", "I"),
    _receiving("missing", "{field} is missing, read as empty", "I"),
    _receiving("not-an-object", "{field} is no object, read as empty", "I"),
    _receiving("not-a-list", "{field} is no list, read as empty", "I"),
    _receiving("not-text", "{field} is not text, turned into text", "I", 15),
    _receiving("no-text", "{field} is neither text nor a number, left out", "I"),
    _receiving("ani-string", "aniValues is a string, taken as one number", "I"),
    _receiving("ani-not-text", "aniValues has {count} that are not text, turned into text", "I"),
    _receiving("ani-empty", "aniValues has no number, nobody is looked up", "I", 19),
    _receiving("flag-read", "isEnabled is not true or false, read as {flag}", "I"),
    _receiving("bare-value", "the data is a bare value, taken as {field}", "I"),
    _receiving("no-record-id", "recordId is no id, left out", "I"),
    _receiving("fields-object", "customFields is an object, its keys taken as names", "I"),
    _receiving("field-unnamed", "customFields has {count} without a name, left out", "I"),
    _receiving("field-twice", "customFields has a name twice, the last one counts", "I"),
    _receiving("names-bare", "the object around voice and digital is missing", "I"),
    _receiving("names-string", "{field} is a string, taken as one name", "I"),
    _receiving("names-not-text", "{field} has {count} that are not text, left out", "I"),
    _sending("leaf-text", "{field} is not text, sent as {sent}", "S"),
    _sending("leaf-left-out", "{field} is empty, left out: every value is text", "S"),
    _sending("leaf-odd", "{field} is neither text nor a number, sent as it is", "S"),
    _sending("yes-no", '{field} is neither "Y" nor "N", sent as it is', "S"),
    _sending("section-spelling", "reqGeneralInfo is sent as ReqGeneralInfo", "S", 21),
    _sending("wrapper", "the wrapper `parameters` does not go on the wire, left off", "O"),
    _sending("id-text", "currentUser.Id is sent as text", "D", 15),
    _sending("capability-odd", "{field} has an unexpected type, sent as it is", "S"),
    _sending("record-id", "recordId is sent in the form received", "S", 15),
    _sending("severity", "the key is spelt severity", "D", 7),
    _sending("notice-data", "a notification goes under data", "D", 8),
    _sending("task-id", "taskId is the handler's id, else the interactionId", "D", 10),
    _sending("no-duration", "logParameters has no duration: it is not evidenced", "I", 18),
    _sending("emails-text", "crmEmails is one text, crmPhones an array", "S", 16),
    _sending("fields-text", "the data of customFieldsDataResponse is a string", "D", 17),
    _sending("our-spelling", "what we send has the documented spelling", "D", 2),
    _sending("no-payload", "an action without payload is sent without data", "D", 9),
)

RULES: Final = {rule.id: rule for rule in _ALL}
"""Every rule by its id."""
