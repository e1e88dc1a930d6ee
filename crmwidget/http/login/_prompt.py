"""Login prompt: what a person has to do, in the notebook or on the terminal.

In a notebook the same place then says how it ended, so that a saved notebook
keeps neither link nor code.
"""

from __future__ import annotations

import sys
from html import escape
from typing import Any, Self

__all__ = ["Prompt"]


class Prompt:
    """Shown from the start of a `with` to its end.

    what: the sentence before the link. code: what is to be entered there, if
    anything. direct: the link to click, where it has the code in it already.
    """

    def __init__(
        self, host: str, what: str, link: str, *, code: str = "", direct: str | None = None
    ) -> None:
        self._host = host
        self._ended = f"Not logged in to {host}."
        entered = f"\nand enter the code: {code}" if code else ""
        self._text = f"{what}, open\n{link}{entered}\nWaiting; interrupt to give up."
        shown = f"and compare the code: <b>{escape(code)}</b>" if direct else ""
        if code and not direct:
            shown = f"and enter the code: <b>{escape(code)}</b>"
        self._html = (
            f"<p>{escape(what)}, open<br>"
            f'<a href="{escape(direct or link)}" target="_blank" rel="noopener noreferrer">'
            f"{escape(link)}</a><br>{shown}</p><p>Waiting; interrupt the kernel to give up.</p>"
        )
        self._handle: Any = None

    def granted(self) -> None:
        """It is done."""
        self._ended = f"Logged in to {self._host}."

    def __enter__(self) -> Self:
        if _in_notebook():
            from IPython.display import display

            bundle = {"text/plain": self._text, "text/html": self._html}
            self._handle = display(  # type: ignore[no-untyped-call]
                bundle, raw=True, display_id=True
            )
        else:
            _print(self._text)
        return self

    def __exit__(self, *error: object) -> None:
        if self._handle is None:
            _print(self._ended)
            return
        bundle = {"text/plain": self._ended, "text/html": f"<p>{escape(self._ended)}</p>"}
        self._handle.update(bundle, raw=True)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it talks to the person who has to log in
