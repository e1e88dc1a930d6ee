"""Login body: the answer of a login server, read no further than up to a bound.

Authlib's client inflates what it is sent and reads it whole, and its time-out begins anew with each
byte. So the body that it is handed is bounded, in bytes and in seconds.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from crmwidget.safety.inflate import coding_of, inflated

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LARGEST", "bounded"]

LARGEST: Final = 1_000_000
"""Bytes of one answer: a token, or a document that names addresses."""


def bounded(response: Any, seconds: float) -> None:
    """Bound the body of an answer that is not read yet: for a client's hook `response`.

    What reads it then may raise TooLargeError, DecodingError, or httpx's ReadTimeout after so many
    seconds.
    """
    coding = coding_of(response.headers.pop("content-encoding", ""))
    response.stream = _bounded_stream()(response.stream, coding, time.monotonic() + seconds)


@cache
def _bounded_stream() -> Any:
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, stream: Any, coding: str | None, until: float) -> None:
            self._stream = stream
            self._coding = coding
            self._until = until

        def __iter__(self) -> Iterator[bytes]:
            for part in inflated(self._stream, self._coding, LARGEST):
                if time.monotonic() > self._until:
                    raise httpx2.ReadTimeout("its answer takes too long")
                yield part

        def close(self) -> None:
            self._stream.close()

    return Bounded
