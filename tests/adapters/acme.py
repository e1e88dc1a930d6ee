"""Acme: an adapter with every kind of request, for tests of what all adapters share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmwidget.adapters import Adapter
from tests.adapters.fake import Time, Vendor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmwidget.directory import Contact, Matches

URL = "https://crm.example.com/api"
ROW = {"id": 7, "name": "Bo Larsen", "phone": "(202) 555-0143"}


class Acme(Adapter):
    crm = "Acme"
    tried = "not run against the vendor"
    refused_statuses = frozenset({401, 403})
    timeout_advice = "A bad password can look like this."

    def contacts(self) -> list[Contact]:
        pages = self.pages(
            "GET", "/people", call="list contacts", following=lambda page: page.get("next")
        )
        return self.bounded(
            self.contact(r["id"], r["name"], [r["phone"]]) for page in pages for r in page["items"]
        )

    def find(self, numbers: Sequence[str]) -> Matches:
        rows = self.request("GET", "/people", call="find contacts", params={"q": numbers[0]})
        return self.verified(
            (self.contact(r["id"], r["name"], [r["phone"]]) for r in rows), numbers
        )

    def write(self, *, retry: bool | None = None) -> Any:
        return self.request("POST", "/calls", call="save a log", json={"a": 1}, retry=retry)


def acme(vendor: Vendor, time: Time | None = None, **more: Any) -> Acme:
    more.setdefault("auth", "tok")
    clock = (time or Time()).clock()
    return Acme(URL, client=vendor.client(), region="US", clock=clock, **more)
