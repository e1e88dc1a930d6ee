"""OAuth against a real login server: every way to log in, its refusals, and the renewals after."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import crmwidget
from crmwidget.adapters import AuthorizationCode, ClientCredentials, DeviceFlow, Rest
from crmwidget.errors import (
    CredentialsError,
    LoginClientError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNeededError,
    LoginServerError,
)
from crmwidget.http.login import _tokens
from crmwidget.http.login import oauth as _oauth
from tests.systems.oidc.provider import SERVICE_SECRET, Person, api, login_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crmwidget.http.login._server import SecretIn
    from tests.systems.oidc.provider import Api
    from tests.systems.server import Server

SCOPE = "openid offline_access"
CODE = re.compile(r"open\n(\S+)\nand enter the code: (\S+)\n")


def acme(api: Api, **given: object) -> Rest:
    """A CRM whose API takes the login server's tokens."""
    return Rest(api.url, current_user=("/me", {"id": "name"}), **given)


def who(adapter: Rest) -> str:
    """Who the CRM thinks is asking."""
    return adapter.current_user().name


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with login_server() as running:
        yield running


@pytest.fixture(scope="module")
def crm(server: Server) -> Iterator[Api]:
    with api(server.url) as running:
        yield running


@pytest.fixture
def person() -> Iterator[Person]:
    with Person() as somebody:
        yield somebody


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], object]], None]:
    """What happens when the link is opened in a browser."""

    def opened(does: Callable[[str], object]) -> None:
        monkeypatch.setattr(_oauth.webbrowser, "open", does)

    return opened


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """What happens in the pauses between two questions; the pauses, in seconds."""

    def between(*steps: Callable[[], object]) -> list[float]:
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) <= len(steps):
                steps[len(pauses) - 1]()

        monkeypatch.setattr(_oauth, "_pause", pause)
        return pauses

    return between


def notebook(server: Server, **more: object) -> AuthorizationCode:
    given = {"client_id": "notebook", "scope": SCOPE, "open_browser": True, "remote": False}
    return AuthorizationCode(server.url, **{**given, **more})


def service(server: Server | str, **more: object) -> ClientCredentials:
    issuer = server if isinstance(server, str) else server.url
    given = {"client_id": "service", "client_secret": SERVICE_SECRET}
    return ClientCredentials(issuer, **{**given, **more})


def revoke(server: Server, token: str) -> None:
    done = httpx.post(
        f"{server.url}/token/revocation", data={"token": token, "client_id": "notebook"}
    )
    assert done.status_code == 200


# ---------------------------------------------------------------- a service
@pytest.mark.parametrize("where", [None, "header", "body"])
def test_a_service_logs_in_and_the_api_takes_its_token(
    server: Server, crm: Api, where: SecretIn | None
) -> None:
    auth = service(server, secret_in=where)

    assert who(acme(crm, auth=auth)) == "service"
    assert auth() == auth()


def test_a_wrong_secret_is_named_and_not_shown(server: Server, crm: Api) -> None:
    wrong = "wr0ng" + "5ecret"
    adapter = acme(crm, auth=service(server, client_secret=wrong))

    with pytest.raises(LoginClientError, match="Check client_id= and client_secret=") as caught:
        who(adapter)

    assert caught.value.code == "invalid_client"
    assert caught.value.__context__ is None
    package = Path(crmwidget.__file__).parent
    ours = [e.frame.f_locals for e in caught.traceback if package in Path(e.path).parents]
    assert len(ours) > 5
    assert wrong not in f"{caught.value!r} {ours!r} {adapter!r}"


def test_a_client_that_may_not_log_in_this_way_is_told(server: Server) -> None:
    with pytest.raises(LoginClientError, match="whether it may log in this way"):
        DeviceFlow(server.url, client_id="no-devices")()


def test_a_scope_that_the_client_may_not_have_is_named(server: Server) -> None:
    with pytest.raises(LoginClientError, match="scope="):
        DeviceFlow(server.url, client_id="scopeless", scope="contacts")()


# ---------------------------------------------------------------- a device
def test_a_device_waits_for_the_person_and_then_has_a_token(
    server: Server,
    crm: Api,
    person: Person,
    meanwhile: Callable[..., list[float]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed: list[str] = []
    auth = DeviceFlow(server.url, client_id="notebook", scope=SCOPE)

    def nothing_yet() -> None:
        printed.append(capsys.readouterr().out)

    def enters() -> None:
        link, code = CODE.search(printed[0]).groups()
        person.enters(link, code)

    pauses = meanwhile(nothing_yet, enters)
    auth.login()

    assert pauses == [5.0, 5.0]
    assert capsys.readouterr().out == f"Logged in to 127.0.0.1:{server.port}.\n"
    assert who(acme(crm, auth=auth)) == "ada"
    assert auth.login() is None
    assert len(pauses) == 2


def test_who_aborts_a_devices_login_has_denied_it(
    server: Server,
    person: Person,
    meanwhile: Callable[..., list[float]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def aborts() -> None:
        link, code = CODE.search(capsys.readouterr().out).groups()
        person.enters(link, code, abort=True)

    meanwhile(aborts)

    with pytest.raises(LoginDeniedError, match="Log in again and agree"):
        DeviceFlow(server.url, client_id="notebook")()

    assert "Not logged in" in capsys.readouterr().out


def test_a_devices_code_that_nobody_entered_has_expired(server: Server) -> None:
    # This client's codes live for a second.
    with pytest.raises(LoginExpiredError, match="before anybody logged in") as caught:
        DeviceFlow(server.url, client_id="hasty")()

    assert caught.value.code == "expired_token"


# ---------------------------------------------------------------- a browser
def test_a_browser_on_this_machine_logs_in(
    server: Server, crm: Api, person: Person, opens: Callable[..., None]
) -> None:
    shown: list[httpx.Response] = []
    opens(lambda link: shown.append(person.logs_in(link)))

    assert who(acme(crm, auth=notebook(server))) == "ada"
    assert [page.status_code for page in shown] == [200]
    assert "Back to the notebook" in shown[0].text
    assert "code" not in shown[0].text


def test_a_real_browser_logs_in(server: Server, crm: Api, opens: Callable[..., None]) -> None:
    from playwright.sync_api import sync_playwright

    titles: list[str] = []

    def logs_in(link: str) -> None:
        program = os.environ.get("CHROMIUM")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(link)
            page.fill("input[name=login]", "ada")
            page.fill("input[name=password]", "any")
            page.click("button[type=submit]")
            page.get_by_text("Continue").click()
            page.wait_for_url("**/callback?*")
            titles.append(page.title())
            browser.close()

    opens(lambda link: in_a_thread(logs_in, link))

    assert who(acme(crm, auth=notebook(server))) == "ada"
    assert titles == ["Back to the notebook"]


def test_who_cancels_in_the_browser_has_denied_it(
    server: Server, person: Person, opens: Callable[..., None]
) -> None:
    opens(person.refuses)

    with pytest.raises(LoginDeniedError, match="Log in again and agree"):
        notebook(server).login()


def test_an_answer_with_another_state_changes_nothing(
    server: Server, crm: Api, person: Person, opens: Callable[..., None]
) -> None:
    forged: list[httpx.Response] = []

    def logs_in(link: str) -> None:
        back = httpx.URL(link).params["redirect_uri"]
        forged.append(httpx.get(back, params={"state": "another", "code": "stolen"}))
        forged.append(httpx.get(back, params={"code": "stolen"}))
        person.logs_in(link)

    opens(logs_in)

    assert who(acme(crm, auth=notebook(server))) == "ada"
    assert [page.status_code for page in forged] == [400, 400]


def test_a_code_that_another_client_was_given_is_refused(
    server: Server, person: Person, opens: Callable[..., None]
) -> None:
    def logs_in(link: str) -> None:
        # What PKCE is for: the code reaches somebody who lacks the verifier.
        person.logs_in(str(httpx.URL(link).copy_set_param("code_challenge", "E" * 43)))

    opens(logs_in)

    with pytest.raises(LoginExpiredError) as caught:
        notebook(server).login()

    assert caught.value.code == "invalid_grant"


# ---------------------------------------------------------------- afterwards
@pytest.fixture
def logged_in(
    server: Server, person: Person, opens: Callable[..., None]
) -> Iterator[AuthorizationCode]:
    opens(person.logs_in)
    auth = notebook(server)
    auth.login()
    opens(lambda link: pytest.fail("nobody should have to log in again"))
    return auth


def test_a_token_is_refreshed_before_it_ends(
    logged_in: AuthorizationCode, crm: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = _tokens.now()
    first = logged_in()

    monkeypatch.setattr(_tokens, "now", lambda: began + 3590)
    second = logged_in()
    monkeypatch.setattr(_tokens, "now", lambda: began + 2 * 3590)
    third = logged_in()

    assert len({first, second, third}) == 3
    assert who(acme(crm, auth=logged_in)) == "ada"


def test_a_refused_token_is_renewed_once_and_the_question_repeated(
    logged_in: AuthorizationCode, crm: Api
) -> None:
    adapter = acme(crm, auth=logged_in)
    first = logged_in()
    crm.refuses.add(first)

    assert who(adapter) == "ada"
    assert logged_in() != first
    assert logged_in() == logged_in()


def test_threads_that_need_a_token_at_once_share_one_refresh(
    logged_in: AuthorizationCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = _tokens.now()
    monkeypatch.setattr(_tokens, "now", lambda: began + 3590)

    with ThreadPoolExecutor(8) as pool:
        tokens = {future.result() for future in [pool.submit(logged_in) for _ in range(32)]}

    # A second refresh with the same token would have been taken for theft and ended the login.
    assert len(tokens) == 1


def test_a_handler_is_told_that_a_person_has_to_log_in_again(
    logged_in: AuthorizationCode, server: Server, crm: Api
) -> None:
    revoke(server, logged_in._grant.refresh.reveal())
    adapter = acme(crm, auth=logged_in)

    with pytest.raises(LoginNeededError, match=r"revoked. Run login\(\)"):
        in_a_thread(who, adapter)


def test_a_plain_function_gives_the_token_to_who_has_no_adapter(server: Server, crm: Api) -> None:
    auth = service(server)

    answer = httpx.get(f"{crm.url}/me", headers={"Authorization": f"Bearer {auth()}"})

    assert answer.json() == {"name": "service"}


def test_authlibs_own_client_works_unchanged(server: Server, crm: Api) -> None:
    from authlib.integrations.httpx_client import OAuth2Client

    with OAuth2Client(
        "service",
        SERVICE_SECRET,
        token_endpoint=f"{server.url}/token",
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a way
    ) as client:
        client.fetch_token(grant_type="client_credentials")

        assert who(acme(crm, client=client)) == "service"


def test_an_api_that_refuses_every_token_is_told_after_one_renewal(server: Server) -> None:
    other = login_server()
    with other, api(other.url) as strict, pytest.raises(CredentialsError):
        who(acme(strict, auth=service(server)))


# ---------------------------------------------------------------- the server
def test_an_issuer_that_is_another_ones_path_is_refused(server: Server) -> None:
    with pytest.raises(LoginServerError, match="it has none where an issuer keeps it"):
        service(f"{server.url}/tenant")()


def test_an_issuer_under_another_name_is_refused(server: Server) -> None:
    issuer = f"http://localhost:{server.port}"

    with pytest.raises(LoginServerError, match="another issuer's"):
        service(issuer)()


def test_a_server_that_stops_is_told_and_the_token_used_as_long_as_it_lives(
    crm: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with login_server() as mortal:
        auth = service(mortal)
        first = auth()
    began = _tokens.now()

    monkeypatch.setattr(_tokens, "now", lambda: began + 590)
    assert auth() == first
    monkeypatch.setattr(_tokens, "now", lambda: began + 610)
    with pytest.raises(LoginServerError, match="there is no connection to it"):
        auth()


def in_a_thread(call: Callable[..., object], *arguments: object) -> object:
    """Run where a handler runs: not in the main thread."""
    assert threading.current_thread() is threading.main_thread()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *arguments).result()
