"""The report: for a person, a program, a CI server and a notebook; no browser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from crmwidget import cli
from crmwidget.conformance import Report, Result, origin_of, rules
from crmwidget.errors import ConformanceError, OriginError

ROOT = Path(__file__).resolve().parents[2]
BY_ID = {rule.id: rule for rule in rules()}
REPORT = Report(
    "http://127.0.0.1:8000/",
    "https://connector.example.com",
    (
        Result(BY_ID["ready-answered"], "passed", "ready came back", 0.25),
        Result(BY_ID["crm-data-id-text"], "failed", "it is a <number>\x00", 0.5),
        Result(BY_ID["fields-order"], "failed", "voice comes first"),
        Result(BY_ID["dial-shape"], "not applicable", "no --dial was given"),
    ),
)


def test_failures_come_first_and_say_what_was_expected_seen_and_to_do() -> None:
    lines = str(REPORT).splitlines()

    assert lines[1:5] == [
        "FAILED          crm-data-id-text [D]",
        "                expected: currentUser.Id is text",
        "                seen: it is a <number>\\x00",
        "                to do: Turn the CRM's id into text: String(user.id).",
    ]
    assert lines[5] == "WARNING         fields-order [I]"
    assert lines[-1] == "1 failed, 1 warning, 1 not applicable, 1 passed"


def test_json_has_the_rules_in_their_order() -> None:
    found = json.loads(REPORT.to_json())

    assert found["passed"] is False
    assert found["rules"][0] == {
        "id": "ready-answered",
        "title": "ready is answered with ready",
        "evidence": "D",
        "result": "passed",
        "detail": "ready came back",
    }
    assert [one["result"] for one in found["rules"]] == [
        "passed",
        "failed",
        "failed",
        "not applicable",
    ]


def test_junit_is_what_a_ci_server_reads() -> None:
    root = ET.fromstring(REPORT.to_junit())  # noqa: S314 - our own text

    assert root.tag == "testsuites"
    (suite,) = root
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
        "time": "0.750",
    }
    assert [one.tag for one in suite] == ["properties", *["testcase"] * 4]
    cases = {case.get("name"): [child.tag for child in case] for case in suite[1:]}
    assert cases == {
        "ready-answered": [],
        "crm-data-id-text": ["failure"],
        "fields-order": ["skipped"],
        "dial-shape": ["skipped"],
    }
    failure = suite[2][0]
    assert failure.get("message", "").startswith("it is a <number>\\x00")
    assert (failure.text or "").splitlines()[0] == "expected: currentUser.Id is text"


def test_an_inferred_rule_warns_and_does_not_fail_the_run() -> None:
    report = Report(REPORT.url, REPORT.connector, (REPORT["fields-order"],))

    assert report.passed
    assert report["fields-order"].detail.endswith("The rule is inferred: it does not fail the run.")


def test_a_notebook_shows_a_table_in_which_nothing_is_markup() -> None:
    html = REPORT._repr_html_()

    assert html.count("<tr>") == 4
    assert "&lt;number&gt;" in html


def test_every_rule_has_an_id_of_its_own_and_says_what_it_does() -> None:
    assert len(BY_ID) == len(rules())
    for rule in rules():
        assert rule.id.replace("-", "").isalnum(), rule.id
        assert rule.id == rule.id.lower()
        assert rule.evidence in "DSROI"
        assert not rule.title.endswith("."), rule.id
        assert rule.advice.endswith((".", ")")), rule.id


def test_the_docs_have_every_rule_with_its_evidence() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    table = page.partition("<!-- rules -->\n")[2].splitlines()[2:]

    told = [f"| `{r.id}` | {r.evidence} | {r.title} | {r.checked} |" for r in rules()]
    assert table == told


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://connector.example.com", "https://connector.example.com"),
        ("https://Connector.example.com:443/a?b", "https://connector.example.com"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_read_from_any_address_of_it(given: str, origin: str) -> None:
    assert origin_of(given) == origin


@pytest.mark.parametrize(
    "given", ["connector.example.com", "*", "file:///a", "https://", "https://a:b"]
)
def test_what_is_no_origin_is_a_wrong_use(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OriginError):
        origin_of(given)

    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "http://127.0.0.1/", "--connector", given])

    assert ended.value.code == 2
    assert "Give scheme and host" in capsys.readouterr().err


def test_a_client_on_its_connectors_origin_cannot_be_checked() -> None:
    from crmwidget.conformance import check

    with pytest.raises(ConformanceError, match=r"have one origin, https://crm\.example\.com"):
        check("https://crm.example.com/client", "https://crm.example.com")


def test_playwright_loads_with_the_first_check_only() -> None:
    code = "import sys, crmwidget.conformance as c; c.rules(); print('playwright' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
