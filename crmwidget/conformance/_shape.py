"""Shapes: what is wrong with a value that came over the wire, in words that show none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING: Final = object()
"""There is no such key."""


def kind(value: object) -> str:
    """What a value is, as JSON calls it; `undefined` came as null."""
    if value is MISSING:
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"


def at(value: object, path: str) -> object:
    """What stands at a dotted path, or MISSING."""
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    return value


def faults(value: object, shape: Mapping[str, str], name: str = "") -> Iterator[str]:
    """Each path of `shape` whose value is of another kind.

    shape: dotted path to kinds, separated by `|`; `id` is text or a number.
    """
    for path, kinds in shape.items():
        found = kind(at(value, path))
        if found not in kinds.replace("id", "text|number").split("|"):
            wanted = kinds.replace("id", "text|number").replace("|", " or ")
            yield f"{name}{path} is {found}, not {wanted}"


def leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every value that is neither object nor list, with its dotted path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{name}[{index}]")
    else:
        yield name, value
