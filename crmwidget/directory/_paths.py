"""Paths: what is at a declared place of a record, also within lists of objects.

"phone.value" reads {"phone": {"value": ...}} and {"phone": [{"value": ...}, ...]}
alike, "phones.0" one item of a list. A path that leads to no text although
something is there is a mistake of the declaration, and can be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

__all__ = ["misread", "values_at"]

_INDEX: Final = re.compile(r"[0-9]{1,6}")
_KEY: Final = re.compile(r"[A-Za-z_](?:(?!\d{5})[A-Za-z0-9_.-]){0,39}")
_MOST_KEYS: Final = 6


def values_at(record: object, path: str) -> list[object]:
    """Every value at this place of a record, those of a list one by one."""
    if isinstance(record, Mapping) and path in record:
        return list(_each(record[path]))
    held = [record]
    for part in path.split("."):
        held = [inner for one in held for inner in _within(one, part)]
    return [value for one in held for value in _each(one)]


def misread(record: object, path: str) -> str | None:
    """Why there is no text at this place although something is; names, and never a value."""
    found = [one for one in values_at(record, path) if isinstance(one, Mapping) and one]
    if found:
        return f"{path!r} has objects with {keys_of(found)} in it, and no text"
    parts = path.split(".")
    for count in range(1, len(parts)):
        above, part = ".".join(parts[:count]), parts[count]
        inside = values_at(record, above)
        if any(isinstance(one, str | int | float) and not isinstance(one, bool) for one in inside):
            return f"{above!r} is a value, and nothing is within it"
        objects = [one for one in inside if isinstance(one, Mapping) and one]
        if len(objects) > 1 or (objects and not isinstance(_raw(record, above), Mapping)):
            if any(part in one for one in objects) or _INDEX.fullmatch(part):
                continue
            return f"the objects in {above!r} have {keys_of(objects)}, and no {part!r}"
    return None


def _within(value: object, part: str) -> Iterator[object]:
    if isinstance(value, Mapping):
        if part in value:
            yield value[part]
    elif isinstance(value, list | tuple):
        if _INDEX.fullmatch(part):
            yield from value[int(part) : int(part) + 1]
            return
        for one in _each(value):
            if isinstance(one, Mapping) and part in one:
                yield one[part]


def _each(value: object) -> Iterator[object]:
    """The items of lists in lists; anything else is its own only item."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list | tuple):
            left.extend(reversed(one))
        else:
            yield one


def _raw(record: object, path: str) -> object:
    for part in path.split("."):
        record = next(iter(_within(record, part)), None)
    return record


def keys_of(objects: Iterable[Mapping[Any, Any]]) -> str:
    """Their keys, in words: those that are names, and never a value."""
    keys = dict.fromkeys(str(key) for one in objects for key in one)
    known = [key for key in keys if _KEY.fullmatch(key)][:_MOST_KEYS]
    return ", ".join(known) or "other names"
