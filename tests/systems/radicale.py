"""Radicale: a real address book over CardDAV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.systems.server import Server, System

if TYPE_CHECKING:
    from pathlib import Path

USER: Final = "ada"
PASSWORD: Final = "correct horse"  # noqa: S105 - of a server that only this run can reach

CARDS: Final = {
    "bo": """BEGIN:VCARD
VERSION:3.0
UID:C-1
FN:Bo Larsen
N:Larsen;Bo;;;
TEL;TYPE=CELL:(202) 555-0143
EMAIL:bo@example.com
NOTE:=1+1\\, "quoted" & <b>bold</b>
END:VCARD
""",
    "ines": """BEGIN:VCARD
VERSION:3.0
UID:C-2
FN:Ines Okafor \u202e\u05e9\u05dc\u05d5\u05dd
N:Okafor;Ines;;;
TEL;TYPE=WORK:+44 20 7946 0018
TEL;TYPE=HOME:+1 202-555-0101
END:VCARD
""",
    "sam": """BEGIN:VCARD
VERSION:3.0
UID:C-3
FN:Sam Reyes
N:Reyes;Sam;;;
TEL:+1 415 555 0132
END:VCARD
""",
    "kit": """BEGIN:VCARD
VERSION:3.0
UID:C-4
FN:Kit Reyes
N:Reyes;Kit;;;
TEL:415-555-0132
END:VCARD
""",
}
"""By the name of their file."""


def _seed(python: Path, folder: Path) -> None:
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    book = folder / "collections" / "collection-root" / USER / "contacts"
    book.mkdir(parents=True)
    (book / ".Radicale.props").write_text('{"tag": "VADDRESSBOOK", "D:displayname": "Contacts"}')
    for name, card in CARDS.items():
        (book / f"{name}.vcf").write_text(card.replace("\n", "\r\n"), newline="")
    for number in range(250):
        lines = f"VERSION:3.0\nUID:P-{number}\nFN:Person {number}\nN:{number};Person;;;\n"
        lines = f"BEGIN:VCARD\n{lines}TEL:+1 202 555 01{number % 40 + 60}\nEND:VCARD\n"
        (book / f"person-{number}.vcf").write_text(lines.replace("\n", "\r\n"), newline="")


SYSTEM: Final = System("radicale", _seed, ("radicale.py",))


class RadicaleServer(Server):
    """Radicale with the cards above and 250 others, for the user `USER`."""

    def __init__(self) -> None:
        made = SYSTEM.made()
        super().__init__(
            "radicale",
            [
                *(str(made.python), "-m", "radicale", "--hosts", "127.0.0.1:{port}"),
                *("--auth-type", "htpasswd", "--auth-htpasswd-encryption", "plain"),
                *("--auth-htpasswd-filename", "{folder}/users", "--auth-delay", "0"),
                *("--storage-filesystem-folder", "{folder}/collections"),
            ],
            data=made.seeded,
        )
