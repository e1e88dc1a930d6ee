"""Directory: a million contacts as the bytes of the connector's address book.

polars, pyarrow and DuckDB beside polars' own `write_json` of the same four columns into memory,
pandas beside the way that everybody writes first, `json.dumps` of `to_dict("records")`. Each makes
a new Directory, so that recognising, checking and mending count. Memory is what the process grew
by at most, over what it gives; linear is the time for a row of a million over one of ten thousand.
"""

from __future__ import annotations

import gc
import io
import json
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import duckdb
import polars as pl

from benchmarks._rounds import Result, compared, in_turn
from crmwidget.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS: Final = 1_000_000
FEW: Final = 10_000
COLUMNS: Final = ("id", "name", "phone", "email")


def run() -> list[Result]:
    """Goal 5."""
    print("directory")
    frame, few = contacts(ROWS), contacts(FEW)
    connection = duckdb.connect()
    connection.from_arrow(frame.to_arrow()).create("contacts")
    given: dict[str, Any] = {
        "polars": frame,
        "pyarrow": frame.to_arrow(),
        "DuckDB": connection.table("contacts"),
        "pandas": frame.to_pandas(),
    }
    sides: dict[str, Callable[[], float]] = {
        "write_json": partial(milliseconds, partial(written, frame)),
        **{name: partial(milliseconds, partial(listed, one)) for name, one in given.items()},
        "to_dict": partial(milliseconds, partial(naive, given["pandas"])),
        "few": partial(milliseconds, partial(listed, few), times=20),
    }
    found = in_turn(sides, unit="ms")
    results = [
        compared(f"1M rows to JSON: {name}", found[name], found["write_json"], unit="ms", goal=1.1)
        for name in ("polars", "pyarrow", "DuckDB")
    ]
    results += [
        compared(
            "1M rows to JSON: pandas", found["pandas"], found["to_dict"], unit="ms", goal=0.15
        ),
        linear(found["polars"], found["few"]),
    ]
    return results + [grown(name, one) for name, one in given.items()]


def contacts(rows: int) -> pl.DataFrame:
    """Numbers as people write them, a part of the contacts without a number or an address."""
    number = pl.int_range(rows)
    digits = (number * 7919 % 10**7).cast(pl.String).str.zfill(7)
    spelled = (
        pl.when(number % 4 == 0)
        .then("+1202" + digits)
        .when(number % 4 == 1)
        .then("(202) " + digits.str.slice(0, 3) + "-" + digits.str.slice(3))
        .when(number % 4 == 2)  # noqa: PLR2004
        .then("+44 20 7" + digits.str.slice(0, 3) + " " + digits.str.slice(3))
    )
    text = number.cast(pl.String)
    address = pl.when(number % 5 > 0).then("user" + text + "@example.com")
    columns = ("C-" + text, "Contact " + text, spelled, address)
    return pl.select(**dict(zip(COLUMNS, columns, strict=True)))


def milliseconds(make: Callable[[], bytes | str], times: int = 1) -> float:
    """What it takes once."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(times):
        make()
    return (time.perf_counter() - start) * 1000 / times


def listed(frame: object) -> bytes:
    """Ours."""
    return Directory(frame).to_wire()


def written(frame: pl.DataFrame) -> bytes:
    """The fastest writer there is."""
    buffer = io.BytesIO()
    frame.select(COLUMNS).write_json(buffer)
    return buffer.getvalue()


def naive(frame: Any) -> bytes:
    """What everybody writes first."""
    records = frame[list(COLUMNS)].to_dict("records")
    return json.dumps({"count": str(len(records)), "results": records}).encode()


def linear(many: list[float], few: list[float]) -> Result:
    """The time for a row, of many and of few."""
    ours, theirs = [one * 1000 / ROWS for one in many], [one * 1000 / FEW for one in few]
    return compared("a row of 1M, beside one of 10k", ours, theirs, unit="us", goal=1.1)


def grown(name: str, frame: object) -> Result:
    """How much memory the process took at most, over the output."""
    measured = []
    for _ in range(3):
        gc.collect()
        before = reset()
        size = len(listed(frame))
        measured.append(((memory("VmHWM") - before) / 2**20, size / 2**20))
    ours, theirs = zip(*measured, strict=True)
    ratio = median(ours) / median(theirs)
    said = f"{median(ours):.0f} MB", f"{median(theirs):.0f} MB of output"
    return Result(f"peak memory: {name}", *said, ratio, 3)


def reset() -> int:
    """Forget the highest mark; returns what is in memory now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(name: str) -> int:
    """A figure of the kernel's about this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
