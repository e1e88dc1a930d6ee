"""Hosts: names and addresses as people and redirects write them, made by a grammar."""

# ruff: noqa: RUF001, SIM905 - letters that look like others are what is tried here, as words

from __future__ import annotations

import random
from typing import Final

BY_HAND: Final = (
    *"""
crm.example.org CRM.Example.ORG straße.example STRASSE.example ẞ.example οδυσσέας.example
ΟΔΥΣΣΕΎΣ.example İstanbul.example ☕.example １２７.０.０.１ büro。example bu\u0308ro.example
xn--bro-hoa.example XN--BRO-HOA.example xn--.example xn--a.example xn--bro.example
xn--zca.example a--b.example -a-.example a_b.example ab--c.example שלום.example 1שלום.example
שלום.1a שלום.example1 مثال.example نامه‌ای.example a\u200db.example क्‍ष.example \u0301a.example
so\u00adft.example a..b a. .a .. 127.1 127.0.0.1. 0x7f.1 0300.0250.1 1.2.3 256.1.1.1 1.2.3.4.5
4294967295 4294967296 08.1.1.1 1.0x a.0x1 a.1 1.a 0 1e3 [::1] [0:0:0:0:0:0:0:1] [2001:DB8::00a]
[::ffff:192.0.2.7] [1:0:0:2:0:0:0:3] [10:0:0:2:0:0:1:1] [1:2:3:4:5:6:7::] [fe80::1%25eth0] [::1
[] [1.2.3.4] [v1.a] a%2eb ex%C3%A4mple.org a%00b a% a|b a^b a~b a`b a+b a!b a(b) a&b a;b a=b a$b
a'b a"b a{b} a,b ﬁne.example ①.example ½.example ℡.example 日本語.example ｅｘａｍｐｌｅ.org
\U0001f469\u200d\U0001f4bb.example
""".split(),
    "a" * 64 + ".example",
    "ß" * 70,
)
_PIECES: Final = (
    *"abz019-_~!$&'()*+,;=", *"ßςΣẞİıäöüéñøœŁ", *"шЖ日本語かな한글", *"אבג١٢مثک", *"☕①½™ﬁ℡。．｡",
    "\u0301", "\u0308", "\u00ad", "\u200c", "\u200d", "\ufe0f", "\u094d", "\u0915", "xn--",
    "xn--zca", "--", "0x", "%41", "%C3%9F", "A", "Z", "Å", "\u212b", "\u3000", "\U0001f600",
)  # fmt: skip


def hosts(seed: int, number: int) -> list[str]:
    """So many, always the same for a seed."""
    chosen = random.Random(seed)  # noqa: S311 - a test has to be the same tomorrow
    return [_host(chosen) for _ in range(number)]


def _host(chosen: random.Random) -> str:
    kind = chosen.random()
    if kind < 1 / 8:
        return ".".join(_number(chosen) for _ in range(chosen.choice((1, 2, 3, 4, 4, 5))))
    if kind < 1 / 4:
        return _ipv6(chosen)
    return ".".join(_label(chosen) for _ in range(chosen.choice((1, 2, 2, 3))))


def _label(chosen: random.Random) -> str:
    return "".join(chosen.choice(_PIECES) for _ in range(chosen.choice((1, 2, 3, 4, 6))))


def _number(chosen: random.Random) -> str:
    number = chosen.choice((0, 1, 9, 127, 192, 255, 256, 65536, 2**24, 2**32 - 1))
    return chosen.choice(("{}", "{}", "0x{:x}", "0{:o}", "0x{:X}", "00{}", "{}a")).format(number)


def _ipv6(chosen: random.Random) -> str:
    groups = [chosen.choice(("0", "0", "0", "1", "00a", "ABCD", "ffff")) for _ in range(8)]
    text = ":".join(groups)
    if chosen.random() < 1 / 2:
        start, end = sorted(chosen.sample(range(9), 2))
        text = f"{':'.join(groups[:start])}::{':'.join(groups[end:])}"
    return f"[{text}]"
