"""Each known defect, planted alone, is found by the rules that are meant for it and by no other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from crmwidget.conformance import rules
from tests.conformance.mutants import MUTANTS, Mutant

if TYPE_CHECKING:
    from concurrent.futures import Future

    from crmwidget.conformance import Report

NO_SMALL_DEFECT = {"ready-answered", "crm-data-answered", "directory-sample-spelling"}
"""Their defects leave the others nothing to judge, or mirror that of another rule."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_defect_is_found_by_the_rules_that_are_meant_for_it(
    mutant: Mutant, reports: dict[str, Future[Report]]
) -> None:
    report = reports[mutant.name].result()

    failed = {one.rule.id: one.seen for one in report.rules if one.result == "failed"}
    assert sorted(failed) == sorted(mutant.found_by), failed
    counting = {rule.id for rule in rules() if rule.counts}
    assert report.passed == counting.isdisjoint(mutant.found_by)


def test_every_rule_has_a_defect_that_it_finds() -> None:
    found = {id_ for mutant in MUTANTS for id_ in mutant.found_by}

    assert {rule.id for rule in rules()} - found == NO_SMALL_DEFECT
    assert [name for name, n in Counter(one.name for one in MUTANTS).items() if n > 1] == []
