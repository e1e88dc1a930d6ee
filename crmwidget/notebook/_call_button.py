"""Call button: a call that a cell starts waits for a person, since a notebook is run as a whole.

*Run All*, a scheduler and a colleague who only wants to see the numbers run a cell without
thinking of the customer whose telephone it rings.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crmwidget.notebook._cell_output import within_handler
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable


def runs_in_cell() -> bool:
    """Whether the code of a cell calls: no handler, and no button that somebody has pressed."""
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython(), "kernel", None) if ipython is not None else None
    if kernel is None or within_handler():
        return False
    header = (kernel.get_parent() or {}).get("header") or {}
    return bool(header.get("msg_type") == "execute_request")


def show(number: str, call: Callable[[], None]) -> None:
    """A button in the running cell that calls once.

    A notebook that is saved keeps what a button says: never the whole number.
    """
    from IPython.display import display
    from ipywidgets import Button, Layout  # type: ignore[import-untyped]

    shown = f"the number ending in {number.strip()[-2:]}"
    button = Button(
        description=f"Call {shown}",
        icon="phone",
        tooltip="Rings a customer's telephone. dial(..., ask=False) does so without asking.",
        layout=Layout(width="auto"),
    )

    def pressed(_: Button) -> None:
        if button.disabled:
            return
        button.disabled = True
        try:
            call()
        except Exception as error:  # noqa: BLE001 - shown on the button
            button.description = f"Not called: {mask(str(error))}"
            button.disabled = False
        else:
            button.description = f"Given to the phone: {shown}"

    button.on_click(pressed)
    display(button)  # type: ignore[no-untyped-call]
