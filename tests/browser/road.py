"""Road: the TCP between a browser and a server, and a server that can go and come back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from tests.browser.lab import Server

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class Road:
    """TCP between the browser and a server, which can be stalled, reset and cut."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target).port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._port = 0
        self.restore()
        self.url = f"http://127.0.0.1:{self._port}"

    def stall(self) -> None:
        """Bytes wait from now on; both ends think that all is well."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def reset(self) -> None:
        """Every connection is reset, and what was on its way is gone; new ones are welcome."""
        self._do(self._reset())

    def cut(self) -> None:
        """Every connection is reset, and new ones are refused."""
        self._do(self._cut())

    def restore(self) -> None:
        """New connections are taken again."""
        self._do(self._listen())

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        self._server.close()
        await self._reset()

    async def _end(self) -> None:
        await self._cut()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    async def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing means a reset, at once
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        self._writers.clear()
        self._flows.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the server is not there
            writer.close()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)


class Behind:
    """A server as a browser sees it that reaches it over a road."""

    def __init__(self, server: Server, road: Road) -> None:
        self._server = server
        self._url = road.url

    def address(self, name: str) -> str:
        return self._server.address(name).replace(self._server.url, self._url)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


class Restartable(Server):
    """A server of which the port and the folder outlive the process."""

    def restart(self) -> None:
        self._end()
        self._start()
