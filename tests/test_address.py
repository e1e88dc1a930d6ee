"""What may be embedded, and whose messages are then heard."""

from __future__ import annotations

import warnings

import pytest

from crmwidget.errors import OriginError
from crmwidget.http.urls import address


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://crm.example.com/app/?tenantId=ABCDEF", "https://crm.example.com"),
        ("https://crm.example.com:443/app", "https://crm.example.com"),
        ("https://CRM.Example.com:8443/app#x", "https://crm.example.com:8443"),
        ("https://büro.example/app", "https://xn--bro-hoa.example"),
        ("https://XN--bro-hoa.example/app", "https://xn--bro-hoa.example"),
        ("https://straße.example/app", "https://xn--strae-oqa.example"),
        ("https://οδυσσέας.example/app", "https://xn--ixaih7bsdao.example"),
        ("https://ΟΔΥΣΣΈΑΣ.example/app", "https://xn--ixaih7bvacl.example"),
        ("https://☕.example/app", "https://xn--53h.example"),
        ("https://crm。example/app", "https://crm.example"),
        ("https://3221225991/app", "https://192.0.2.7"),
        ("https://0xc0.0.02.7/app", "https://192.0.2.7"),
        ("http://127.1/app", "http://127.0.0.1"),
        ("https://[2001:DB8:0:0:1::]/app", "https://[2001:db8:0:0:1::]"),
        ("https://[::ffff:192.0.2.7]/app", "https://[::ffff:c000:207]"),
        ("https://crm.example.com./app", "https://crm.example.com."),
        ("http://localhost:4200", "http://localhost:4200"),
        ("http://127.0.0.1/", "http://127.0.0.1"),
        ("http://app.localhost:80/x", "http://app.localhost"),
        ("http://[::1]:9000/", "http://[::1]:9000"),
    ],
)
def test_the_origin_is_written_as_a_browser_writes_it(url: str, origin: str) -> None:
    assert address(url).origin == origin
    assert address(url).src == url


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("crm.example.com/app", "Write the scheme: 'https://crm.example.com/...'"),
        ("localhost:4200", "Write the scheme"),
        ("//crm.example.com", "Write the scheme: 'https://crm.example.com'"),
        ("http://crm.example.com/a", "Use 'https://crm.example.com/...'"),
        ("http://127.0.0.1.example.com/", "Use 'https://"),
        ("javascript:alert(1)", "not an address of a web page"),
        ("data:text/html,hello", "not an address of a web page"),
        ("blob:https://crm.example.com/1", "not an address of a web page"),
        ("file:///etc/passwd", "not an address of a web page"),
        ("about:blank", "not an address of a web page"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("*", "Name one origin"),
        ("null", "Name one origin"),
        ("https://*.example.com/", "not one exact name"),
        ("https://crm%2eexample.com/", "not one exact name"),
        ("https://crm..example.com/", "not a valid name"),
        ("https://crm|example.com/", "not a valid name"),
        ("https://xn--a.example/", "not a valid name"),
        ("https://192.0.2.256/", "not a valid name"),
        ("https://[v1.a]/", "not a valid name"),
        ("https://[fe80::1%eth0]/", "not one exact name"),
        ("https://user:secret@crm.example.com/", "Write scheme, host and path only"),
        ("https://crm.example.com\\@evil.example/", "Write scheme, host and path only"),
        ("https://crm.example.com:99999/", "port"),
        (" https://crm.example.com/", "Remove them"),
        ("https://crm.exa\tmple.com/", "Remove them"),
        ("", "it is empty"),
        ("https://[::1", "cannot be read"),
        (5, "an address is text, not int"),
        (None, "an address is text, not NoneType"),
    ],
)
def test_each_refusal_names_the_remedy(url: object, advice: str) -> None:
    with pytest.raises(OriginError, match="cannot embed") as caught:
        address(url)

    assert advice in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com/secret?secret#secret",
        "crm.example.com/secret?secret",
        "crm.example.com?secret",
        "https://crm.example.com#secret ",
        "ftp://crm.example.com/secret",
        "https:///secret",
    ],
)
def test_what_follows_the_host_is_not_repeated(url: str) -> None:
    with pytest.raises(OriginError) as caught:
        address(url)

    assert "secret" not in str(caught.value)


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(OriginError) as caught:
        address("https://user:secret@crm.example.com/")

    assert "secret" not in str(caught.value)


def test_an_origin_without_a_path_is_said() -> None:
    with pytest.warns(UserWarning, match="give the whole URL"):
        address("https://crm.example.com")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        address("https://crm.example.com/app")
