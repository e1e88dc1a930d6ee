"""Nodelay: a Jupyter Server extension that lets small answers leave at once.

A reply to the page follows the kernel's `status: busy` on the same socket.
Nagle's algorithm holds it back until the browser has acknowledged that, which
it does some 40 ms later. This sets TCP_NODELAY on every kernel websocket of
the server, so it serves all widgets alike. It is off until asked for:

    jupyter server extension enable crmwidget.notebook.nodelay

CRMWIDGET_NODELAY=0 in the server's environment switches it off again. Where
Jupyter Server is laid out otherwise it says so once and changes nothing.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import logging

    from jupyter_server.serverapp import ServerApp

_OFF: Final = {"0", "false", "no", "off"}
_MARK: Final = "crmwidget_nodelay"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    if os.environ.get("CRMWIDGET_NODELAY", "").lower() in _OFF:
        app.log.info("crmwidget.notebook.nodelay: left off (CRMWIDGET_NODELAY)")
        return
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

        install(KernelWebsocketHandler, app.log)
    except (ImportError, AttributeError) as error:
        app.log.warning("crmwidget.notebook.nodelay: does not know this Jupyter Server (%s)", error)
    else:
        os.environ["CRMWIDGET_NODELAY"] = "on"  # kernels inherit it, and phone.diagnose() looks
        app.log.info("crmwidget.notebook.nodelay: kernel websockets answer without delay")


def install(handler: Any, log: logging.Logger) -> None:
    """Wrap `handler.open`, once. AttributeError: there is no such method."""
    opened = handler.open
    if hasattr(opened, _MARK):
        return

    @functools.wraps(opened)
    def open_without_delay(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            self.set_nodelay(True)  # without effect before the websocket is accepted: hence here
        except Exception as error:  # noqa: BLE001 - no user may lose a kernel over this
            log.warning("crmwidget.notebook.nodelay: could not be set (%s)", type(error).__name__)
        return opened(self, *args, **kwargs)  # a coroutine, which the caller awaits

    setattr(open_without_delay, _MARK, True)
    handler.open = open_without_delay
