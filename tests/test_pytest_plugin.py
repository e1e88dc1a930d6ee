"""The plugin: its fixtures, its advice, and that it loads nothing by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
PHONE = """
import pytest
from crmwidget import Handlers

handlers = Handlers()

@handlers.on_save_log
def save(log):
    return f"call-{log.interaction_id}"

@pytest.fixture
def phone():
    return handlers
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("XDG_STATE_HOME", str(pytester.path / "state"))
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def test_the_connector_speaks_to_the_phone_of_the_project(project: pytest.Pytester) -> None:
    project.makeconftest(PHONE)
    project.makepyfile(
        """
        from crmwidget.testing import interaction_log

        def test_a_log_is_saved(connector):
            connector.send(interaction_log(interaction_id="7"))

            assert connector.received[0].data["taskId"] == "call-7"
        """
    )

    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_connector_that_is_the_phone_is_taken_as_it_is(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from crmwidget import Handlers
        from crmwidget.testing import Connector

        @pytest.fixture
        def phone():
            contacts = [{"name": "Bo Larsen", "phone": "+12025550143"}]
            with Connector(Handlers(), directory=contacts) as made:
                yield made

        def test_the_directory_is_there(connector, phone):
            assert connector is phone
            assert connector.ask("directory")["count"] == "1"
        """
    )

    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_missing_phone_is_said_with_the_lines_to_write(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(connector): pass")

    result = project.runpytest_subprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*your fixture `phone`, and there is none*", "*def phone():*"])
    assert "pytest_plugin.py" not in result.stdout.str()


def test_what_is_wrong_inside_the_phone_is_not_hidden(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.fixture
        def phone(nothing):
            pass

        def test_it(connector): pass
        """
    )

    result = project.runpytest_subprocess()

    result.stdout.fnmatch_lines(["*fixture 'nothing' not found*"])


def test_a_capture_beside_the_test_is_loaded(project: pytest.Pytester) -> None:
    project.makeconftest(PHONE)
    program = (
        "from conftest import handlers\n"
        "from crmwidget.testing import Connector, interaction_log\n"
        "with Connector(handlers) as c:\n"
        "    c.send(interaction_log())\n"
        "    c._client.traffic.save('call.jsonl')\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=project.path, check=True, timeout=100)
    project.makepyfile(
        """
        def test_it(capture, phone):
            assert capture("call.jsonl").replay(phone).diff == []
        """
    )

    project.runpytest_subprocess("--rootdir", "/").assert_outcomes(passed=1)


def test_the_fixtures_are_listed(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("--fixtures")

    result.stdout.fnmatch_lines(["*connector*crmwidget*", "*capture*crmwidget*"])


def test_a_run_that_needs_none_of_it_loads_none_of_it(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_it():
            loaded = {name for name in sys.modules if name.partition(".")[0] == "crmwidget"}
            assert loaded == {
                "crmwidget",
                "crmwidget._lazy",
                "crmwidget.testing",
                "crmwidget.testing.pytest_plugin",
            }
            assert not {"anywidget", "httpx", "narwhals", "phonenumbers"} & set(sys.modules)
        """
    )

    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_scenario_that_there_is_not_is_one_sentence(project: pytest.Pytester) -> None:
    project.makeconftest(PHONE)
    project.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("incomming call")
        def test_a_call(connector):
            pass
        """
    )

    done = project.runpytest_subprocess()

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["@pytest.mark.scenario('incomming call'): there is no scenario *"])
    done.stdout.no_fnmatch_line("*_scenario.py*")
