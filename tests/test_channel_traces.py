"""The kernel's end of the channel, in traces that js/test/core/channel-traces.test.ts plays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from crmwidget.core.channel import Channel, Delivered

Step = dict[str, Any]

FILE: Final = Path(__file__).with_name("vectors") / "channel.json"
VECTORS: Final = json.loads(FILE.read_text(encoding="utf-8"))
TICK: Final = 1e-9
"""Seconds that a sum of floats may be off."""


class Kernel:
    """The newest kernel, and what it has said that the trace has not named yet."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[tuple[float, Step, list[str]]] = []
        self.channel = Channel()

    def pass_until(self, until: float) -> None:
        """Let it speak whenever it wants to, until then."""
        while (at := self.channel.wake(now=self.now)) is not None and at <= until + TICK:
            self.now = max(self.now, at)
            self._speak()
        self.now = until

    def _speak(self) -> None:
        for content, buffers in self.channel.flush(now=self.now):
            milliseconds = round(self.now * 1000, 3)
            self.said.append((milliseconds, content, [part.decode() for part in buffers]))

    def hear(self, content: Step) -> list[int]:
        events = self.channel.receive(content, now=self.now)
        self._speak()
        return [event.seq for event in events if isinstance(event, Delivered)]

    def do(self, step: Step) -> None:
        if step["do"] == "start":
            self.channel = Channel(step["kernel"])
        elif step["do"] == "set":
            self.channel.set(step["settings"])
        elif step["do"] == "finish":
            self.channel.finish(step["epoch"], step["seq"], now=self.now)
        elif step["do"] == "push":
            part = self.channel.add_part(step["part"].encode()) if "part" in step else None
            assert step["item"].get("m", {}).get("part") == part
            self.channel.push(step["item"], part=part)
        self._speak()


@pytest.mark.parametrize("trace", [pytest.param(t, id=t["name"]) for t in VECTORS["traces"]])
def test_the_kernel_says_what_the_trace_says_then_and_nothing_else(trace: Step) -> None:
    kernel = Kernel()

    for step in [*VECTORS["beginnings"].get(trace.get("begins"), ()), *trace["steps"]]:
        if step["at"] / 1000 > kernel.now:
            assert kernel.said == []
            kernel.pass_until(step["at"] / 1000)
        if "kernel" in step:
            kernel.do(step)
        elif "up" in step and "lost" not in step:
            assert kernel.hear(step["up"]) == step.get("takes", [])
        elif "down" in step and "again" not in step:
            assert kernel.said.pop(0) == (step["at"], step["down"], step.get("buffers", []))

    assert kernel.said == []
