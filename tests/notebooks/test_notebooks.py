"""Notebooks: each runs from top to bottom, in JupyterLab where it shows the phone.

Those that ask a real CRM are run in tests/systems/test_notebook.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import nbformat
import pytest
from nbclient import NotebookClient

from tests.browser.lab import ROOT, Notebook, Server, chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

EVERY: Final = sorted((ROOT / "notebooks").glob("*.ipynb"))
WITH_A_SERVER: Final = {"crm_over_api"}
HERE: Final = [path for path in EVERY if path.stem not in WITH_A_SERVER]


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_of(path: Path) -> list[str]:
    """The cells of a notebook that are run."""
    return [cell.source for cell in _read(path).cells if cell.cell_type == "code"]


def _shows_the_phone(path: Path) -> bool:
    return any("CRMWidget(" in source for source in code_of(path))


def _each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(everything=True)
    yield server
    server.close()


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with chromium() as context:
        yield context


@_each([path for path in HERE if _shows_the_phone(path)])
def test_a_notebook_with_the_phone_runs_in_jupyterlab(
    path: Path, server: Server, context: BrowserContext
) -> None:
    notebook = Notebook(context, server, path.name, *code_of(path))
    try:
        notebook.run_all()

        notebook.check()
        _SHOWN[path.stem](notebook.text(len(code_of(path)) - 1))
    except Exception as error:
        error.add_note(notebook.story())
        raise
    finally:
        notebook.close()


@_each([path for path in HERE if not _shows_the_phone(path)])
def test_a_notebook_without_the_phone_runs_without_a_browser(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = _read(path)

    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    said = "".join(output.get("text", "") for output in code[-1].outputs)
    _SHOWN[path.stem](said)


@_each(EVERY)
def test_a_notebook_is_kept_without_what_it_showed(path: Path) -> None:
    notebook = _read(path)

    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@_each(EVERY)
def test_a_notebook_sends_its_reader_to_files_that_exist(path: Path) -> None:
    text = "\n".join(cell.source for cell in _read(path).cells if cell.cell_type == "markdown")
    named = [
        word.strip("`.,:")
        for word in text.split()
        if word.strip("`.,:").endswith((".md", ".ipynb"))
    ]

    missing = [
        name for name in named if not any((place / name).is_file() for place in (ROOT, path.parent))
    ]

    assert named
    assert missing == []


def _has_the_call(table: str) -> None:
    """One row: whose call it was, and what the agent wrote."""
    rows = [line for line in table.splitlines() if "Bo Larsen" in line]
    assert len(rows) == 1, table
    assert all(word in rows[0] for word in ("Gold", "Renewal", "Wants the yearly plan")), table


def _has_passed(printed: str) -> None:
    assert printed == "4 passed\n"


def _has_the_callers_record(printed: str) -> None:
    assert printed == "Bo Larsen {'Plan__c': 'Gold'}\n"


def _has_the_wrong_pop(printed: str) -> None:
    """The generous rules open three records more, one of them another customer's."""
    assert printed.splitlines() == [
        "as it is  2 opened, 0 of them wrong",
        "generous  5 opened, 1 of them wrong",
        "mended    4 opened, 0 of them wrong",
    ]


_SHOWN: Final[dict[str, Callable[[str], None]]] = {
    "contacts_from_csv": _has_the_callers_record,
    "handlers_to_tests": _has_passed,
    "match_laboratory": _has_the_wrong_pop,
    "quickstart": _has_the_call,
}
"""What the last cell of each has to show."""
