"""Scenarios without a page: through a connector in memory, and before a marked test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Handlers
from crmwidget.simulator import Scenario, scenarios
from crmwidget.testing import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
BO = {"id": "C-1", "name": "Bo Larsen", "phone": "+12025550143", "email": "bo@example.com"}
ROWS = [
    BO,
    {"id": "C-3", "name": "Sam Reyes", "phone": "+14155550132"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "415-555-0132"},
]


# ---------------------------------------------------------------- in memory
@pytest.fixture
def connector() -> Iterator[Connector]:
    handlers = Handlers()
    handlers.on_save_log(lambda log: f"call-{log.topic}")
    with Connector(handlers, directory=ROWS, region="US") as made:
        yield made


@pytest.mark.parametrize(
    "name", [name for name in scenarios() if name not in {"click-to-dial", "login expiry"}]
)
def test_what_is_built_in_runs_without_a_page(connector: Connector, name: str) -> None:
    report = connector.run(name)

    assert report.passed, report
    assert report.done == report.total > 0


def test_what_is_dialled_is_a_call_of_its_own(connector: Connector) -> None:
    @connector.handlers.on_click_to_dial
    def dial(enabled: Any) -> None:
        connector.dial("+12025550143")

    report = connector.run("click-to-dial")

    assert report.passed, report
    assert connector.received[-1].data["data"]["logParameters"]["called"] == "+12025550143"


def test_messages_are_in_order_and_a_log_says_what_became_of_the_call(
    connector: Connector,
) -> None:
    heard: list[Any] = []
    connector.handlers.on("*", heard.append)
    connector.run(
        [
            {"ring": {"number": "+12025550143"}},
            {"accept": {}},
            {"consult": {"number": "+12025550177"}},
            {"transfer": {}},
            {"disposition": {"code": "Resolved"}},
            {"save": {"topic": "Renewal", "notes": "Yearly", "custom_fields": {"case": 7}}},
        ]
    )

    pop, log = heard
    assert (pop.caller, log.caller, log.called) == ("+12025550143", "+12025550143", "+12025550177")
    assert (log.topic, log.comments) == ("Renewal", "Yearly")
    assert log.custom_fields == {"case": "7", "dispositionCode": "Resolved"}


def test_an_expectation_that_is_not_met_says_what_came(connector: Connector) -> None:
    report = connector.run(
        [
            {"do": "address_book", "expect": [{"message": "crmDirectory", "data": {"count": "9"}}]},
            {"do": "address_book", "expect": {"message": "crmDirectory", "times": 2}},
            {"do": "address_book", "expect": {"never": "crmDirectory"}},
            {"expect": {"phase": "ringing"}},
        ]
    )

    assert [(one.step, one.seen) for one in report.failed] == [
        ("1", "crmDirectory"),
        ("2", "crmDirectory"),
        ("3", "crmDirectory"),
        ("4", "idle"),
    ]
    assert "9" not in str(report).split("\n", 1)[1].replace("count", "")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"accept": {}}], "step 1 (accept): there is no call"),
        ([{"ring": {}}, {"ring": {}}], "step 2 (ring): a call is on: end it first"),
        ([{"ring": {}}, {"hold": {}}], "step 2 (hold): the call is ringing, not talking"),
        ([{"do": "fault", "name": "silence"}], "cannot do fault: run it against the page"),
        ([{"repeat": 2, "steps": [{"skip": {}}]}], "step 1.1 (skip)"),
        ([{"navigate": {}}], "the page has dialled nobody"),
    ],
)
def test_a_step_that_cannot_be_is_in_the_report(
    connector: Connector, steps: list[Any], said: str
) -> None:
    report = connector.run(steps)

    assert not report.passed
    assert said in str(report.refused)


def test_what_a_handler_raises_is_raised(connector: Connector) -> None:
    @connector.handlers.on_screen_pop
    def pop(pop: Any) -> None:
        raise LookupError("no such contact")

    with pytest.raises(LookupError, match="no such contact"):
        connector.run("incoming call")


def test_a_day_of_calls_goes_through_the_handlers(connector: Connector) -> None:
    numbers = [f"+1202555{1000 + i}" for i in range(50)]

    report = connector.run(Scenario.of_calls(numbers, rate=20))

    assert (report.passed, report.done) == (True, 50)
    assert [sent.action for sent in connector.received].count("createHistoryItem") == 50


# ---------------------------------------------------------------- in pytest
CONFTEST = """
import pytest
from crmwidget import Handlers

handlers = Handlers()
saved = []

@handlers.on_save_log
def save(log):
    saved.append(log.topic)
    return "call-1"

@pytest.fixture
def phone():
    from crmwidget.testing import Connector
    with Connector(handlers, directory=[{"name": "Bo Larsen", "phone": "+12025550143"}]) as made:
        yield made
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("XDG_STATE_HOME", str(pytester.path / "state"))
    pytester.makeini(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\naddopts = --strict-markers\n"
    )
    pytester.makeconftest(CONFTEST)
    return pytester


def test_a_marked_test_begins_when_its_scenario_is_through(project: pytest.Pytester) -> None:
    (project.path / "mine.yaml").write_text("- ring:\n- accept:\n- end: {topic: From a file}\n")
    project.makepyfile(
        """
        import pytest
        from conftest import saved

        @pytest.mark.scenario("incoming call")
        def test_by_name(connector):
            assert saved.pop() == "Renewal"

        @pytest.mark.scenario("mine.yaml")
        def test_from_a_file(connector):
            assert saved.pop() == "From a file"

        @pytest.mark.scenario([{"ring": {}}, {"decline": {}}])
        def test_of_steps(connector):
            assert [sent.action for sent in connector.received] == ["crmDirectory"]
        """
    )

    project.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_scenario_that_fails_fails_its_test_with_the_report(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.scenario([{"do": "ring", "expect": "createHistoryItem"}])
        def test_it(connector):
            pass

        @pytest.mark.scenario("incoming call")
        def test_that_fails_itself(connector):
            assert 0
        """
    )

    result = project.runpytest_subprocess()

    result.assert_outcomes(errors=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*step 1: expected createHistoryItem, seen: crmDirectory*", "*incoming call: passed*"]
    )


def test_the_marker_is_listed(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.scenario(name_or_path_or_steps)*"])
