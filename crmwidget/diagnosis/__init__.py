"""Diagnosis: evidence in, the likely cause and advice out.

Knows no client, page or network: what they have seen comes in as `Evidence`.
A cause that is inferred says "probably"; what only the vendor's documentation
or nobody confirms is marked [I]. No part of an address but its origin, and
nothing that a message or a handler said, is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from crmwidget.diagnosis._causes import CAUSES, of_address_alone
from crmwidget.diagnosis._checks import CHECKS, OF_ADDRESS, Check, Looking, Verdict
from crmwidget.diagnosis._evidence import Evidence, Refused, Seen
from crmwidget.diagnosis.probes.http import Reach, reach
from crmwidget.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Check", "Diagnosis", "Evidence", "Refused", "Seen", "diagnose", "examine", "of_address"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a phone is not ready, or that it is."""

    cause: str
    """A short stable word: "connected", "unreachable", "framing-refused", "silent" ..."""
    sentence: str
    """The cause and what to do, for people; "probably" where it is inferred."""
    certain: bool
    checks: tuple[Check, ...]

    @property
    def good(self) -> bool:
        """Nothing stands in the way."""
        return self.cause in {"connected", "reachable"}

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __str__(self) -> str:
        lines = [f"{self.cause}: {self.sentence}", *map(str, self.checks)]
        return "\n".join(printable(line) for line in lines)

    __repr__ = __str__

    def to_frame(self, library: str | None = None) -> Any:
        """One row a check: check, verdict, evidence, advice."""
        from crmwidget.tables import from_rows

        rows = [
            {"check": c.name, "verdict": c.verdict, "evidence": c.evidence, "advice": c.advice}
            for c in self.checks
        ]
        return from_rows(rows, library=library, names=("check", "verdict", "evidence", "advice"))

    def to_wire(self) -> dict[str, Any]:
        """As the panel draws it."""
        checks = [
            {"name": c.name, "verdict": c.verdict, "evidence": c.evidence, "advice": c.advice}
            for c in self.checks
        ]
        return {"cause": self.cause, "sentence": self.sentence, "good": self.good, "checks": checks}

    def _repr_html_(self) -> str:
        mark = _mark("ok" if self.good else "wrong")
        said = f"{mark} <b>{escape(self.cause)}</b>: {escape(self.sentence)}"
        rows = "".join(
            f"<tr>{_cell(_mark(check.verdict))}{_cell(f'<b>{escape(check.name)}</b>')}"
            f"{_cell(f'{escape(check.evidence)} <i>{escape(check.advice)}</i>')}</tr>"
            for check in self.checks
        )
        return f'<p style="max-width:60em">{said}</p><table>{rows}</table>'


_SIGNS: Final[dict[Verdict, tuple[str, str]]] = {
    "ok": ("\N{CHECK MARK} ok", "--jp-success-color1, #388e3c"),
    "look": ("\N{BLACK DIAMOND} look", "--jp-warn-color1, #b26a00"),
    "wrong": ("\N{MULTIPLICATION X} wrong", "--jp-error-color1, #d32f2f"),
    "unknown": ("? unknown", "--jp-ui-font-color2, #757575"),
}
"""By shape and word, too: colour alone tells not everybody anything."""


def _mark(verdict: Verdict) -> str:
    text, colour = _SIGNS[verdict]
    return f'<span style="white-space:nowrap;color:var({colour})">{text}</span>'


def _cell(html: str) -> str:
    """Text runs from the left, and from the top; notebooks centre it and set it to the right."""
    return f'<td style="text-align:left;vertical-align:top;max-width:50em">{html}</td>'


def diagnose(evidence: Evidence, reached: Reach | None = None) -> Diagnosis:
    """The likely cause first, then every check; `reached`: what the address answers, if asked."""
    checks = _looked(CHECKS, evidence, reached)
    for cause in CAUSES:
        if (found := cause(evidence, reached)) is not None:
            return _made(found, checks)
    raise AssertionError("the last cause always applies")


def examine(evidence: Evidence) -> Diagnosis:
    """`diagnose`, after the connector's address was asked where its answer can matter.

    That takes up to 5 s where nothing answers, and up to 10 s where an answer trickles.
    """
    asked = None if evidence.connected else evidence.src
    return diagnose(evidence, None if asked is None else reach(asked))


def of_address(reached: Reach, page: str | None = None, seen: Seen | None = None) -> Diagnosis:
    """What an address alone tells: `crmwidget diagnose URL`.

    page: the notebook's origin. seen: what a browser saw of it, if one has looked.
    """
    host = {} if page is None else {"host": {"origin": page, "secure": True}}
    evidence = Evidence(
        connector=reached.origin, src=reached.origin, origins=(reached.origin,),
        facts={"shown": True, **host}, beside=True, seen=seen,
    )  # fmt: skip
    return _made(of_address_alone(evidence, reached), _looked(OF_ADDRESS, evidence, reached))


def _looked(
    checks: tuple[Looking, ...], evidence: Evidence, reached: Reach | None
) -> tuple[Check, ...]:
    return tuple(made for check in checks if (made := check(evidence, reached)) is not None)


def _made(cause: tuple[str, bool, str], checks: tuple[Check, ...]) -> Diagnosis:
    word, certain, sentence = cause
    said = sentence if certain else f"Probably: {sentence[0].lower()}{sentence[1:]}"
    return Diagnosis(word, said, certain, checks)
