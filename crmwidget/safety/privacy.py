"""What must not be read by chance: secrets, and people's data in messages and errors.

`mask` works on a text by pattern, `redact` on a message by the names of its
fields first. Both err towards hiding: a long number is taken for a phone number.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import html
import json
import os
import re
import unicodedata
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Never

from crmwidget.safety.private_files import NotPrivateError, own_folder, read_own


class Secret:
    """A text that no repr, log line, format or pickle shows; `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    def __format__(self, spec: str) -> str:
        return format("<secret>", spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, others = (one.reveal().encode(errors="surrogatepass") for one in (self, other))
        return hmac.compare_digest(mine, others)

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> Never:
        raise TypeError("a Secret is not written anywhere: pickle or copy what reveal() gives")


# ---------------------------------------------------------------- by pattern
TAG: Final = re.compile(r"<(?:phone [0-9a-f]{8} \.\.\d{1,2}|(?:text|email|number) [0-9a-f]{8})>")
"""What `redact` puts for a value that it masks whole."""
# No pattern tries the same stretch twice from many places: the texts are hostile.
_PART: Final = r"[^\s@<>()\"',:;=&?/]"
_EMAIL: Final = re.compile(rf"(?<!{_PART}){_PART}+(?:@|%40){_PART}+")
_WORDS_FOR_SECRETS: Final = (
    r"(?:token|secret|passw(?:or)?d|pwd|authorization|api[_-]?key|credentials?|signature|cookie)"
)
_PATTERNS: Final = (
    # user:password@ in an address
    (re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,20}://)[^\s/?#]{1,2000}@"), r"\1<token>@"),
    # a JSON web token, also a cut one
    (re.compile(r"eyJ[\w-]{4,}(?:\.[\w-]*){0,4}"), "<token>"),
    (re.compile(r"(?i:\b(bearer))\s+[^\s\"',;<]+"), r"\1 <token>"),
    (
        re.compile(r"(?i:\b(basic))\s+(?=[a-zA-Z0-9+/]*[A-Z0-9+/])[a-zA-Z0-9+/]{6,}={0,2}"),
        r"\1 <token>",
    ),
    # password: ..., "api_key": "..." and, with an equals sign, shorter names too
    (
        re.compile(
            rf"((?i:{_WORDS_FOR_SECRETS})[\"']?\s{{0,3}}[:=]\s{{0,3}})(?!(?i:bearer|basic)\s)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'&,;<]+)"
        ),
        r"\1<token>",
    ),
    (
        re.compile(
            r"(\b(?i:key|auth|sig|sid|code|state|jwt|assertion|samlresponse|session(?:_?id)?)=)"
            r"[^\s\"'&,;<#]+"
        ),
        r"\1<token>",
    ),
    (_EMAIL, "<email>"),
)
# Hexadecimal, base64, ids of sessions: long, with letters and at least two digits among them.
_WORD: Final = re.compile(r"[\w+-]{20,}={0,2}|[\w+/-]{40,}={0,2}")
_GAP: Final = r"[^\S\r\n]|[()+_.\-/\u2010-\u2015\u00b7]"
_DIGITS: Final = re.compile(
    r"(?<!\d)(?P<date>(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)(?![\d-])"
    rf"|(?<!\d)\+?\(?\d(?:(?:{_GAP}){{0,3}}\d){{6,}}"
)
# A number in an address, in JSON, in HTML or in what repr() gives: %2B1%20202, \u00a0, &#43;, \xa0.
# Characters that are not seen are written too, in a way.
_ENCODED: Final = re.compile(
    r"(?P<percent>(?:%[0-9a-fA-F]{2})+)|(?<!\\)(?P<byte>(?:\\+x[0-9a-fA-F]{2})+)"
    r"|(?<!\\)(?P<unit>(?:\\+u[0-9a-fA-F]{4})+)|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});)"
    r"|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_ROUNDS: Final = 4
"""So often a text may have been encoded one in the other, such as %2520."""


def mask(text: str) -> str:
    """`text` with `<email>`, `<phone ..43>` and `<token>` in place of what looks like one."""
    # A tag of `redact` shows nothing, and stays.
    tags = [*TAG.findall(text), ""]
    between = TAG.split(text)
    return "".join(_masked(part) + tag for part, tag in zip(between, tags, strict=True))


def _masked(text: str) -> str:
    read = _decoded(text)
    found = _masked_plain(read)
    if read == text:
        return found
    # Decoded only where something is hidden: the rest stays as it was written.
    lines = [text.split("\n"), read.split("\n"), found.split("\n")]
    if len(lines[1]) != len(lines[2]):
        return found
    return "\n".join(
        written if plain == masked else masked
        for written, plain, masked in zip(*lines, strict=True)
    )


def _decoded(text: str) -> str:
    for _ in range(_ROUNDS):
        before, text = text, _ENCODED.sub(_character, text)
        if text == before:
            break
    return text


def _character(found: re.Match[str]) -> str:
    """What is written so; it brings no line and no control character into the text."""
    kind, written = found.lastgroup, found[0]
    if kind == "entity":
        text = html.unescape(written)
    elif kind == "unit":
        units = bytes.fromhex(re.sub(r"\\+u", "", written))
        text = units.decode("utf-16-be", errors="replace")
    elif kind is None:
        return ""
    else:
        data = bytes.fromhex(re.sub(r"%|\\+x", "", written))
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return "".join(
        one if one.isprintable() else "" if unicodedata.category(one) == "Cf" else " "
        for one in text
    )


def _masked_plain(text: str) -> str:
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _DIGITS.sub(_phone, _WORD.sub(_token, text))


def _token(found: re.Match[str]) -> str:
    word = found[0]
    # Of a path a number alone tells nothing: lib/python3.11/site-packages/...
    mixed = (piece for piece in word.split("/") if not piece.isdigit())
    digits = sum(letter.isdigit() for piece in mixed for letter in piece)
    letters = sum(letter.isalpha() for letter in word)
    return "<token>" if letters > 1 and digits > 1 else word


def _phone(found: re.Match[str]) -> str:
    if found["date"]:
        return found[0]
    return f"<phone ..{''.join(letter for letter in found[0] if letter.isdigit())[-2:]}>"


# ---------------------------------------------------------------- by name
_SENSITIVE: Final = re.compile(
    # people and the ways to reach them
    r"name\b|names\b|\bnumbers?\b|\bani\b|\bdnis\b|\btel\b|\bcell\b|\bfax\b|\bdob\b|\bssn\b"
    r"|phone|mobile|mail|address|birth|\bstreet\b|\bcity\b|\bzip\b|postal|postcode"
    r"|^(?:agent|caller|called|contact|customer)$"
    # what was said or written
    r"|comment|\bnotes?\b|\btopic\b|\bsubject\b|\btitle\b|\btext\b|\bvalues?\b|transcript"
    # what nobody here can judge
    r"|^header$|^intrinsics$|^log parameters$|^custom fields$"
    # credentials
    r"|token|secret|passw|authorization|credential|cookie|api ?key|signature"
)
# Whose it is can be looked up in the CRM, or in the contact centre.
_ID: Final = re.compile(
    r"\b(?:id|uid|uuid|guid)s?\b|\b(?:login|owner|assignee|extension|station)\b"
    r"|\b(?:user|agent|record|contact|customer|account|caller|task|interaction|person|employee"
    r"|case|ticket|lead|deal|call|conversation|session)ids?\b"
)
_HARMLESS: Final = frozenset(
    {
        # settings and names of fields: their words only sound like people's
        "reqInternalName",
        "reqDisplayName",
        "serverHostName",
        "screenPopOnAni",
        "screenPopOnDnis",
        "logFieldName",
        "dialogId",
        "START_TIME",
        "START_DATE",
    }
)


def is_sensitive(name: str) -> bool:
    """Whether what stands under this name is masked whole, however it is written."""
    if name in _HARMLESS:
        return False
    return _SENSITIVE.search(_spaced(name)) is not None or is_id(name)


def is_id(name: str) -> bool:
    """Whether an agent's, a record's or an interaction's id stands under this name."""
    return name not in _HARMLESS and _ID.search(_spaced(name)) is not None


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name).lower()


def redact(value: object, *, key: bytes | None = None) -> object:
    """A copy of a JSON-like value fit for a screen or a file.

    What stands under a name such as `phone`, `comments`, `customerName` or
    `recordId` is masked whole, everything else by pattern, keys included; JSON
    within a text is looked at like the rest. What is masked
    whole keeps a tag, a hash under `key`: equal values have equal tags, so that
    rows can still be joined, and without the key nobody can try values out.
    None: a key that dies with this process. What JSON cannot carry is replaced
    by the name of its class.
    """
    return _redacted(value, key or _OWN_KEY, whole=False, depth=0)


def kept_key() -> bytes:
    """A key of this user's, kept between kernels, so that a file redacted under it can be joined.

    It lies in the folder of the journals, readable to its owner only; where that cannot be
    written it is this process's own, and also, with a warning, where others can write there.
    """
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(state) / "crmwidget" / "redaction.key"
    try:
        own_folder(path.parent)
        with contextlib.suppress(FileExistsError):
            made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(_OWN_KEY)
        return read_own(path, hashlib.blake2b.MAX_KEY_SIZE) or _OWN_KEY
    except NotPrivateError as error:
        instead = "what is redacted now can be joined with what this process redacts"
        warnings.warn(error.told("The redaction key", instead), stacklevel=2)
    except OSError:
        pass
    return _OWN_KEY


def key_name(key: bytes) -> str:
    """Tells two keys apart, and nothing else about them."""
    return _tag("crmwidget", key)


_OWN_KEY: Final = os.urandom(32)
_DEEPEST: Final = 64
_SMALLEST_PHONE: Final = 1_000_000


def _redacted(value: object, key: bytes, *, whole: bool, depth: int) -> object:
    if isinstance(value, Mapping | list | tuple):
        return _redacted_inside(value, key, whole=whole, depth=depth + 1)
    if isinstance(value, str):
        number = _DIGITS.fullmatch(value.strip())  # of a caller, or the id of a record
        tagged = whole or (number is not None and not number["date"])
        return tag_of(value, key) if tagged else _masked_json(value, key, depth)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        shown = abs(value) < _SMALLEST_PHONE and not whole
        return value if shown else f"<number {_tag(str(value), key)}>"
    return f"<{type(value).__name__}>"


def _redacted_inside(
    value: Mapping[object, object] | list[object] | tuple[object, ...],
    key: bytes,
    *,
    whole: bool,
    depth: int,
) -> object:
    if depth > _DEEPEST:
        return "<nested too deeply>"
    if isinstance(value, Mapping):
        return {
            mask(str(name)): _redacted(
                _written(str(name), inner), key, whole=_hides(str(name), whole=whole), depth=depth
            )
            for name, inner in value.items()
        }
    return [_redacted(inner, key, whole=whole, depth=depth) for inner in value]


def _written(name: str, value: object) -> object:
    """An id is the same as a number and as a text."""
    number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if number and is_id(name) else value


def _masked_json(text: str, key: bytes, depth: int) -> str:
    """A text; where an object or a list is written in it, that is looked at by its names."""
    if text.lstrip().startswith(("{", "[")):
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            return mask(text)
        return json.dumps(_redacted(inner, key, whole=False, depth=depth), ensure_ascii=False)
    return mask(text)


def tags_of(text: str, key: bytes) -> tuple[str, ...]:
    """The tags that `redact` may put for this text, to find out whose a tag is."""
    return tuple({tag_of(text, key), f"<number {_tag(text, key)}>"})


def digest(data: bytes, key: bytes | None = None) -> dict[str, object]:
    """What stands for data that is too long to be looked at; equal data, equal digest."""
    return {"left out": f"{len(data)} bytes", "digest": _keyed(data, key or _OWN_KEY, 16)}


def _hides(name: str, *, whole: bool) -> bool:
    return name not in _HARMLESS and (whole or is_sensitive(name))


def tag_of(text: str, key: bytes) -> str:
    """The tag that stands for a text as a whole; of a blank and of a tag it is what was given."""
    bare = text.strip()
    if not bare or TAG.fullmatch(bare):  # what was redacted before stays what it is
        return text
    found = _DIGITS.fullmatch(bare)
    if found and not found["date"]:
        # However it is written, the same number has the same tag.
        digits = "".join(letter for letter in bare if letter.isdigit())
        return f"<phone {_tag(digits, key)} ..{digits[-2:]}>"
    kind = "email" if _EMAIL.fullmatch(bare) else "text"
    return f"<{kind} {_tag(bare.casefold(), key)}>"


def _tag(text: str, key: bytes) -> str:
    return _keyed(text.encode(errors="surrogatepass"), key, 4)


def _keyed(data: bytes, key: bytes, size: int) -> str:
    short = key[: hashlib.blake2b.MAX_KEY_SIZE]
    return hashlib.blake2b(data, key=short, digest_size=size).hexdigest()
