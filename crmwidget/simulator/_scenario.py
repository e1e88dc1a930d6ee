"""Scenarios as data: what the simulated connector is to do, read and checked.

The page reads them by the same rules (js/src/connector/scenario.ts), and both take
their words from vocabulary.json: verbs with the names of their arguments,
faults with what they teach, and the scenarios that are built in.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeGuard

from crmwidget.errors import SimulatorError
from crmwidget.protocol import ACTIONS
from crmwidget.safety.reading import json_of, text_of

__all__ = ["Scenario", "check_fault", "scenario_of", "scenarios"]

_STEP: Final = ("do", "say", "expect", "repeat", "steps", "after", "at")
_EXPECTATION: Final = ("message", "never", "phase", "data", "times", "within")
_CLIENT: Final = tuple(action.name for action in ACTIONS if action.direction == "to_connector")
_NUMBERS: Final = ("number", "numbers", "who")
_DEEPEST: Final = 8
_MOST: Final = 100_000
_MOST_NODES: Final = 200_000
"""Values of YAML, with those for which aliases stand: a day of `_MOST` calls has room."""
_LARGEST: Final = 8_000_000
"""Bytes of a file."""
_FASTEST: Final = 100
_LONGEST: Final = 1e6

Step = dict[str, Any]


@cache
def _vocabulary() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("vocabulary.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def scenarios() -> dict[str, str]:
    """The scenarios that are built in, by name, each with what it is about."""
    return {name: found["about"] for name, found in _vocabulary()["scenarios"].items()}


@dataclass(frozen=True, slots=True, repr=False)
class Scenario:
    """What the simulated connector is to do, step by step.

    steps: mappings of `do` (a verb) and its arguments, `after` and `at` (seconds), `expect`,
    `say`, `repeat` and `steps`; see docs/simulator.md. Checked when it is made: SimulatorError
    names the step, and the nearest word that is known.
    """

    steps: Sequence[Mapping[str, Any]]
    name: str = "scenario"
    about: str = ""
    read: tuple[Step, ...] = field(init=False, compare=False)
    """The steps with every word as the runners have it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", tuple(_each(self.steps, "")))

    @classmethod
    def named(cls, name: str) -> Scenario:
        """One that is built in."""
        known = _vocabulary()["scenarios"]
        if name not in known:
            raise SimulatorError(f"there is no scenario {_instead(name, known)}")
        return cls(known[name]["steps"], name, known[name]["about"])

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """One from a file, JSON or YAML by its ending; YAML needs `crmwidget[scenarios]`."""
        path = Path(path)
        try:
            text = text_of(path, _LARGEST)
        except (OSError, ValueError) as error:
            raise SimulatorError(f"no scenario can be read from {path.name}: {error}") from error
        return _made(_parsed(text, path), path.stem)

    @classmethod
    def of_calls(
        cls,
        calls: object,
        rate: float = 1.0,
        *,
        column: str | None = None,
        topic: str = "A day of calls",
        notes: str = "",
    ) -> Scenario:
        """A day of calls: each is rung, answered, ended and logged, `rate` of them a second.

        calls: a dataframe or a list of mappings, whose column of caller numbers is recognised
        as by `Directory.audit`, or named by `column`; or a list of numbers. A missing number is
        a withheld one. At most 100,000 calls, at most 100 a second.
        """
        from crmwidget.directory.audit._calls import calls_of

        found = calls_of(calls, column, None).numbers
        numbers = ["" if one is None or one != one else str(one).strip() for one in found]  # noqa: PLR0124 - NaN
        day = {"do": "calls", "numbers": numbers, "rate": rate, "topic": topic, "notes": notes}
        return cls([day], f"{len(numbers):,} calls")

    def wire(self) -> dict[str, Any]:
        """As the page takes it."""
        return {"name": self.name, "steps": json.loads(json.dumps(self.read))}

    @property
    def size(self) -> int:
        """How many steps and calls there are in all."""
        return _size(self.read)

    def uses(self, *verbs: str) -> bool:
        """Whether any of these verbs is in it, or the login's expiry as a fault."""
        return any(
            one.get("do") in verbs or (one.get("do") == "fault" and one["name"] == "login expiry")
            for one in _flat(self.read)
        )

    def __repr__(self) -> str:
        # What stands in the steps may be anybody's number.
        return f"<Scenario {self.name!r}: {len(self.steps)} steps>"


def scenario_of(value: object) -> Scenario:
    """A Scenario from a name, a path, a list of steps or a mapping with `steps`."""
    if isinstance(value, Scenario):
        return value
    if isinstance(value, Path):
        return Scenario.load(value)
    if isinstance(value, str):
        known = value in _vocabulary()["scenarios"]
        looks = Path(value).suffix.lower() in {".json", ".yaml", ".yml"}
        return Scenario.load(value) if looks and not known else Scenario.named(value)
    return _made(value, "scenario")


def check_fault(name: object, args: Mapping[str, object]) -> None:
    """Raise SimulatorError where no fault has this name, or it does not take these arguments."""
    faults = _vocabulary()["faults"]
    if not isinstance(name, str) or name not in faults:
        raise SimulatorError(f"there is no fault {_instead(name, faults)}")
    for key in args:
        if key not in faults[name]["takes"]:
            raise SimulatorError(f"{name} takes no {_instead(key, faults[name]['takes'])}")


def _parsed(text: str, path: Path) -> object:
    if path.suffix.lower() not in {".yaml", ".yml"}:
        try:
            return json_of(text)
        except ValueError as error:
            raise SimulatorError(f"{path.name} is no JSON: {error}") from error
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise SimulatorError(
            f"{path.name} is YAML, which needs PyYAML. Run `pip install 'crmwidget[scenarios]'`, "
            "or write the scenario as JSON."
        ) from error
    try:
        return yaml.load(text, Loader=_bounded_loader())  # noqa: S506 - it is a SafeLoader
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise SimulatorError(f"{path.name} is no YAML: {error}") from error
    except RecursionError:
        raise SimulatorError(f"{path.name} is nested too deep") from None


@cache
def _bounded_loader() -> Any:
    """PyYAML's safe loader, with a bound for what aliases and merges make of a small text."""
    import yaml

    class Bounded(yaml.SafeLoader):  # type: ignore[misc]
        def __init__(self, stream: object) -> None:
            super().__init__(stream)
            self.nodes = 0
            self.sizes: dict[object, int] = {}
            """By node, with all that is in it; one that is still being read has none."""

        def compose_node(self, parent: object, index: object) -> object:
            before = self.nodes
            again = self.check_event(yaml.AliasEvent)
            node = super().compose_node(parent, index)
            if again and node not in self.sizes:
                raise yaml.YAMLError("an alias stands for what it is a part of")
            self.nodes += self.sizes[node] if again else 1
            self.sizes.setdefault(node, self.nodes - before)
            if self.nodes > _MOST_NODES:
                raise yaml.YAMLError(f"it has more than {_MOST_NODES:,} values")
            return node

    return Bounded


def _made(value: object, name: str) -> Scenario:
    if isinstance(value, Mapping):
        return Scenario(
            value.get("steps"),  # type: ignore[arg-type]  # _each says what is wrong with it
            str(value.get("name") or name),
            str(value.get("about") or ""),
        )
    return Scenario(value, name)  # type: ignore[arg-type]


# ---------------------------------------------------------------- one step
def _size(steps: Sequence[Step]) -> int:
    total = 0
    for step in steps:
        own = len(step["numbers"]) if step.get("do") == "calls" else 1
        inner = step.get("repeat", 1) * _size(step["steps"]) if "steps" in step else 0
        total += inner + (own if "do" in step or not inner else 0)
    return total


def _flat(steps: Sequence[Step]) -> list[Step]:
    return [one for step in steps for one in (step, *_flat(step.get("steps", ())))]


def _each(steps: object, where: str) -> list[Step]:
    if isinstance(steps, str) or not isinstance(steps, Sequence) or not steps:
        raise SimulatorError(f"{f'step {where}' if where else 'the scenario'} has no list of steps")
    if where.count(".") >= _DEEPEST:
        raise SimulatorError(f"step {where} is nested too deep")
    read = []
    for number, one in enumerate(steps, 1):
        place = f"{where}{where and '.'}{number}"
        try:
            read.append(_step(one, place))
        except SimulatorError as error:
            if str(error).startswith("step "):
                raise
            raise SimulatorError(f"step {place}: {error}") from None
    return read


def _step(value: object, where: str) -> Step:
    verbs = _vocabulary()["verbs"]
    given = _long(value, verbs)
    verb = _spelled(given["do"]) if "do" in given else ""
    if verb and verb not in verbs:
        raise SimulatorError(f"there is no verb {_instead(verb, verbs)}")
    takes = verbs[verb] if verb else ()
    step: Step = {"do": verb} if verb else {}
    step |= _arguments(given, verb, takes)
    if verb == "fault":
        check_fault(step.get("name"), {key: step[key] for key in takes[1:] if key in step})
    if verb == "calls":
        _check_calls(step.get("numbers"), step.get("rate", 1))
    if "expect" in step:
        expected = step["expect"]
        listed = expected if isinstance(expected, list | tuple) else [expected]
        step["expect"] = [_expectation(one) for one in listed]
    for key in {"after", "at"} & step.keys():
        _check_seconds(key, step[key])
    _check_count("repeat", step.get("repeat", 1))
    if "repeat" in step or "steps" in step:
        step["steps"] = _each(step.get("steps"), where)
    return step


def _arguments(given: Mapping[str, Any], verb: str, takes: Sequence[str]) -> Step:
    found: Step = {}
    for key, one in given.items():
        if key == "do":
            continue
        word = key if key in _STEP else _spelled(key)
        if key not in _STEP and word not in takes:
            raise SimulatorError(f"{verb or 'a step'} takes no {_instead(key, (*_STEP, *takes))}")
        if word in _NUMBERS and not _is_text(one):
            raise SimulatorError(f"{word} is a text: put it in quotes")
        found[word] = one
    return found


def _long(value: object, verbs: Mapping[str, object]) -> Mapping[str, Any]:
    """One verb and its arguments, as in `{"ring": {"number": "+1..."}}`, is the short form."""
    if not isinstance(value, Mapping):
        raise SimulatorError("a step is a mapping")
    if not value:
        raise SimulatorError("a step does, says, expects or repeats something, or waits")
    word = next(iter(value))
    if len(value) > 1 or word in _STEP or _spelled(word) not in verbs:
        return value
    args = value[word]
    return {**(args if isinstance(args, Mapping) else {}), "do": word}


def _expectation(value: object) -> dict[str, Any]:
    given = {"message": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        raise SimulatorError("expect is a message's name or a mapping")
    for key in given:
        if key not in _EXPECTATION:
            raise SimulatorError(f"expect takes no {_instead(key, _EXPECTATION)}")
    if len({"message", "never", "phase"} & given.keys()) != 1:
        raise SimulatorError("expect names one of message, never and phase")
    name = given.get("message", given.get("never", "ready"))
    if name not in _CLIENT:
        raise SimulatorError(f"a client has no message {_instead(name, _CLIENT)}")
    if not isinstance(given.get("data", {}), Mapping):
        raise SimulatorError("data is a mapping of paths to values")
    _check_count("times", given.get("times", 1))
    _check_seconds("within", given.get("within", 0))
    return dict(given)


def _check_calls(numbers: object, rate: object) -> None:
    if not isinstance(numbers, list | tuple) or not 1 <= len(numbers) <= _MOST:
        raise SimulatorError(f"numbers is a list of 1 to {_MOST} numbers")
    if not _is_number(rate) or not 0 < rate <= _FASTEST:
        raise SimulatorError("rate is calls a second, above 0 and up to 100")


def _check_count(key: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST:
        raise SimulatorError(f"{key} is a whole number from 1 to {_MOST}")


def _check_seconds(key: str, value: object) -> None:
    if not _is_number(value) or not 0 <= value < _LONGEST:
        raise SimulatorError(f"{key} is a number of seconds")


def _is_text(value: object) -> bool:
    """YAML makes a number of a number, and takes its + away."""
    if isinstance(value, list | tuple):
        return all(isinstance(one, str) for one in value)
    return isinstance(value, str)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spelled(word: object) -> str:
    """HangUp and hang_up are one word."""
    if word == "login":
        return "log_in"
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", str(word))


def _instead(word: object, known: Iterable[str]) -> str:
    """The word, with the known one that is nearest."""
    known = list(known)
    said = json.dumps(word, default=str)
    near = difflib.get_close_matches(str(word), known, n=1)
    if near:
        return f'{said}; did you mean "{near[0]}"?'
    return f"{said}; there is: {', '.join(known)}" if known else said
