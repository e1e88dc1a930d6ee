"""Whether a scenario's report can still come: signs of its pages, with the time as an argument."""

from __future__ import annotations

import pytest

from crmwidget.simulator._watch import BACK, CONFIGURED, EMBEDDED, QUIET, Watch


def sign(
    page: str = "a", done: int = 0, *, configured: bool = True, gone: bool = False
) -> dict[str, object]:
    progress = {"done": done, "total": 5}
    return {"page": page, "progress": progress, "configured": configured, "gone": gone}


@pytest.fixture
def watch() -> Watch:
    watch = Watch("hold")
    assert watch.over(0) == ""
    return watch


def test_a_page_that_gives_signs_may_take_its_time(watch: Watch) -> None:
    for now in range(0, 3600, 60):
        watch.sign(sign(done=2), now)
        assert watch.over(now + 30) == ""

    assert watch.told() == "the scenario 'hold' got as far as 2 of 5 steps."


def test_a_client_that_loads_another_page_each_time_ends_it(watch: Watch) -> None:
    for page in ("a", "b"):
        watch.sign(sign(page), 1)
        watch.sign(sign(page, 3, gone=True), 2)

    assert watch.over(2).startswith(
        "the client loaded another page, or took the simulator's frame away, after 3 of 5 steps"
    )


def test_a_component_that_is_mounted_anew_once_does_not_end_it(watch: Watch) -> None:
    watch.sign(sign("a"), 1)
    watch.sign(sign("a", gone=True), 2)
    watch.sign(sign("b"), 3)

    assert watch.over(4) == ""


def test_a_page_that_is_replaced_before_it_is_configured_is_no_break(watch: Watch) -> None:
    for page in "abcd":
        watch.sign(sign(page, configured=False), 1)
        watch.sign(sign(page, configured=False, gone=True), 2)
    watch.sign(sign("e"), 3)

    assert watch.over(4) == ""


@pytest.mark.parametrize(("configured", "said"), [(True, "took the"), (False, "did not begin")])
def test_a_frame_that_does_not_come_back_ends_it(watch: Watch, configured: bool, said: str) -> None:
    watch.sign(sign(configured=configured), 1)
    watch.sign(sign(configured=configured, gone=True), 2)

    assert watch.over(2 + BACK) == ""
    assert said in watch.over(3 + BACK)
    assert f"did not come back within {BACK:g} s" in watch.over(3 + BACK)


def test_a_browser_that_was_closed_ends_it(watch: Watch) -> None:
    watch.sign(sign(done=1), 1)

    assert watch.over(1 + QUIET) == ""
    assert watch.over(2 + QUIET) == (
        f"the page gave no sign for {QUIET:g} s: the scenario 'hold' got as far as 1 of 5 steps."
    )


def test_a_client_that_never_answers_ends_it(watch: Watch) -> None:
    for now in range(int(CONFIGURED) + 2):
        watch.sign(sign(configured=False), now)

    assert "has not answered ready and requestCrmData" in watch.over(CONFIGURED + 1)


def test_a_client_that_loads_its_page_again_and_again_without_answering_ends_it(
    watch: Watch,
) -> None:
    for now in range(int(CONFIGURED) + 2):
        watch.sign(sign(str(now), configured=False), now)
        watch.sign(sign(str(now), configured=False, gone=True), now)
    watch.sign(sign("last", configured=False), CONFIGURED + 2)

    assert "has not answered ready" in watch.over(CONFIGURED + 2)


def test_an_address_that_is_never_embedded_ends_it(watch: Watch) -> None:
    assert watch.over(EMBEDDED) == ""
    assert watch.over(EMBEDDED + 1).startswith("no page has run the scenario 'hold': embed")
