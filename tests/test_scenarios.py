"""Scenarios: as data, under way, and served."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from crmwidget import cli
from crmwidget.client._simulator_requests import Future, SimulatorRequests
from crmwidget.errors import DirectoryError, SimulatorError
from crmwidget.simulator import (
    Progress,
    Report,
    Scenario,
    Simulator,
    _page,
    _run,
    scenario_of,
    scenarios,
    serve,
)
from crmwidget.simulator._server import Server
from tests.test_simulator import get

ROOT = Path(__file__).resolve().parents[1]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "scenarios.json").read_text())
SAID = {
    "scenario": "hold",
    "ok": False,
    "stopped": False,
    "refused": None,
    "seconds": 1.5,
    "done": 4,
    "total": 5,
    "passed": 1,
    "failed": 1,
    "results": [
        {"step": "3", "expected": "phase held within 5 s", "passed": False, "seen": "talking"},
        {"step": "4", "expected": "phase talking within 5 s", "passed": True, "seen": "after 0 s"},
    ],
}


# ---------------------------------------------------------------- as data
@pytest.mark.parametrize("good", VECTORS["good"], ids=map(str, range(len(VECTORS["good"]))))
def test_what_the_page_takes_is_taken(good: Any) -> None:
    assert scenario_of(good).size > 0


@pytest.mark.parametrize(("bad", "said"), VECTORS["bad"])
def test_what_the_page_refuses_is_refused_in_the_same_words(bad: Any, said: str) -> None:
    with pytest.raises(SimulatorError) as raised:
        scenario_of(bad)

    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("name", list(scenarios()))
def test_what_is_built_in_is_told_apart_by_name_and_by_what_it_is_about(name: str) -> None:
    found = Scenario.named(name)

    assert (found.name, found.about) == (name, scenarios()[name])
    assert found.about.endswith(".")


def test_the_words_on_the_wire_are_in_one_spelling() -> None:
    scenario = Scenario([{"hangUp": {}}, {"end": {"customFields": {"a": 1}}}, {"login": {}}])

    assert scenario.wire()["steps"] == [
        {"do": "hang_up"},
        {"custom_fields": {"a": 1}, "do": "end"},
        {"do": "log_in"},
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "mine.json",
            '{"steps": [{"do": "ring", "after": 1}, {"repeat": 2, "steps": [{"decline": {}}]}]}',
        ),
        ("mine.yaml", "steps:\n- {do: ring, after: 1}\n- repeat: 2\n  steps: [{decline: }]\n"),
        ("mine.yml", "- {do: ring, after: 1}\n- repeat: 2\n  steps:\n  - do: decline\n"),
    ],
)
def test_a_file_is_read_by_its_ending(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)

    found = scenario_of(str(tmp_path / name))

    assert (found.name, found.size) == ("mine", 3)
    assert found.wire() == scenario_of(tmp_path / name).wire()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine.json", "{", "mine.json is no JSON"),
        ("mine.yaml", "a: [", "mine.yaml is no YAML"),
        ("mine.yaml", "- {do: ring, number: +12025550143}", "step 1: number is a text"),
        ("mine.yaml", "- !!python/object/apply:os.getcwd []", "mine.yaml is no YAML"),
        ("gone.yaml", None, "no scenario can be read from gone.yaml"),
    ],
)
def test_a_file_that_is_none_says_why(
    tmp_path: Path, name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    with pytest.raises(SimulatorError, match=said):
        Scenario.load(tmp_path / name)


def test_yaml_without_its_library_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("- ring:")
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)

    with pytest.raises(SimulatorError, match=r"pip install 'crmwidget\[scenarios\]'"):
        Scenario.load(tmp_path / "mine.yaml")


def test_a_repr_shows_nobody_s_number() -> None:
    assert repr(Scenario([{"ring": {"number": "+12025550143"}}])) == (
        "<Scenario 'scenario': 1 steps>"
    )


# ---------------------------------------------------------------- a day of calls
@pytest.mark.parametrize(
    "calls",
    [
        ["+12025550143", None],
        pd.DataFrame({"ANI": ["+12025550143", None], "queue": ["a", "b"]}),
        pl.DataFrame({"caller": ["+12025550143", None], "to": ["1", "2"]}),
        [{"from": "+12025550143", "x": 1}, {"from": None, "x": 2}],
    ],
    ids=range(4),
)
def test_a_day_is_made_of_whatever_holds_calls(calls: object) -> None:
    day = Scenario.of_calls(calls, rate=20)

    assert (day.size, day.name) == (2, "2 calls")
    assert day.wire()["steps"] == [
        {
            "do": "calls",
            "numbers": ["+12025550143", ""],
            "rate": 20,
            "topic": "A day of calls",
            "notes": "",
        }
    ]


def test_a_day_whose_numbers_cannot_be_told_asks_for_the_column() -> None:
    calls = pd.DataFrame({"a": ["1"], "b": ["2"]})

    with pytest.raises(DirectoryError, match=r'column="\.\.\."'):
        Scenario.of_calls(calls)

    assert Scenario.of_calls(calls, column="b").wire()["steps"][0]["numbers"] == ["2"]


@pytest.mark.parametrize(("calls", "rate"), [([], 20), (["1"] * 100_001, 20), (["1"], 101)])
def test_a_day_is_bounded(calls: list[str], rate: float) -> None:
    with pytest.raises(SimulatorError, match=r"step 1: (numbers|rate) is"):
        Scenario.of_calls(calls, rate)


# ---------------------------------------------------------------- under way
class Page:
    """The page's side of a run, through the kernel's own account of commands."""

    def __init__(self) -> None:
        self.commands = SimulatorRequests()
        self.told: list[str] = []
        self.number = 0

    def __call__(self, what: str, args: dict[str, Any]) -> Future:
        self.told.append(what)
        number, future = self.commands.add()
        if what == "scenario":
            self.number = number
        return future

    def says(self, **answer: object) -> None:
        self.commands.answered({"id": self.number, **answer})

    def ends(self, **report: object) -> None:
        self.says(ok=True, state={"phase": "idle", "run": {**SAID, **report}})


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    (tmp_path / "simulator.scenario.js").write_text("3")
    monkeypatch.setattr(_page, "STATIC", tmp_path)
    return Page()


async def test_a_run_is_awaited_for_its_report(page: Page) -> None:
    run = Simulator(page).run("hold")
    waiting = asyncio.ensure_future(run._wait())
    await asyncio.sleep(0)
    page.ends()

    report = await waiting

    assert isinstance(report, Report)
    assert (report.passed, report.met, report.missed, run.done()) == (False, 1, 1, True)
    assert [one.step for one in report.failed] == ["3"]
    assert str(report) == (
        "hold: failed. 4 of 5 steps in 1.5 s, 1 of 2 expectations met\n"
        "  step 3: expected phase held within 5 s, seen: talking"
    )


def test_a_run_tells_how_far_it_is_before_its_end(page: Page) -> None:
    run = Simulator(page).run("hold")
    seen = [(run.progress, repr(run), run.report)]
    page.says(progress={"done": 2, "total": 5, "passed": 1, "failed": 0})
    seen.append((run.progress, repr(run), run.report))
    page.ends()

    assert seen == [
        (Progress(), "<Run hold: 0 of 0>", None),
        (Progress(2, 5, 1, 0), "<Run hold: 2 of 5>", None),
    ]
    assert run.progress == Progress(4, 5, 1, 1)


def test_a_step_that_was_refused_is_raised_and_the_report_is_there(page: Page) -> None:
    run = Simulator(page).run("hold")
    page.ends(refused={"step": "2", "what": "accept", "error": "there is no call"})

    with pytest.raises(SimulatorError, match=r"step 2 \(accept\): there is no call"):
        run.result()

    assert run.report is not None
    assert "refused: step 2" in str(run.report)


def test_a_run_that_was_stopped_says_so_and_raises_nothing(page: Page) -> None:
    run = Simulator(page).run_day(["+12025550143"] * 9)

    run.stop()
    page.ends(stopped=True)

    assert page.told == ["scenario", "stop"]
    assert str(run.result()).startswith("hold: stopped.")


def test_waiting_for_a_run_ends_where_it_was_to_end(page: Page) -> None:
    run = Simulator(page).run("hold")

    with pytest.raises(SimulatorError, match=r"has not ended within 0\.01 s: 0 of 0"):
        run.result(timeout=0.01)

    page.ends()
    assert isinstance(run.result(timeout=5), Report)


@pytest.mark.parametrize(
    "wait",
    [lambda run: run.result(), lambda run: asyncio.run(run._wait())],
    ids=["result", "await"],
)
def test_a_page_that_gives_no_sign_is_given_up_with_advice(
    page: Page, monkeypatch: pytest.MonkeyPatch, wait: Any
) -> None:
    monkeypatch.setattr(_run, "QUIET", 0.001)
    monkeypatch.setattr(_run, "_LOOK", 0.01)

    with pytest.raises(SimulatorError, match="put `phone` on the last line of a cell"):
        wait(Simulator(page).run("hold"))


def test_what_the_page_refuses_at_once_is_raised(page: Page) -> None:
    run = Simulator(page).run("hold")
    page.says(ok=False, error="a scenario is on")

    assert (repr(run), run.report) == ("<Run hold: refused>", None)
    with pytest.raises(SimulatorError, match="a scenario is on"):
        run.result()


# ---------------------------------------------------------------- served
@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "simulator.html").write_text("<html><style>b{}</style><body></body></html>")
    (tmp_path / "simulator.scenario.js").write_text("3")
    monkeypatch.setattr(_page, "STATIC", tmp_path)


@pytest.mark.usefixtures("built")
def test_a_report_is_answered_before_its_server_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, ended = threading.Event(), queue.SimpleQueue[bool]()
    # It ends in the thread of the request, which still lacks its answer where this comes too early.
    monkeypatch.setattr(Server, "_end", lambda _: ended.put(answered.wait(5)))
    with serve(scenario=Scenario.named("hold")) as server:
        place = get(server, "/")[1].partition('data-report="')[2].partition('"')[0]

        assert get(server, place, "POST", form=json.dumps(SAID))[0].status == HTTPStatus.NO_CONTENT
        answered.set()

        assert ended.get(timeout=10)


@pytest.mark.usefixtures("built")
def test_a_served_scenario_stands_in_the_page_and_only_its_report_is_taken() -> None:
    with serve(scenario=Scenario.named("hold")) as server:
        answer, text = get(server, "/")
        place = text.partition('data-report="')[2].partition('"')[0]
        wrong = [
            get(server, "/report", "POST", form=json.dumps(SAID))[0].status,
            get(server, place, "POST", form="{}")[0].status,
            get(server, place, "POST", form="x")[0].status,
        ]
        before = server.report
        right = get(server, place, "POST", form=json.dumps(SAID))[0].status

    assert "data-scenario=" in text
    assert answer.headers["Content-Security-Policy"].endswith("; connect-src 'self'")
    assert (wrong, before, right) == ([404, 400, 400], None, 204)
    assert isinstance(server.report, Report)


@pytest.mark.usefixtures("built")
def test_a_scenario_that_no_page_embedded_is_a_failure_that_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("crmwidget.simulator._server.Server.serve_forever", _interrupted)

    assert cli.main(["simulate", "--scenario", "hold"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith("http://127.0.0.1:")
    assert "no page has run the scenario 'hold'" in said.err


def _interrupted(server: object) -> None:
    raise KeyboardInterrupt


def test_a_scenario_that_nobody_knows_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", "--scenario", "incoming cal"]) == 1

    assert capsys.readouterr() == (
        "",
        'crmwidget: there is no scenario "incoming cal"; did you mean "incoming call"?\n',
    )
