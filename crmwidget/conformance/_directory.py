"""Rules of the address book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crmwidget.conformance._crm_data import crm_data
from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._shape import MISSING, at, faults, kind

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage

DOCUMENTED: Final = "requestGetCRMDirectory"
SAMPLE: Final = "requestGetCrmDirectory"


def _both(stage: Stage) -> dict[str, Any]:
    found = {}
    for spelling in (SAMPLE, DOCUMENTED):
        answers = stage.ask(spelling, reply="crmDirectory")
        if answers:
            found[spelling] = answers[0].data
    return found


def directory(stage: Stage) -> Any:
    """The data of crmDirectory, or MISSING."""
    return next(iter(stage.once(_both).values()), MISSING)


def contacts(stage: Stage) -> list[dict[str, Any]]:
    """The contacts in it that are objects."""
    found = at(directory(stage), "results")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _spelt(stage: Stage, spelling: str) -> Verdict:
    answers = stage.once(_both)
    if not answers:
        return idle("the client has no address book: no spelling is answered")
    if spelling in answers:
        return kept(f"{spelling} is answered")
    return broken(f"{spelling} is not answered, the other spelling is")


@rule(
    "directory-documented-spelling",
    "D",
    f"{DOCUMENTED} is answered",
    checked="asks in both spellings",
    advice="Compare the action without regard to case: the documentation writes CRM, the "
    "sample client Crm.",
)
def documented(stage: Stage) -> Verdict:
    return _spelt(stage, DOCUMENTED)


@rule(
    "directory-sample-spelling",
    "S",
    f"{SAMPLE} is answered",
    checked="asks in both spellings",
    advice="Compare the action without regard to case: the sample client writes Crm, the "
    "documentation CRM.",
)
def sample(stage: Stage) -> Verdict:
    return _spelt(stage, SAMPLE)


@rule(
    "directory-promised",
    "O",
    "who says directoryAvailable answers the request for the directory, even an empty one",
    checked="reads capabilities, and asks in both spellings",
    advice='Answer {count: "0", results: []} where there is nobody or the CRM fails, or send '
    "directoryAvailable: false.",
)
def promised(stage: Stage) -> Verdict:
    if at(crm_data(stage), "capabilities.directoryAvailable") is not True:
        return idle("crmData does not say directoryAvailable: true")
    if stage.once(_both):
        return kept("it answers")
    return broken("directoryAvailable is true, and no spelling of the request is answered")


_NONE: Final = "there is no crmDirectory"


@rule(
    "directory-shape",
    "S",
    "crmDirectory is {count, results: [{id, name, phone, email}]}",
    checked="reads crmDirectory",
    advice="Give every contact id (text or number), name (text), phone and email (text or null).",
)
def shape(stage: Stage) -> Verdict:
    data = directory(stage)
    if data is MISSING:
        return idle(_NONE)
    results = at(data, "results")
    if not isinstance(results, list):
        return broken(f"results is {kind(results)}, not list")
    keys = {"id": "id", "name": "text", "phone": "text|null", "email": "text|null"}
    found = [
        f"results[{index}] is {kind(one)}, not object"
        for index, one in enumerate(results)
        if not isinstance(one, dict)
    ]
    for index, one in enumerate(results):
        found += [*faults(one, keys, f"results[{index}].")] if isinstance(one, dict) else []
    return judged(found, "1 contact" if len(results) == 1 else f"{len(results)} contacts")


@rule(
    "directory-count",
    "S",
    "count is text, and the number of results",
    checked="reads crmDirectory",
    advice="Send count: String(results.length), after leaving out who cannot be contacted.",
)
def count(stage: Stage) -> Verdict:
    data = directory(stage)
    if data is MISSING:
        return idle(_NONE)
    given, results = at(data, "count"), at(data, "results")
    if not isinstance(given, str):
        return broken(f"count is {kind(given)}, not text")
    if isinstance(results, list) and given != str(len(results)):
        return broken(f"count is not {len(results)}, the number of results")
    return kept("text, and right")


@rule(
    "directory-contactable",
    "D",
    "contacts with neither phone nor email are left out",
    checked="reads crmDirectory",
    advice="Leave out who has neither phone nor email, before counting.",
)
def contactable(stage: Stage) -> Verdict:
    found = contacts(stage)
    if not found:
        return idle("there are no contacts")
    silent = sum(not one.get("phone") and not one.get("email") for one in found)
    return broken(f"{silent} have neither") if silent else kept(f"{len(found)} can be contacted")


RULES = (documented, sample, promised, shape, count, contactable)
