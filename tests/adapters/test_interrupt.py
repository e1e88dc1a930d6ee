"""A request that is interrupted leaves its credentials in no variable of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from crmwidget.errors import LoginError
from tests.adapters.acme import URL, Acme

if TYPE_CHECKING:
    from types import TracebackType

CANARY = "canary-7be2"


class StrangeError(Exception):
    """None that a client is known to raise."""


def variables(error: BaseException) -> str:
    """The repr of every local variable of all frames that an error and its chain came through."""
    told: list[str] = []
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None:
            continue
        chain += [one.__cause__, one.__context__]
        frame: TracebackType | None = one.__traceback__
        while frame is not None:
            # The test's own have the canary.
            if not frame.tb_frame.f_code.co_filename.endswith("test_interrupt.py"):
                told += map(_shown, frame.tb_frame.f_locals.values())
            frame = frame.tb_next
    return "\n".join(told)


def _shown(value: object) -> str:
    return f"{value!r} {vars(value)!r}" if isinstance(value, httpx.Request) else repr(value)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, StrangeError])
def test_no_token_is_in_the_frames_of_an_interrupt(kind: type[BaseException]) -> None:
    def interrupted(request: httpx.Request) -> httpx.Response:
        assert CANARY in request.headers["Authorization"]
        raise kind

    client = httpx.Client(transport=httpx.MockTransport(interrupted))
    adapter = Acme(URL, auth=CANARY, client=client, region="US")

    with pytest.raises(kind) as caught:
        adapter.find(["+12025550143"])

    assert CANARY not in variables(caught.value)


def test_no_secret_is_in_the_frames_of_an_interrupted_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from authlib.integrations.httpx_client import OAuth2Client

    from crmwidget.adapters import ClientCredentials

    def interrupted(_: object, *__: object, **headers: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(OAuth2Client, "request", interrupted)
    where = {"token_url": "https://login.example.com/token"}
    login = ClientCredentials(client_id="me", client_secret=CANARY, **where)

    with pytest.raises((KeyboardInterrupt, LoginError)) as caught:
        login()

    assert isinstance(caught.value, KeyboardInterrupt)
    assert CANARY not in variables(caught.value)
