"""Rules of crmData: who the agent is, and the connector's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crmwidget.conformance._handshake import greeted
from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._shape import MISSING, at, faults, kind, leaves

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage


def crm_data(stage: Stage) -> Any:
    """The client's crmData, or MISSING."""
    return stage.once(_crm_data)


def _crm_data(stage: Stage) -> Any:
    found = stage.ask("requestCrmData", reply="crmData")
    if found:
        stage.barrier = ("requestCrmData", "crmData")
        if not stage.pass_barrier():
            stage.barrier = None
    if stage.barrier is None and stage.once(greeted):
        stage.barrier = ("ready", "ready")
    return found[0].data if found else MISSING


@rule(
    "crm-data-answered",
    "D",
    "requestCrmData is answered with crmData",
    checked="sends requestCrmData",
    advice="Answer requestCrmData with crmData; the connector starts with it.",
)
def data_answered(stage: Stage) -> Verdict:
    if crm_data(stage) is MISSING:
        return broken(f"no crmData with data within {stage.patience:g} s")
    return kept("crmData came")


_NONE: Final = "there is no crmData"


@rule(
    "crm-data-required",
    "D",
    "crmData has callCenterSettings and a currentUser with all its keys",
    checked="reads crmData",
    advice="Send callCenterSettings and currentUser {attributes: {type}, Name, Username, Id, "
    "LanguageLocaleKey}, spelt so.",
)
def required(stage: Stage) -> Verdict:
    data = crm_data(stage)
    if data is MISSING:
        return idle(_NONE)
    shape = {
        "callCenterSettings": "object",
        "currentUser": "object",
        "currentUser.attributes.type": "text",
        "currentUser.Name": "text",
        "currentUser.Username": "text",
        "currentUser.LanguageLocaleKey": "text",
    }
    found = [*faults(data, shape)]
    if at(data, "currentUser.Id") in (MISSING, None, ""):
        found.append(f"currentUser.Id is {kind(at(data, 'currentUser.Id'))}, not an id")
    return judged(found, "all required keys")


@rule(
    "crm-data-id-text",
    "D",
    "currentUser.Id is text",
    checked="reads crmData",
    advice="Turn the CRM's id into text: String(user.id).",
)
def id_text(stage: Stage) -> Verdict:
    found = at(crm_data(stage), "currentUser.Id")
    if found in (MISSING, None, ""):
        return idle("there is no currentUser.Id")
    return kept("it is text") if isinstance(found, str) else broken(f"it is a {kind(found)}")


def _settings(stage: Stage) -> Any:
    found = at(crm_data(stage), "callCenterSettings")
    return found if isinstance(found, dict) else MISSING


@rule(
    "settings-sections",
    "O",
    "the sections stand directly under callCenterSettings, spelt as the sample's",
    checked="reads crmData",
    advice="Leave the wrapper `parameters` off, and write ReqGeneralInfo, ServerConfig, ...",
)
def sections(stage: Stage) -> Verdict:
    from crmwidget.protocol._settings import KEYS

    settings = _settings(stage)
    if settings is MISSING:
        return idle("there are no callCenterSettings")
    known = {key.section.lower(): key.section for key in KEYS.values()}
    found = ["they are wrapped in `parameters`"] if "parameters" in settings else []
    for name, section in settings.items():
        right = known.get(name.lower(), name)
        if right != name:
            found.append(f"{name} should be {right}")
        if not isinstance(section, dict) and name != "parameters":
            found.append(f"{name} is {kind(section)}, not object")
    return judged(found, f"{len(settings)} sections")


@rule(
    "settings-text",
    "S",
    "every setting is text",
    checked="reads crmData",
    advice='Send texts: "640" for 640, "Y" and "N" for true and false, "" for nothing.',
)
def settings_text(stage: Stage) -> Verdict:
    settings = _settings(stage)
    if settings is MISSING:
        return idle("there are no callCenterSettings")
    values = [*leaves({k: v for k, v in settings.items() if isinstance(v, dict)})]
    wrong = (f"{name} is {kind(v)}, not text" for name, v in values if not isinstance(v, str))
    return judged(wrong, f"{len(values)} texts")


@rule(
    "settings-yes-no",
    "S",
    'settings that are switches are "Y" or "N"',
    checked="reads the settings that this project knows as switches",
    advice='Write "Y" or "N", in capitals.',
)
def yes_no(stage: Stage) -> Verdict:
    from crmwidget.protocol._settings import KEYS

    settings = _settings(stage)
    switches = [key for key in KEYS.values() if key.yes_no]
    texts = {
        f"{key.section}.{key.key}": value
        for key in switches
        if isinstance(value := at(settings, f"{key.section}.{key.key}"), str)
    }
    if not texts:
        return idle("there are no switches")
    wrong = (f"{name} is neither" for name, text in texts.items() if text not in {"Y", "N"})
    return judged(wrong, f"{len(texts)} switches")


@rule(
    "capabilities",
    "S",
    "capabilities are booleans, and the CRM's name is text",
    checked="reads crmData",
    advice="Send capabilities {directoryAvailable: true, name: ...}, with real booleans.",
)
def capabilities(stage: Stage) -> Verdict:
    found = at(crm_data(stage), "capabilities")
    if found is MISSING:
        return idle("crmData has no capabilities")
    if not isinstance(found, dict):
        return broken(f"capabilities is {kind(found)}, not object")
    known = {
        "directoryAvailable": "boolean",
        "name": "text",
        "reloadsOnNavigation": "boolean",
        "lightningComponentsAvailable": "boolean",
    }
    return judged(
        faults(found, {key: known[key] for key in known if key in found}, "capabilities."),
        ", ".join(key for key in known if key in found) or "none that is known",
    )


RULES = (data_answered, required, id_text, sections, settings_text, yes_no, capabilities)
