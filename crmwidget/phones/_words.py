"""Words: what stands beside a number in letters, and letters that are keys of a telephone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CODES",
    "KEYED",
    "WITHHELD",
    "are_labels",
    "is_extension",
    "is_name",
    "keyed",
    "stands_alone",
    "stands_for_nobody",
    "without_extension",
]

KEYED: Final = 3
"""From so many letters on phonenumbers takes them for keys."""
WITHHELD: Final = re.compile(
    r"\b(anonymous|private|restricted|withheld|unknown|unavailable|blocked)\b", re.IGNORECASE
)
# What these words are on the keys, as some switches send them: RESTRICTED is 7378742833.
CODES: Final = frozenset(
    {"266696687", "7378742833", "86282452253", "8656696", "2562533", "7748483", "688632732"}
)
# The words are those that phonenumbers takes for an extension.
_EXTENSION: Final = re.compile(
    r"(?<=\d)[\s)\]]*(?:"
    r"[\s;,.(\[/-]*(?:e?xt(?:ensi[oó]n?)?n?|anexo|int|доб|x|[#~])[\s.:=,-]*\d{1,20}"
    r"|(?:,,|;)[\s,:.-]*\d{1,15}"
    r"|,[\s,:.-]*\d{1,9}"
    r"|[ -]+\d{1,6}(?=\#)"
    r")\#?[\s.)\]]*$",
    re.IGNORECASE,
)
_EXTENSIONS: Final = frozenset(
    {
        *("ext", "extn", "extension", "extensión", "x", "int", "internal", "intern", "interno"),
        *("anexo", "ramal", "poste", "wew", "dw", "durchwahl", "nst", "nebenstelle", "доб", "вн"),
        *("toestel", "tst", "linka", "linia", "linje", "lokal", "anknytning", "app", "klappe"),
        *("内線", "内线", "內線", "分机", "分機", "내선"),
    }
)
_LABELS: Final = _EXTENSIONS | frozenset(
    {
        *("tel", "telephone", "telefon", "telefone", "telefono", "téléphone", "teléfono", "ph"),
        *("phone", "fon", "call", "number", "no", "nr", "nummer", "mobile", "mob", "mobil"),
        *("móvil", "movil", "celular", "cell", "cel", "handy", "gsm", "portable", "home", "work"),
        *("office", "desk", "direct", "main", "business", "private", "privat", "büro", "buero"),
        *("bureau", "casa", "trabajo", "oficina", "landline", "t", "m", "p", "h", "w", "o", "c"),
        *("тел", "моб", "電話", "电话", "携帯", "手机", "전화"),
    }
)
"""Words that say which telephone it is; a short number is one only beside nothing else."""
_KEYPAD: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_SPELLED: Final = re.compile(r"[+\d(][\d a-zA-Z()./*-]*")
_WORD: Final = re.compile(r"[^\W\d_]+")
_FULL: Final = 7
_NANP: Final = 11


def without_extension(text: str) -> str:
    """`text` without an extension at its end; what is an extension alone stays."""
    return _EXTENSION.sub("", text)


def stands_for_nobody(text: str) -> bool:
    """Whether these are the keys of a word such as ANONYMOUS, which switches send as a number."""
    return "".join(filter(str.isdecimal, text)) in CODES


def are_labels(text: str) -> bool:
    """Whether all words say which telephone it is."""
    return all(word.lower() in _LABELS for word in _WORD.findall(text))


def is_extension(text: str, run: re.Match[str]) -> bool:
    """Whether the word before the digits says that they are an extension."""
    before = _WORD.findall(text[: run.start()])
    return bool(before) and before[-1].lower() in _EXTENSIONS


def is_name(text: str, run: re.Match[str]) -> bool:
    """Whether the digits belong to a name, as in guest_4021."""
    before = re.search(r"[^\W\d_]_+$|@_*$", text[: run.start()])
    return before is not None or re.match("_+[^\\W_]", text[run.end() :]) is not None


def stands_alone(text: str, run: re.Match[str]) -> bool:
    """Whether no word is written together with the digits, but one that says which telephone."""
    before = re.search(r"[^\W\d_]+$", text[: run.start()])
    after = _WORD.match(text, run.end())
    beside = [found[0] for found in (before, after) if found is not None]
    return all(word.lower() in _LABELS or len(word) < KEYED for word in beside)


def keyed(
    text: str, region: str | None, form: Callable[[str, str | None], str | None]
) -> str | None:
    """The digits of a vanity number, 1-800-FLOWERS; None where the letters are a comment.

    form: the E.164 form of a text. The letters have to stand in the place of digits: written as
    vanity numbers are, or such that the number is valid and no shorter one is.
    """
    start = re.search(r"[+\d]", text)
    spelled = text[start.start() :] if start else ""
    found = _WORD.findall(spelled)
    if sum(map(len, found)) < KEYED or _SPELLED.fullmatch(spelled) is None:
        return None
    if any(word.lower() in _LABELS and len(word) > 1 for word in found):
        return None
    digits = "".join(filter(str.isdecimal, spelled.lower().translate(_KEYPAD)))
    alone = sum(map(str.isdecimal, spelled))
    shown = all(map(str.isupper, found)) or re.search(r"[\d-]-?[a-zA-Z]{3}", spelled) is not None
    if form(spelled, region) is not None:
        plus = "+" * spelled.startswith("+")
        exact = form(f"{plus}{digits[:-1]}", region) is None
        return digits if exact or (shown and alone < _FULL) else None
    if alone >= _FULL:
        return digits if shown and len(digits) == _NANP and digits.startswith("1") else None
    return digits if shown and len(digits) >= _NANP - 1 else None
