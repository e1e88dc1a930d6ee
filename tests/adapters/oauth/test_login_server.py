"""What is given, what is discovered and what is answered; tests/systems has a real server."""

from __future__ import annotations

import socket
import subprocess
import sys
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from crmwidget.errors import (
    AdapterError,
    LoginClientError,
    LoginError,
    LoginServerError,
    MissingExtraError,
)
from crmwidget.http.credentials import Credentials, from_env
from crmwidget.http.login._errors import login_error, refusal
from crmwidget.http.login.oauth import ClientCredentials, DeviceFlow
from crmwidget.safety.privacy import Secret
from tests.adapters.oauth.login_double import DOCUMENT, LoginDouble
from tests.adapters.oauth.ways import GRANTED, code, device, service

if TYPE_CHECKING:
    from types import ModuleType, SimpleNamespace

if TYPE_CHECKING:
    from types import ModuleType, SimpleNamespace


# ---------------------------------------------------------------- being given
def test_nothing_is_loaded_before_it_is_needed() -> None:
    asks = (
        "import sys, crmwidget.http.login.oauth as o;"
        "o.DeviceFlow('https://login.example.com', client_id='me');"
        "print([name for name in ('authlib', 'httpx', 'httpx2', 'IPython') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_without_authlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'crmwidget\[oauth\]'"):
        DeviceFlow("https://login.example.com", client_id="me")


def test_an_object_is_a_function_and_credentials_at_once(server: LoginDouble) -> None:
    auth = service(server)

    assert isinstance(auth, Credentials)
    assert auth() == "first-token"
    assert auth.headers() == {"Authorization": "Bearer first-token"}
    assert len(server.asks("/token")) == 1


@pytest.mark.parametrize(
    "secret", ["hush", Secret("hush"), None], ids=["text", "Secret", "from_env"]
)
def test_a_secret_is_taken_as_text_or_hidden(
    server: LoginDouble, secret: str | Secret | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_SECRET", "hush")
    given = secret or from_env("ACME_SECRET")

    service(server, client_secret=given)()

    scheme, pair = server.asks("/token")[0].authorization.split()
    assert (scheme, b64decode(pair)) == ("Basic", b"me:hush")


def test_id_and_secret_are_encoded_before_they_are_joined(server: LoginDouble) -> None:
    service(server, client_id="a:b", client_secret=Secret("c+d%é"))()

    assert b64decode(server.asks("/token")[0].authorization.split()[1]) == b"a%3Ab:c%2Bd%25%C3%A9"


def test_the_secret_goes_where_the_document_says(server: LoginDouble) -> None:
    server.document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]

    service(server)()

    asked = server.asks("/token")[0]
    assert asked.authorization == ""
    assert asked.fields == {
        "grant_type": "client_credentials",
        "client_id": "me",
        "client_secret": "hush",
    }


def test_scope_and_parameters_are_sent(server: LoginDouble) -> None:
    service(server, scope=["contacts", "calls"], parameters={"audience": "crm"})()

    assert server.asks("/token")[0].fields == {
        "grant_type": "client_credentials",
        "scope": "contacts calls",
        "audience": "crm",
    }


def test_given_addresses_are_not_looked_up(server: LoginDouble) -> None:
    given = {"client_id": "me", "client_secret": "hush"}

    ClientCredentials(token_url=f"{server.url}/token", **given)()

    assert [asked.path for asked in server.asked] == ["/token"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "give the login server's issuer"),
        ({"issuer": "https://login.example.com", "client_id": " "}, "client_id="),
        ({"issuer": "https://login.example.com", "client_secret": 5}, "client_secret="),
        ({"issuer": "https://login.example.com", "parameters": {"state": "x"}}, "state"),
        ({"issuer": "https://login.example.com", "parameters": {"max_age": 1}}, "texts"),
    ],
)
def test_what_cannot_be_is_refused_at_once(given: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        DeviceFlow(**{"client_id": "me", **given})


def test_a_service_without_a_secret_is_refused() -> None:
    with pytest.raises(TypeError, match="client_secret= is empty"):
        service("https://login.example.com", client_secret="")


@pytest.mark.parametrize(
    "redirect",
    [
        "https://127.0.0.1/callback",
        "http://notebook.example.com/callback",
        "http://[::1]/callback",
        "http://127.0.0.1/callback?x=1",
        "http://127.0.0.1:99999/",
        "nowhere",
    ],
)
def test_a_redirect_that_this_machine_cannot_receive_is_refused(
    server: LoginDouble, redirect: str
) -> None:
    with pytest.raises(TypeError, match="loopback address"):
        code(server, redirect=redirect)()


# ---------------------------------------------------------------- where it is
@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com",
        "https://ada:secret@login.example.com",
        "https://login.example.com/#x",
        "https://login.example.com/\n",
        "ftp://login.example.com",
        "https://",
        "https://[",
        "login.example.com",
    ],
)
def test_an_issuer_that_could_be_overheard_or_is_none_is_refused(issuer: str) -> None:
    with pytest.raises(LoginServerError, match="https://") as caught:
        service(issuer)

    assert "secret@" not in str(caught.value)


def test_an_endpoint_that_could_be_overheard_is_refused(server: LoginDouble) -> None:
    server.document["token_endpoint"] = "http://login.example.com/token"  # noqa: S105 - an address

    with pytest.raises(LoginServerError, match=r"token_endpoint.*not on https"):
        service(server)()


def test_a_document_of_another_issuer_is_refused(server: LoginDouble) -> None:
    server.document["issuer"] = "https://login.example.org"

    with pytest.raises(LoginServerError, match="another issuer's"):
        service(server)()

    assert server.asks("/token") == []


def test_a_slash_at_the_end_or_the_documents_own_address_is_no_other_issuer(
    server: LoginDouble,
) -> None:
    server.document["issuer"] = f"{server.url}/"

    for issuer in (server.url, f"{server.url}/", server.url + DOCUMENT):
        auth = service(issuer)
        assert auth() == "first-token"


def test_a_server_without_openid_keeps_its_document_elsewhere(server: LoginDouble) -> None:
    server.says(DOCUMENT, (404, b""))
    server.says("/.well-known/oauth-authorization-server", server.document)

    assert service(server)() == "first-token"


def test_a_way_to_log_in_that_the_server_does_not_offer_is_told(server: LoginDouble) -> None:
    del server.document["device_authorization_endpoint"]

    with pytest.raises(LoginServerError, match="It may not offer this way to log in"):
        device(server)()


def test_a_server_without_pkce_gets_no_code_login(server: LoginDouble) -> None:
    server.document["code_challenge_methods_supported"] = ["plain"]

    with pytest.raises(LoginServerError, match="no PKCE with S256"):
        code(server)()


def test_nobody_there_is_told_with_what_to_check() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
        auth = service(issuer)

        with pytest.raises(LoginServerError, match=r"no connection.*HTTPS_PROXY") as caught:
            auth()

    assert caught.value.passing
    assert isinstance(caught.value, ConnectionError)
    assert isinstance(caught.value, AdapterError)


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ConnectTimeout", "timed out", "it does not answer"),
        ("ReadTimeout", "timed out", "it does not answer"),
        ("ReadError", "reset", "no connection to it, or it broke"),
        ("ConnectError", "CERTIFICATE_VERIFY_FAILED: self-signed", "root certificate"),
        ("ConnectError", "CERTIFICATE_VERIFY_FAILED: not yet valid", "this machine's date"),
        ("ConnectError", "CERTIFICATE_VERIFY_FAILED: has expired", "this machine's date"),
    ],
)
def test_the_errors_of_both_clients_are_told_by_their_names(
    module: ModuleType, name: str, text: str, said: str
) -> None:
    failure = login_error(getattr(module, name)(text), "login.example.com", "log in")

    assert isinstance(failure, LoginServerError)
    assert said in str(failure)


# ---------------------------------------------------------------- what it says
@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((200, b"<html>Sign in to the Wi-Fi</html>"), LoginServerError, "as a login server does"),
        ((200, b"[]"), LoginServerError, "as a login server does"),
        ((200, b"\xff"), LoginServerError, "as a login server does"),
        ((302, b""), LoginServerError, "as a login server does"),
        ((404, b"gone"), LoginServerError, "as a login server does"),
        ((401, b"no"), LoginClientError, "client_secret="),
        ((429, b"slow"), LoginServerError, "Try again in a moment"),
        ((503, b'{"error": "invalid_client"}'), LoginServerError, "Try again in a moment"),
        ({"token_type": "Bearer"}, LoginServerError, "no usable token"),
        ({"access_token": "a\r\nX-Evil:1"}, LoginServerError, "no usable token"),
        ({"access_token": ["a"]}, LoginServerError, "no usable token"),
        ({"access_token": "a", "token_type": "DPoP"}, LoginServerError, "than Bearer"),
        ({"access_token": "a", "token_type": None}, LoginServerError, "than Bearer"),
        ((200, b'{"access_token": "a", "expires_in": [1]}'), LoginServerError, "as a login server"),
        (
            (200, b'{"access_token": "a", "expires_in": 1e999}'),
            LoginServerError,
            "as a login server",
        ),
        ((200, b'{"access_token": "a", "expires_in": "soon"}'), LoginServerError, "as a login"),
        ({"error": {"code": 7}}, LoginError, "log for the reason"),
        ({"error": "\x1b[31mred"}, LoginError, "log for the reason"),
        ({"error": "invalid_scope"}, LoginClientError, "scope="),
        ({"error": "server_error"}, LoginServerError, "Try again"),
    ],
)
def test_an_answer_that_is_no_token_is_told(
    server: LoginDouble, answer: object, kind: type[LoginError], said: str
) -> None:
    server.says("/token", answer)

    with pytest.raises(kind, match=said) as caught:
        service(server)()

    assert str(caught.value).isprintable()
    assert caught.value.__context__ is None


def test_the_servers_words_are_shown_masked_and_cut() -> None:
    words = "no\x00thing for hush, ada@example.com, eyJhbGciOiJIUzI1NiJ9.e30.x" + " and" * 999

    failure = refusal("login.example.com", "log in", "access_denied", words, [Secret("hush")])

    assert "no thing for <secret>, <email>, <token> and and" in str(failure)
    assert len(str(failure)) < 500


@pytest.mark.parametrize(
    ("span", "renewed"),
    [
        (100, True),
        pytest.param("100", True, id="as text"),
        (0, True),
        (-5, True),
        (None, False),
        (True, False),
        ({}, False),
        pytest.param(10**400, False, id="huge"),
    ],
)
def test_a_span_is_read_however_it_is_written(
    server: LoginDouble, clock: SimpleNamespace, span: object, *, renewed: bool
) -> None:
    server.says("/token", {**GRANTED, "expires_in": span}, {"access_token": "second-token"})
    auth = service(server)
    auth()

    clock.now += 101

    assert auth() == ("second-token" if renewed else "first-token")


def test_what_was_sent_as_a_secret_is_not_repeated_from_the_servers_words() -> None:
    words = "refresh token RefreshTokenAbc of client hush is malformed"

    failure = refusal(
        "login.example.com",
        "log in",
        "invalid_grant",
        words,
        map(Secret, ["RefreshTokenAbc", "hush"]),
    )

    assert "RefreshTokenAbc" not in str(failure)
    assert "hush" not in str(failure)
