"""Simulator requests: what the simulator was told to do and has not answered yet."""

from __future__ import annotations

import concurrent.futures
import itertools
import time
from typing import TYPE_CHECKING, Any

from crmwidget.errors import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Future(concurrent.futures.Future[dict[str, Any]]):
    """What a command will have come to; one that takes long says how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: dict[str, Any] | None = None
        """As the page told last."""
        self.heard: float | None = None
        """When it told that, on time.monotonic()."""


class SimulatorRequests:
    """One per client."""

    def __init__(self) -> None:
        self._waiting: dict[object, Future] = {}
        self._numbers = itertools.count(1)

    def add(self) -> tuple[int, Future]:
        """A number for the command, and what resolves with the simulator's state."""
        number, future = next(self._numbers), Future()
        self._waiting[number] = future
        return number, future

    def answered(self, answer: Mapping[str, Any]) -> None:
        """The page's note: id, ok, error, state; or id and progress, and the answer is to come."""
        if "progress" in answer:
            if (waiting := self._waiting.get(answer.get("id"))) is not None:
                waiting.progress, waiting.heard = answer["progress"], time.monotonic()
            return
        future = self._waiting.pop(answer.get("id"), None)
        if future is None or not future.set_running_or_notify_cancel():  # who waited has gone
            return
        if answer.get("ok") is True:
            future.set_result(dict(answer.get("state") or {}))
        else:
            future.set_exception(SimulatorError(str(answer.get("error") or "it refused")))

    def end(self, error: Exception) -> None:
        """Nobody will answer any more."""
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
