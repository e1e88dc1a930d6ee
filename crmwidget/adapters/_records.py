"""Records: what JSON of any shape says of a contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmwidget.directory import Contact

__all__ = ["contact_of"]


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


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0:
        return f"{value:.0f}" if value == int(value) else str(value)
    return ""
