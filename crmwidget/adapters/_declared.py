"""Declared: what Rest is told of a CRM, checked, and its places filled with values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from crmwidget.adapters._base import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE: Final = re.compile(r"\{([a-z_0-9]+)\}")
_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
ROLES: Final = frozenset({"id", "name", "phone", "email", "url"})

Path = str
"""Where something is in an answer: "id", or "properties.phone" within objects or lists of them."""
Query = str | tuple[str, str, Mapping[str, Any]]
"""A path to GET, or (method, path, body) of a request that only reads."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was declared; None is not answered."""

    contacts: str | None
    find: Query | None
    open: str | None
    save_log: tuple[str, str, Mapping[str, Any]] | None
    find_log: str | None
    log_id: Path
    current_user: tuple[str, Mapping[str, Path]] | None
    custom_fields: tuple[str, Mapping[str, Path]] | None
    reports: str | None
    record_url: str | None
    items: Path | None
    next: Path | tuple[Path, str] | None
    key_header: str | None


LOG_VALUES: Final = {
    "caller",
    "called",
    "topic",
    "subject",
    "comments",
    "text",
    "key",
    "interaction_id",
    "contact_id",
    "direction",
    "started_at",
    "at",
    "custom_fields",
}


def check(plan: Plan, fields: Mapping[str, Any], search: str) -> None:
    """Say now, and not when it rings, what cannot work."""
    unknown = sorted(set(fields) - ROLES)
    if unknown:
        raise ValueError(f"fields= knows {', '.join(sorted(ROLES))}, not {unknown[0]!r}.")
    find_path = plan.find if isinstance(plan.find, str | None) else plan.find[1]
    places = "" if find_path is None else str(plan.find)
    _expect("find", find_path, {"number"}, within=places, needs="number")
    _expect("open", plan.open, {"id"}, needs="id")
    _expect("find_log", plan.find_log, {"key"}, needs="key")
    _expect("contacts", plan.contacts, set())
    _expect("current_user", plan.current_user and plan.current_user[0], set())
    _expect("custom_fields", plan.custom_fields and plan.custom_fields[0], set())
    if plan.save_log is not None:
        _expect("save_log", plan.save_log[1], LOG_VALUES, within=str(plan.save_log))
    if search not in {"text", "digits"}:
        raise ValueError("search= is 'text' or 'digits'.")


def _expect(
    argument: str, path: str | None, allowed: set[str], *, within: str = "", needs: str = ""
) -> None:
    if path is None:
        return
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"{argument}= has a path that begins with one slash, under url=.")
    found = set(_PLACE.findall(within or path))
    if odd := sorted(found - allowed):
        known = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
        raise ValueError(f"{argument}= has no place {{{odd[0]}}}; known: {known}.")
    if needs and needs not in found:
        raise ValueError(f"{argument}= needs the place {{{needs}}}.")


def filled_path(path: str, values: Mapping[str, Any]) -> str:
    """The path with every value quoted: none of it is a slash, a question mark or a parameter."""

    def text(found: re.Match[str]) -> str:
        value = values.get(found[1])
        quoted = quote(clean("" if value is None else str(value)), safe="")
        # The two names that go somewhere else in a path.
        return quoted.replace(".", "%2E") if quoted in {".", ".."} else quoted

    # A value behind a "%" must not become its two digits.
    return _PLACE.sub(text, _LONE_PERCENT.sub("%25", path))


def filled(body: Any, values: Mapping[str, Any]) -> Any:
    """The body with its places filled: a text that is one place becomes the value itself."""
    if isinstance(body, str):
        whole = _PLACE.fullmatch(body)
        if whole and whole[1] in values:
            return values[whole[1]]
        return _PLACE.sub(lambda found: _shown(values.get(found[1]), found[0]), body)
    if isinstance(body, Mapping):
        return {name: filled(one, values) for name, one in body.items()}
    if isinstance(body, list | tuple):
        return [filled(one, values) for one in body]
    return body


def _shown(value: object, place: str) -> str:
    return place if isinstance(value, Mapping) else "" if value is None else str(value)


def key_places(find_log: str, save_log: tuple[str, str, Mapping[str, Any]] | None) -> set[Path]:
    """Where a saved log may have its key: the parameter it is asked for by, and where it went."""
    asked = {name for name, value in parse_qsl(urlsplit(find_log).query) if value == "{key}"}
    return asked | set(_places_of_key(save_log[2] if save_log else {}))


def _places_of_key(body: Mapping[str, Any]) -> Iterator[Path]:
    for name, value in body.items():
        if value == "{key}":
            yield name
        elif isinstance(value, Mapping):
            yield from (f"{name}.{place}" for place in _places_of_key(value))
