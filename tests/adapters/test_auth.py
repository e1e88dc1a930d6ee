"""auth=: everything it takes, where secrets come from, and that none of them is ever shown."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import keyring
import keyring.backends.fail
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordSetError

from crmwidget import Secret
from crmwidget.adapters import Adapter, HubSpot, from_env, from_keyring
from crmwidget.errors import CredentialsError, SecretError
from tests.adapters.fake import Time, Vendor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CANARY = "c4n4ry-T0ken-9f8e7d6c5b4a"
NUMBER = "+12025550143"


class Acme(Adapter):
    crm = "Acme"

    def find(self, numbers: Any) -> Any:
        return self.request("GET", "/people", call="find contacts", params={"q": numbers[0]})


def acme(auth: object, vendor: Vendor | None = None) -> tuple[Acme, Vendor]:
    vendor = vendor or Vendor().on("GET /people", [])
    adapter = Acme(
        "https://crm.example.com", auth=auth, client=vendor.client(), clock=Time().clock()
    )
    return adapter, vendor


def basic(user: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()


# ------------------------------------------------------------ what it takes
@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("tok", "Bearer tok"),
        (" tok\n", "Bearer tok"),
        (Secret("tok"), "Bearer tok"),
        (("ada@example.com", "key"), basic("ada@example.com", "key")),
        ([Secret("ada"), Secret("kéy")], basic("ada", "kéy")),
        (lambda: "tok", "Bearer tok"),
        (lambda: Secret("tok"), "Bearer tok"),
        (lambda: {"access_token": "tok", "expires_in": 60}, "Bearer tok"),
        (None, None),
    ],
    ids=range(9),
)
def test_auth_is_sent_as_one_header(auth: object, header: str | None) -> None:
    adapter, vendor = acme(auth)

    adapter.find([NUMBER])

    assert vendor.asked[0].headers.get("authorization") == header


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_an_auth_of_the_clients_own_module_is_handed_on(module: Any) -> None:
    adapter, vendor = acme(
        module.BasicAuth("ada", "key"), Vendor(module=module).on("GET /people", [])
    )

    adapter.find([NUMBER])

    assert vendor.asked[0].headers["authorization"] == basic("ada", "key")


def test_a_function_of_a_request_is_httpxs_and_handed_on() -> None:
    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["X-Signature"] = "signed"
        return request

    adapter, vendor = acme(sign)

    adapter.find([NUMBER])

    assert vendor.asked[0].headers["x-signature"] == "signed"


def test_an_object_with_headers_and_renew_is_taken_as_it_is() -> None:
    class Session:
        number = 1

        def headers(self) -> Mapping[str, str]:
            return {"Authorization": f"Session {self.number}"}

        def renew(self) -> bool:
            self.number += 1
            return True

    adapter, vendor = acme(Session(), Vendor().on("GET /people", 401, []))

    adapter.find([NUMBER])

    assert [one.headers["authorization"] for one in vendor.asked] == ["Session 1", "Session 2"]


@pytest.mark.parametrize("auth", [7, ("a", "b", "c"), ("a", 1), ("a",), {"token": "x"}, Secret])
def test_what_auth_cannot_be_is_refused_with_what_it_can_be(auth: object) -> None:
    with pytest.raises(TypeError, match=r"auth= takes"):
        acme(auth)


@pytest.mark.parametrize(
    "auth",
    ["", "  ", f"{CANARY}\r\nX-Injected: 1", f"{CANARY}\0", f"{CANARY}é", CANARY * 2_000],
)
def test_a_token_that_cannot_stand_in_a_header_is_refused_and_not_shown(auth: str) -> None:
    with pytest.raises(SecretError, match=r"given as auth=") as raised:
        acme(auth)

    assert CANARY not in str(raised.value)


def test_a_user_with_a_colon_is_refused() -> None:
    with pytest.raises(SecretError, match=r"colon"):
        acme(("ada:x", "key"))


@pytest.mark.parametrize("given", [None, "", 7, {"error": "denied"}, []])
def test_a_function_that_returns_no_token_is_an_error(given: object) -> None:
    adapter, vendor = acme(lambda: given)

    with pytest.raises(SecretError, match=r"instead of a token"):
        adapter.find([NUMBER])

    assert vendor.asked == []


def test_an_asynchronous_token_function_is_refused() -> None:
    async def token() -> str:
        return "tok"

    adapter, _ = acme(token)

    with pytest.raises(TypeError, match=r"asynchronous"):
        adapter.find([NUMBER])


def test_what_a_token_function_raises_comes_through() -> None:
    def token() -> str:
        raise LookupError("the vault is closed")

    adapter, _ = acme(token)

    with pytest.raises(LookupError, match=r"the vault is closed"):
        adapter.find([NUMBER])


# ---------------------------------------------------------- where they are
def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_TOKEN", f" {CANARY}\n")

    secret = from_env("ACME_TOKEN")
    adapter, vendor = acme(secret)
    adapter.find([NUMBER])

    assert vendor.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in repr(secret)


@pytest.mark.parametrize(("value", "state"), [(None, "not set"), ("  ", "empty")])
def test_an_environment_variable_without_a_secret_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str | None, state: str
) -> None:
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("ACME_TOKEN", value)

    with pytest.raises(SecretError, match=rf"variable ACME_TOKEN is {state}.*export ACME_TOKEN"):
        from_env("ACME_TOKEN")


class Ring(KeyringBackend):
    priority = 1.0  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return CANARY if (service, username) == ("acme", "ada") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError


@pytest.fixture
def use_ring() -> Iterator[Callable[[KeyringBackend], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_a_secret_comes_from_the_keyring(use_ring: Callable[[KeyringBackend], None]) -> None:
    use_ring(Ring())

    assert from_keyring("acme", "ada").reveal() == CANARY


def test_a_name_the_keyring_does_not_have_is_told_how_to_get_there(
    use_ring: Callable[[KeyringBackend], None],
) -> None:
    use_ring(Ring())

    with pytest.raises(SecretError, match=r"keyring set acme sam"):
        from_keyring("acme", "sam")


def test_a_machine_without_a_keyring_is_told_to_use_the_environment(
    use_ring: Callable[[KeyringBackend], None],
) -> None:
    use_ring(keyring.backends.fail.Keyring())

    with pytest.raises(SecretError, match=r"has no keyring.*from_env") as raised:
        from_keyring("acme", "ada")

    assert raised.value.__context__ is None


def test_without_the_keyring_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)

    with pytest.raises(ImportError, match=r"crmwidget\[keyring\]"):
        from_keyring("acme", "ada")


# ------------------------------------------------------------- never shown
@pytest.mark.parametrize(
    "auth",
    [
        CANARY,
        Secret(CANARY),
        ("ada", CANARY),
        lambda: CANARY,
        httpx.BasicAuth("ada", CANARY),
    ],
)
def test_no_secret_is_in_a_repr(auth: object) -> None:
    adapter, _ = acme(auth)
    adapter.find([NUMBER])

    shown = [repr(adapter), str(adapter), f"{adapter}", adapter._repr_html_()]
    shown += [repr(vars(adapter)), repr(vars(adapter._door)), repr(copy.copy(adapter))]
    hidden = (CANARY, basic("ada", CANARY)[6:])

    assert not [text for text in shown for secret in hidden if secret in text]


class Odd:
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {CANARY}"}

    def renew(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"Odd({CANARY})"


def test_the_repr_of_foreign_credentials_is_not_trusted() -> None:
    adapter, _ = acme(Odd())

    assert CANARY not in repr(adapter)


def test_an_adapter_with_a_secret_cannot_be_pickled() -> None:
    adapter = Acme("https://crm.example.com", auth=CANARY)

    with pytest.raises(TypeError):
        pickle.dumps(adapter)


FAILURES = [
    401,
    403,
    404,
    429,
    500,
    (400, {"message": f"{CANARY} {NUMBER} bo@example.com", "token": CANARY}),
    (302, {}, {"Location": f"https://evil.example.org/?token={CANARY}&phone={NUMBER}"}),
    (200, f"<html>{CANARY} {NUMBER}</html>".encode(), {"Content-Type": "text/html"}),
    httpx.ConnectError(f"https://crm.example.com/?token={CANARY}&q={NUMBER}"),
    httpx.ReadTimeout(f"https://crm.example.com/?token={CANARY}&q={NUMBER}"),
    httpx.RemoteProtocolError(f"{CANARY} {NUMBER}"),
    httpx.DecodingError(f"{CANARY} {NUMBER}"),
    httpx.InvalidURL(f"{CANARY} {NUMBER}"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_no_secret_and_no_number_is_in_an_error_its_chain_its_traceback_or_the_log(
    failure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    adapter, _ = acme(CANARY, Vendor().on("GET /people", failure))

    with (
        caplog.at_level(logging.INFO),
        pytest.raises(Exception, match=r"Acme, to find contacts") as raised,
    ):
        adapter.find([NUMBER])

    error = raised.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert CANARY not in shown + caplog.text
    assert "5550143" not in shown + caplog.text
    assert "bo@example.com" not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


def test_an_error_says_the_crm_the_call_the_status_and_what_to_do() -> None:
    vendor = Vendor().on("GET /crm/v3/objects/contacts/7", (401, {}))

    with pytest.raises(CredentialsError) as raised:
        HubSpot(auth=CANARY, client=vendor.client()).open(7)

    error = raised.value
    assert (error.crm, error.call, error.status) == ("HubSpot", "open a contact", 401)
    assert "Check auth=" in str(error)
    assert "crm.objects.contacts.read" in str(error)
