"""The simulator's remote control: `phone.simulator`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Generator

Send = Callable[[str, dict[str, Any]], "concurrent.futures.Future[dict[str, Any]]"]
"""Hands a command to the page; the future resolves when all that it caused is through."""

PATIENCE: Final = 30.0
"""Seconds until a command that nobody carries out is given up."""


class Step:
    """A command on its way: await it, or let it go; commands keep their order either way."""

    def __init__(self, what: str, future: concurrent.futures.Future[dict[str, Any]]) -> None:
        self._what = what
        self._future = future

    def __await__(self) -> Generator[Any, None, dict[str, Any]]:
        return self._within(PATIENCE).__await__()

    async def _within(self, seconds: float) -> dict[str, Any]:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._future), seconds)
        except TimeoutError:
            raise self._nobody(seconds) from None

    def result(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """Wait without a loop, on a thread of your own: a cell that waits is in the way."""
        try:
            return self._future.result(timeout)
        except concurrent.futures.TimeoutError:
            raise self._nobody(timeout) from None

    def _nobody(self, seconds: float) -> SimulatorError:
        return SimulatorError(
            f"the simulator did not {self._what} within {seconds:g} s. Display the phone: put "
            "`phone` on the last line of a cell, and give the page time to show it."
        )

    def __repr__(self) -> str:
        state = "done" if self._future.done() else "waiting"
        return f"<{self._what}: {state}; await it to wait for it>"


class SimulatedCall:
    """A call of the simulator, from ringing to its log."""

    def __init__(self, send: Send, label: str, ringing: Step) -> None:
        self._send = send
        self._label = label
        self.ringing = ringing
        """Await it to wait until the call rings."""

    def accept(self) -> Step:
        """The agent takes the call."""
        return self._step("accept")

    def decline(self) -> Step:
        """The agent does not take it: no log."""
        return self._step("decline")

    def hold(self) -> Step:
        """The caller waits."""
        return self._step("hold")

    def resume(self) -> Step:
        """The caller waits no more."""
        return self._step("resume")

    def end(
        self, topic: str = "", notes: str = "", custom_fields: Mapping[str, str] | None = None
    ) -> Step:
        """Hang up and save the log; awaited, it returns when your handler has saved it."""
        fields = {str(name): str(value) for name, value in (custom_fields or {}).items()}
        return self._step("end", topic=topic, notes=notes, customFields=fields)

    def _step(self, what: str, **args: Any) -> Step:
        return Step(what, self._send(what, {"call": self._label, **args}))

    def __repr__(self) -> str:
        return "<SimulatedCall: .accept(), .hold(), .resume(), .decline(), .end(topic=, notes=)>"


class Simulator:
    """Drives the simulator's page; what it is told before it is configured waits until then."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def ring(self, who: object = None) -> SimulatedCall:
        """Let somebody call.

        `who`: a number, a contact, a row or mapping, what `phone.find` gives; None: the next
        contact of the address book. SimulatorError: there is no number in it.
        """
        label = f"python-{next(_numbers)}"
        future = self._send("ring", {"call": label, **({} if who is None else _caller(who))})
        return SimulatedCall(self._send, label, Step("ring", future))

    def chat(self, who: str = "", text: str = "") -> SimulatedCall:
        """Let somebody write: `who` is an address, `text` the first message."""
        label = f"python-{next(_numbers)}"
        args = {"call": label, "who": who, "text": text}
        return SimulatedCall(self._send, label, Step("chat", self._send("chat", args)))

    def open_address_book(self) -> Step:
        """The agent opens the address book: requestGetCrmDirectory."""
        return Step("open the address book", self._send("addressBook", {}))

    def send(self, action: str, data: object = None) -> Step:
        """Post any message as the connector, also one that no connector sends."""
        args: dict[str, Any] = {"action": action}
        return Step("send", self._send("send", args if data is None else {**args, "data": data}))

    def run(self, steps: Sequence[Mapping[str, Mapping[str, Any]]]) -> Step:
        """Steps one after another: `[{"ring": {}}, {"accept": {}}, {"end": {"topic": "x"}}]`."""
        return Step("run", self._send("run", {"steps": [dict(step) for step in steps]}))

    def __repr__(self) -> str:
        return (
            "<Simulator: .ring(), .chat(), .open_address_book(), .send(action, data), .run(steps)>"
        )


_numbers = itertools.count(1)


def _caller(who: object) -> dict[str, Any]:
    """The arguments of `ring` for whatever names a caller."""
    if isinstance(who, str):
        return {"number": who}
    from crmwidget.directory import contacts_of

    contacts = contacts_of(who)
    if not contacts or contacts[0].phone is None:
        what = "nobody" if not contacts else "a contact without a number"
        raise SimulatorError(
            f"{what} cannot call: give ring() a number ('+12025550143') or a row that has one."
        )
    return {"number": contacts[0].phone, "name": contacts[0].name}
