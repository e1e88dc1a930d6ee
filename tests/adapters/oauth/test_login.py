"""A person logs in by a code or in a browser, is shown what to do, or is refused."""

from __future__ import annotations

import socket
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import pytest

from crmwidget.errors import (
    LoginClientError,
    LoginDeniedError,
    LoginError,
    LoginExpiredError,
    LoginPlaceError,
    LoginServerError,
)
from crmwidget.http.login import oauth as _oauth
from tests.adapters.oauth.ways import GRANTED, PENDING, code, device

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.adapters.oauth.login_double import LoginDouble


# ---------------------------------------------------------------- a device
def test_a_device_asks_as_slowly_as_it_is_told(server: LoginDouble, pauses: list[float]) -> None:
    server.says(
        "/token", PENDING, {"error": "slow_down"}, PENDING, (503, b""), PENDING, {**GRANTED}
    )

    device(server).login()

    assert pauses == [2, 2, 7, 7, 14, 14]
    assert [asked.fields["device_code"] for asked in server.asks("/token")] == [
        "the-device-code"
    ] * 6


@pytest.mark.parametrize(
    ("interval", "first"), [(None, 5.0), (0, 1.0), (-3, 1.0), (10**9, 60.0), ("x", 5.0)]
)
def test_a_pause_has_bounds(
    server: LoginDouble, pauses: list[float], interval: object, first: float
) -> None:
    server.answers["/device"][0]["interval"] = interval

    device(server).login()

    assert pauses == [first]


def test_a_device_gives_up_when_the_code_or_the_patience_ends(
    server: LoginDouble, pauses: list[float]
) -> None:
    server.says("/token", PENDING)

    with pytest.raises(LoginExpiredError, match=r"Log in again: login\(\)") as caught:
        device(server, timeout=5)()

    assert pauses == [2, 2, 1]
    assert isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("access_denied", LoginDeniedError),
        ("expired_token", LoginExpiredError),
        ("authorization_declined", LoginDeniedError),
        ("bad_verification_code", LoginExpiredError),
        ("incorrect_device_code", LoginExpiredError),
        ("consent_required", LoginDeniedError),
        ("device_flow_disabled", LoginClientError),
        ("invalid_client", LoginClientError),
        ("invalid_grant", LoginExpiredError),
        ("something_new", LoginError),
    ],
)
def test_a_device_stops_asking_when_it_is_refused(
    server: LoginDouble, pauses: list[float], word: str, kind: type[LoginError]
) -> None:
    server.says("/token", PENDING, {"error": word})

    with pytest.raises(kind) as caught:
        device(server)()

    assert caught.value.code == word
    assert len(pauses) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"device_code": None},
        {"user_code": ""},
        {"user_code": "a\x1b[2Jb"},
        {"user_code": "x" * 65},
        {"verification_uri": None},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "http://login.example.com/device"},
        {"verification_uri": 'https://login.example.com/"><script>'},
        {"verification_uri_complete": "data:text/html,x"},
    ],
)
def test_a_device_login_that_no_person_could_follow_is_refused(
    server: LoginDouble, change: dict[str, object]
) -> None:
    server.answers["/device"][0].update(change)

    with pytest.raises(LoginServerError):
        device(server)()

    assert server.asks("/token") == []


def test_an_interrupt_gives_up_and_the_next_login_begins_anew(
    server: LoginDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    auth = device(server)
    monkeypatch.setattr(_oauth, "_pause", interrupted)
    with pytest.raises(KeyboardInterrupt):
        auth.login()
    assert capsys.readouterr().out.endswith(f"\nNot logged in to {server.host}.\n")

    monkeypatch.setattr(_oauth, "_pause", lambda _: None)

    assert auth() == "first-token"
    assert len(server.asks("/device")) == 2


# ---------------------------------------------------------------- what is shown
def test_a_terminal_shows_link_and_code(
    server: LoginDouble, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    device(server).login()

    assert capsys.readouterr().out == (
        f"To log in to {server.host}, open\n"
        "https://login.example.com/device\n"
        "and enter the code: WDJB-MJHT\n"
        "Waiting; interrupt to give up.\n"
        f"Logged in to {server.host}.\n"
    )


def test_a_notebook_shows_a_link_and_keeps_no_code(
    server: LoginDouble,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown: list[dict[str, str]] = []

    def display(bundle: dict[str, str], **_: object) -> object:
        shown.append(bundle)
        return SimpleNamespace(update=lambda later, raw: shown.append(later))

    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: SimpleNamespace(kernel="there")
    showing = ModuleType("IPython.display")
    showing.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", showing)
    server.answers["/device"][0] |= {
        "user_code": "<b>&",
        "verification_uri_complete": "https://login.example.com/device?a=1&user_code=x",
    }

    device(server).login()

    first, last = shown
    assert 'href="https://login.example.com/device?a=1&amp;user_code=x"' in first["text/html"]
    assert "<b>&lt;b&gt;&amp;</b>" in first["text/html"]
    assert "enter the code: <b>&" in first["text/plain"]
    assert last["text/html"] == f"<p>Logged in to {server.host}.</p>"
    assert capsys.readouterr().out == ""


def test_a_real_notebook_is_saved_with_neither_link_nor_code(server: LoginDouble) -> None:
    # They take seconds to import, which each worker would need.
    import nbformat
    from nbclient import NotebookClient

    cell = nbformat.v4.new_code_cell(
        "from crmwidget.adapters import DeviceFlow\nfrom crmwidget.http.login import oauth\n"
        "oauth._pause = lambda seconds: None\n"
        f"DeviceFlow({server.url!r}, client_id='me').login()"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])

    NotebookClient(notebook, kernel_name="python3").execute()

    assert [output.data for output in cell.outputs] == [
        {
            "text/plain": f"Logged in to {server.host}.",
            "text/html": f"<p>Logged in to {server.host}.</p>",
        }
    ]


# ---------------------------------------------------------------- a browser
def test_the_link_has_state_and_challenge_and_the_exchange_the_verifier(
    server: LoginDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    links: list[httpx.QueryParams] = []

    def opened(link: str) -> None:
        asked = httpx.URL(link).params
        links.append(asked)
        answer = {"state": asked["state"], "code": "the-code"}
        httpx.get(asked["redirect_uri"], params=answer, trust_env=False)

    monkeypatch.setattr(_oauth.webbrowser, "open", opened)

    for _ in range(2):
        code(server, scope="contacts offline_access", parameters={"login_hint": "ada"}).login()

    first, second = links
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert (first["prompt"], first["login_hint"]) == ("consent", "ada")
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]
    exchanged = server.asks("/token")[0].fields
    assert create_s256_code_challenge(exchanged["code_verifier"]) == first["code_challenge"]
    assert exchanged["redirect_uri"] == first["redirect_uri"]
    assert exchanged["code"] == "the-code"


@pytest.mark.parametrize(
    ("fields", "promised"),
    [({"iss": "https://login.example.org"}, False), ({"iss": ""}, False), ({}, True)],
)
def test_an_answer_of_another_issuer_is_refused(
    server: LoginDouble,
    browser: Callable[..., object],
    fields: dict[str, str],
    *,
    promised: bool,
) -> None:
    server.document["authorization_response_iss_parameter_supported"] = promised
    browser(**fields)

    with pytest.raises(LoginServerError, match="another login server's"):
        code(server).login()

    assert server.asks("/token") == []


def test_an_answer_of_the_right_issuer_is_taken(
    server: LoginDouble, browser: Callable[..., object]
) -> None:
    server.document["authorization_response_iss_parameter_supported"] = True
    browser(iss=server.url)

    assert code(server)() == "first-token"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"error": "access_denied"}, LoginDeniedError),
        ({"error": "invalid_scope"}, LoginClientError),
        ({"error": "<script>"}, LoginError),
        ({"code": ""}, LoginServerError),
    ],
)
def test_a_refusal_that_comes_back_is_told(
    server: LoginDouble,
    browser: Callable[..., object],
    fields: dict[str, str],
    kind: type[LoginError],
) -> None:
    browser(**fields)

    with pytest.raises(kind) as caught:
        code(server).login()

    assert "<script>" not in str(caught.value)
    assert server.asks("/token") == []


def test_only_the_answer_of_this_login_counts(
    server: LoginDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []

    def opened(link: str) -> None:
        asked = httpx.URL(link).params
        back, state = asked["redirect_uri"], asked["state"]
        for url in (
            back.replace("/callback", "/favicon.ico"),
            f"{back}?code=stolen",
            f"{back}?code=stolen&state={state[:-1]}",
            f"{back}?code=stolen&code=other&state={state}",
            f"{back}?state={state}&" + "&".join(f"x{n}=1" for n in range(99)),
            f"{back}?code=%00<script>&state=%ff",
        ):
            answer = httpx.get(url, trust_env=False)
            statuses.append(answer.status_code)
            assert "<script>" not in answer.text

    monkeypatch.setattr(_oauth.webbrowser, "open", opened)

    with pytest.raises(LoginExpiredError, match=r"5 of another login.*DeviceFlow"):
        code(server, timeout=0.01).login()

    assert statuses == [404, 400, 400, 400, 400, 400]


def test_a_login_that_ended_frees_its_port(
    server: LoginDouble, browser: Callable[..., object]
) -> None:
    browser()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    for _ in range(2):
        assert code(server, redirect=f"http://localhost:{port}/back")() == "first-token"

    assert server.asks("/token")[0].fields["redirect_uri"] == f"http://localhost:{port}/back"


def test_a_port_that_is_taken_is_told(server: LoginDouble) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        redirect = f"http://127.0.0.1:{taken.getsockname()[1]}/"

        with pytest.raises(LoginPlaceError, match="End what listens on that port"):
            code(server, redirect=redirect).login()


@pytest.mark.parametrize(
    ("variable", "place"),
    [("JUPYTERHUB_SERVICE_PREFIX", "JupyterHub"), ("COLAB_RELEASE_TAG", "Google Colab")],
)
def test_where_the_browser_is_elsewhere_a_device_login_is_recommended(
    server: LoginDouble,
    browser: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    place: str,
) -> None:
    monkeypatch.setenv(variable, "/user/ada/")
    browser()

    with pytest.raises(LoginPlaceError, match=rf"{place}.*Use DeviceFlow\("):
        code(server, remote=None).login()

    assert code(server, remote=False)() == "first-token"
