"""Where a handler's output goes: into the widget's cell, in which the phone itself stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from jupyter_client.manager import start_new_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

PATIENCE: Final = 120.0
MAKE: Final = """
import asyncio, ipywidgets, threading
from IPython.display import clear_output
from crmwidget import CRMWidget

out = ipywidgets.Output()
phone = CRMWidget(directory=[{"id": "C-1", "name": "Bo Larsen", "phone": "+12025550143"}])
phone
"""
RING: Final = """
job = phone._client.deliver(
    "requestPerformInteractionScreenPop", {"aniValues": ["+12025550143"]}
)
assert job.wait(60) and job.error is None, job.error
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(startup_timeout=PATIENCE)
    try:
        run(client, MAKE)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(kernel: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """Run a cell; all that the kernel has said until "end", for whichever cell."""
    kernel.execute(code)
    kernel.execute("print('end')")
    said: list[dict[str, Any]] = []
    while not (said and of(said[-1:], "stream") and "end" in said[-1]["content"]["text"]):
        said.append(kernel.get_iopub_msg(timeout=PATIENCE))
    errors = [each["content"]["evalue"] for each in of(said, "error")]
    assert errors == []
    return said


def of(said: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [message for message in said if message["msg_type"] == kind]


@pytest.mark.parametrize(
    "handler",
    [
        "def who(pop):\n    clear_output(wait=True); print('rang'); clear_output()",
        "async def who(pop):\n    await asyncio.sleep(0); clear_output(); print('rang')",
        "async def who(pop):\n    await asyncio.to_thread(clear_output); print('rang')",
        "def who(pop):\n    get_ipython().display_pub.clear_output(); print('rang')",
    ],
)
def test_a_handlers_clear_output_leaves_the_cell_of_the_phone(
    kernel: BlockingKernelClient, handler: str
) -> None:
    run(kernel, f"@phone.on_screen_pop\n{handler}")

    said = run(kernel, RING)

    assert of(said, "clear_output") == []
    assert any("rang" in message["content"]["text"] for message in of(said, "stream"))


def test_an_output_widget_is_cleared_as_a_handler_says(kernel: BlockingKernelClient) -> None:
    run(kernel, "@phone.on_screen_pop\ndef who(pop):\n    out.clear_output()")

    assert len(of(run(kernel, RING), "clear_output")) == 1


def test_any_other_cell_is_cleared_as_ever(kernel: BlockingKernelClient) -> None:
    assert len(of(run(kernel, "clear_output()"), "clear_output")) == 1


OBSERVERS: Final = {
    "every message": "phone.on('*')(speak)",
    "a trait": "phone.observe(speak, 'record')",
}
SPEAK: Final = """
spoken = threading.Event()
{kind} speak(_):
    {wait}
    print("spoken", flush=True)
    spoken.set()
{observe}
"""


@pytest.mark.parametrize("observed", OBSERVERS)
@pytest.mark.parametrize(
    ("kind", "wait"), [("def", "pass"), ("async def", "await asyncio.sleep(0)")]
)
def test_what_an_observer_prints_lands_in_the_cell_of_the_phone(
    kernel: BlockingKernelClient, observed: str, kind: str, wait: str
) -> None:
    # A phone of its own: a handler of an earlier test that shows nobody would change no record
    make = MAKE.replace("CRMWidget(", f"CRMWidget(name='{observed}, {kind}', ")
    (cell,) = {
        message["parent_header"]["msg_id"]
        for message in run(kernel, f"{make}\nprint(1)")
        if of([message], "stream") and "1" in message["content"]["text"]
    }
    run(kernel, SPEAK.format(kind=kind, wait=wait, observe=OBSERVERS[observed]))

    said = run(kernel, f"{RING}\nassert spoken.wait(60)")

    spoken = [one for one in of(said, "stream") if "spoken" in one["content"]["text"]]
    assert [one["parent_header"]["msg_id"] for one in spoken] == [cell]
