"""Lookup: the rows of a number among a million contacts, and among ten million in a DuckDB file.

A million: the index beside a dict from the same digits to the row, both asked with a number as it
is written. Ten million: `find` beside the fastest of some queries written by hand for this file
that give the same contacts, separators and letters on the keypad included.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks._rounds import Result, compared, in_turn
from benchmarks.directory import contacts
from crmwidget import phones
from crmwidget.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crmwidget.directory._index import Index

CONTACTS: Final = 1_000_000
LOOKUPS: Final = 20_000
ROWS: Final = 10_000_000
ASKED: Final = 10
"""Numbers of one round over the file; the 99th percentile of so few is nearly the slowest."""
KEYS: Final = ("0", "1", "2abc", "3def", "4ghi", "5jkl", "6mno", "7pqrs", "8tuv", "9wxyz")
TRANSLATED: Final = (
    "translate(lower(phone), 'abcdefghijklmnopqrstuvwxyz +()-.', '22233344455566677778889999')"
)
MADE: Final = """
    CREATE TABLE contacts AS
    SELECT
        'C-' || i AS id,
        'Contact ' || i AS name,
        CASE
            WHEN i % 100_000 = 99 THEN '+1 202 FLO ' || d[4:]
            WHEN i % 4 = 0 THEN '+1202' || d
            WHEN i % 4 = 1 THEN '(202) ' || d[:3] || '-' || d[4:]
            WHEN i % 4 = 2 THEN '+44 20 7' || d[:3] || ' ' || d[4:]
            ELSE '202.' || d[:3] || '.' || d[4:]
        END AS phone,
        'user' || i || '@example.com' AS email
    FROM (
        SELECT range AS i, lpad((hash(range) % 10_000_000)::VARCHAR, 7, '0') AS d
        FROM range({rows})
    )
"""


def run() -> list[Result]:
    """Goal 7."""
    print("lookup")
    return [*in_memory(), *in_a_file()]


# ---------------------------------------------------------------- a million in memory
def in_memory() -> list[Result]:
    """The index and a dict."""
    frame = contacts(CONTACTS).drop_nulls("phone")
    directory = Directory(frame, "US")
    index = directory._source.near([]).index  # noqa: SLF001 - the part that is compared
    rows: dict[str, int] = {}
    written = frame["phone"].to_list()
    for row, text in enumerate(written):
        rows.setdefault(phones.digits(text), row)
    asked = random.Random(7).sample(written, LOOKUPS)  # noqa: S311
    sides = {
        "dict": partial(middle, asked, lambda text: rows.get(phones.digits(text))),
        "index": partial(middle, asked, lambda text: index.ending(phones.digits(text))),
    }
    found = in_turn(sides, unit="us")
    ours, theirs = size_of_index(index) / len(index), size_of_dict(rows) / len(rows)
    return [
        compared("a number among 1M, p50", found["index"], found["dict"], unit="us", goal=2.5),
        Result(
            "memory of a number", f"{ours:.0f} bytes", f"{theirs:.0f} bytes", ours / theirs, 0.2
        ),
    ]


def middle(asked: Sequence[str], find: Callable[[str], object]) -> float:
    """The median of the lookups, in microseconds."""
    times = []
    for text in asked:
        start = time.perf_counter_ns()
        find(text)
        times.append(time.perf_counter_ns() - start)
    return median(times) / 1000


def size_of_index(index: Index) -> int:
    """In bytes."""
    parts = (index._keys, index._rows)  # noqa: SLF001
    return sum(map(sys.getsizeof, parts))


def size_of_dict(rows: dict[str, int]) -> int:
    """In bytes, with its keys and values."""
    held = sum(sys.getsizeof(key) + sys.getsizeof(row) for key, row in rows.items())
    return sys.getsizeof(rows) + held


# ---------------------------------------------------------------- ten million in a file
def in_a_file() -> list[Result]:
    """Directory.find and SQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "contacts.duckdb")
        with duckdb.connect(path) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(MADE.format(rows=ROWS))
        with duckdb.connect(path, read_only=True) as connection:
            connection.execute("SET enable_progress_bar = false")
            directory = Directory(connection.table("contacts"), "US")
            numbers = some_numbers(connection)
            best = fastest(connection, numbers[:3])
            for number in numbers[:3]:
                same(directory, best(number), number)
            sides = {
                "SQL": partial(slowest, numbers, best),
                "find": partial(slowest, numbers, directory.find),
            }
            found = in_turn(sides, unit="ms")
    name = "a number among 10M in a DuckDB file, p99"
    return [compared(name, found["find"], found["SQL"], unit="ms", goal=1.2)]


def some_numbers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Valid American numbers of contacts, in all their spellings; one is a vanity number."""
    rows = random.Random(7).sample(range(ROWS), 40 * ASKED)  # noqa: S311
    listed = ", ".join(f"'C-{row}'" for row in (99, *rows))
    found = connection.execute(f"SELECT phone FROM contacts WHERE id IN ({listed})").fetchall()  # noqa: S608
    valid = (phones.e164(phone, "US") for (phone,) in found)
    return [number for number in valid if number is not None and number.startswith("+1")][:ASKED]


def fastest(
    connection: duckdb.DuckDBPyConnection, numbers: Sequence[str]
) -> Callable[[str], list[tuple[str]]]:
    """The best of the queries for this file."""
    times = {}
    for condition in (keypad, in_order, translated):
        find = partial(by, connection, condition)
        find(numbers[0])
        times[slowest(numbers, find)] = find
        print(f"  by hand, {condition.__name__}: {[*times][-1]:.0f} ms", flush=True)
    return times[min(times)]


def by(
    connection: duckdb.DuckDBPyConnection, condition: Callable[[str], str], number: str
) -> list[tuple[str]]:
    """The rows that a query finds."""
    where = condition(number.removeprefix("+1"))
    found: list[tuple[str]] = connection.execute(
        f"SELECT * FROM contacts WHERE {where}"  # noqa: S608 - digits only
    ).fetchall()
    return found


def keypad(digits: str) -> str:
    """Digits or letters in a row, whatever is between them."""
    each = (f"[{KEYS[int(digit)]}{KEYS[int(digit)][1:].upper()}]" for digit in digits)
    return f"regexp_matches(phone, '{'[^0-9]*'.join(each)}')"


def in_order(digits: str) -> str:
    """The digits in their order, which is seen faster; letters only where there are any."""
    spaced = "%".join(digits)
    exact = f"regexp_matches(phone, '{'[^0-9]*'.join(digits)}')"
    letters = f"upper(phone) <> lower(phone) AND {keypad(digits)}"
    return f"(phone LIKE '%{spaced}%' AND {exact}) OR ({letters})"


def translated(digits: str) -> str:
    """The end of the digits alone."""
    return f"suffix({TRANSLATED}, '{digits}')"


def same(directory: Directory, rows: list[tuple[str]], number: str) -> None:
    """RuntimeError where the two do not find the same contacts."""
    if {row[0] for row in rows} != {match.contact.id for match in directory.find(number)}:
        raise RuntimeError("the query by hand finds other contacts")


def slowest(numbers: Sequence[str], find: Callable[[str], object]) -> float:
    """The 99th percentile, in milliseconds."""
    times = []
    for number in numbers:
        start = time.perf_counter()
        find(number)
        times.append((time.perf_counter() - start) * 1000)
    return quantiles(times, n=100)[-1] if len(times) > 1 else times[0]
