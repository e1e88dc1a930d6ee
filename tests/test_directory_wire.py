"""The wire bytes: by polars and without it the same, whatever the cells hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmwidget.directory import Directory, _columnwise
from crmwidget.tables import _table, _vector

if TYPE_CHECKING:
    from collections.abc import Callable

    Columns = dict[str, list[Any]]

FRAMES: dict[str, Callable[[Columns], object]] = {
    "pandas": pd.DataFrame,
    "pandas objects": lambda data: pd.DataFrame(data, dtype=object),
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "duckdb": lambda data: duckdb.from_arrow(pa.table(data)),
    "rows": lambda data: [
        dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)
    ],
}
WIDE = 2**53


@pytest.fixture(autouse=True)
def even_small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of a few rows are read column by column, too, three rows at a time."""
    monkeypatch.setattr(_table, "WORTHWHILE", 0)
    monkeypatch.setattr(_columnwise, "_CHUNK", 3)


@pytest.fixture(params=FRAMES)
def framed(request: pytest.FixtureRequest) -> Callable[[Columns], object]:
    return FRAMES[request.param]


def by_cells(data: Columns, region: str | None = "US") -> bytes:
    """The same without polars: rows are read one by one."""
    return Directory(FRAMES["rows"](data), region).to_wire()


def records(wire: bytes) -> list[dict[str, Any]]:
    return json.loads(wire)["results"]


# ---------------------------------------------------------------- kinds of nasty data
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=cmd|' /C calc'!A0", id="a formula"),
        pytest.param("+1+1", id="a formula with a plus"),
        pytest.param("@SUM(A1)", id="a formula with an at"),
        pytest.param('"\'`\\" </script><!--', id="quotes and markup"),
        pytest.param("\u202eabc\u2066\u05d0\u0628\u200f", id="right to left"),
        pytest.param("a\0b\x01\x1f\x7f\x80\u2028\u2029\ufeff\ufffe", id="NUL and controls"),
        pytest.param("e\u0301\U0001f469\u200d\U0001f680\U0010ffff", id="beyond the BMP"),
        pytest.param("n" * 100_000, id="100,000 characters"),
        pytest.param("NaN", id="the word NaN"),
        pytest.param("\r\n\t", id="nothing but blanks"),
    ],
)
def test_nasty_text_comes_back_and_is_the_same_bytes(
    framed: Callable[[Columns], object], text: str
) -> None:
    data: Columns = {
        "id": [f"C-{text}", "C-2"],
        "name": [text, "Bo Larsen"],
        "phone": ["4021", "4022"],
        "email": [None, None],
        "note": [text, text],
    }

    directory = Directory(framed(data), region="US")

    assert directory.to_wire() == by_cells(data)
    assert records(directory.to_wire())[0]["id"] == f"C-{text}"
    assert records(directory.to_wire())[0]["name"] == (text if text.strip() else "")
    assert directory.find("4022").contact.fields == {"note": text}


@pytest.mark.parametrize("text", ["\ud800 lone", "a\udc00", "\ud83d\ude00"])
@pytest.mark.parametrize("kind", ["pandas objects", "rows"])
def test_lone_surrogates_come_back(kind: str, text: str) -> None:
    data: Columns = {
        "id": [1, 2, 3, 4, 5],
        "name": ["Bo", text, "Ines", "Sam", "Kit"],
        "phone": ["4021", "4022", "4023", "4024", None],
        "email": [None, None, None, text, "kit@example.com"],
    }

    wire = Directory(FRAMES[kind](data)).to_wire()

    assert wire == by_cells(data, None)
    assert [one["name"] for one in records(wire)] == [
        json.loads(json.dumps(name)) for name in data["name"]
    ]


def test_absent_values_of_every_kind_are_null() -> None:
    frame = pd.DataFrame(
        {
            "id": pd.Series([1, None, 3], dtype="float64"),
            "name": pd.Series(["Bo", float("nan"), pd.NA], dtype=object),
            "phone": pd.Series(["4021", "4022", "4023"]),
            "email": pd.Series([None, pd.NA, " "], dtype="string"),
        }
    )

    assert records(Directory(frame).to_wire()) == [
        {"id": 1, "name": "Bo", "phone": "4021", "email": None},
        {"id": None, "name": "", "phone": "4022", "email": None},
        {"id": 3, "name": "", "phone": "4023", "email": None},
    ]


def test_shared_numbers_and_repeated_ids_are_all_there(
    framed: Callable[[Columns], object],
) -> None:
    data: Columns = {
        "id": ["C-1", "C-1", "C-2", "C-2"],
        "name": ["Bo", "Bo", "Ines", "Sam"],
        "phone": ["4021"] * 4,
    }

    directory = Directory(framed(data))

    assert len(records(directory.to_wire())) == 4
    assert [match.contact.name for match in directory.find("4021")] == data["name"]
    assert directory.find("4021").contact is None
    assert directory.get("C-2").name == "Ines"


# ---------------------------------------------------------------- ids
@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1, 2], [1, 2]),
        ([WIDE - 1, 1 - WIDE], [WIDE - 1, 1 - WIDE]),
        ([WIDE, 1], [str(WIDE), 1]),
        ([WIDE, WIDE + 1], [str(WIDE), str(WIDE + 1)]),
        ([-WIDE, None], [str(-WIDE), None]),
        ([2**63, 2**64 - 1], [str(2**63), str(2**64 - 1)]),
        ([1.0, 2.0], [1, 2]),
        ([1.5, 2.0], ["1.5", 2]),
        ([" ", "\x1f\u3000"], [None, None]),
        (["\u3000x", " x "], ["\u3000x", " x "]),
        ([True, False], ["True", "False"]),
    ],
)
@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "rows"])
def test_ids_are_what_javascript_can_hold(
    kind: str, ids: list[object], expected: list[object]
) -> None:
    array = pa.array(ids, pa.uint64()) if ids[0] == 2**63 else None
    given = array if array is not None and kind == "pyarrow" else ids
    frame = FRAMES[kind]({"id": given, "name": ["Bo", "Ines"], "phone": ["4021", "4022"]})

    found = [one["id"] for one in records(Directory(frame).to_wire())]

    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_rows_without_ids_are_numbered_through_all_parts() -> None:
    data: Columns = {"name": list("abcdefgh"), "phone": [None, *map(str, range(4021, 4028))]}

    assert [one["id"] for one in records(Directory(pl.DataFrame(data)).to_wire())] == list(
        range(2, 9)
    )


# ---------------------------------------------------------------- the same bytes
CELL = st.one_of(
    st.none(),
    st.sampled_from(
        [
            *("", " ", "4021", "+1 202 555 0143", "(202) 555-0143", "'+12025550143", "4.42E+11"),
            *("+12025550143 ::: 4021", "+12025550143;+12025550144", "12025550143.0", "n/a"),
            *("a@example.com", " a@example.com\x1f", "a@example.com ::: b@example.com", ":::"),
            *("Bo", " Bo ", "\u3000", "\x1c", "=1+1", "\u202e", "\0", "9" * 260, "Bo: \u00e9"),
        ]
    ),
    st.text(max_size=5),
)
LABEL = st.sampled_from([None, "Mobile", "* Work", "Home Fax", "PAGER", ""])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(*[CELL] * 6, LABEL, CELL), max_size=8), kind=st.sampled_from([*FRAMES])
)
def test_whatever_the_cells_hold_the_bytes_are_the_same(rows: list[Any], kind: str) -> None:
    names = (
        *("id", "First Name", "Last Name", "Email", "Email 2", "Phone"),
        *("Phone 1 - Label", "Phone 1 - Value"),
    )
    data = {name: [row[place] for row in rows] for place, name in enumerate(names)}

    directory = Directory(FRAMES[kind](data), region="US")

    assert directory.to_wire() == by_cells(data)
    number = next((row[5] for row in rows if row[5]), "4021")
    expected = Directory(pl.DataFrame(data, infer_schema_length=None), region="US")
    assert list(directory.find(number)) == list(expected.find(number))


def test_numbers_of_every_column_are_indexed_once_they_are_mended() -> None:
    data: Columns = {
        "id": [1, 2, 3, 4],
        "name": list("abcd"),
        "phone": ["+1 202 555 0143", "'+442079460018", "4021 ::: 4022222", None],
        "mobile": [None, "12025550143.0", "9" * 251, "415-555-0132"],
    }
    directory = Directory(pl.DataFrame(data), region="US")

    found = {
        number: [match.contact.id for match in directory.find(number)]
        for number in ("+12025550143", "+442079460018", "4021", "+14155550132", "9" * 251)
    }

    assert found == {
        "+12025550143": [1, 2],
        "+442079460018": [2],
        "4021": [3],
        "+14155550132": [4],
        "9" * 251: [],
    }


def test_everybody_who_shares_a_number_is_found_and_nobody_beside_them() -> None:
    phones = ["+12025550142", *["+1 202 555 0143"] * 40, "+12025550144", "'+12025550143"]
    data: Columns = {"id": list(range(43)), "name": ["Bo"] * 43, "phone": phones}

    found = Directory(pl.DataFrame(data)).find("+12025550143")

    assert [match.contact.id for match in found] == [*range(1, 41), 42]


# ---------------------------------------------------------------- what it leaves alone
def test_mending_a_vector_leaves_it_as_it_was() -> None:
    given = _vector.Vector.of(["a", "b"])

    mended = given.mended(str.upper, unlike="a")

    assert given._series.to_list() == ["a", "b"]
    assert mended._series.to_list() == ["a", "B"]


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_the_frame_is_not_changed(kind: str) -> None:
    data: Columns = {
        "id": [" ", "2"],
        "name": [" ", "Bo"],
        "phone": ["'+12025550143", "4021 ::: 4022"],
        "email": [" a@example.com ", "a ::: b"],
    }
    frame: Any = FRAMES[kind](data)
    before = pa.table(data)

    Directory(frame).to_wire()

    after = frame if kind == "pyarrow" else pa.table(frame.to_dict(**_as_lists(kind)))
    assert after.to_pydict() == before.to_pydict()


def _as_lists(kind: str) -> dict[str, Any]:
    return {"orient": "list"} if kind == "pandas" else {"as_series": False}


@pytest.mark.parametrize("dropped", [0, 1, 2, 10, 11, 12])
def test_the_count_is_of_those_that_are_listed(dropped: int) -> None:
    phones = [None] * dropped + ["4021"] * (12 - dropped)
    frame = pl.DataFrame(
        {"id": range(12), "name": ["Bo"] * 12, "phone": pl.Series(phones, dtype=pl.String)}
    )

    found = json.loads(Directory(frame).to_wire())

    assert found["count"] == str(12 - dropped) == str(len(found["results"]))


def test_without_polars_the_bytes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data: Columns = {"id": [2, 1], "name": ["Bo", "Ines"], "phone": ["4021", "'+442079460018"]}
    expected = Directory(pa.table(data)).to_wire()
    monkeypatch.setattr(_vector, "find_spec", lambda name: None)

    assert Directory(pa.table(data)).to_wire() == expected
    assert Directory(pa.table(data)).find("+442079460018").contact.id == 1


def test_blanks_are_those_that_python_strips() -> None:
    assert set(_vector.BLANKS) == {chr(code) for code in range(0x110000) if chr(code).isspace()}
