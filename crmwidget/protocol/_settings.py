"""callCenterSettings, the connector's CCDef: sections of texts, booleans as "Y" and "N" [S].

`Settings` is the flat, friendly side of it. The table of what is known are the
classes below, named like the sections; a field's wire key is its name in
camelCase. The CCDef is open-ended, so whatever else is given is kept.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Self

from crmwidget.errors import CrmDataError
from crmwidget.protocol._rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

YesNo = bool | str
"""True and False are "Y" and "N" on the wire; another text stays what it is."""
Text = str | int
"""Reads back as text, as everything in the CCDef is."""


@dataclass(frozen=True, kw_only=True)
class _Section:
    """Its subclasses are the table."""


@dataclass(frozen=True, kw_only=True)
class ReqGeneralInfo(_Section):
    req_internal_name: Text | None = None
    req_display_name: Text | None = None
    req_adapter_url: Text | None = None
    req_softphone_height: Text | None = None
    req_softphone_width: Text | None = None
    active_softphone_height: Text | None = None
    active_softphone_width: Text | None = None
    idle_softphone_height: Text | None = None


@dataclass(frozen=True, kw_only=True)
class ServerConfig(_Section):
    server_host_name: Text | None = None
    use_local_session_sharing: YesNo | None = None


@dataclass(frozen=True, kw_only=True)
class DialingOptions(_Section):
    req_outside_prefix: Text | None = None
    req_long_dist_prefix: Text | None = None
    req_international_prefix: Text | None = None
    dial_internal_length: Text | None = None
    dial_country_code: Text | None = None
    dial_local_length: Text | None = None
    dial_long_distance_length: Text | None = None
    emergency_codes: Text | None = None


@dataclass(frozen=True, kw_only=True)
class LogOptions(_Section):
    call_log_enabled: YesNo | None = None
    transaction_log_custom_field1: Text | None = None
    transaction_log_custom_field2: Text | None = None
    interaction_history_size: Text | None = None


@dataclass(frozen=True, kw_only=True)
class SoftphoneOptions(_Section):
    language: Text | None = None
    start_work_buttons: Text | None = None
    start_work_state: Text | None = None
    auto_start_work_enabled: YesNo | None = None
    auto_sign_out_enabled: YesNo | None = None
    click_to_dial: YesNo | None = None
    click_to_consult_enabled: YesNo | None = None
    manual_not_ready_selection_enabled: YesNo | None = None
    manual_after_contact_work_enabled: YesNo | None = None
    transfer_button_enabled: YesNo | None = None
    toggle_channels_enabled: YesNo | None = None
    conference_button_enabled: YesNo | None = None
    server_response_timeout: Text | None = None
    auto_accept_interaction: YesNo | None = None
    loggin_security_level: Text | None = None  # sic
    log_persistence_duration: Text | None = None
    drop_incoming_interaction: YesNo | None = None
    manual_outbound_interaction: YesNo | None = None
    customer_journey_button_enabled: YesNo | None = None
    enable_notifications: Text | None = None
    set_agent_state_to_not_ready_on_rona: YesNo | None = None
    reports_enabled: YesNo | None = None
    advanced_customer_history_enabled: YesNo | None = None
    debounce_time: Text | None = None
    voicemail_number: Text | None = None
    notifications_enabled: YesNo | None = None


@dataclass(frozen=True, kw_only=True)
class CallScreenPopOptions(_Section):
    screen_pop_on_ani: YesNo | None = None
    screen_pop_on_dnis: YesNo | None = None
    screen_pop_on_consult_or_completed: Text | None = None
    international_anisearch: YesNo | None = None
    suppress_screen_pop: YesNo | None = None
    wait_before_perform_screenpop: YesNo | None = None
    custom_param1: Text | None = None
    custom_param2: Text | None = None
    custom_param3: Text | None = None
    custom_param4: Text | None = None
    custom_param5: Text | None = None
    custom_param6: Text | None = None
    custom_param7: Text | None = None
    custom_param8: Text | None = None
    custom_param9: Text | None = None
    custom_param10: Text | None = None


@dataclass(frozen=True, kw_only=True)
class ReasonCodesEnabled(_Section):
    aux_reason_enabled: YesNo | None = None
    disposition_codes_enabled: YesNo | None = None


@dataclass(frozen=True, kw_only=True)
class LabelOptions(_Section):
    """The connector's words; empty probably means its own text [I]."""

    label_ready: Text | None = None
    label_not_ready: Text | None = None
    label_go_ready: Text | None = None
    label_go_not_ready: Text | None = None
    label_after_contact_work: Text | None = None
    label_go_after_contact_work: Text | None = None
    label_after_contact_work_extended: Text | None = None
    label_start_work: Text | None = None
    label_pending_not_ready: Text | None = None
    label_pending_after_contact_work: Text | None = None
    label_disposition_codes: Text | None = None
    label_cancel: Text | None = None
    label_activate: Text | None = None
    label_activate_agent: Text | None = None
    label_to_start_work: Text | None = None
    label_start_work_pending: Text | None = None
    label_finish_work: Text | None = None
    label_finish_work_pending: Text | None = None
    label_connected: Text | None = None
    label_welcome_connected: Text | None = None
    label_sign_out: Text | None = None
    label_offline: Text | None = None
    label_show_offline_agents: Text | None = None
    label_hide_offline_agents: Text | None = None
    label_force_logout: Text | None = None


_SECTIONS: Final[tuple[type[_Section], ...]] = (
    ReqGeneralInfo,
    ServerConfig,
    DialingOptions,
    LogOptions,
    SoftphoneOptions,
    CallScreenPopOptions,
    ReasonCodesEnabled,
    LabelOptions,
)


@dataclass(frozen=True, slots=True)
class Key:
    """Where a keyword stands on the wire."""

    keyword: str
    section: str
    key: str
    yes_no: bool


def _table() -> dict[str, Key]:
    return {
        known.name: Key(
            known.name,
            section.__name__,
            _camel(known.name.removeprefix("label_")),
            yes_no=str(known.type).startswith("YesNo"),
        )
        for section in _SECTIONS
        for known in fields(section)
    }


def _camel(name: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


KEYS: Final = _table()
"""Every known keyword."""
_BY_WIRE: Final = {(known.section, known.key): known for known in KEYS.values()}


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings(
    LabelOptions,
    ReasonCodesEnabled,
    CallScreenPopOptions,
    SoftphoneOptions,
    LogOptions,
    DialingOptions,
    ServerConfig,
    ReqGeneralInfo,
):
    """The settings of the connector: `Settings(call_log_enabled=True, language="en_US")`.

    Booleans and numbers become the texts of the wire. Only what was set is
    sent. What this project does not know goes into `other`, a mapping of
    section to key to value in the spelling of the wire.
    """

    other: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[str, ...] = field(default=(), compare=False)
    """What had to be changed or looks wrong, each with the rule's evidence."""

    def __new__(cls, **keywords: object) -> Self:
        """Refuse an unknown keyword with the nearest known one."""
        for name in keywords:
            if name not in KEYS and name not in {"other", "problems"}:
                near = difflib.get_close_matches(_snake(name), KEYS, n=1, cutoff=0.5)
                advice = f"Did you mean {near[0]}? " if near else ""
                raise TypeError(
                    f"Settings has no {name!r}. {advice}Settings that are not known here go into "
                    "other={'Section': {'key': 'value'}}."
                )
        return super().__new__(cls)

    def __post_init__(self) -> None:
        problems = list(self.problems)
        known, other = _sorted(self.other, problems)
        for key in KEYS.values():
            given = getattr(self, key.keyword)
            if given is None:
                given = known.get(key.keyword)
            if given is not None:
                object.__setattr__(self, key.keyword, _friendly(key, given, problems))
        object.__setattr__(self, "other", other)
        object.__setattr__(self, "problems", tuple(problems))

    def __repr__(self) -> str:
        return f"Settings({len(self.given)} given)"

    @property
    def given(self) -> tuple[str, ...]:
        """The known keywords that were given, in the order of the sections."""
        return tuple(name for name in KEYS if getattr(self, name) is not None)

    @classmethod
    def from_wire(cls, mapping: Mapping[str, object]) -> Settings:
        """Read a CCDef: the sections, or the sample's file with `parameters` around them [O].

        Both spellings of ReqGeneralInfo are taken; unknown keys and sections are kept.
        """
        inner = mapping.get("parameters")
        if not isinstance(inner, Mapping) or any(known.__name__ in mapping for known in _SECTIONS):
            return cls(other=mapping)
        return cls(other=inner, problems=(RULES["wrapper"].problem(),))

    def to_wire(self) -> dict[str, object]:
        """Only what was given, in the spelling of the wire."""
        sections: dict[str, dict[str, object]] = {}
        for name in self.given:
            known = KEYS[name]
            sections.setdefault(known.section, {})[known.key] = _wire_text(getattr(self, name))
        wire: dict[str, object] = {**sections}
        for name, value in self.other.items():
            wire[name] = {**sections.get(name, {}), **value} if isinstance(value, dict) else value
        return wire


def settings_from_rows(rows: Iterable[tuple[object, object, object]]) -> dict[str, object]:
    """The CCDef from the rows of a settings frame: section, key, value.

    True/False, 1/0, yes/no become "Y"/"N" where the key is such a key, any
    other value becomes text, an empty cell sets nothing. A blank section is
    found by its key where only one section has it.
    """
    sections: dict[str, dict[str, str]] = {}
    for section, key, value in rows:
        if is_blank(value):
            continue
        name, name_of_key = _cell(section), _cell(key)
        if not name:
            homes = [known.section for known in KEYS.values() if known.key == name_of_key]
            if len(homes) != 1:
                raise CrmDataError([f"the setting {name_of_key!r} has no section in its row"])
            name = homes[0]
        known = _BY_WIRE.get((name, name_of_key))
        sections.setdefault(name, {})[name_of_key] = _cell_text(value, known)
    return {**sections}


def is_blank(value: object) -> bool:
    """Whether a cell of a frame holds nothing: None, blank text, or a library's NaN, NA or NaT."""
    return value is None or str(value).strip() in {"", "nan", "<NA>", "NaT"}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _sorted(
    sections: Mapping[str, object], problems: list[str]
) -> tuple[dict[str, object], dict[str, object]]:
    """The values of known keys by keyword, and what is not known, by section, as texts."""
    known: dict[str, object] = {}
    other: dict[str, object] = {}
    for given_name, section in sections.items():
        name = given_name
        if given_name == "reqGeneralInfo":
            name = "ReqGeneralInfo"
            problems.append(RULES["section-spelling"].problem())
        if not isinstance(section, Mapping):
            other[name] = section
            continue
        unknown: dict[str, object] = {}
        for key, given in section.items():
            found = _BY_WIRE.get((name, key))
            value = _leaf(f"{name}.{key}", given, found, problems)
            if value is None:
                continue
            if found and isinstance(value, str):
                known[found.keyword] = value
            else:
                unknown[key] = value
        if unknown or not section:
            other[name] = unknown
    return known, other


def _leaf(path: str, value: object, known: Key | None, problems: list[str]) -> object:
    if isinstance(value, str):
        return value
    if value is None:
        problems.append(RULES["leaf-left-out"].problem(field=path))
        return None
    if isinstance(value, bool | int | float):
        text = _number_text(value, yes_no=known is not None and known.yes_no)
        problems.append(RULES["leaf-text"].problem(field=path, sent=f'"{text}"'))
        return text
    problems.append(RULES["leaf-odd"].problem(field=path))
    return value


def _friendly(known: Key, value: object, problems: list[str]) -> YesNo:
    if not isinstance(value, str):
        value = _number_text(value, yes_no=known.yes_no)
    if not known.yes_no or value not in {"Y", "N"}:
        if known.yes_no:
            path = f"{known.section}.{known.key}"
            problems.append(RULES["yes-no"].problem(field=path))
        return value
    return value == "Y"


def _number_text(value: object, *, yes_no: bool) -> str:
    if isinstance(value, bool) or (yes_no and value in {0, 1}):
        return "Y" if value else "N"
    return number_text(value)


def number_text(value: object) -> str:
    """A number as people write it: 5.0, as frames have it, is 5."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _wire_text(value: YesNo) -> str:
    return value if isinstance(value, str) else "Y" if value else "N"


def _cell(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


_WORDS: Final = {"true": "Y", "yes": "Y", "y": "Y", "1": "Y", "on": "Y"} | dict.fromkeys(
    ("false", "no", "n", "0", "off"), "N"
)


def _cell_text(value: object, known: Key | None) -> str:
    text = _number_text(value, yes_no=known is not None and known.yes_no)
    return _WORDS.get(text.strip().lower(), text) if known and known.yes_no else text
