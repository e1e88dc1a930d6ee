"""Wire: contacts as the JSON of crmDirectory's data, a chunk of rows at a time."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crmwidget.directory._source import Listed

__all__ = ["wire"]

_CHUNK: Final = 10_000
_LARGEST_SAFE: Final = 2**53 - 1
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def wire(listed: Iterable[Listed]) -> bytes:
    """{"count": "2", "results": [{"id", "name", "phone", "email"}, ...]} in UTF-8.

    Records with neither number nor address are dropped and not counted [D].
    """
    rows = iter(listed)
    count, chunks = 0, []
    while part := list(islice(rows, _CHUNK)):
        records = list(_records(part))
        count += len(records)
        if records:
            # A lone surrogate has no UTF-8; as \ud800 it is JSON, and the same string again
            # in JavaScript.
            text = _ENCODER.encode(records)[1:-1]
            chunks.append(text.encode("utf-8", errors="backslashreplace"))
    return b'{"count":"%d","results":[%b]}' % (count, b",".join(chunks))


def _records(part: Iterable[Listed]) -> Iterator[dict[str, str | int | None]]:
    for own, name, phone, email in part:
        if phone or email:
            # JavaScript would round a larger integer, and ask for another contact's record.
            safe = own if own.__class__ is not int or abs(own) <= _LARGEST_SAFE else str(own)
            yield {"id": safe, "name": name, "phone": phone, "email": email}
