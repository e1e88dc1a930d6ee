"""Pictures: takes those of the README anew, `python -m tests.notebooks.pictures`.

The quickstart up to its first handler, in both themes, while the first contact's call rings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

from tests.browser.lab import ROOT, Notebook, Server, chromium
from tests.notebooks.test_notebooks import code_of

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

IMAGES: Final = ROOT / "docs" / "images"
CELLS: Final = code_of(ROOT / "notebooks" / "quickstart.ipynb")[:3]


def take(theme: str, server: Server, context: BrowserContext) -> None:
    """Ring, wait until the notice has gone from the phone's face, and take the widget's picture."""
    notebook = Notebook(context, server, f"{theme}.ipynb", *CELLS)
    page = notebook.page
    page.set_viewport_size({"width": 1300, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
        f"JupyterLab {theme.capitalize()}",
    )
    notebook.run_all()
    notebook.until_configured()
    phone = notebook.simulator
    phone.get_by_role("button", name="Incoming call: Bo Larsen").click()
    notice = phone.get_by_role("alert").filter(has_text="A Gold customer is calling")
    expect(notice).to_be_visible()
    expect(notice).to_be_hidden()
    expect(notebook.panel.get_by_role("group", name="Bo Larsen")).to_contain_text("Gold")
    notebook.check()
    notebook.panel.scroll_into_view_if_needed()
    page.mouse.move(0, 0)
    notebook.panel.screenshot(path=IMAGES / f"quickstart-{theme}.png", scale="css")
    notebook.close()


def main() -> None:
    """Take both."""
    IMAGES.mkdir(exist_ok=True)
    server = Server()
    try:
        with chromium() as context:
            for theme in ("light", "dark"):
                take(theme, server, context)
    finally:
        server.close()


if __name__ == "__main__":
    main()
