"""The remote control of the simulated connector: what a person presses there, said from Python.

Every method sends one command and returns at once. Commands are carried out in
the order in which they were given, and wait in the page until the connector is
configured; a `Step` is awaited only to know when, or what became of it.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import DirectoryError, SimulatorError
from crmwidget.simulator._page import extra

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from concurrent.futures import Future

    from crmwidget.simulator._run import Run

    Send = Callable[[str, dict[str, Any]], Future[dict[str, Any]]]

PATIENCE: Final = 30.0
"""Seconds until a command that nothing answers is given up."""

_ADVICE: Final = "Give a number, a contact or row that has one, or nothing for the next contact."


class Step:
    """One thing that the simulator was told; `await` it, or ask for its `result()`.

    Both give the simulator's state afterwards: `call` (its id), `number`,
    `name`, `phase` ("idle", "ringing", "talking", "held", "wrapUp", ...),
    `agent`, `contacts`, `problems`. Both raise SimulatorError when the
    simulator refused, or when nothing answered within 30 s.
    """

    def __init__(self, what: str, future: Future[dict[str, Any]]) -> None:
        self.what = what
        """The command's name."""
        self._future = future

    def done(self) -> bool:
        """Whether the simulator has answered."""
        return self._future.done()

    def result(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """The state afterwards; waits up to `timeout` seconds. In a cell prefer `await`."""
        try:
            return self._future.result(timeout)
        except TimeoutError:
            raise self._unanswered(timeout) from None

    def __await__(self) -> Generator[Any, None, dict[str, Any]]:
        return self._wait().__await__()

    async def _wait(self) -> dict[str, Any]:
        # Shielded: giving up must not take the future from the one who will resolve it.
        answer = asyncio.shield(asyncio.wrap_future(self._future))
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise self._unanswered(PATIENCE) from None

    def _unanswered(self, seconds: float) -> SimulatorError:
        return SimulatorError(
            f"the simulated phone has not carried out {self.what!r} within {seconds:g} s. Display "
            "the phone: put `phone` on the last line of a cell, and look at phone.status. "
            "Where messages arrive only between cells (ipykernel 6), go on in the next cell."
        )

    def __repr__(self) -> str:
        if not self._future.done():
            state = "waiting"
        elif self._future.cancelled() or self._future.exception() is not None:
            state = "refused"
        else:
            state = "done"
        return f"<Step {self.what}: {state}>"


class SimulatedCall:
    """A call or chat of the simulated connector; made by `phone.simulator.ring()`.

    Each method sends its command at once and returns a Step. `await call`
    waits until it rings.
    """

    def __init__(self, send: Send, what: str, args: dict[str, Any]) -> None:
        self._send = send
        # A name of ours: the page's own id of the call is not known before it rings.
        self._name = secrets.token_hex(4)
        self.ringing = Step(what, send(what, {**args, "call": self._name}))
        """Done when it rings and the screen pop has been sent."""

    def accept(self) -> Step:
        """The agent takes it."""
        return self._do("accept")

    def decline(self) -> Step:
        """The agent does not take it; there is no log."""
        return self._do("decline")

    def hold(self) -> Step:
        """The agent puts it on hold."""
        return self._do("hold")

    def resume(self) -> Step:
        """The agent takes it off hold."""
        return self._do("resume")

    def end(
        self, topic: str = "", notes: str = "", custom_fields: Mapping[str, object] | None = None
    ) -> Step:
        """The agent ends it and saves the log: topic, notes, and custom fields by their names."""
        fields = {str(name): str(value) for name, value in (custom_fields or {}).items()}
        return self._do("end", topic=topic, notes=notes, customFields=fields)

    def _do(self, what: str, **args: object) -> Step:
        return Step(what, self._send(what, {**args, "call": self._name}))

    def __await__(self) -> Generator[Any, None, SimulatedCall]:
        yield from self.ringing.__await__()
        return self

    def __repr__(self) -> str:
        return f"<SimulatedCall {self.ringing!r}>"


class SimulatedFault(Step):
    """Something that goes wrong; made by `phone.simulator.fault()`. `await` it to know it is on."""

    def __init__(self, simulator: Simulator, future: Future[dict[str, Any]], name: str) -> None:
        super().__init__("fault", future)
        self.name = name
        self._simulator = simulator

    def end(self) -> Step:
        """All is well again, as far as this fault goes."""
        return self._simulator.end_faults(self.name)


class Simulator:
    """Drives the simulated connector: `phone.simulator`.

    send: hands a command and its arguments to the page; the future gives the
    simulator's state once it has taken effect, or its refusal.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    def ring(self, who: object = None) -> SimulatedCall:
        """Let somebody call.

        who: a number in any form; several (what the screen pop's aniValues
        will be); a contact, row, mapping or what `phone.find` gave; None for
        the next contact of the address book.

        Raises SimulatorError when `who` has no number.
        """
        return SimulatedCall(self._send, "ring", _caller(who))

    def chat(self, who: str = "", text: str = "") -> SimulatedCall:
        """Let somebody write, from the address `who`, beginning with `text`."""
        return SimulatedCall(self._send, "chat", {"who": who, "text": text})

    def open_address_book(self) -> Step:
        """Ask for the address book, as an agent does by opening it."""
        return self._do("addressBook")

    def send(self, action: str, data: object = None) -> Step:
        """Send any message, also one that no connector sends; None: without data."""
        return self._do("send", action=action, **({} if data is None else {"data": data}))

    def run(self, scenario: object) -> Run:
        """Work a scenario off; `await` what it gives for the report.

        scenario: the name of one that is built in (`crmwidget.simulator.scenarios()`), the path
        of a YAML or JSON file, a Scenario, a mapping with `steps`, or a list of steps like
        `{"do": "ring", "number": "+1..."}` or, for short, `{"ring": {"number": "+1..."}}`.

        Raises SimulatorError, naming the step and the nearest known word, where it is none.
        """
        from crmwidget.simulator._run import Run
        from crmwidget.simulator._scenario import scenario_of

        found = scenario_of(scenario)
        logins = found.uses("log_in", "log_out", "expire_login")
        script = "\n".join(map(extra, ["scenario", *["login"] * logins]))
        future = self._send("scenario", {"script": script, "scenario": found.wire()})
        return Run(found.name, future, lambda: self._do("stop"))

    def run_day(self, calls: object, rate: float = 20.0, *, column: str | None = None) -> Run:
        """Let everybody in `calls` call, `rate` of them a second: for load, and to find races.

        calls: a dataframe, a list of mappings or of numbers, see `Scenario.of_calls`; column:
        its caller numbers, where they are not recognised. Each call pops the screen, is
        answered, ended and logged at once.
        """
        from crmwidget.simulator._scenario import Scenario

        return self.run(Scenario.of_calls(calls, rate, column=column))

    def fault(self, name: str, **args: object) -> SimulatedFault:
        """Let something go wrong until it is ended; several can be on at once.

        name: "silence", "delay", "duplicate", ... as in the page's menu, which says what each
        teaches; args: what it takes, such as `seconds=` for "delay".

        Raises SimulatorError, with the nearest known word, where there is none of that name.
        """
        from crmwidget.simulator._scenario import check_fault

        check_fault(name, args)
        scripts = ["scenario", *["login"] * (name == "login expiry")]
        script = "\n".join(map(extra, scripts))
        return SimulatedFault(
            self, self._send("fault", {"script": script, "name": name, **args}), name
        )

    def end_faults(self, name: str | None = None) -> Step:
        """End one fault, or all of them."""
        named = {} if name is None else {"name": name}
        return self._do("endFaults", script=extra("scenario"), **named)

    def log_out(self, *, sso: bool = False) -> Step:
        """Log the agent out: the page goes to its login, and a call in it is lost [I].

        sso: to a single sign-on that refuses to be shown in a frame. What is told after it
        waits until somebody has logged in.
        """
        return self._login("logOut", sso=sso)

    def expire_login(self, *, sso: bool = False) -> Step:
        """Let the login time out, as `log_out` but for what the page says of it."""
        return self._login("logOut", sso=sso, expired=True)

    def log_in(self) -> Step:
        """Log somebody in, as in a tab of its own with the frame loaded again: it greets anew."""
        return self._login("login")

    def _login(self, what: str, **args: object) -> Step:
        # The page as it is sent does not carry its login; it takes it once.
        return self._do(what, script=extra("login"), **args)

    def state(self) -> Step:
        """The simulator's state, also before it is configured."""
        return self._do("state")

    def _do(self, what: str, **args: object) -> Step:
        return Step(what, self._send(what, args))

    def __repr__(self) -> str:
        return (
            "<Simulator: .ring(), .chat(), .open_address_book(), .send(), .run(), .run_day(), "
            ".fault(), .end_faults(), .state(), .log_out(), .expire_login(), .log_in()>"
        )


def _caller(who: object) -> dict[str, Any]:
    """The arguments of `ring` for whatever stands for somebody."""
    if who is None:
        return {}
    if isinstance(who, str | int) and not isinstance(who, bool):
        number = str(who).strip()
        if not number:
            message = f"an empty text is no number. {_ADVICE}"
            raise SimulatorError(message)
        return {"number": number}
    if isinstance(who, list | tuple) and who and all(isinstance(one, str) for one in who):
        return {"numbers": list(who)}
    from crmwidget.directory import contacts_of  # pandas' rows and frames are read there

    try:
        contacts = contacts_of(who)
    except DirectoryError as error:
        message = f"nobody can call from a {type(who).__name__}. {_ADVICE}"
        raise SimulatorError(message) from error
    reachable = [contact for contact in contacts if contact.phones]
    if not reachable:
        found = "there is no contact in it" if not contacts else "no contact in it has a number"
        message = f"nobody can call: {found}. {_ADVICE}"
        raise SimulatorError(message)
    # Several that share a number: the phone cannot know which of them is calling.
    name = reachable[0].name if len(reachable) == 1 else ""
    return {"number": reachable[0].phones[0].number, "name": name}
