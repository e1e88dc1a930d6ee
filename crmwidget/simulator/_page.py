"""The simulated connector's page: one file that loads nothing.

What only some need, the login, and scenarios with faults, is an extra: a script of its own, which
`page` puts into the page or the remote control hands to it with the first command that needs it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmwidget.errors import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Iterable

STATIC = Path(__file__).parents[1] / "static"
EXTRAS: Final = ("login", "scenario")
"""What there is beyond the plain page."""


def page(extras: Iterable[str] = (), **data: str) -> str:
    """The page as text, for a frame's srcdoc or a server.

    extras: those of `EXTRAS` that it shall carry; data: its html element's data
    attributes, which an extra reads. With `["login"]`: `login`, "form" or "sso", begins
    at the login page; `expired=""` says there that a login has expired.

    Raises SimulatorError where it has not been built, or an extra does not exist.
    """
    text = _built("simulator.html")
    scripts = "".join(f"<script>{extra(name)}</script>" for name in extras)
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    text = text.replace("</body>", f"{scripts}</body>") if scripts else text
    return text.replace("<html", f"<html{attributes}", 1)


def extra(name: str) -> str:
    """The script of an extra; raises as `page` does."""
    if name not in EXTRAS:
        message = f"the simulator has no {name!r}. There is: {', '.join(EXTRAS)}."
        raise SimulatorError(message)
    return _built(f"simulator.{name}.js")


def wanted() -> str:
    """All that a page asks for when somebody presses Scenario or Faults."""
    return "\n".join(map(extra, EXTRAS))


def _built(name: str) -> str:
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        message = (
            "the simulated connector's page is not built. Run `python3 dev.py build` in the "
            "folder of the sources, or install a wheel, which carries it."
        )
        raise SimulatorError(message) from None
