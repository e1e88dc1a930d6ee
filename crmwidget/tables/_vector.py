"""Vector: a column in polars, so that a million cells are looked at, and mended, at once.

polars is no dependency: where it is missing there are no vectors, and whoever
would use them goes through the cells one by one to the same result.
"""

from __future__ import annotations

import functools
import io
import operator
from array import array
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import narwhals as nw
    import polars as pl

__all__ = ["BLANKS", "Vector", "first_of", "joined", "records", "sorted_together", "vector_of"]

# What str.strip() takes away; polars' own idea of whitespace lacks four of them.
BLANKS: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
WORTHWHILE: Final = 10_000
"""So many rows pay for loading polars."""
_INTEGER: Final = 2**63


class Vector:
    """Text or whole numbers, absent ones None; rows count from 0."""

    __slots__ = ("_series",)

    def __init__(self, series: pl.Series) -> None:
        self._series = series

    @classmethod
    def of(cls, values: Sequence[object]) -> Vector | None:
        """Python values as a vector, None where they are not all text or all whole numbers."""
        import polars as pl

        kinds = {value.__class__ for value in values} - {type(None)}
        if kinds == {int}:
            fits = all(value is None or -_INTEGER <= value < _INTEGER for value in values)  # type: ignore[operator]
            return cls(pl.Series(values, dtype=pl.Int64)) if fits else None
        if kinds <= {str}:
            try:
                return cls(pl.Series(values, dtype=pl.String))
            except UnicodeEncodeError:  # a lone surrogate
                return None
        return None

    @classmethod
    def counting(cls, start: int, stop: int) -> Vector:
        """The whole numbers from `start` to before `stop`."""
        import polars as pl

        return cls(pl.int_range(start, stop, eager=True))

    @classmethod
    def repeated(cls, text: str | None, count: int) -> Vector:
        """One text, or its absence, in every row."""
        import polars as pl

        return cls(pl.repeat(text, count, dtype=pl.String, eager=True))

    def __len__(self) -> int:
        return self._series.len()

    @property
    def is_text(self) -> bool:
        """Whether it holds text; else it holds whole numbers."""
        import polars as pl

        return self._series.dtype == pl.String

    @property
    def is_complete(self) -> bool:
        """Whether no value is absent."""
        return not self._series.null_count()

    def within(self, limit: int) -> bool:
        """Whether all whole numbers are from -limit to limit."""
        lowest, highest = self._series.min(), self._series.max()
        return lowest is None or bool(-limit <= lowest and highest <= limit)  # type: ignore[operator]

    def mended(
        self,
        mend: Callable[[str], str | None],
        *,
        unlike: str = "",
        holding: Sequence[str] = (),
    ) -> Vector:
        """The text, with what `mend` makes of it where it is odd.

        unlike: a regular expression that it does not match; holding: texts of which one is in it.
        Raises UnicodeEncodeError where the mended text cannot be held.
        """
        import polars as pl

        text = self._series.str
        odd = ~text.contains(unlike) if unlike else text.contains_any(list(holding))
        if not odd.any():
            return self
        rows = odd.arg_true()
        values = [mend(cell) for cell in self._series.gather(rows).to_list()]
        return Vector(self._series.clone().scatter(rows, pl.Series(values, dtype=pl.String)))

    def filled(self) -> Vector:
        """The text, None where it is blank."""
        # Nearly all begin with a letter or digit of ASCII, which is cheaper to see.
        doubtful = ~((self._series > "!") & (self._series < "\x7f"))
        if not doubtful.any():
            return self
        blank = doubtful & (self._series.str.strip_chars(BLANKS) == "")
        return Vector(self._series.set(blank, None)) if blank.any() else self

    def without(self, others: Vector, refused: Callable[[str], bool]) -> Vector:
        """None where the text in `others` beside it is refused."""
        texts = [text for text in others._series.unique().to_list() if text is not None]
        wrong = [text for text in texts if refused(text)]
        return Vector(self._series.set(others._series.is_in(wrong), None)) if wrong else self

    def keys(
        self, ordinary: str, longest: int, width: int
    ) -> tuple[array[int], array[int], list[int]]:
        """Ordinary numbers by their ends: the first `width` digits from the last one on.

        Each is a whole number, filled up with zeros. Also their rows, and the
        rows of what is not ordinary or longer than `longest`.
        """
        import polars as pl

        known = self._series.str.contains(ordinary) & (self._series.str.len_bytes() <= longest)
        rows = known.arg_true()
        digits = self._series.gather(rows).str.replace_all("[^0-9]", "").str.reverse()
        keys = digits.str.slice(0, width).str.pad_end(width, "0").cast(pl.UInt64)
        return array("Q", keys.to_list()), array("I", rows.to_list()), (~known).arg_true().to_list()


def vector_of(series: nw.Series[Any]) -> Vector | None:
    """A column of any library as a vector; None where polars is missing or cannot hold it."""
    if find_spec("polars") is None:
        return None
    import polars as pl

    try:
        found = series.to_polars()
    except (TypeError, ValueError, ArithmeticError, ImportError, pl.exceptions.PolarsError):
        return None  # several kinds of values, lone surrogates, larger than 64 bits
    if found.dtype in {pl.Categorical, pl.Enum}:
        found = found.cast(pl.String)
    if found.dtype == pl.Null:
        found = found.cast(pl.String)
    if found.dtype.is_float():
        found = found.fill_nan(None)
        whole = found.is_null() | ((found == found.floor()) & (found.abs() < 2.0**53))
        if not whole.all():
            return None
        found = found.cast(pl.Int64)
    known = found.dtype == pl.String or (found.dtype.is_integer() and found.dtype != pl.Int128)
    return Vector(found) if known else None


def first_of(vectors: Sequence[Vector]) -> Vector:
    """Row by row the first value that is there."""
    import polars as pl

    if len(vectors) == 1 or vectors[0].is_complete:
        return vectors[0]
    return Vector(pl.select(pl.coalesce(one._series for one in vectors)).to_series())  # noqa: SLF001


def joined(vectors: Sequence[Vector]) -> Vector:
    """Texts joined by a blank, without blanks around them; one that is alone is left as it is."""
    import polars as pl

    parts = [one.filled()._series for one in vectors]  # noqa: SLF001
    if len(parts) == 1:
        return Vector(parts[0])
    several = pl.concat_str(
        [pl.lit(part).str.strip_chars(BLANKS) for part in parts], separator=" ", ignore_nulls=True
    )
    there = pl.sum_horizontal(pl.lit(part).is_not_null() for part in parts)
    chosen = pl.when(there > 1).then(several).otherwise(pl.coalesce(parts))
    return Vector(pl.select(chosen).to_series())


def records(columns: Mapping[str, Vector], either: Sequence[str]) -> tuple[int, memoryview]:
    """How many rows have a value in either of some columns, and these as JSON objects in UTF-8.

    They are separated by commas, without brackets around them.
    """
    import polars as pl

    frame = pl.DataFrame({name: vector._series for name, vector in columns.items()})  # noqa: SLF001
    if not any(columns[name].is_complete for name in either):
        there = [frame[name].is_not_null() for name in either]
        frame = frame.filter(functools.reduce(operator.or_, there))
    buffer = io.BytesIO()
    frame.write_json(buffer)
    return frame.height, buffer.getbuffer()[1:-1]


def sorted_together(keys: array[int], rows: array[int]) -> tuple[array[int], array[int]]:
    """Both in the order of the keys, equal ones as they are."""
    if len(keys) < WORTHWHILE or find_spec("polars") is None:
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return (
            array("Q", (keys[place] for place in order)),
            array("I", (rows[place] for place in order)),
        )
    import polars as pl

    held = {"key": pl.Series(keys, dtype=pl.UInt64), "row": pl.Series(rows, dtype=pl.UInt32)}
    ordered = pl.DataFrame(held).sort("key", maintain_order=True)
    return array("Q", ordered["key"].to_list()), array("I", ordered["row"].to_list())
