"""Nobody is let in: each case of the corpus, against the built widget in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.lab import chromium
from tests.hostile.arena import Arena
from tests.hostile.corpus import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.case import Case

FLOOD = "() => { heard.length = 0; for (let i = 0; i < 30_000; i++) say(message('flood', i)) }"
HELD = """() => {
    const now = performance.now(); performance.now = () => now; let left = 30_000
    addEventListener('message', () => { if (--left === 0) delete performance.now })
}"""
"""Time stands still in the page until the flood is over: however slow the machine, it is fast."""


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with chromium() as context:
        arena = Arena(context)
        yield arena
        arena.close()


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    names = [case.id for case in CASES]

    assert len(names) == len(set(names))
    assert len(names) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_only_what_is_a_message_of_the_connector_gets_in(arena: Arena, case: Case) -> None:
    outcome = arena.perform(case)  # ends with a good message that is answered

    if case.passed is not None:
        assert outcome.passed == [list(one) for one in case.passed]
    assert outcome.refused == case.refused
    assert outcome.hears == list(case.hears)
    assert outcome.overheard == []
    assert outcome.throws == case.throws
    assert {name: outcome.facts[name] for name in case.facts} == case.facts
    assert arena.errors == []


def test_a_flood_is_cut_and_what_got_in_is_whole_and_in_order(arena: Arena) -> None:
    arena.got.clear()
    before = arena.noted("rate"), arena.noted("full")
    arena.page.evaluate(HELD)
    arena.connector.evaluate(FLOOD)

    def counted() -> bool:
        fates = len(arena.got), arena.noted("rate"), arena.noted("full")
        return sum(fates) - sum(before) == 30_000

    arena.until(counted, "30,000 messages, each taken, refused or dropped for want of room")
    passed, hears = arena.check()

    numbers = [data for action, data in passed if action == "flood"]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(passed) > 2_000
    assert arena.noted("rate") > before[0]
    assert hears == []
    assert arena.errors == []
