"""JSON: values and parameters that every service can be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["clean", "query_of"]

_UNSENDABLE: Final = re.compile("[\0\ud800-\udfff]")


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


def query_of(params: Mapping[str, object] | None) -> dict[str, str] | None:
    """Parameters of a query as texts; those that are None are left out."""
    if params is None:
        return None
    given = {name: value for name, value in params.items() if value is not None}
    return {
        name: str(value).lower() if isinstance(value, bool) else clean(str(value))
        for name, value in given.items()
    }
