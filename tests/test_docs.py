"""Docs: what is public is in them, what they show works, and what they point to is there."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import crmwidget
from crmwidget import protocol, simulator
from crmwidget.handlers import HandlerMethods
from crmwidget.protocol import ACTIONS

ROOT: Final = Path(__file__).resolve().parents[1]
README: Final = ROOT / "README.md"
HANDLERS: Final = ROOT / "docs" / "handlers.md"
SIMULATOR: Final = ROOT / "docs" / "simulator.md"
PAGES: Final = [README, *sorted((ROOT / "docs").glob("*.md"))]
COMPLETE: Final = "<!-- complete -->"
"""Stands before a block that runs as it is."""
CONTACTS: Final = "id,name,phone\nC-1,Bo Larsen,(202) 555-0143\n"
LARGEST_PICTURE: Final = 150_000


@dataclass(frozen=True)
class Block:
    """One block of Python on a page."""

    page: str
    line: int
    code: str
    complete: bool

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _blocks(page: Path) -> list[Block]:
    text = _text(page)
    found = re.finditer(rf"^({COMPLETE}\n)?```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [
        Block(page.name, text.count("\n", 0, match.start(2)) + 1, match[2], bool(match[1]))
        for match in found
    ]


BLOCKS: Final = [block for page in PAGES for block in _blocks(page)]


def _each(blocks: list[Block]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", blocks, ids=[block.name for block in blocks])


def _words(*pages: Path) -> set[str]:
    return {word for page in pages for word in re.findall(r"\w+", _text(page))}


# ---------------------------------------------------------------- complete
def test_every_public_name_is_in_the_docs() -> None:
    assert set(crmwidget.__all__) - _words(*PAGES) == set()


@pytest.mark.parametrize("page", [README, HANDLERS], ids=["readme", "reference"])
def test_every_handler_is_in_the_readme_and_in_the_reference(page: Path) -> None:
    methods = {name for name in vars(HandlerMethods) if name.startswith("on_")}

    assert len(methods) == 9
    assert methods - _words(page) == set()


def test_every_attribute_of_a_message_is_in_the_reference() -> None:
    kinds = [getattr(protocol, name) for name in protocol.__all__]
    messages = [k for k in kinds if isinstance(k, type) and issubclass(k, protocol.Message)]
    names = {name for kind in messages for name in dir(kind) if not name.startswith("_")}

    assert "ani_values" in names
    assert names - _words(HANDLERS) == set()


def test_everything_a_phone_has_is_in_the_reference() -> None:
    from crmwidget import CRMWidget  # only this needs the built page

    own = {name for name in vars(CRMWidget) if not name.startswith("_")} - {"open"}
    arguments = set(inspect.signature(CRMWidget).parameters) - {"unknown"}

    assert {"dial", "status", "silence"} <= own | arguments
    assert (own | arguments) - _words(HANDLERS) == set()


def test_every_action_is_in_the_page_about_the_wire() -> None:
    spellings = {spelling for action in ACTIONS for spelling in action.spellings}

    assert spellings - _words(ROOT / "docs" / "wire.md") == set()


def test_every_assumption_of_the_simulator_is_on_its_page() -> None:
    source = _text(ROOT / "js" / "src" / "core" / "assumptions.ts")
    assumed = re.findall(r'"([^"\n]+ [^"\n]+\.)"', source)

    assert len(assumed) > 20
    assert [text for text in assumed if text not in _text(SIMULATOR)] == []


def test_the_whole_remote_control_is_on_the_simulators_page() -> None:
    kinds = [simulator.Simulator, simulator.SimulatedCall]
    methods = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}

    assert {"ring", "end", "run"} <= methods
    assert methods - _words(SIMULATOR) == set()


# ---------------------------------------------------------------- true
@_each(BLOCKS)
def test_a_block_of_python_compiles(block: Block) -> None:
    compile(block.code, block.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@_each([block for block in BLOCKS if block.complete])
def test_a_complete_block_runs(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": block.name}
    try:
        exec(compile(block.code, block.name, "exec"), names)  # noqa: S102 - our own pages
    finally:
        if phone := names.get("phone"):
            phone.close(force=True)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_a_link_leads_somewhere(page: Path) -> None:
    text = _text(page)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src(?:set)?="([^"]+)"', text)

    assert [link for link in links if not _leads(page, link)] == []


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.is_file() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_picture_is_quickly_loaded() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*"))

    assert pictures
    assert [p.name for p in pictures if p.stat().st_size > LARGEST_PICTURE] == []
