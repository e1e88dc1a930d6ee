"""vCards: the contacts of an address book's file, whatever version and program wrote it.

Reads 2.1, 3.0 and 4.0 as Google, Apple and Outlook export them. A parser of
its own, because the known library (vobject) gives up a card for a broken
photo and logs the lines it cannot read, which are customers' data.
"""

from __future__ import annotations

import os
import quopri
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from crmwidget.directory._cells import is_fax
from crmwidget.directory._contacts import Contact, Phone
from crmwidget.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["VCards", "contacts_of_vcards", "text_of"]

_LINE: Final = re.compile(
    r"(?:(?P<group>[\w-]+)\.)?(?P<name>[\w-]+)(?P<params>(?:;(?:\"[^\"]*\"|[^:;\"])*)*):(?P<value>.*)",
    re.DOTALL,
)
_PARAM: Final = re.compile(r";((?:\"[^\"]*\"|[^;\"])*)")
_BEGIN: Final = re.compile(r"^[\s\ufeff]*BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
_FOLD: Final = re.compile(r"\n[ \t]")
_NEWLINE: Final = re.compile(r"\r\n?")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BETWEEN: Final = re.compile(r"(?<!\\);")
_SCHEME: Final = re.compile("^tel:", re.IGNORECASE)
_APPLE_LABEL: Final = re.compile(r"_\$!<(.*)>!\$_")
# The best says most about a number; "voice" and "pref" say nothing.
_KINDS: Final = {
    "cell": "mobile",
    "mobile": "mobile",
    "iphone": "mobile",
    "work": "work",
    "home": "home",
    "main": "main",
    "car": "car",
    "other": "other",
}
_FIELDS: Final = {"org": "organization", "title": "title", "note": "note", "nickname": "nickname"}
_LARGEST: Final = 500_000_000
"""Bytes of a file; a million contacts without photos are 300 MB."""


class VCards(NamedTuple):
    """What a file of vCards holds."""

    contacts: list[Contact]
    problems: list[str]
    """One sentence for each card that could not be read, or not whole; no customer's data."""


class _Line(NamedTuple):
    name: str
    value: str
    types: tuple[str, ...]
    """TYPE in lower case, and the bare words that stood for it in 2.1."""
    label: str | None
    group: str | None


def contacts_of_vcards(text: str) -> VCards:
    """The contacts of one or many vCards, and what is wrong with the others.

    Names, telephone and e-mail addresses, UID, URL; organisation, title,
    nickname, note and further addresses as fields. Photos are left out.
    """
    found = VCards([], [])
    for position, (lines, first, whole) in enumerate(_cards(text), 1):
        where = f"card {position} (line {first})"
        if not whole:
            found.problems.append(f"{where} has no END:VCARD: it is cut off and was left out")
            continue
        parsed = [_parsed(line) for line in lines]
        unread = sum(line is None for line in parsed)
        contact = _contact([line for line in parsed if line is not None])
        if contact is None:
            found.problems.append(f"{where} has neither a name nor a number: it was left out")
            continue
        found.contacts.append(contact)
        if unread:
            several = "line is" if unread == 1 else "lines are"
            found.problems.append(f"{where}: {unread} {several} no vCard and skipped")
    return found


def text_of(source: object) -> str:
    """The text of vCards: of a path, an open file, or the text itself.

    Bytes are UTF-8, UTF-16 with its mark, else cp1252.

    Raises DirectoryError where there is none to be read.
    """
    content = source.read() if hasattr(source, "read") else source
    if isinstance(content, str | os.PathLike) and content is source and not _is_text(source):
        content = _read(Path(content))
    text = _decoded(bytes(content)) if isinstance(content, bytes | bytearray) else content
    if isinstance(text, str) and _BEGIN.search(text):
        return text
    raise DirectoryError(
        f"there is no vCard in this {type(source).__name__}: nothing says BEGIN:VCARD. "
        "Give the path of a .vcf file, an open file, or the text of vCards."
    )


def _is_text(source: object) -> bool:
    return isinstance(source, str) and _BEGIN.search(source) is not None


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise DirectoryError(
                f"this file is larger than {_LARGEST // 1_000_000} MB: export it without photos."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise DirectoryError(
            f"no vCards can be read from this path: {reason}. "
            "Give the path of a .vcf file, an open file, or the text of vCards."
        ) from None


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _cards(text: str) -> Iterator[tuple[list[str], int, bool]]:
    """The unfolded lines of each card, the number of its first line, and whether it has an end."""
    held: list[str] | None = None
    first = number = 0
    # split and not splitlines: a form feed or U+2028 in a note ends no line.
    for line in _NEWLINE.sub("\n", text.lstrip("\ufeff")).split("\n"):
        number += 1
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            if held is not None:
                yield [], first, False
            held, first = [], number
        elif held is None:
            continue
        elif word == "END:VCARD":
            yield _unfolded(held), first, True
            held = None
        else:
            held.append(line)
    if held is not None:
        yield [], first, False


def _unfolded(lines: list[str]) -> list[str]:
    found: list[str] = []
    for line in _FOLD.sub("", "\n".join(lines)).split("\n"):
        # Quoted-printable of 2.1 goes on in the next line after a "=".
        if found and found[-1].endswith("=") and _says(found[-1], "QUOTED-PRINTABLE"):
            found[-1] = found[-1][:-1] + line
        elif line.strip() and not (found and ":" not in line and _says(found[-1], "BASE64")):
            found.append(line)
    return found


def _says(line: str, word: str) -> bool:
    return word in line.partition(":")[0].upper()


def _parsed(text: str) -> _Line | None:
    line = _LINE.fullmatch(text.strip())
    if line is None:
        return None
    types: list[str] = []
    charset, encoding, label = "utf-8", "", None
    for param in _PARAM.findall(line["params"]):
        key, equals, value = param.partition("=")
        name, words = (key.strip().lower(), value) if equals else ("type", key)
        if name == "type":
            types += [word.strip().lower() for word in words.replace('"', "").split(",")]
        elif name == "charset":
            charset = words.strip('"')
        elif name == "encoding":
            encoding = words.strip().lower()
        elif name == "pref":
            types.append("pref")
        elif name == "label":
            label = words.strip('"')
    value = line["value"]
    if encoding == "quoted-printable" or "quoted-printable" in types:
        value = _unquoted(value, charset)
    return _Line(line["name"].lower(), value, tuple(types), label, line["group"])


def _unquoted(value: str, charset: str) -> str:
    content = quopri.decodestring(value.encode("utf-8", "surrogatepass"))
    for known in (charset, "utf-8"):
        try:
            return content.decode(known)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _contact(lines: list[_Line]) -> Contact | None:
    labels = {
        line.group.lower(): _APPLE_LABEL.sub(r"\1", line.value).strip()
        for line in lines
        if line.name == "x-ablabel" and line.group
    }
    lines = sorted(lines, key=lambda line: "pref" not in line.types)
    first = {line.name: line for line in reversed(lines)}
    name = _text(first["fn"]) if "fn" in first else ""
    name = name or _name(first.get("n")) or _organisation(first.get("org"))
    numbers = {phone.number: phone for line in lines for phone in _phones(line, labels)}
    emails = [address for line in lines if line.name == "email" and (address := _text(line))]
    if not name and not numbers and not emails:
        return None
    urls = (_text(line) for line in lines if line.name == "url")
    url = next((one for one in urls if one.lower().startswith(("https://", "http://"))), None)
    own = _text(first["uid"]) if "uid" in first else ""
    return Contact(
        id=own or None,
        name=name,
        phones=tuple(numbers.values()),
        email=emails[0] if emails else None,
        url=url,
        fields=_fields(first, emails),
    )


def _fields(first: dict[str, _Line], emails: list[str]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, called in _FIELDS.items():
        if name in first:
            line = first[name]
            text = _organisation(line) if name == "org" else _text(line)
            if text:
                fields[called] = text
    fields.update({f"email {place}": one for place, one in enumerate(emails[1:], 2)})
    return fields


def _phones(line: _Line, labels: dict[str, str]) -> Iterator[Phone]:
    if line.name != "tel":
        return
    number = _SCHEME.sub("", _text(line))
    types = [*line.types]
    label = line.label or labels.get((line.group or "").lower())
    if label:
        types.insert(0, label.lower())
    if not number or any(map(is_fax, types)):
        return
    known = (kind for word, kind in _KINDS.items() if word in types)
    yield Phone(number, next(known, None) or (label.lower() if label else "phone"))


def _name(line: _Line | None) -> str:
    """N is family; given; additional; prefix; suffix."""
    if line is None:
        return ""
    parts = [*map(_plain, _BETWEEN.split(line.value)), "", "", "", "", ""]
    family, given, additional, prefix, suffix = parts[:5]
    return " ".join(part for part in (prefix, given, additional, family, suffix) if part)


def _organisation(line: _Line | None) -> str:
    if line is None:
        return ""
    return ", ".join(filter(None, map(_plain, _BETWEEN.split(line.value))))


def _text(line: _Line) -> str:
    return _plain(line.value)


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
