"""Slow: how much is tried usually, and how much with `python3 dev.py test --slow`.

Each number can be set alone, too: an environment variable of its own says more than the mode.
"""

from __future__ import annotations

import os
from typing import Final

SLOW: Final = bool(os.environ.get("CRMWIDGET_SLOW"))


def count(variable: str, usual: int, slow: int) -> int:
    """How many: what the environment variable says, else what the mode asks for."""
    return int(os.environ.get(variable) or (slow if SLOW else usual))
