"""Charts: the one door to Altair, an optional extra.

A notebook draws them with what JupyterLab brings: Altair's own display would
load its scripts from a foreign host. `.chart` is Altair's object, to be changed or
saved as any other.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    import altair as alt

__all__ = ["COLOURS", "Picture", "outcomes", "stages"]

COLOURS: Final = {
    "wrong record": "#d55e00",
    "ambiguous": "#e69f00",
    "wrong region": "#cc79a7",
    "possible": "#56b4e9",
    "miss": "#0072b2",
    "no number": "#999999",
    "hit": "#009e73",
}
"""Okabe and Ito's palette, which colour-blind people can tell apart, on white and on black."""

_STAGES: Final = ("possible", "miss", "ambiguous", "hit")
"""Whose colours the stages of a message take."""
_TEXT: Final = "#808080"
_BARS: Final = 20
_STEP: Final = 22
_WIDTH: Final = 480


class Picture:
    """A chart that is drawn without asking the network; `.chart` is Altair's object."""

    def __init__(self, chart: alt.Chart) -> None:
        self.chart = chart

    def to_dict(self) -> dict[str, Any]:
        """Its Vega-Lite specification."""
        found: dict[str, Any] = self.chart.to_dict()
        return found

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as .json, .html, .svg or .png, see altair.Chart.save."""
        self.chart.save(str(path))

    def __repr__(self) -> str:
        return "<a chart; .chart is Altair's object, .save(path) writes it>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        # JupyterLab draws this one; it takes later versions, too.
        return {"application/vnd.vegalite.v5+json": self.to_dict(), "text/plain": repr(self)}


def outcomes(regions: Sequence[tuple[str, Mapping[str, int]]], order: Sequence[str]) -> Picture:
    """A bar of calls for each region, in the order given, stacked by outcome.

    Beyond 20 regions the last bar is all the others. Raises MissingExtraError
    without Altair.
    """
    _check()
    import altair as alt

    bars = _gathered(regions, order)
    rows = [
        {
            "region": name,
            "outcome": outcome,
            "place": order.index(outcome),
            "calls": counts[outcome],
            "of": sum(counts.values()),
        }
        for name, counts in bars
        for outcome in order
        if counts[outcome]
    ]
    names = [name for name, _ in bars]
    shown = [outcome for outcome in order if any(counts[outcome] for _, counts in bars)]
    colours = {outcome: COLOURS[outcome] for outcome in shown}
    chart = _stacked("outcome", rows, colours).encode(
        x=alt.X("calls:Q", title="calls", axis=alt.Axis(format=",d", tickMinStep=1)),
        y=alt.Y("region:N", title="region, worst first", sort=names),
        tooltip=[
            alt.Tooltip("region:N"),
            alt.Tooltip("outcome:N"),
            alt.Tooltip("calls:Q", format=","),
            alt.Tooltip("of:Q", format=",", title="of the region's"),
        ],
    )
    return _plain(chart)


def stages(rows: Sequence[Mapping[str, object]], order: Sequence[str]) -> Picture:
    """How long each action took, in ms: the medians of its stages end to end.

    rows: mappings with action, stage, count, p50 and p95; order: the stages, the first one
    first. Hovering shows p95. Raises MissingExtraError without Altair.
    """
    _check()
    import altair as alt

    known = [{**row, "place": order.index(str(row["stage"]))} for row in rows]
    shown = {row["stage"] for row in known}
    every = zip(order, (COLOURS[name] for name in _STAGES), strict=True)
    colours = {stage: colour for stage, colour in every if stage in shown}
    chart = _stacked("stage", known, colours).encode(
        x=alt.X("p50:Q", title="median, ms"),
        y=alt.Y("action:N", title=None, sort="-x", axis=alt.Axis(labelLimit=260)),
        tooltip=[
            alt.Tooltip("action:N"),
            alt.Tooltip("stage:N"),
            alt.Tooltip("count:Q", format=","),
            alt.Tooltip("p50:Q", format=",.1f", title="median, ms"),
            alt.Tooltip("p95:Q", format=",.1f", title="95 % within, ms"),
        ],
    )
    return _plain(chart)


def _check() -> None:
    if find_spec("altair") is None:
        raise MissingExtraError("Altair", "charts")


def _stacked(
    part: str, rows: Sequence[Mapping[str, object]], colours: Mapping[str, str]
) -> alt.Chart:
    """Bars of the rows, one piece for each value of `part`, in the order of their `place`."""
    import altair as alt

    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    chart: alt.Chart = (
        alt.Chart(alt.Data(values=list(rows)))  # type: ignore[no-untyped-call]
        .mark_bar()
        .encode(color=alt.Color(f"{part}:N", title=part, scale=scale), order=alt.Order("place:Q"))
    )
    return chart


def _plain(chart: alt.Chart) -> Picture:
    """In one grey that reads on white and on black: a chart does not know its page."""
    import altair as alt

    made = (
        chart.properties(width=_WIDTH, height=alt.Step(_STEP), background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelColor=_TEXT, titleColor=_TEXT, gridOpacity=0.3, gridColor=_TEXT)
        .configure_legend(labelColor=_TEXT, titleColor=_TEXT)
    )
    return Picture(made)


def _gathered(
    regions: Sequence[tuple[str, Mapping[str, int]]], order: Sequence[str]
) -> list[tuple[str, dict[str, int]]]:
    bars = [(name, {one: counts[one] for one in order}) for name, counts in regions]
    if len(bars) <= _BARS:
        return bars
    others = [counts for _, counts in bars[_BARS - 1 :]]
    rest = {outcome: sum(counts[outcome] for counts in others) for outcome in order}
    return [*bars[: _BARS - 1], (f"{len(others)} others", rest)]
