"""Report: what became of every rule, for a person, for a program and for a CI server."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from crmwidget.safety.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmwidget.conformance._rule import Outcome, Rule

WIDTH: Final = 96
_UNPRINTABLE: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for."""


@dataclass(frozen=True, slots=True)
class Result:
    """One rule in one run."""

    rule: Rule
    result: Outcome
    seen: str
    seconds: float = 0.0
    root: str = ""
    """The id of the failed rule that left this one unchecked; empty: there is none."""

    @property
    def fails(self) -> bool:
        """Whether it fails the run."""
        return self.result == "failed" and self.rule.counts

    @property
    def detail(self) -> str:
        """What was seen and, where the rule is broken, what to do."""
        if self.result != "failed":
            return self.seen
        note = "" if self.rule.counts else " The rule is inferred: it does not fail the run."
        return f"{self.seen.rstrip('.')}. {self.rule.advice}{note}"


@dataclass(frozen=True, slots=True)
class Report:
    """All rules of one run; `str()` is what a person reads."""

    url: str
    connector: str
    rules: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether no rule is broken, apart from those that were only inferred."""
        return not any(one.fails for one in self.rules)

    @property
    def roots(self) -> dict[str, list[Result]]:
        """By each failed rule that left others unchecked: those others."""
        found: dict[str, list[Result]] = {}
        for one in self.rules:
            if one.root:
                found.setdefault(one.root, []).append(one)
        return found

    def _by_urgency(self) -> list[Result]:
        """Failures first, and of them those that left others unchecked."""
        roots = self.roots
        return sorted(self.rules, key=lambda one: (_urgency(one), one.rule.id not in roots))

    def __getitem__(self, id_: str) -> Result:
        return next(one for one in self.rules if one.rule.id == id_)

    def to_json(self) -> str:
        """JSON: `{"url", "connector", "passed", "rules": [...]}`.

        Each rule is `{"id", "title", "evidence", "result", "detail"}`.
        """
        rules = [
            {
                "id": one.rule.id,
                "title": one.rule.title,
                "evidence": one.rule.evidence,
                "result": one.result,
                "detail": one.detail,
            }
            for one in self.rules
        ]
        whole = {"url": self.url, "connector": self.connector, "passed": self.passed}
        return json.dumps({**whole, "rules": rules}, ensure_ascii=False, indent=2) + "\n"

    def to_junit(self) -> str:
        """JUnit's XML: a test case per rule.

        Not applicable is skipped, and so is a broken rule that was only inferred: a CI
        server's colour is that of the exit status.
        """
        skipped = sum(one.result != "passed" and not one.fails for one in self.rules)
        counts = {
            "tests": str(len(self.rules)),
            "failures": str(sum(one.fails for one in self.rules)),
            "errors": "0",
            "skipped": str(skipped),
            "time": f"{sum(one.seconds for one in self.rules):.3f}",
        }
        suites = ET.Element("testsuites", counts)
        suite = ET.SubElement(suites, "testsuite", {"name": "crmwidget check", **counts})
        properties = ET.SubElement(suite, "properties")
        for name, value in (("url", self.url), ("connector", self.connector)):
            ET.SubElement(properties, "property", {"name": name, "value": _printable(value)})
        for one in self.rules:
            names = {"classname": "crmwidget.conformance", "name": one.rule.id}
            case = ET.SubElement(suite, "testcase", {**names, "time": f"{one.seconds:.3f}"})
            _outcome(case, one)
        ET.indent(suites)
        return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield printable(f"{self.url} with the connector {self.connector}")
        for root, left in self.roots.items():
            yield from _filled(
                f"{len(left)} rules could not be checked because {root} failed: correct that first."
            )
        for one in self._by_urgency():
            if not one.root:
                yield from _told(one)
        for root, left in self.roots.items():
            yield f"not applicable  because {root} failed:"
            yield from _filled(", ".join(one.rule.id for one in left), " " * 16)
        counts = Counter(_word(one) for one in self.rules)
        yield ", ".join(f"{n} {word}" for word, n in sorted(counts.items(), key=_most_urgent))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td><b>{_word(one)}</b></td><td><code>{one.rule.id}</code> [{one.rule.evidence}]"
            f"</td><td style='text-align:left'>{escape(one.rule.title)}<br>"
            f"<small>{escape(one.detail)}</small></td></tr>"
            for one in self._by_urgency()
        )
        head = f"{escape(self.url)} with the connector {escape(self.connector)}"
        return f"<table><caption>{head}</caption><tbody>{rows}</tbody></table>"


_WORDS: Final = ("failed", "warning", "not applicable", "passed")


def _word(one: Result) -> str:
    return "warning" if one.result == "failed" and not one.fails else one.result


def _urgency(one: Result) -> int:
    return _WORDS.index(_word(one))


def _most_urgent(counted: tuple[str, int]) -> int:
    return _WORDS.index(counted[0])


def _told(one: Result) -> Iterator[str]:
    word = _word(one)
    head = f"{word.upper() if word in {'failed', 'warning'} else word:14}  "
    yield f"{head}{one.rule.id} [{one.rule.evidence}]"
    if word == "passed":
        return
    lines = {"": one.seen}
    if one.result == "failed":
        lines = {"expected": one.rule.title, "seen": one.seen, "to do": one.rule.advice}
    for label, text in lines.items():
        start = " " * 16 + (f"{label}: " if label else "")
        yield from _filled(text, start)


def _filled(text: str, start: str = "") -> Iterator[str]:
    later = " " * 18 if start else ""
    yield textwrap.fill(_printable(text), WIDTH, initial_indent=start, subsequent_indent=later)


def _outcome(case: ET.Element, one: Result) -> None:
    message = {"message": _printable(one.detail)}
    if one.fails:
        failure = ET.SubElement(case, "failure", {**message, "type": f"[{one.rule.evidence}]"})
        failure.text = _printable(
            f"expected: {one.rule.title}\nseen: {one.seen}\nto do: {one.rule.advice}"
        )
    elif one.result != "passed":
        ET.SubElement(case, "skipped", message)


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", printable(text, lines=True))
