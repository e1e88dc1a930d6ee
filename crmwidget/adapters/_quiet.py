"""Quiet: httpx logs every address it asks, and an address can have a number in it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crmwidget.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]

_OURS: ContextVar[bool] = ContextVar("crmwidget_adapter_request", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """What the client logs of the requests inside has no query and no number."""
    _watch()
    mark = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(mark)


@cache
def _watch() -> None:
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).addFilter(_Masked())


class _Masked(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _OURS.get() and isinstance(record.args, tuple):
            record.args = tuple(
                argument if isinstance(argument, int | float) else _masked(str(argument))
                for argument in record.args
            )
        return True


def _masked(text: str) -> str:
    if "://" not in text:
        return mask(text)
    parts = urlsplit(text)
    return mask(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{unquote(parts.path)}")
