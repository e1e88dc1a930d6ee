"""Records: what JSON of any shape says of a contact, and values fit to be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from crmwidget.directory import Contact

__all__ = ["clean", "contact_of", "query_of"]

_UNSENDABLE: Final = re.compile("[\0\ud800-\udfff]")


def contact_of(
    record_id: object,
    name: object = "",
    numbers: Iterable[object] | Mapping[str, object] = (),
    *,
    email: object = None,
    url: str | None = None,
    fields: Mapping[str, object] | None = None,
) -> Contact:
    """A Contact; what is no text where one should be is left out."""
    from crmwidget.directory import Contact, Phone

    kinds = numbers.items() if isinstance(numbers, Mapping) else [("phone", list(numbers))]
    parts = name if isinstance(name, list | tuple) else [name]
    return Contact(
        id=record_id
        if isinstance(record_id, str | int) and not isinstance(record_id, bool)
        else None,
        name=" ".join(text for text in map(_text, parts) if text),
        phones=tuple(
            Phone(text, kind)
            for kind, given in kinds
            for text in map(_text, given if isinstance(given, list | tuple) else [given])
            if text
        ),
        email=_text(email) or None,
        url=url,
        fields=dict(fields or {}),
    )


def clean(value: Any) -> Any:
    """A value fit for any CRM's JSON: NUL, lone surrogates become U+FFFD, NaN becomes null."""
    if isinstance(value, str):
        return _UNSENDABLE.sub("\ufffd", value)
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return value


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0:
        return f"{value:.0f}" if value == int(value) else str(value)
    return ""


def query_of(params: Mapping[str, object] | None) -> dict[str, str] | None:
    """Parameters of a query as texts; those that are None are left out."""
    if params is None:
        return None
    given = {name: value for name, value in params.items() if value is not None}
    return {
        name: str(value).lower() if isinstance(value, bool) else clean(str(value))
        for name, value in given.items()
    }
