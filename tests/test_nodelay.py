"""The server extension: sets the option, and never breaks a server."""

from __future__ import annotations

import asyncio
import logging
import types
from typing import Any

import pytest

from crmwidget.notebook import nodelay


class Handler:
    """A websocket handler as Jupyter Server has it."""

    def __init__(self) -> None:
        self.options: list[bool] = []

    def set_nodelay(self, value: bool) -> None:
        self.options.append(value)

    async def open(self, kernel_id: str) -> str:
        return kernel_id


@pytest.fixture
def handler() -> type[Handler]:
    return type("Fresh", (Handler,), {"open": Handler.open})


def test_the_option_is_set_when_the_websocket_opens_and_the_rest_goes_on(handler: Any) -> None:
    nodelay.install(handler, logging.getLogger())
    websocket = handler()

    assert asyncio.run(websocket.open("kernel")) == "kernel"
    assert websocket.options == [True]


def test_loading_twice_wraps_once(handler: Any) -> None:
    nodelay.install(handler, logging.getLogger())
    wrapped = handler.open

    nodelay.install(handler, logging.getLogger())

    assert handler.open is wrapped


def test_a_socket_that_refuses_the_option_is_opened_all_the_same(
    handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: object, value: bool) -> None:
        raise OSError("no such option")

    handler.set_nodelay = refuse
    nodelay.install(handler, logging.getLogger())

    assert asyncio.run(handler().open("kernel")) == "kernel"
    assert "could not be set (OSError)" in caplog.text


def test_a_server_that_is_laid_out_otherwise_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from jupyter_server.services.kernels import websocket

    monkeypatch.setattr(websocket, "KernelWebsocketHandler", object())
    app: Any = types.SimpleNamespace(log=logging.getLogger())

    nodelay._load_jupyter_server_extension(app)

    assert "does not know this Jupyter Server" in caplog.text


@pytest.mark.parametrize("value", ["0", "false", "OFF"])
def test_it_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    before = KernelWebsocketHandler.open
    monkeypatch.setenv("CRMWIDGET_NODELAY", value)
    app: Any = types.SimpleNamespace(log=logging.getLogger())

    with caplog.at_level(logging.INFO):
        nodelay._load_jupyter_server_extension(app)

    assert KernelWebsocketHandler.open is before
    assert "left off" in caplog.text


def test_the_real_server_has_what_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    monkeypatch.setattr(KernelWebsocketHandler, "open", KernelWebsocketHandler.open)
    app: Any = types.SimpleNamespace(log=logging.getLogger())

    nodelay._load_jupyter_server_extension(app)

    assert hasattr(KernelWebsocketHandler.open, nodelay._MARK)
    assert callable(KernelWebsocketHandler.set_nodelay)
