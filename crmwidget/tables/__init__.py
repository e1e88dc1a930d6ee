"""Tables: any dataframe in, rows of plain Python values out, and frames back.

The only door to narwhals and to every dataframe library. Each is loaded with
its first frame; polars, where it is installed, also does for frames of other
libraries what has to be done to a million cells.
"""

from __future__ import annotations

from crmwidget.tables._lazy import Equals, Holds, Lazy, Matches, Remainder, is_lazy, lazy
from crmwidget.tables._made import from_rows
from crmwidget.tables._plain import plain
from crmwidget.tables._row import row
from crmwidget.tables._table import Table, columns, is_table, rows, table
from crmwidget.tables._vector import BLANKS, Vector, first_of, joined, records, sorted_together

__all__ = [
    "BLANKS",
    "Equals",
    "Holds",
    "Lazy",
    "Matches",
    "Remainder",
    "Table",
    "Vector",
    "columns",
    "first_of",
    "from_rows",
    "is_lazy",
    "is_table",
    "joined",
    "lazy",
    "plain",
    "records",
    "row",
    "rows",
    "sorted_together",
    "table",
]
