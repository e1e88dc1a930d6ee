"""Given: whether url= and client= can be what they are meant to be."""

from __future__ import annotations

import inspect
import warnings
from typing import Any
from urllib.parse import urlsplit

from crmwidget.http.transport import origin_of

__all__ = ["address_of", "client_of"]


def address_of(url: object) -> str:
    """The address without a slash at its end; ValueError where it cannot be one."""
    if not isinstance(url, str) or not origin_of(url):
        raise ValueError("url= is the address of the CRM's API, such as https://crm.example.com.")
    parts = urlsplit(url.strip())
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "url= is an address without user, password, query and fragment; secrets go into auth=."
        )
    if parts.scheme.lower() == "http" and not _local(parts.hostname or ""):
        warnings.warn(
            f"{origin_of(url)} is not encrypted: tokens and contacts can be read on the way. "
            "Use https.",
            stacklevel=3,
        )
    return url.strip().rstrip("/")


def _local(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".localhost")


def client_of(client: Any, adapter: str) -> Any:
    """A ready client as it is; an asynchronous one is refused with its twin's name."""
    if client is None:
        return None
    kind = type(client)
    request = getattr(client, "request", None)
    if isinstance(client, type) or not callable(request):
        raise TypeError(f"{adapter}(client=) takes an httpx.Client, not {kind.__name__}.")
    if inspect.iscoroutinefunction(request):
        home = kind.__module__.partition(".")[0]
        twin = kind.__name__.replace("Async", "")
        raise TypeError(
            f"{adapter}(client=) got an {home} {kind.__name__}, which is asynchronous; adapters "
            f"are synchronous and run on the handlers' thread. Use its twin {twin}."
        )
    return client
