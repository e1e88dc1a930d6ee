"""The simulator's page, one file without any resource beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crmwidget.errors import SimulatorError

_FILE: Final = Path(__file__).parents[1] / "static" / "simulator.html"


def page() -> str:
    """The page as HTML; SimulatorError in a checkout in which it was not built."""
    try:
        return _FILE.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SimulatorError(
            "the simulator's page is not built. In a checkout run: python3 dev.py build"
        ) from None
