"""Card lines: the properties of each vCard, from the bytes of a file on.

What a property says depends on four things: the VERSION of its card (2.1 keeps
the blank it folds at, and escapes less), its ENCODING, its CHARSET, and the
line ends of the file. So lines stay bytes until all four are known.
"""

from __future__ import annotations

import binascii
import codecs
import io
import os
import quopri
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from crmwidget.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Card", "Property", "cards_of", "content_of", "text_in"]

# A mark may stand in the middle, where files were put one behind the other.
_BEGIN: Final = re.compile(
    rb"(?:^|(?<=[\r\n]))([ \t]*)(?:\xef\xbb\xbf[ \t]*)?"
    rb"(?:[\w-]+\.)?BEGIN[ \t]*:[ \t]*VCARD[ \t]*(?=[\r\n]|$)",
    re.IGNORECASE,
)
_END: Final = re.compile(rb"(?:[\w-]+\.)?END[ \t]*:[ \t]*VCARD[ \t]*", re.IGNORECASE)
_AGENT: Final = re.compile(
    rb"(?:[\w-]+\.)?AGENT[^:]*:[ \t]*(?P<card>BEGIN[ \t]*:[ \t]*VCARD)?[ \t]*", re.IGNORECASE
)
_OLD: Final = re.compile(rb"(?:[\w-]+\.)?VERSION[^:]*:[ \t]*2", re.IGNORECASE)
_LINE_END: Final = re.compile(rb"\r{0,2}\n|\r")
"""CR CR LF is one: a program that was given CR LF wrote each LF as CR LF."""
_FOLD: Final = re.compile(rb"\n[ \t]")
_LINE: Final = re.compile(
    rb"(?:([\w-]+)\.)?([\w-]+)[ \t]*((?:;(?:\"[^\"]*\"|[^:;\"])*)*):(.*)",
    re.DOTALL,
)
_PARAMETER: Final = re.compile(rb";((?:\"[^\"]*\"|[^;\"])*)")
_HEAD: Final = re.compile(rb"(?:\"[^\"]*\"|[^\":])*(?=:)")
_ENCODED: Final = re.compile(rb"[;=]\s*(?:(QUOTED-PRINTABLE)|BASE64|B)\s*(?:;|$)", re.IGNORECASE)
_AGENT_WITHIN: Final = 40
_LONGEST_HEAD: Final = 100
"""Lines that name and parameters may be folded into."""
_WIDE: Final = {
    name: re.compile("BEGIN:VCARD".encode(name), re.IGNORECASE)
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
}
# Python calls these encodings; no card is written in them, and some say more than text.
_NO_CHARSET: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_OLD: Final = re.compile(r"\\([;,:])")
_COMPONENT: Final = re.compile(r"((?:\\.|[^;\\])*)(?:;|\Z)", re.DOTALL)
_COMPONENT_OLD: Final = re.compile(r"((?:\\[;,:]|[^;])*)(?:;|\Z)", re.DOTALL)
_LONGEST_RANK: Final = 4
_LAST: Final = 101
"""Behind those of RFC 6350, which go from 1 to 100."""
_LARGEST: Final = 500_000_000
"""Bytes of a file; a million contacts without photos are 300 MB."""


class Parameters(NamedTuple):
    """What stands between the name of a property and its value."""

    types: tuple[str, ...] = ()
    """TYPE in lower case, and the bare words that stand for it in 2.1."""
    preference: int = 101
    """1 is the most preferred: PREF of 4.0, and 1 for TYPE=pref; 101: it says nothing."""
    label: str | None = None
    is_uri: bool = False
    encoding: str = ""
    charset: str = ""


class Property(NamedTuple):
    """One property of a card."""

    name: str
    """In lower case."""
    group: str | None
    """In lower case, as names are compared without case."""
    parameters: Parameters
    raw: bytes
    """The value, as it is in the file."""
    old: bool
    """Whether the card is of version 2.1."""
    decoded: bool
    """Whether the file's text was decoded before: then CHARSET says nothing more about it."""

    @property
    def text(self) -> str:
        """The value as one text."""
        return self._plain(self._value())

    @property
    def components(self) -> list[str]:
        """The value as the list of texts that N and ORG are."""
        component = _COMPONENT_OLD if self.old else _COMPONENT
        return [self._plain(one) for one in component.findall(self._value())]

    def _value(self) -> str:
        encoding, charset = self.parameters.encoding, self.parameters.charset
        try:
            if encoding == "quoted-printable":
                return _text(quopri.decodestring(self.raw), charset)
            if encoding in {"base64", "b"}:
                return _text(binascii.a2b_base64(self.raw), charset)
        except binascii.Error:
            pass  # it says so, but is none
        return _text(self.raw, charset, decoded=self.decoded)

    def _plain(self, value: str) -> str:
        if "\\" in value and self.old:
            value = _ESCAPED_OLD.sub(r"\1", value)
        elif "\\" in value:
            value = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
        return value.replace("\r\n", "\n").strip()


class Card(NamedTuple):
    """A card of a file."""

    line: int
    """Where it begins, from 1."""
    whole: bool
    """Whether it has an end; one without has no properties here."""
    properties: list[Property]
    unread: int
    """How many lines are no property."""


def content_of(source: object) -> str | bytes:
    """What is in a path, an open file, bytes or a text; a card begins somewhere in it.

    Raises DirectoryError where none does, or where it cannot be read.
    """
    content = source.read() if hasattr(source, "read") else source
    if isinstance(content, str) and _wide(content.encode("utf-8", "replace")):
        raise DirectoryError(
            'this text is UTF-16 and was read as something else: open(path, encoding="utf-16"), '
            "or give the path itself."
        )
    if isinstance(content, str | os.PathLike) and content is source and not _has_card(source):
        content = _read(Path(content))
    if isinstance(content, bytearray | memoryview):
        content = bytes(content)
    if isinstance(content, str | bytes) and _has_card(content):
        return content
    raise DirectoryError(
        f"there is no vCard in this {type(source).__name__}: nothing says BEGIN:VCARD. "
        "Give the path of a .vcf file, an open file, or the text of vCards."
    )


def _has_card(content: object) -> bool:
    text = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return isinstance(text, bytes) and bool(_BEGIN.search(text) or _wide(text))


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


def cards_of(content: str | bytes) -> Iterator[Card]:
    """The cards in the order in which they begin; a card within another one is passed over."""
    lines, decoded = _normal(content)
    reader = _Reader(decoded=decoded)
    for number, line in enumerate(io.BytesIO(lines), 1):
        card = reader.take(number, line.removesuffix(b"\n"))
        if card is not None:
            yield card
    if reader.held:
        yield reader.cut_off()


class _Reader:
    """Finds where cards begin and end."""

    def __init__(self, *, decoded: bool) -> None:
        self.held: list[_Held] = []
        """The card that is being read, and what is nested in it."""
        self._decoded = decoded

    def take(self, number: int, line: bytes) -> Card | None:
        """The card that ended with this line, or was cut off before it."""
        if self.held:
            held = self.held[-1]
            rest = line.removeprefix(held.indent)
            if held.goes_on(rest):
                return None
            if held.agent:
                held = self._nest(number)
            if not _is_edge(rest):
                held.add(rest)
                return None
            if _END.fullmatch(rest):
                return self._ended()
            if held.agent is not None:
                self._nest(number)
                return None
        begins = _BEGIN.fullmatch(line) if _is_edge(line) else None
        if begins is None:
            return None
        cut_off = self.cut_off() if self.held else None
        self.held = [_Held(number, begins[1])]
        return cut_off

    def cut_off(self) -> Card:
        """The outermost card, which has no end."""
        return Card(self.held[0].first, whole=False, properties=[], unread=0)

    def _nest(self, number: int) -> _Held:
        self.held.append(_Held(number, self.held[-1].indent))
        return self.held[-1]

    def _ended(self) -> Card | None:
        held = self.held.pop()
        if not self.held:
            return held.closed(decoded=self._decoded)
        self.held[-1].agent_ended()
        return None


def _normal(content: str | bytes) -> tuple[bytes, bool]:
    """The content with line ends of one kind, and whether its text was decoded before."""
    decoded = isinstance(content, str)
    if isinstance(content, bytes) and (name := _wide(content)):
        content, decoded = content.decode(name, "replace"), True
    if isinstance(content, str):
        content = content.removeprefix("\ufeff").encode("utf-8", "surrogatepass")
    content = content.removeprefix(codecs.BOM_UTF8)
    return (_LINE_END.sub(b"\n", content) if b"\r" in content else content), decoded


def _wide(content: bytes) -> str | None:
    """Which of UTF-16 and UTF-32 it is in, with a mark or without."""
    if b"\0" not in content:
        return None
    for name, begin in _WIDE.items():
        found = begin.search(content)
        if found and found.start() % (4 if "32" in name else 2) == 0:
            return name
    return None


class _Held:
    """A card whose end has not come yet."""

    def __init__(self, first: int, indent: bytes) -> None:
        self.first = first
        self.indent = indent
        """What stands before its BEGIN, and before each of its lines."""
        self._lines: list[list[bytes]] = []
        """The parts of each property; a part that was folded begins with a LF."""
        self._encoding: bytes | None = b""
        """Of the last property: b"Q", b"B", b""; None: its head is not complete."""

    def goes_on(self, line: bytes) -> bool:
        """Take a line that belongs to the last property; False: another one begins with it."""
        if not self._lines:
            return not line.strip()
        parts = self._lines[-1]
        if self._encoding == b"Q" and parts[-1].rstrip(b" \t").endswith(b"="):
            # What comes after the "=" of quoted-printable is content from its first letter on.
            parts[-1] = parts[-1].rstrip(b" \t")[:-1]
            parts.append(line)
        elif line.startswith((b" ", b"\t")):
            parts.append(b"\n" + line)
            if self._encoding is None and len(parts) < _LONGEST_HEAD:
                self._encoding = _encoding_of(_FOLD.sub(b"", b"".join(parts)))
        elif line.strip():
            # BASE64 of 2.1 goes on without a blank; no line of it has a colon.
            if self._encoding != b"B" or b":" in line:
                return False
            parts.append(line)
        return True

    def add(self, line: bytes) -> None:
        """Take a line that begins a property."""
        self._lines.append([line])
        self._encoding = _encoding_of(line)

    @property
    def agent(self) -> bytes | None:
        """Whether the last property is an AGENT of 2.1: b"" where its card has to follow."""
        last = self._lines[-1] if self._lines else [b""]
        if len(last) > 1 or b"AGENT" not in last[0][:_AGENT_WITHIN].upper():
            return None
        found = _AGENT.fullmatch(last[0])
        return None if found is None else found["card"] or b""

    def agent_ended(self) -> None:
        """The card of an AGENT is over: the next BEGIN is another person's."""
        self._lines[-1].append(b"")

    def closed(self, *, decoded: bool) -> Card:
        old = any(_OLD.match(parts[0]) for parts in self._lines)
        unfolded = [_unfolded(parts, old=old) for parts in self._lines]
        read = [_property(line, old=old, decoded=decoded) for line in unfolded]
        known = [one for one in read if one is not None]
        return Card(self.first, whole=True, properties=known, unread=len(read) - len(known))


def _is_edge(line: bytes) -> bool:
    """Whether a card begins or ends with this line: a quick look, as most lines do not."""
    if line.rstrip(b" \t")[-5:].upper() != b"VCARD":
        return False
    return bool(_BEGIN.fullmatch(line) or _END.fullmatch(line))


def _encoding_of(line: bytes) -> bytes | None:
    head = _HEAD.match(line)
    if head is None:
        return None
    found = _ENCODED.search(head[0]) if b";" in head[0] else None
    return b"" if found is None else b"Q" if found[1] else b"B"


def _unfolded(parts: list[bytes], *, old: bool) -> bytes:
    if len(parts) == 1:
        return parts[0]
    line = b"".join(parts)
    if not old:
        return _FOLD.sub(b"", line)
    # 2.1 folds before a blank that is content; in names of parameters there is none.
    head = _HEAD.match(line)
    end = head.end() if head else 0
    return _FOLD.sub(b"", line[:end]) + line[end:].replace(b"\n", b"")


def _property(text: bytes, *, old: bool, decoded: bool) -> Property | None:
    line = _LINE.fullmatch(text.strip())
    if line is None:
        return None
    group, name, parameters, value = line.groups()
    return Property(
        name.decode("ascii").lower(),
        group.decode("ascii").lower() if group else None,
        _parameters(parameters, decoded) if parameters else _NONE,
        value,
        old,
        decoded,
    )


# The same few stand in all cards of a file.
@lru_cache(256)
def _parameters(given: bytes, decoded: bool) -> Parameters:  # noqa: FBT001 - a key of the cache
    types: list[str] = []
    found: dict[str, str] = {}
    for one in _PARAMETER.findall(given):
        key, equals, value = _text(one, decoded=decoded).partition("=")
        if not equals or key.strip().lower() == "type":
            words = (value if equals else key).replace('"', "")
            types += [word.strip().lower() for word in words.split(",")]
        else:
            found[key.strip().lower()] = value.strip().strip('"')
    encoding = next((one for one in types if one in {"quoted-printable", "base64"}), "")
    return Parameters(
        tuple(types),
        _preference(found["pref"]) if "pref" in found else 1 if "pref" in types else _LAST,
        found.get("label"),
        found.get("value", "").lower() in {"uri", "url"},
        encoding or found.get("encoding", "").lower(),
        found.get("charset", ""),
    )


_NONE: Final = Parameters()


def _preference(rank: str) -> int:
    number = int(rank) if rank.isascii() and rank.isdigit() and len(rank) < _LONGEST_RANK else 0
    return number if 0 < number < _LAST else _LAST


def _text(content: bytes, charset: str = "", *, decoded: bool = False) -> str:
    """The text in the charset that is named, else in UTF-8, else in cp1252."""
    if decoded:
        return content.decode("utf-8", "surrogatepass")
    text = text_in(content, charset) if charset else None
    if text is None:
        text = text_in(content, "utf-8")
    return content.decode("cp1252", "replace") if text is None else text


def text_in(content: bytes, charset: str) -> str | None:
    """The text in a charset that somebody else named; None where it is not in that."""
    try:
        if codecs.lookup(charset).name in _NO_CHARSET:
            return None
        return content.decode(charset)
    except (LookupError, ValueError):
        return None
