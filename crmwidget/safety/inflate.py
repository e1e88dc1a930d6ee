"""Inflate: the body of an HTTP answer, never more of it in memory than is allowed.

A client that inflates first and counts afterwards is filled by some hundred bytes: what is packed
once shrinks a thousandfold, what is packed twice a millionfold. So the bytes are taken as they
came, packed once at most, and inflated up to the bound.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ACCEPTED", "DecodingError", "TooLargeError", "coding_of", "inflated"]

ACCEPTED: Final = "gzip, deflate"
"""For the header Accept-Encoding."""
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_PART: Final = 65_536
"""Bytes that are inflated at once."""


class DecodingError(Exception):
    """A body is not packed as it says, or in a way that is not taken; named as httpx's."""


class TooLargeError(Exception):
    """A body has more bytes than are allowed."""


def coding_of(header: str) -> str | None:
    """How a body is packed, by its Content-Encoding: "gzip", "deflate", or None: it is not.

    Raises DecodingError for any other way, and for more than one.
    """
    codings = [one.strip().lower() for one in header.split(",")]
    codings = [one.removeprefix("x-") for one in codings if one not in {"", "identity"}]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in {"gzip", "deflate"}:
        raise DecodingError("it is packed in a way that was not asked for")
    return codings[0]


def inflated(parts: Iterable[bytes], coding: str | None, most: int) -> Iterator[bytes]:
    """The body, in parts of 64 kB at most; raises TooLargeError with the first byte over `most`.

    parts: as they came; coding: as `coding_of` gives it. Raises DecodingError where a part is not
    packed like that.
    """
    size = 0
    for part in parts if coding is None else _unpacked(parts, coding):
        size += len(part)
        if size > most:
            raise TooLargeError
        yield part


def _unpacked(parts: Iterable[bytes], coding: str) -> Iterator[bytes]:
    first = True
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for part in filter(None, parts):
            if first and coding == "deflate" and not _is_zlib(part):
                unpack = zlib.decompressobj(-zlib.MAX_WBITS)  # as some servers understand it
            first = False
            left = part
            while not unpack.eof:
                if got := unpack.decompress(left, _PART):
                    yield got
                left = unpack.unconsumed_tail
                if not left and len(got) < _PART:
                    break
    except zlib.error:
        raise DecodingError("it is not packed as it says") from None


def _is_zlib(part: bytes) -> bool:
    return part[0] & 0x0F == zlib.DEFLATED and (
        len(part) == 1 or int.from_bytes(part[:2], "big") % 31 == 0
    )
