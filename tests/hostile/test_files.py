"""Files of strangers: a capture or a scenario is read, or refused in a sentence."""

from __future__ import annotations

import json
import os
import tracemalloc
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crmwidget import Capture, Handlers
from crmwidget.errors import CaptureError, SimulatorError
from crmwidget.safety.reading import MOST_VALUES, json_of
from crmwidget.simulator import Scenario, _scenario
from crmwidget.traffic import file as captured
from tests.slow import count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXAMPLES: Final = count("CRMWIDGET_HOSTILE_FILES", 40, 5_000)
HEAD: Final = json.dumps({"capture": 1, "connector": "simulator", "redacted": False})
LINE: Final[dict[str, Any]] = {
    "n": 1,
    "at": "2024-05-01T10:00:00+00:00",
    "direction": "received",
    "action": "requestPerformInteractionScreenPop",
    "data": {"aniValues": ["+12025550143"]},
}
RING: Final = '{do: ring, number: "+12025550143"}'


def aliases(item: str) -> str:
    """YAML in which each line stands for nine of the line before it: 9 to the power of 20."""
    each = (f"- &a{n} {item % ','.join([f'*a{n - 1}'] * 9)}" for n in range(1, 21))
    return "\n".join([f"- &a0 {RING}", *each])


SCENARIOS: Final[dict[str, tuple[str, str, str]]] = {
    "deep JSON": ("json", "[" * 100_000, "nested too deep"),
    "deep YAML": ("yaml", "[" * 2_000, "nested too deep"),
    "many values": ("json", f"[{'[],' * MOST_VALUES}[]]", "more than"),
    "aliases": ("yaml", aliases("{steps: [%s]}"), "more than 200,000 values"),
    "merges": ("yaml", aliases("{<<: [%s]}"), "more than 200,000 values"),
    "an alias of itself": ("yaml", "- &a {steps: [*a, *a]}", "what it is a part of"),
    "a long number": ("yaml", f"- {{after: {'1' * 5_000}}}", "is no YAML"),
    "no alias": ("yaml", "- {ring: *nobody}", "is no YAML"),
    "a Python object": ("yaml", "- !!python/object/apply:os.getcwd []", "is no YAML"),
    "endless": ("json", f"[{'1e999,' * 3}1]", "is a mapping"),
    "no text": ("json", "\ud800", "UTF-8"),
    "too long": ("yaml", "#" * (_scenario._LARGEST + 1), "more than 8 MB"),
}
CAPTURES: Final[dict[str, tuple[str, str]]] = {
    "deep": ("[" * 100_000, "line 3: it is no JSON"),
    "many values": (f"[{'[],' * MOST_VALUES}[]]", "line 3: it is no JSON"),
    "a number without an end": (json.dumps(LINE).replace("1", "1e400", 1), "no message"),
    "a long number": (json.dumps(LINE).replace("1", "1" * 5_000, 1), "no JSON"),
    "no object": ("[]", "no JSON object"),
    "no text": ("\ud800", "UTF-8"),
}


def planted(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


def peak_of(read: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    ending, text, said = SCENARIOS[name]
    file = planted(tmp_path / f"hostile.{ending}", text)

    with pytest.raises(SimulatorError, match=said):
        Scenario.load(file)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    line, said = CAPTURES[name]
    file = planted(tmp_path / "hostile.jsonl", f"{HEAD}\n{json.dumps(LINE)}\n{line}")

    with pytest.raises(CaptureError, match=said):
        Capture.load(file)


def test_no_more_of_a_file_is_read_than_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured, "LARGEST", 1_000_000)
    endless = tmp_path / "hostile.jsonl"
    with endless.open("wb") as file:
        file.truncate(10**12)

    def load() -> None:
        with pytest.raises(CaptureError, match="more than 1 MB"):
            Capture.load(endless)

    assert peak_of(load) < 5_000_000


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("hostile.jsonl", "hostile.yaml"):
        os.mkfifo(tmp_path / name)

    with pytest.raises(OSError, match=r"hostile\.jsonl is no file"):
        Capture.load(tmp_path / "hostile.jsonl")
    with pytest.raises(SimulatorError, match=r"hostile\.yaml is no file"):
        Scenario.load(tmp_path / "hostile.yaml")


def test_the_largest_json_takes_no_more_memory_than_a_bound() -> None:
    text = f"[{'{},' * (MOST_VALUES // 2 - 1)}{{}}]"

    assert peak_of(lambda: json_of(text)) < 200 * MOST_VALUES
    with pytest.raises(ValueError, match="more than"):
        json_of(f"[{text},{text}]")


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
NAMES: Final = st.sampled_from(
    [*LINE, "re", "by", "error", "problems", "shown", "key", *captured.STAGES]
)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(changes=st.dictionaries(NAMES, VALUES, max_size=4), head=st.dictionaries(NAMES, VALUES))
@example(changes={"page": "x"}, head={})
def test_what_is_loaded_can_be_shown_compared_and_saved(
    tmp_path: Path, changes: dict[str, Any], head: dict[str, Any]
) -> None:
    first = json.dumps({**json.loads(HEAD), **head})
    file = planted(tmp_path / "hostile.jsonl", f"{first}\n{json.dumps({**LINE, **changes})}")

    try:
        capture = Capture.load(file)
    except CaptureError:
        return
    repr(list(capture)), capture.to_frame("pyarrow")
    repr(capture.replay(Handlers()))
    again = Capture.load(capture.save(tmp_path / "again.jsonl"))
    assert repr(list(again)) == repr(list(capture))
