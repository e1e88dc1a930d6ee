"""Audit's HTML: what a person sees of an audit, worst first, on a light or a dark page.

Text and lines have the page's own colours; only the bars have some, chosen so
that both backgrounds and colour-blind readers can tell them apart. No number
and no name is in it: a notebook is saved with what it displays.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from crmwidget.tables.charts import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["changes_html", "summary_html"]

_SAID: Final = {
    "wrong record": "a record opens that is, or may be, another customer's: a disclosure",
    "ambiguous": "several contacts have the number: all are shown, none is opened",
    "wrong region": "found only under another region: give region=, or write the country code",
    "possible": "only the last digits agree: shown with the reason, not opened",
    "miss": "nobody has the number",
    "no number": "withheld, a SIP name, or too short to look up",
    "hit": "one contact is certain: the record opens",
}
_REGIONS: Final = 12
_TEXT: Final = "padding:2px 10px 2px 0;text-align:left;background:none"
_CELL: Final = f"{_TEXT};white-space:nowrap"
_RIGHT: Final = "padding:2px 10px 2px 0;text-align:right;background:none;white-space:nowrap"
_TABLE: Final = "margin:8px 0;color:inherit;font:inherit"
_LINE: Final = "border-bottom:1px solid;border-color:inherit;opacity:.75"


def summary_html(
    calls: int,
    counts: dict[str, int],
    regions: Sequence[tuple[str, dict[str, int]]],
    *,
    region: str | None,
    rules: Sequence[str],
) -> str:
    """The outcomes of all calls, then of each region."""
    read = f"national numbers read with {region}" if region else "no region given"
    head = f"{_calls(calls)}, {read}; opened by {' and '.join(rules)}"
    lines = "".join(
        f"<tr><td style='{_CELL}'>{_chip(outcome)}{outcome}</td>"
        f"<td style='{_RIGHT}'>{counts[outcome]:,}</td>"
        f"<td style='{_RIGHT}'>{_percent(counts[outcome], calls)}</td>"
        f"<td style='{_TEXT}'>{escape(said)}</td></tr>"
        for outcome, said in _SAID.items()
        if counts[outcome] or outcome in {"wrong record", "hit"}
    )
    shown = regions[:_REGIONS]
    bars = "".join(
        f"<tr><td style='{_CELL}'>{escape(name)}</td><td style='{_RIGHT}'>{_sum(row):,}</td>"
        f"<td style='{_CELL};width:60%'>{_bar(row)}</td></tr>"
        for name, row in shown
    )
    more = len(regions) - len(shown)
    rest = f"<p style='opacity:.75'>and {more} more regions: .by_region</p>" if more > 0 else ""
    return (
        f"<div style='max-width:60em;color:inherit'><p><b>{escape(head)}</b></p>{_bar(counts)}"
        f"<table style='{_TABLE}'><tbody>{lines}</tbody></table>"
        f"<table style='width:100%;{_TABLE}'><thead><tr style='{_LINE}'>"
        f"<th style='{_CELL}'>region, worst first</th><th style='{_RIGHT}'>calls</th>"
        f"<th style='{_CELL}'>outcomes</th></tr></thead><tbody>{bars}</tbody></table>{rest}"
        "<p style='opacity:.75'>Each call: .to_frame(); a chart: .plot()</p></div>"
    )


def changes_html(calls: int, rows: Sequence[tuple[str, str, int, int]]) -> str:
    """How many calls went from which outcome to which, and how many disclose a record."""
    changed = sum(row[2] for row in rows)
    disclosing = sum(row[3] for row in rows)
    head = f"{changed:,} of {_calls(calls)} change"
    said = (
        f"{disclosing:,} of them open a record that is, or may be, another customer's."
        if disclosing
        else "None of them opens a record that may be another customer's."
    )
    lines = "".join(
        f"<tr><td style='{_CELL}'>{_chip(was)}{was}</td>"
        f"<td style='{_CELL}'>{_chip(becomes)}{becomes}</td><td style='{_RIGHT}'>{count:,}</td>"
        f"<td style='{_RIGHT}'>{_disclosures(wrong)}</td></tr>"
        for was, becomes, count, wrong in rows
    )
    return (
        f"<div style='max-width:60em;color:inherit'><p><b>{head}</b> {said}</p>"
        f"<table style='{_TABLE}'><thead><tr style='{_LINE}'><th style='{_CELL}'>was</th>"
        f"<th style='{_CELL}'>becomes</th><th style='{_RIGHT}'>calls</th>"
        f"<th style='{_RIGHT}'>disclosures</th></tr></thead><tbody>{lines}</tbody></table>"
        "<p style='opacity:.75'>Who would be opened: .to_frame()</p></div>"
    )


def _bar(counts: dict[str, int]) -> str:
    calls = _sum(counts)
    parts = "".join(
        f"<span title='{outcome}: {counts[outcome]:,} of {calls:,}' style='display:inline-block;"
        f"height:100%;width:{100 * counts[outcome] / calls:.3f}%;background:{COLOURS[outcome]}'>"
        "</span>"
        for outcome in _SAID
        if counts[outcome]
    )
    return f"<div style='height:12px;line-height:0;white-space:nowrap'>{parts}</div>"


def _chip(outcome: str) -> str:
    colour = COLOURS[outcome]
    return (
        "<span style='display:inline-block;width:10px;height:10px;margin-right:6px;"
        f"background:{colour}'></span>"
    )


def _disclosures(count: int) -> str:
    return f"<b>{count:,}</b>" if count else "0"


def _sum(counts: dict[str, int]) -> int:
    return sum(counts[outcome] for outcome in _SAID)


def _percent(count: int, calls: int) -> str:
    return f"{100 * count / calls:.1f} %" if calls else ""


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"
