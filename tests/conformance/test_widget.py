"""Our own client: the widget in a JupyterLab, at a URL that shows it by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crmwidget.conformance import check
from crmwidget.notebook.demo import CONFIGURATION, RUN_TO_THE_PHONE
from tests.browser.cells import CONTACTS, CRM_DATA
from tests.browser.lab import Server
from tests.conformance.site import CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator

CELL = f"""
from crmwidget import CRMWidget, CustomField

phone = CRMWidget(
    "{CONNECTOR}/sfdc-workspaces/?tenantId=ABCDEF",
    crm_data={CRM_DATA!r},
    directory={CONTACTS!r},
    region="US",
)

@phone.on_custom_fields
def fields(asked):
    return {{"Case_Id": "Case", "ticket_id": CustomField("Ticket", type="PICKLIST")}}

@phone.on_save_log
def save(log):
    return f"call-{{log.interaction_id}}"

@phone.on_open_reports
def reports():
    return "https://crm.example.com/reports"

phone
"""


@pytest.fixture
def url() -> Iterator[str]:
    """A notebook that JupyterLab runs when it is opened: the demo's extension does it."""
    server = Server()
    folder = server.folder / "JUPYTER_DATA_DIR" / "labextensions" / "crmwidget-demo"
    folder.mkdir(parents=True)
    package = CONFIGURATION["data/labextensions/crmwidget-demo/package.json"]
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "run.js").write_text(RUN_TO_THE_PHONE)
    server.lay("phone.ipynb", [CELL])
    yield server.address("phone.ipynb").removesuffix("&reset")
    server.close()


def test_the_widget_in_jupyterlab_keeps_every_rule(url: str) -> None:
    dial = ["[role=tab]:has-text('Contacts')", ".crmw-contacts button:has-text('Call')"]

    report = check(url, CONNECTOR, dial, patience=20)

    others = {one.rule.id: one.result for one in report.rules if one.result != "passed"}
    # It saves through its kernel: there is no request to hold or refuse
    assert others == {"history-after-success": "not applicable"}, str(report)
