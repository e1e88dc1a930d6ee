"""Bounded: the newest of what a phone keeps in memory, by number and by bytes."""

from __future__ import annotations

import sys
from collections import Counter, deque
from typing import TYPE_CHECKING, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Bounded(Generic[T]):
    """The newest items, oldest first: iterate, index; `forgotten` counts those that went.

    The newest stays, however large it is.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._items: deque[tuple[T, object, int]] = deque()
        self._shared: Counter[int] = Counter()
        """How many items hold the same object, by its id: it is in memory once."""
        self._bytes = 0
        self.forgotten = 0

    def add(self, item: T, held: object) -> None:
        """Keep one more; `held` is what it keeps in memory, JSON-like or bytes."""
        size = 0 if self._shared[id(held)] else size_of(held)
        self._shared[id(held)] += 1
        self._items.append((item, held, size))  # itself, or another might get its id
        self._bytes += size
        while len(self._items) > self._most or (
            self._bytes > self._most_bytes and len(self._items) > 1
        ):
            self._forget()

    def _forget(self) -> None:
        _, held, size = self._items.popleft()
        self.forgotten += 1
        self._shared[id(held)] -= 1
        if not self._shared[id(held)]:
            del self._shared[id(held)]
        elif size:  # the next one that holds it answers for it
            index = next(n for n, one in enumerate(self._items) if one[1] is held)
            item, held, _ = self._items[index]
            self._items[index] = (item, held, size)
            return
        self._bytes -= size

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter([item for item, _, _ in tuple(self._items)])

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return list(self)[index] if isinstance(index, slice) else self._items[index][0]


def size_of(value: object) -> int:
    """Bytes that a JSON-like value takes in memory; what is in it twice counts once."""
    size, left, seen = 0, [value], set[int]()
    while left:
        one = left.pop()
        if isinstance(one, dict | list | tuple):
            if id(one) in seen:
                continue
            seen.add(id(one))
        size += sys.getsizeof(one)
        if isinstance(one, dict):
            left += one.keys()
            left += one.values()
        elif isinstance(one, list | tuple):
            left += one
    return size
