"""Whole clients: a correct one, the least there is, and those that cannot be checked."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import trustme

from crmwidget import cli
from crmwidget.conformance import _stage, check, rules
from crmwidget.errors import ConformanceError
from tests.conformance.site import CONNECTOR, Site

if TYPE_CHECKING:
    from pathlib import Path

LEAST = """
<!doctype html>
<title>Answers what is mandatory</title>
<iframe
  src="https://connector.example.com/?tenantId=ABCDEF"
  allow="camera; microphone; geolocation"></iframe>
<script>
  const iframe = document.querySelector("iframe");
  const CONNECTOR = new URL(iframe.src).origin;
  const data = {
    callCenterSettings: {},
    currentUser: {
      attributes: { type: "User" }, Name: "Ada Marsh", Username: "ada@example.com", Id: "7",
      LanguageLocaleKey: "en_US",
    },
  };
  const answers = { ready: { action: "ready" }, requestCrmData: { action: "crmData", data } };
  onmessage = ({ origin, source, data }) => {
    if (origin !== CONNECTOR || source !== iframe.contentWindow) return;
    if (data?.type !== "CRMConnectMessage" || !Object.hasOwn(answers, data.action)) return;
    source.postMessage({ type: "ClientAppMessage", ...answers[data.action] }, CONNECTOR);
  };
</script>
"""


def test_the_command_checks_a_correct_client(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = site.add("correct")
    files = [tmp_path / "check.json", tmp_path / "check.xml"]
    arguments = ["--connector", f"{CONNECTOR}/", "--dial", "#call", "--patience", "2"]

    status = cli.main(["check", url, *arguments, "--json", str(files[0]), "--junit", str(files[1])])

    told = capsys.readouterr()
    assert status == 0, told.out
    found = json.loads(files[0].read_text())
    assert [one["id"] for one in found["rules"]] == [rule.id for rule in rules()]
    assert {one["result"] for one in found["rules"]} == {"passed"}
    assert {*found["rules"][0]} == {"id", "title", "evidence", "result", "detail"}
    suite = ET.parse(files[1]).getroot()[0]  # noqa: S314 - our own file
    assert suite.attrib["tests"] == str(len(rules()))
    assert told.out.splitlines()[-1] == f"{len(rules())} passed"
    assert "the handshake" in told.err


def test_a_broken_client_ends_the_command_with_1(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    url = site.add("broken", [("count: String(results.length)", "count: results.length")])

    status = cli.main(["check", url, "--connector", CONNECTOR, "--patience", "1"])

    told = capsys.readouterr().out.splitlines()
    assert status == 1
    assert told[1:3] == [
        "FAILED          directory-count [S]",
        "                expected: count is text, and the number of results",
    ]
    assert told[-1].startswith("1 failed, ")


def test_a_client_on_the_same_site_as_its_connector_is_checked_as_any_other(site: Site) -> None:
    connector = "http://127.0.0.1:9"
    url = site.add("same-site", connector=connector)

    report = check(url, connector, "#call", patience=2)

    assert [one.rule.id for one in report.rules if one.result != "passed"] == []


def test_features_that_a_client_does_not_have_are_not_applicable(site: Site) -> None:
    site.pages["/least"] = LEAST

    report = check(f"{site.origin}/least", CONNECTOR, patience=0.5)

    assert report.passed, str(report)
    results = {one.rule.id: one.result for one in report.rules}
    assert "failed" not in results.values(), str(report)
    assert {id_ for id_, result in results.items() if result == "not applicable"} == {
        "settings-yes-no",
        "capabilities",
        *(id_ for id_ in results if id_.startswith(("directory-", "history-"))),
        *(id_ for id_ in results if id_.startswith("fields-") and id_ != "fields-missing-list"),
        *(id_ for id_ in results if id_.startswith("dial-") and id_ != "dial-only-by-user"),
        "pop-second-number",
        "log-save-once",
        "reload-disables-dial",
        "notice-shape",
    }


@pytest.mark.parametrize("connector", [CONNECTOR, "http://127.0.0.1:9"])
def test_a_client_that_hangs_is_a_failed_rule_and_an_end(
    site: Site, monkeypatch: pytest.MonkeyPatch, connector: str
) -> None:
    monkeypatch.setattr(_stage, "HUNG", 2.0)
    changes = [('document.getElementById("notice").textContent = "Reports";', "for (;;);")]
    url = site.add("hangs", changes, connector)

    report = check(url, connector, "#call", patience=5)

    assert [one.rule.id for one in report.rules if one.result == "failed"] == ["reports"]
    assert "hangs" in report["reports"].detail
    assert (
        report["other-types-ignored"].detail
        == "not checked: the page answers nothing since reports"
    )
    assert "could not be checked because reports failed" in str(report).splitlines()[1]


def test_a_client_that_removes_its_frame_is_a_failed_rule_and_an_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_stage, "OPENING", 3.0)
    changes = [('document.getElementById("notice").textContent = "Reports";', "iframe.remove();")]
    url = site.add("removes", changes)

    report = check(url, CONNECTOR, "#call", patience=5)

    assert [one.rule.id for one in report.rules if one.result == "failed"] == ["reports"]
    assert report["reports"].seen.startswith("the frame was removed, and did not come back within")
    assert {one.root for one in report.rules} == {"", "reports"}


def test_a_url_that_cannot_be_opened_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["check", "http://127.0.0.1:9/", "--connector", CONNECTOR])

    said = capsys.readouterr()
    assert status == 1
    assert said.out == ""
    *before, last = said.err.splitlines()
    assert last.startswith("crmwidget: http://127.0.0.1:9/ cannot be opened (")
    assert [line for line in before if "without its sandbox" not in line] == ["opening the client"]


def test_a_certificate_that_browsers_do_not_trust_is_said_and_taken_on_demand() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("other.example.com").configure_cert(context)
    site = Site(context)

    with pytest.raises(ConformanceError, match=r"cannot be opened \(net::ERR_CERT.*--insecure"):
        check(f"{site.origin}/nowhere", CONNECTOR)
    with pytest.raises(ConformanceError, match="answers 404"):
        check(f"{site.origin}/nowhere", CONNECTOR, insecure=True)

    site.close()


def test_a_client_that_never_loads_its_connector_is_one_sentence(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_stage, "OPENING", 1.0)

    with pytest.raises(ConformanceError, match=r"loaded nothing from https://other\.example\.com"):
        check(site.add("never"), "https://other.example.com")


def test_an_error_of_the_server_is_no_client(site: Site) -> None:
    with pytest.raises(ConformanceError, match=r"answers 404\. Give the URL of the page"):
        check(f"{site.origin}/nowhere", CONNECTOR)


async def test_a_check_runs_where_a_loop_runs_as_in_a_notebook(site: Site) -> None:
    with pytest.raises(ConformanceError, match="answers 404"):
        check(f"{site.origin}/nowhere", CONNECTOR)


_SHOWS = "function show(contact) {"
_LET = ("const iframe = document", "let iframe = document")


def _before_handlers(script: str) -> tuple[str, str]:
    return "const handlers", f"{script}\n      const handlers"


_ANEW = """
      function mountAnew() {
        const fresh = iframe.cloneNode();
        iframe.replaceWith(fresh);
        iframe = fresh;
        enabled = false;
      }
      """
_OPENED = """
      const opened = new URLSearchParams(location.search).get("record");
      for (const one of contacts) if (one.id === opened) name(one);
"""
_OPENS = f"{_SHOWS} location.search = `?record=${{contact.id}}`; }} function name(contact) {{"
_ITEM = "logParameters, msgData } });"
_CALLED = "handlers.get(data.action.toLowerCase())?.(data.data);"
UNUSUAL: dict[str, list[tuple[str, str]]] = {
    "loads the page of the record when somebody calls": [
        (_SHOWS, _OPENS),
        _before_handlers(_OPENED),
    ],
    "loads its page anew once a log is saved": [
        (_ITEM, f"{_ITEM} setTimeout(() => location.reload(), 50);"),
    ],
    "mounts its component anew after every 30th message": [
        _LET,
        _before_handlers(f"{_ANEW} let messages = 0;"),
        (_CALLED, f"{_CALLED} if (++messages % 30 === 0) setTimeout(mountAnew);"),
    ],
    "mounts its component twice at the beginning": [_LET, _before_handlers(f"{_ANEW}mountAnew();")],
    "puts another frame in its place when somebody calls": [
        _LET,
        (_SHOWS, f"{_SHOWS} setTimeout(mountAnew);"),
        _before_handlers(_ANEW),
    ],
    "answers late": [(_CALLED, f"setTimeout(() => {_CALLED[:-1]}, 150);")],
}
"""Clients that are correct, and not written as the reference client is."""


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_client_that_is_correct_in_an_unusual_way_passes(site: Site, name: str) -> None:
    url = site.add(name.replace(" ", "-"), UNUSUAL[name])

    report = check(url, CONNECTOR, "#call", patience=10)

    assert {one.rule.id: one.seen for one in report.rules if one.result != "passed"} == {}
