"""Rules of the CRM's custom fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from crmwidget.conformance._crm_data import crm_data
from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._shape import MISSING, at, faults, kind
from crmwidget.conformance._stage import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crmwidget.conformance._stage import Stage

ASK: Final = "requestCustomFieldsValues"
REPLY: Final = "customFieldsDataResponse"
UNKNOWN: Final = "no_such_field_of_crmwidget"
CHANNELS: Final = ("digital", "voice")


def _names(stage: Stage) -> list[str]:
    """Fields that the client itself names in its settings, else the sample's."""
    options = at(crm_data(stage), "callCenterSettings.LogOptions")
    given = options if isinstance(options, dict) else {}
    named = [
        text
        for key, text in given.items()
        if key.startswith("transactionLogCustomField") and isinstance(text, str) and text
    ]
    return named or ["case_id", "ticket_id"]


def _answer(stage: Stage) -> Any:
    names = _names(stage)
    asked = {"voice": ["", *names, UNKNOWN], "digital": [*names, " ", UNKNOWN]}
    found = stage.ask(ASK, {"object": asked}, reply=REPLY)
    return found[0].data if found else MISSING


def _read(data: object) -> Any:
    """The fields by channel, whether or not they came as text; MISSING if they cannot be read."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return MISSING
    return data if isinstance(data, dict) else MISSING


_NONE: Final = "custom fields are not answered: the client has none"


@rule(
    "fields-text",
    "D",
    "the data of customFieldsDataResponse is JSON in a text",
    checked="asks for the fields that crmData names",
    advice="Send data: JSON.stringify({digital, voice}).",
)
def text(stage: Stage) -> Verdict:
    data = stage.once(_answer)
    if data is MISSING:
        return idle(_NONE)
    if not isinstance(data, str):
        return broken(f"data is {kind(data)}, not text")
    return broken("data is text, but no JSON") if _read(data) is MISSING else kept("JSON in a text")


@rule(
    "fields-shape",
    "S",
    "each field is {customFieldInfo: {customFieldType, customFieldLabel}}, below digital or voice",
    checked="reads the answer",
    advice='Give each field its customFieldInfo, with the type "STRING" or "PICKLIST".',
)
def shape(stage: Stage) -> Verdict:
    data = _read(stage.once(_answer))
    if data is MISSING:
        return idle(_NONE)
    found = [f"an unknown key beside {' and '.join(CHANNELS)}"] if {*data} - {*CHANNELS} else []
    count = 0
    for channel in CHANNELS:
        fields = data.get(channel, {})
        if not isinstance(fields, dict):
            found.append(f"{channel} is {kind(fields)}, not object")
            continue
        for one in fields.values():
            count += 1
            info = at(one, "customFieldInfo")
            found += faults(
                info, {"customFieldType": "text", "customFieldLabel": "text"}, f"{channel}: "
            )
            if at(info, "customFieldType") not in {"STRING", "PICKLIST"}:
                found.append(f"{channel}: customFieldType is neither STRING nor PICKLIST")
    return judged(found, f"{count} fields")


@rule(
    "fields-order",
    "I",
    "digital comes before voice",
    checked="reads the answer",
    advice="Write digital first, as the sample client does: JSON's readers should not care.",
)
def order(stage: Stage) -> Verdict:
    data = _read(stage.once(_answer))
    if data is MISSING or not {*CHANNELS} <= {*data}:
        return idle("there are no two channels in the answer")
    return kept("it does") if next(iter(data)) == "digital" else broken("voice comes first")


@rule(
    "fields-unknown",
    "O",
    "names that are blank or that the CRM does not know are left out",
    checked="asks for blanks and for a name that nobody has",
    advice="Answer only with fields that the CRM has.",
)
def unknown(stage: Stage) -> Verdict:
    data = _read(stage.once(_answer))
    if data is MISSING:
        return idle(_NONE)
    names = {key for one in data.values() if isinstance(one, dict) for key in one}
    found = ["a blank name is in the answer"] if any(not key.strip() for key in names) else []
    if UNKNOWN in names or "undefined" in names:
        found.append("a name that no CRM has is in the answer")
    return judged(found, "left out")


@rule(
    "fields-case",
    "S",
    "names are found in any case, and answered as the CRM spells them",
    checked="asks for a field that was answered before, in capitals",
    advice="Compare names without regard to case, and use the CRM's own spelling as the key.",
)
def case(stage: Stage) -> Verdict:
    data = _read(stage.once(_answer))
    fields = at(data, "voice") if data is not MISSING else MISSING
    known = [key for key in fields if key.upper() != key] if isinstance(fields, dict) else []
    if not known:
        return idle("no field is known whose name has small letters")
    asked = {"voice": [known[0].upper()], "digital": []}
    answers = stage.ask(ASK, {"object": asked}, reply=REPLY)
    again = at(_read(answers[0].data), "voice") if answers else MISSING
    if isinstance(again, dict) and [*again] == [known[0]]:
        return kept("found")
    return broken("a field asked for in capitals is not answered in its own spelling")


@rule(
    "fields-missing-list",
    "O",
    "a request without voice or digital throws nothing, and is answered",
    checked="leaves out voice, digital, both, and the data",
    advice="Read data?.object?.voice ?? [], and the same for digital.",
)
def missing(stage: Stage) -> Verdict:
    start = f'{{type: "CRMConnectMessage", action: "{ASK}"'
    empty = [
        ("no lists", f"{start}, data: {{object: {{}}}}}}"),
        ("no object", f"{start}, data: {{}}}}"),
        ("no data", f"{start}}}"),
        ("lists null", f"{start}, data: {{object: {{voice: null, digital: null}}}}}}"),
    ]
    found = [fault for channel in CHANNELS for fault in _only(stage, channel)]
    found += stage.survives(empty)
    return judged(found, "nothing thrown")


def _only(stage: Stage, channel: str) -> Iterable[str]:
    """Ask for one channel: as a whole question would be, it is to be answered."""
    errors, answers = len(stage.errors), stage.once(_answer) is not MISSING
    asked = {"object": {channel: _names(stage)[:1]}}
    if answers:
        answers = not stage.ask(ASK, asked, reply=REPLY)
    else:
        stage.post(message(ASK, asked))
        stage.settle()
    thrown = stage.take_errors(errors)
    yield from (f"with {channel} only it threw {one}" for one in thrown)
    if answers and not thrown:
        yield f"with {channel} only it is not answered"


RULES = (text, shape, order, unknown, case, missing)
