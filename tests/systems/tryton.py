"""Tryton: as unlike BottleCRM as can be: JSON-RPC, sessions, numbers in a child table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.systems.server import HERE, Server, System, run

if TYPE_CHECKING:
    from pathlib import Path

USER: Final = "ada"
PASSWORD: Final = "correct horse battery"  # noqa: S105 - of a server that only this run can reach
DATABASE: Final = "crm"
_CONFIGURATION: Final = """[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
[session]
super_pwd =
"""


def _configure(folder: Path, port: int) -> Path:
    file = folder / "trytond.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, port=port))
    return file


def _seed(python: Path, folder: Path) -> None:
    file = str(_configure(folder, 0))
    (folder / f"{DATABASE}.sqlite").touch()  # without it: "Database doesn't exist"
    (folder / "password").write_text(PASSWORD)
    admin = [str(python.parent / "trytond-admin"), "-c", file, "-d", DATABASE]
    more = {"TRYTONPASSFILE": str(folder / "password")}
    run([*admin, "--all", "--email", "admin@example.org"], more=more)
    run([*admin, "-u", "party", "--activate-dependencies"], more=more)
    run([str(python), str(HERE / "tryton_seed.py"), file], more=more)


SYSTEM: Final = System("tryton", _seed, ("tryton.py", "tryton_seed.py"))


class TrytonServer(Server):
    """Tryton with the parties of tryton_seed.py, and the user `USER`."""

    def __init__(self) -> None:
        made = SYSTEM.made()
        super().__init__(
            "tryton",
            [str(made.python.parent / "trytond"), "-c", "{folder}/trytond.conf", "-d", DATABASE],
            data=made.seeded,
        )

    def start(self) -> None:
        _configure(self.data, self.port)
        super().start()
