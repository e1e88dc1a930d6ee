"""Wire: contacts as the JSON of crmDirectory's data, a piece at a time."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LARGEST_SAFE", "Listed", "Piece", "encoded", "wire"]

Listed = tuple[str | int | None, str, str | None, str | None]
"""id, name, first number and e-mail address."""
Piece = tuple[int, bytes | memoryview]
"""How many records, and their JSON in UTF-8, separated by commas."""
LARGEST_SAFE: Final = 2**53 - 1
"""JavaScript would round a larger integer, and ask for another contact's record."""

_START: Final = b'{"count":"'
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def wire(pieces: Iterable[Piece], most: int) -> bytes:
    """{"count": "2", "results": [{"id", "name", "phone", "email"}, ...]} in UTF-8.

    most: how many records there are before those that cannot be reached are dropped.
    """
    whole, count = io.BytesIO(), 0
    # The count is known when all is written, and copying all to put it first would take its time.
    head = _head(most)
    whole.write(head)
    for number, piece in pieces:
        if number:
            whole.write(b"," if count else b"")
            whole.write(piece)
            count += number
    whole.write(b"]}")
    return _counted(whole, len(head), _head(count))


def encoded(listed: Iterable[Listed]) -> Piece:
    """Records with neither number nor address are dropped and not counted [D]."""
    records = list(_records(listed))
    # A lone surrogate has no UTF-8; as \\ud800 it is JSON, and the same string again in JavaScript.
    text = _ENCODER.encode(records)[1:-1]
    return len(records), text.encode("utf-8", errors="backslashreplace")


def _head(count: int) -> bytes:
    return b'%b%d","results":[' % (_START, count)


def _counted(whole: io.BytesIO, old: int, head: bytes) -> bytes:
    """All with another head, which is not longer."""
    shift, end = old - len(head), whole.tell()
    with whole.getbuffer() as held:
        if shift:
            held[len(head) : end - shift] = held[old:end]
        held[: len(head)] = head
    whole.truncate(end - shift)
    return whole.getvalue()


def _records(part: Iterable[Listed]) -> Iterator[dict[str, str | int | None]]:
    for own, name, phone, email in part:
        if phone or email:
            safe = own if own.__class__ is not int or abs(own) <= LARGEST_SAFE else str(own)
            yield {"id": safe, "name": name, "phone": phone, "email": email}
