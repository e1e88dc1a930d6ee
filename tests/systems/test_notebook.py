"""The notebook that asks a CRM over its API: run in JupyterLab, against BottleCRM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from crmwidget.adapters import BottleCRM
from crmwidget.errors import UnreachableError
from tests.browser.lab import ROOT, Notebook, Server, chromium
from tests.notebooks.test_notebooks import WITH_A_SERVER, code_of

if TYPE_CHECKING:
    from tests.systems.bottlecrm import BottleCRMServer

NAME: Final = "crm_over_api"
CELLS: Final = code_of(ROOT / "notebooks" / f"{NAME}.ipynb")


def test_every_notebook_that_needs_a_server_is_run_here() -> None:
    assert {NAME} == WITH_A_SERVER


def test_the_notebook_asks_the_crm_and_its_call_is_in_there(
    bottlecrm: BottleCRMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, bo = bottlecrm.person("Bo")
    before = [call["id"] for call in bottlecrm.logged(bo)]
    monkeypatch.setenv("BOTTLECRM_URL", bottlecrm.url)
    monkeypatch.setenv("BOTTLECRM_TOKEN", bottlecrm.credentials["personal"])
    server = Server()
    try:
        with chromium() as context:
            notebook = Notebook(context, server, f"{NAME}.ipynb", *CELLS)
            notebook.run_all()

            notebook.check()
            shown = "\n".join(notebook.text(index) for index in range(len(CELLS)))
            saved = notebook.saved()
            notebook.close()
    finally:
        server.close()

    (call,) = [call for call in bottlecrm.logged(bo) if call["id"] not in before]
    assert number == "+12025550143"
    assert "'Ada Marsh'" in shown
    assert "the credentials are not accepted (HTTP 403)" in shown
    assert call["id"] in shown
    assert "It is the one that was just saved: True" in shown
    assert call["body"].startswith("Wants the yearly plan")
    assert bottlecrm.credentials["personal"] not in saved


@pytest.mark.usefixtures("sigint")
def test_the_server_that_the_notebook_tells_of_runs_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "tests.systems.serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            given = dict(line.removeprefix("export ").strip().split("=") for line in lines)
            crm = BottleCRM(given["BOTTLECRM_URL"], auth=given["BOTTLECRM_TOKEN"])
            name = crm.current_user().name
        finally:
            os.kill(process.pid, signal.SIGINT)
            try:
                ended = process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    assert (name, ended) == ("Ada Marsh", 0)
    with pytest.raises(UnreachableError):
        crm.current_user()
    crm.close()
