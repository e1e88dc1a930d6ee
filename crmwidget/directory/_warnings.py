"""Warnings: what a look at every row has shown, as sentences with a remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crmwidget.directory._columns import Plan
    from crmwidget.directory._numbers import Numeric
    from crmwidget.directory._source import Survey

__all__ = ["warnings_of"]

_ROWS_NAMED: Final = 5


def warnings_of(survey: Survey, plan: Plan | None, region: str | None) -> list[str]:
    """The sentences, worst first; no contact's data is in them."""
    found = []
    if plan is not None and plan.advice is not None:
        found.append(f"names and texts may be garbled: {plan.advice}")
    for column, rows in survey.lost.items():
        found.append(
            f"{column}: {_numbers(len(rows), 'was', 'were')} shortened by a spreadsheet to a form "
            f"like 4.42E+11 and cannot be restored ({_rows(rows)}): export the column as text"
        )
    found += _held(
        survey.unread, "something else than a number", "correct it, or make a text of it"
    )
    found += _held(
        survey.several,
        "several numbers that cannot be told apart",
        "put ; or a line end between them",
    )
    for column, rows in survey.rounded_ids.items():
        found.append(
            f"{column}: ids were read as decimals, which are too small for them, and are not "
            f"what the CRM has ({_rows(rows)}). Read them as text: "
            f"pd.read_csv(path, dtype={{{column!r}: str}})"
        )
    if plan is not None and plan.read and not plan.numbers:
        found.append(
            "no column of telephone numbers was recognised, so no caller is found: "
            'columns={"phone": "..."}'
        )
    if plan is not None and plan.read and not plan.names:
        found.append('no column of names was recognised: columns={"name": "..."}')
    if region is None and survey.without_country:
        found.append(
            f"{survey.without_country:,} of {_numbers(survey.numbers, 'has', 'have')} "
            "no country code: give region"
        )
    if survey.repeated_ids:
        found.append(
            f"{len(survey.repeated_ids):,} rows have an id that an earlier row has "
            f"({_rows(survey.repeated_ids)}): an id should name one contact"
        )
    if survey.without_id:
        several = survey.without_id > 1
        found.append(f"{survey.without_id:,} contact{'s have' if several else ' has'} no id")
    judged = [_judged(column, numeric, region) for column, numeric in survey.numeric.items()]
    return [*found, *(sentence for sentence in judged if sentence)]


def _held(by_column: Mapping[str, list[int]], what: str, remedy: str) -> list[str]:
    return [
        f"{column}: {len(rows):,} {'cell holds' if len(rows) == 1 else 'cells hold'} {what} "
        f"({_rows(rows)}): {remedy}"
        for column, rows in by_column.items()
    ]


def _judged(column: str, numeric: Numeric, region: str | None) -> str | None:
    if numeric.international:
        of = f"{numeric.restored:,} of {numeric.looked_at:,}"
        seen = "" if numeric.looked_at == numeric.count else f" looked at, {numeric.count:,} in all"
        return f"{column} was read as numbers, + restored for {of}{seen}"
    if region is not None and numeric.national:
        return None
    return (
        f"{column} was read as numbers: a leading + or 0 may be lost. "
        f"Read it as text: pd.read_csv(path, dtype={{{column!r}: str}})"
    )


def _numbers(count: int, one: str, several: str) -> str:
    return f"{count:,} number{'' if count == 1 else 's'} {one if count == 1 else several}"


def _rows(rows: Sequence[int]) -> str:
    named = ", ".join(map(str, rows[:_ROWS_NAMED]))
    more = f" and {len(rows) - _ROWS_NAMED:,} more" if len(rows) > _ROWS_NAMED else ""
    return f"row{'' if len(rows) == 1 else 's'} {named}{more}, the first being 1"
