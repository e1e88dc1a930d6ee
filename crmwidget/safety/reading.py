"""Reading: texts and files that others made, read no further than up to a bound."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, Final

__all__ = ["MOST_VALUES", "json_of", "text_of"]

MOST_VALUES: Final = 1_000_000
"""Values in one JSON text: two characters of text may take 200 bytes of memory."""


def json_of(text: str) -> Any:
    """What a JSON text says; ValueError where it is none, too deep, or has too many values.

    Values are counted by the signs between them, also where those stand in a text.
    """
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES:,} values")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def text_of(path: str | os.PathLike[str], most: int) -> str:
    """The text of a file of at most so many bytes, as UTF-8.

    Raises ValueError where it is another text or longer, and OSError where there is no such file:
    a pipe, say, which may never end.
    """
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(f"{Path(path).name} is no file")
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most // 1_000_000} MB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8 text") from None
