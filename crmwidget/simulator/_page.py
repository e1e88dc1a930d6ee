"""The simulated connector's page: one file that loads nothing."""

from __future__ import annotations

from pathlib import Path

from crmwidget.errors import SimulatorError

STATIC = Path(__file__).parents[1] / "static"


def page() -> str:
    """The page as text, for a frame's srcdoc or a server.

    Raises SimulatorError where it has not been built.
    """
    try:
        return (STATIC / "simulator.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        message = (
            "the simulated connector's page is not built. Run `python3 dev.py build` in the "
            "folder of the sources, or install a wheel, which carries it."
        )
        raise SimulatorError(message) from None
