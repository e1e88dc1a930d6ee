"""What becomes of a token: renewed in time and when refused, by any thread, and never shown."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from crmwidget.errors import (
    LoginClientError,
    LoginNeededError,
    LoginServerError,
)
from crmwidget.safety.privacy import Secret
from tests.adapters.oauth.ways import GRANTED, device, in_a_thread, service

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.adapters.oauth.login_double import LoginDouble


# ---------------------------------------------------------------- afterwards
def test_a_token_is_asked_for_anew_shortly_before_its_end(
    server: LoginDouble, clock: SimpleNamespace
) -> None:
    server.says("/token", GRANTED, {"access_token": "second-token", "expires_in": 100})
    auth = service(server)
    auth()

    clock.now += 3539
    assert auth() == "first-token"
    clock.now += 2
    assert auth() == "second-token"
    clock.now += 74
    auth()
    assert len(server.asks("/token")) == 2
    clock.now += 2
    auth()
    assert len(server.asks("/token")) == 3


def test_a_refresh_keeps_the_old_way_to_refresh_where_no_new_one_comes(
    server: LoginDouble, pauses: list[float], clock: SimpleNamespace
) -> None:
    server.says(
        "/token",
        {**GRANTED, "refresh_token": "r1"},
        {**GRANTED, "access_token": "second-token"},
        {**GRANTED, "access_token": "third-token", "refresh_token": "r2"},
        {**GRANTED, "access_token": "fourth-token"},
    )
    auth = device(server, scope="contacts")
    given = [auth()]

    for _ in range(3):
        clock.now += 3600
        given.append(in_a_thread(auth))

    assert given == ["first-token", "second-token", "third-token", "fourth-token"]
    refreshes = [asked.fields for asked in server.asks("/token")[1:]]
    assert [fields["refresh_token"] for fields in refreshes] == ["r1", "r1", "r2"]
    assert refreshes[0].keys() == {"grant_type", "client_id", "refresh_token"}


def test_threads_whose_token_was_refused_renew_it_once(server: LoginDouble) -> None:
    server.says("/token", GRANTED, {**GRANTED, "access_token": "second-token"}, (500, b""))
    auth = service(server)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
        for pool in (one, two):
            assert pool.submit(auth).result() == "first-token"

        for pool in (one, two):
            assert pool.submit(auth.renew).result() is True
            assert pool.submit(auth).result() == "second-token"

    assert len(server.asks("/token")) == 2


def test_a_refused_token_that_cannot_be_renewed_is_kept_until_somebody_logs_in(
    server: LoginDouble, pauses: list[float]
) -> None:
    server.says("/token", GRANTED, {**GRANTED, "access_token": "second-token"})
    auth = device(server)
    auth()

    assert auth.renew() is False
    assert auth() == "first-token"
    auth.login()
    assert auth() == "second-token"


def test_a_handler_is_not_kept_waiting_for_a_person(
    server: LoginDouble, pauses: list[float], clock: SimpleNamespace
) -> None:
    auth = device(server)

    with pytest.raises(LoginNeededError, match=r"nobody has logged in yet. Run login\(\)"):
        in_a_thread(auth)
    assert server.asked == []

    auth.login()
    clock.now += 3600
    with pytest.raises(LoginNeededError, match="cannot be refreshed"):
        in_a_thread(auth)
    assert len(server.asks("/device")) == 1


def test_a_login_that_is_over_begins_again_where_a_person_is(
    server: LoginDouble, pauses: list[float], clock: SimpleNamespace
) -> None:
    server.says(
        "/token",
        {**GRANTED, "refresh_token": "r1"},
        {"error": "invalid_grant"},
        {**GRANTED, "access_token": "second-token"},
    )
    auth = device(server)
    auth()

    clock.now += 3600

    assert auth() == "second-token"
    assert len(server.asks("/device")) == 2


def test_a_passing_fault_does_not_take_a_token_that_is_good(
    server: LoginDouble, clock: SimpleNamespace
) -> None:
    server.says("/token", GRANTED, (503, b""))
    auth = service(server)
    auth()

    clock.now += 3590
    assert auth() == "first-token"
    clock.now += 11
    with pytest.raises(LoginServerError, match="503"):
        auth()


def test_a_wrong_secret_is_told_although_the_old_token_is_good_for_some_seconds(
    server: LoginDouble, clock: SimpleNamespace
) -> None:
    server.says("/token", GRANTED, {"error": "invalid_client"})
    auth = service(server)
    auth()

    clock.now += 3590
    with pytest.raises(LoginClientError):
        auth()


def test_no_secret_is_in_what_is_shown_or_saved(server: LoginDouble, pauses: list[float]) -> None:
    server.says("/token", {**GRANTED, "refresh_token": "r-e-f-r-e-s-h"})
    auth = device(server, client_secret=Secret("hush-hush"))
    auth()

    shown = f"{auth!r} {vars(auth)!r} {vars(auth._server)!r}"

    assert repr(auth) == f"<DeviceFlow of {server.host}: has a token>"
    assert not any(secret in shown for secret in ("first-token", "r-e-f-r-e-s-h", "hush-hush"))
    for written in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            written(auth)
