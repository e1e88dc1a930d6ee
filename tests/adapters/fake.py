"""A CRM that answers from a list and remembers what it was asked, and a clock that is set by hand.

Works under httpx and httpx2, whose MockTransports take their own module's
classes only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from crmwidget.http.transport import Clock

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    url: str


@dataclass
class Vendor:
    """Answers by "METHOD /path", each from its list; the last answer stays."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    module: Any = httpx
    asked: list[Asked] = field(default_factory=list)

    def on(self, route: str, *answers: Any) -> Vendor:
        self.answers[route] = list(answers)
        return self

    def __call__(self, request: Any) -> Any:
        parts = urlsplit(str(request.url))
        content = request.read()
        try:
            body = json.loads(content) if content else None
        except ValueError:
            body = content
        self.asked.append(
            Asked(
                request.method,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                body,
                dict(request.headers),
                str(request.url),
            )
        )
        route = f"{request.method} {parts.path}"
        if route not in self.answers:
            return self.module.Response(404, json={"unknown": True})
        queue = self.answers[route]
        given = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(given, Exception):
            raise given
        if callable(given):
            given = given(self.asked[-1])
        if isinstance(given, int):
            given = (given, {})
        if isinstance(given, tuple):
            status, data, *more = given
            headers = more[0] if more else {}
            if isinstance(data, bytes):
                return self.module.Response(status, content=data, headers=headers)
            return self.module.Response(status, json=data, headers=headers)
        return self.module.Response(200, json=given)

    def client(self, **more: Any) -> Any:
        return self.module.Client(transport=self.module.MockTransport(self), **more)

    def routes(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]


@dataclass
class Time:
    """Seconds that pass only by sleeping, or when a test says so."""

    at: float = 1_000.0
    slept: list[float] = field(default_factory=list)
    each: float = 0.0
    """What every look at the clock takes."""

    def now(self) -> float:
        self.at += self.each
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def clock(self, wall: Callable[[], float] = lambda: 1_780_000_000.0) -> Clock:
        return Clock(self.now, self.sleep, wall)
