"""BottleCRM: a real CRM with contacts, calls, custom fields and three kinds of credential."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.systems.server import HERE, Server, System, run

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS: Final = {
    "DJANGO_SETTINGS_MODULE": "bottlecrm_settings",
    "PYTHONPATH": str(HERE),
    "PYTHONDONTWRITEBYTECODE": "1",
}


def _seed(python: Path, folder: Path) -> None:
    more = {**_SETTINGS, "BOTTLECRM_DATABASE": str(folder / "crm.sqlite3")}
    # It writes its logs to where it is started.
    django = [str(python), "-m", "django", "migrate", "--run-syncdb", "--noinput"]
    run(django, more=more, cwd=folder)
    printed = run([str(python), str(HERE / "bottlecrm_seed.py")], more=more, cwd=folder)
    (folder / "credentials.json").write_text(printed.splitlines()[-1])


SYSTEM: Final = System(
    "bottlecrm", _seed, ("bottlecrm_settings.py", "bottlecrm_seed.py"), python=(3, 12)
)


class BottleCRMServer(Server):
    """BottleCRM with the people of bottlecrm_seed.py; `credentials` by kind."""

    def __init__(self) -> None:
        made = SYSTEM.made()
        self.credentials: dict[str, str] = json.loads(
            (made.seeded / "credentials.json").read_text()
        )
        super().__init__(
            "bottlecrm",
            [
                *(str(made.python), "-m", "django", "runserver"),
                *("--noreload", "--skip-checks", "127.0.0.1:{port}"),
            ],
            data=made.seeded,
            more={**_SETTINGS, "BOTTLECRM_DATABASE": "{folder}/crm.sqlite3"},
            ready="/api/profile/",
        )

    def asked(self, path: str, **params: object) -> Any:
        """What it says itself, not by way of an adapter."""
        header = {"Authorization": f"Bearer {self.credentials['personal']}"}
        with httpx.Client(base_url=self.url, headers=header, timeout=30) as client:
            return client.get(path, params=params).raise_for_status().json()

    def logged(self, contact: object) -> list[dict[str, Any]]:
        """The interactions of a contact, the newest first."""
        found: list[dict[str, Any]] = self.asked(
            "/api/interactions/", contact=str(contact), limit=200
        )["interactions"]
        return found

    def person(self, name: str) -> tuple[str, str]:
        """Number and id of one of the people of the seed."""
        (found,) = self.asked("/api/contacts/", name=name)["results"]
        return found["phone_e164"], found["id"]
