"""What a connector without a page can do of a scenario: messages in order, and what came back.

Times are not waited for: a step follows the one before as soon as its handler has
finished, and then what is expected has come or never will. The messages are those
of the simulated connector (js/src/core), with its assumptions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from crmwidget.errors import SimulatorError
from crmwidget.simulator._run import Report, Result
from crmwidget.simulator._scenario import scenario_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Said", "play"]

_AGENT: Final = "+12025550199"
_COLLEAGUE: Final = "+12025550188"
_POP: Final = "requestPerformInteractionScreenPop"
_DIRECTORY: Final = "requestGetCrmDirectory"
_KEPT: Final = 200
_NOT_HERE: Final = ("fault", "end_faults", "log_in", "log_out", "expire_login")


class Said(Protocol):
    """A message of the client."""

    @property
    def action(self) -> str:
        """Its name."""

    @property
    def data(self) -> Any:
        """As JSON has it."""


@dataclass
class _Call:
    channel: str
    number: str
    phase: str = "ringing"
    outgoing: bool = False
    subject: str = "Incoming call"
    page: Any = None
    to: str = ""
    colleague: str = ""
    disposition: str = ""


class _RefusedError(Exception):
    """The step makes no sense now."""


@dataclass
class _Phone:
    """The simulated connector's state, as far as its messages depend on it."""

    say: Callable[[str, object], None]
    directory: list[Mapping[str, Any]] = field(default_factory=list)
    next: int = 0
    serial: int = 0
    call: _Call | None = None
    spelling: str = _DIRECTORY

    @property
    def phase(self) -> str:
        return self.call.phase if self.call else "idle"

    def do(self, verb: str, args: Mapping[str, Any]) -> None:
        method = getattr(self, f"_{verb}", None)
        if method is None or verb in _NOT_HERE:
            raise _RefusedError(f"a connector in memory cannot do {verb}: run it against the page")
        method(**args)

    def hear(self, said: Said) -> None:
        if said.action == "crmDirectory" and isinstance(said.data, dict):
            self.directory = list(said.data.get("results") or ())
        if said.action == "clickToDialResponse" and self.call is None:
            dialled = said.data["onClickToDialResponse"]
            call = _Call("voice", str(dialled["number"]), "talking", outgoing=True)
            call.page, call.subject = said.data["pageInfo"], "Outgoing call"
            self._open(call)

    # ------------------------------------------------------------ who calls
    def _open(self, call: _Call) -> None:
        if self.call is not None:
            raise _RefusedError("a call is on: end it first")
        self.serial += 1
        self.call = call

    def _ring(
        self,
        number: str = "",
        numbers: Sequence[str] | None = None,
        name: str = "",
        pick: str = "",
    ) -> None:
        del name  # only the page shows it
        shown = list(numbers) if numbers else [number or self._picked(pick)]
        self._open(_Call("voice", next(filter(None, shown), "")))
        self.say(_POP, {"aniValues": shown})

    def _picked(self, pick: str) -> str:
        if pick == "withheld":
            return ""
        if not self.directory:
            self._address_book()
        phones = [phone for one in self.directory if (phone := str(one.get("phone") or ""))]
        ends = ["".join(filter(str.isdigit, phone))[-9:] for phone in phones]
        if pick == "shared":
            count = Counter(ends)
            for phone, end in zip(phones, ends, strict=True):
                if count[end] > 1:
                    return phone
            raise _RefusedError("no two of your contacts share a number")
        if pick == "stranger" or not phones:
            free = (f"+12025550{n}" for n in range(100, 200))
            return next((one for one in free if one[-9:] not in ends), "+12025550199")
        phone = phones[self.next % len(phones)]
        if pick == "format":
            return "00" + "".join(filter(str.isdigit, phone))
        self.next += 1
        return phone

    def _written(self, who: str, subject: str) -> None:
        if not who and not self.directory:
            self._address_book()
        emails = [str(one["email"]) for one in self.directory if one.get("email")]
        address = who or next(iter(emails), "guest@example.com")
        self._open(_Call("digital", address, subject=subject))
        self.say(_POP, {"aniValues": [address]})

    def _chat(self, who: str = "", name: str = "", text: str = "") -> None:
        del name, text
        self._written(who, "Chat")

    def _email(self, who: str = "", name: str = "", text: str = "") -> None:
        del name, text
        self._written(who, "E-mail")

    def _call(self, number: str = "", name: str = "") -> None:
        del name
        self._open(_Call("voice", number, "talking", outgoing=True, subject="Outgoing call"))

    def _calls(
        self, numbers: Sequence[str], rate: float = 1, topic: str = "", notes: str = ""
    ) -> None:
        del rate
        for number in numbers:
            self._ring(numbers=[number])
            self._accept()
            self._end(topic or "A day of calls", notes)

    # ------------------------------------------------------------ the life of a call
    def _now(self, *phases: str) -> _Call:
        if self.call is None:
            raise _RefusedError("there is no call")
        if self.call.phase not in phases:
            raise _RefusedError(f"the call is {self.call.phase}, not {' or '.join(phases)}")
        return self.call

    def _accept(self) -> None:
        self._now("ringing").phase = "talking"

    def _decline(self) -> None:
        self._now("ringing")
        self.call = None

    def _hold(self) -> None:
        self._now("talking").phase = "held"

    def _resume(self) -> None:
        self._now("held").phase = "talking"

    def _consult(self, number: str = "") -> None:
        call = self._now("talking", "held")
        call.phase, call.colleague = "held", number or _COLLEAGUE

    def _retrieve(self) -> None:
        call = self._now("talking", "held")
        if not call.colleague:
            raise _RefusedError("nobody is consulted")
        call.phase, call.colleague = "talking", ""

    def _conference(self, number: str = "") -> None:
        call = self._now("talking", "held")
        if not (number or call.colleague):
            raise _RefusedError("consult somebody first, or give a number")
        call.phase = "talking"

    def _transfer(self, number: str = "") -> None:
        call = self._now("talking", "held")
        call.phase, call.to = "wrapUp", number or call.colleague or _COLLEAGUE

    def _disposition(self, code: str = "") -> None:
        self._now("talking", "held", "wrapUp").disposition = str(code)

    def _hang_up(self) -> None:
        self._now("talking", "held").phase = "wrapUp"

    def _end(
        self, topic: str = "", notes: str = "", custom_fields: Mapping[str, object] | None = None
    ) -> None:
        self._now("talking", "held", "wrapUp").phase = "wrapUp"
        self._save(topic, notes, custom_fields)

    def _save(
        self, topic: str = "", notes: str = "", custom_fields: Mapping[str, object] | None = None
    ) -> None:
        call = self._now("wrapUp")
        self.call = None
        fields = dict(custom_fields or {})
        if call.disposition:
            fields["dispositionCode"] = call.disposition
        ends = (_AGENT, call.number) if call.outgoing else (call.number, call.to or _AGENT)
        details = {"subject": call.subject, "comments": notes, "customFields": _fields(fields)}
        self.say("requestSaveInteractionLog", _log(f"memory-{self.serial}", ends, topic, details))

    def _skip(self) -> None:
        self._now("wrapUp")
        self.call = None

    # ------------------------------------------------------------ without a call
    def _address_book(self) -> None:
        self.say(self.spelling, None)

    def _custom_fields(self, voice: Sequence[str] = (), digital: Sequence[str] = ()) -> None:
        asked = {"object": {"voice": list(voice), "digital": list(digital)}}
        self.say("requestCustomFieldsValues", asked)

    def _reports(self) -> None:
        self.say("requestOpenReports", None)

    def _navigate(self, data: object = None) -> None:
        page = data or (self.call.page if self.call else None)
        if not page:
            raise _RefusedError("the page has dialled nobody: there is no record to open")
        self.say("requestNavigateToClickToDialResult", page)

    def _send(self, action: str = "", data: object = None) -> None:
        self.say(action, data)

    def _spelling(self, value: str = "") -> None:
        self.spelling = value

    def _agent(self, value: str = "") -> None:
        """No message tells of it."""

    def _state(self) -> None:
        """Nothing."""


def _fields(values: Mapping[str, object]) -> list[dict[str, str]]:
    return [{"logFieldName": name, "currentValue": str(value)} for name, value in values.items()]


def _log(
    interaction_id: str, ends: tuple[str, str], topic: str, details: Mapping[str, object]
) -> dict[str, Any]:
    """`data` of requestSaveInteractionLog, with the evidenced paths."""
    addresses = {"updatedOriginatingAddress": ends[0], "updatedDestinationAddress": ends[1]}
    times = {"START_TIME": "12:04:31(UTC)", "START_DATE": "2026-01-15"}
    data = {
        **{key: value for key, value in addresses.items() if value},
        "interaction": {"topic": topic, "intrinsics": times},
        "logDetails": dict(details),
    }
    return {
        "header": {"source": "crmwidget scenario", "sentFor": interaction_id},
        "message": {"body": {"interactionId": interaction_id, "interactionData": data}},
    }


# ---------------------------------------------------------------- the run
class _Run:
    def __init__(self, send: Callable[[str, object], None], received: Sequence[Said]) -> None:
        self._send = send
        self._received = received
        self._mark = len(received)
        """What came before the last command counts no more."""
        self._used: set[int] = set()
        self.phone = _Phone(self._say)
        self.done = 0
        self.results: list[Result] = []

    def _say(self, action: str, data: object) -> None:
        begin = len(self._received)
        self._send(action, data)
        for said in self._received[begin:]:
            self.phone.hear(said)

    def each(self, steps: Sequence[Mapping[str, Any]], where: str = "") -> None:
        for number, step in enumerate(steps, 1):
            place = f"{where}{where and '.'}{number}"
            try:
                self._step(step, place)
            except _RefusedError as error:
                raise SimulatorError(f"step {place} ({step['do']}): {error}") from None

    def _step(self, step: Mapping[str, Any], place: str) -> None:
        if "do" in step:
            self._mark = len(self._received)
            known = {"do", "say", "expect", "repeat", "steps", "after", "at"}
            self.phone.do(step["do"], {k: v for k, v in step.items() if k not in known})
        for expectation in step.get("expect", ()):
            self.results.append(self._result(expectation, place))
        for _ in range(step.get("repeat", 1) if "steps" in step else 0):
            self.each(step["steps"], place)
        if step.get("do") == "calls":
            self.done += len(step["numbers"])
        else:
            self.done += "do" in step or "steps" not in step

    def _result(self, expectation: Mapping[str, Any], place: str) -> Result:
        if "phase" in expectation:
            wanted = str(expectation["phase"])
            return Result(place, f"phase {wanted}", self.phone.phase == wanted, self.phone.phase)
        name = expectation.get("message", expectation.get("never"))
        data, times = expectation.get("data", {}), expectation.get("times", 1)
        new = [i for i in range(self._mark, len(self._received)) if i not in self._used]
        found = [i for i in new if self._meets(self._received[i], name, data)]
        came = len(found) >= times
        if came and "message" in expectation:
            self._used.update(found[:times])
        count = f"{times} " if times > 1 else ""
        paths = f" with {', '.join(data)}" if data else ""
        seen = ", ".join(dict.fromkeys(self._received[i].action for i in new)) or "nothing"
        never = "no " if "never" in expectation else ""
        return Result(place, f"{count}{never}{name}{paths}", came is not bool(never), seen)

    @staticmethod
    def _meets(said: Said, name: object, data: Mapping[str, object]) -> bool:
        return said.action == name and all(_at(said.data, p) == v for p, v in data.items())


def _at(data: object, path: str) -> object:
    for key in path.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    return data


def play(scenario: object, send: Callable[[str, object], None], received: Sequence[Said]) -> Report:
    """Run it; `send` says something and returns when it has been answered, in `received`.

    What a handler raises is raised. A step that cannot be carried out is in the report.
    """
    found = scenario_of(scenario)
    run = _Run(send, received)
    refused = None
    try:
        run.each(found.read)
    except SimulatorError as error:
        refused = str(error)
    missed = [one for one in run.results if not one.passed]
    met = [one for one in run.results if one.passed]
    return Report(
        scenario=found.name,
        passed=not (refused or missed),
        refused=refused,
        done=run.done,
        total=found.size,
        seconds=0.0,
        met=len(met),
        missed=len(missed),
        results=(*missed[:_KEPT], *met[:_KEPT]),
    )
