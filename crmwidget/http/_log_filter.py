"""Quiet: httpx logs every address it asks, and the library below it headers and cookies, too."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]

_PARTS: Final = ("connection", "http11", "http2", "proxy", "socks")
"""Loggers of httpcore: a filter is asked about what is logged at its own logger alone."""
_OURS: ContextVar[bool] = ContextVar("crmwidget_adapter_request", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """What the client logs of the requests inside has no query, no header and no number."""
    _watch()
    mark = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(mark)


@cache
def _watch() -> None:
    for version in ("", "2"):
        logging.getLogger(f"httpx{version}").addFilter(_Masked())
        for part in _PARTS:
            logging.getLogger(f"httpcore{version}.{part}").addFilter(_Named())


class _Masked(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _OURS.get() and isinstance(record.args, tuple):
            record.args = tuple(
                argument if isinstance(argument, int | float) else _masked(str(argument))
                for argument in record.args
            )
        return True


class _Named(logging.Filter):
    """Of a step of a connection its name, without what came and went."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _OURS.get():
            record.msg, record.args = record.getMessage().partition(" ")[0], ()
        return True


def _masked(text: str) -> str:
    if "://" not in text:
        return mask(text)
    parts = urlsplit(text)
    return mask(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{unquote(parts.path)}")
