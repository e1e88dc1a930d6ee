"""Nobody is let in: each case of the corpus, against the built widget in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.lab import chromium
from tests.hostile.arena import Arena
from tests.hostile.corpus import CASES, Case

if TYPE_CHECKING:
    from collections.abc import Iterator


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
