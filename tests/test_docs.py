"""Docs: what is public is in them, what they show works, and what they point to is there."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import pytest

import crmwidget
from crmwidget import Directory, adapters, errors, phones, protocol, simulator
from crmwidget.adapters import Adapter
from crmwidget.directory._exports import _MARKS
from crmwidget.directory._match_rules import ORDER
from crmwidget.directory.audit import Audit
from crmwidget.directory.audit._difference import Difference
from crmwidget.directory.audit._verdict import OUTCOMES
from crmwidget.handlers import HandlerMethods
from crmwidget.http.service import Service
from crmwidget.protocol import ACTIONS

ROOT: Final = Path(__file__).resolve().parents[1]
README: Final = ROOT / "README.md"
HANDLERS: Final = ROOT / "docs" / "handlers.md"
SIMULATOR: Final = ROOT / "docs" / "simulator.md"
CONTACTS_PAGE: Final = ROOT / "docs" / "directory.md"
CRM: Final = ROOT / "docs" / "crm.md"
AUTHENTICATION: Final = ROOT / "docs" / "authentication.md"
PAGES: Final = [README, *sorted((ROOT / "docs").glob("*.md"))]
COMPLETE: Final = "<!-- complete -->"
"""Stands before a block that runs as it is."""
ASSUMED: Final = ["connector/assumptions.ts", "simulator/login.ts", "simulator/scenario.ts"]
"""The plain page's assumptions, and those of its extras."""
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
    plain, *extras = (_text(ROOT / "js" / "src" / path) for path in ASSUMED)
    lists = [plain, *(one.partition("const ASSUMED")[2].partition("].map")[0] for one in extras)]
    found = [re.findall(r'"([^"\n]+ [^"\n]+\.)"', one) for one in lists]

    assert [len(one) for one in found] == [25, 4, 6]
    assert [text for one in found for text in one if text not in _text(SIMULATOR)] == []


def test_the_whole_remote_control_is_on_the_simulators_page() -> None:
    kinds = [
        simulator.Simulator,
        simulator.SimulatedCall,
        simulator.SimulatedFault,
        simulator.Run,
        simulator.Report,
        simulator.Scenario,
    ]
    methods = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}

    assert {"ring", "end", "run"} <= methods
    assert methods - _words(SIMULATOR) == set()


def test_everything_a_directory_has_is_on_its_page() -> None:
    kinds = [Directory, Audit, Difference]
    names = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}
    arguments = _arguments(Directory, Directory.from_vcard, Directory.from_carddav, Directory.audit)

    assert {"from_vcard", "audit", "by_region", "pushed", "difference"} <= names
    assert (names | arguments) - _words(CONTACTS_PAGE) == set()


def test_every_function_about_numbers_is_on_the_page_about_contacts() -> None:
    kinds = [kind for kind in get_args(phones.Kind) if f"| `{kind}` |" not in _text(CONTACTS_PAGE)]

    assert set(phones.__all__) - _words(CONTACTS_PAGE) == set()
    assert kinds == []


def test_every_rung_outcome_and_export_is_on_the_page_about_contacts() -> None:
    text = _text(CONTACTS_PAGE)
    systems = {mark.system.removesuffix(" API") for mark in _MARKS}

    assert [rule for rule in ORDER if f"| `{rule}` |" not in text] == []
    assert [outcome for outcome in OUTCOMES if f"| `{outcome}` |" not in text] == []
    assert [name for name in systems if name not in text] == []


def test_every_adapter_and_login_is_in_the_docs_with_its_arguments() -> None:
    kinds = [getattr(adapters, name) for name in adapters.__all__]
    classes = [
        kind for kind in kinds if isinstance(kind, type) and kind is not adapters.Credentials
    ]
    known = _words(CRM, AUTHENTICATION)

    assert set(adapters.__all__) - known == set()
    assert _arguments(*classes) - {"clock", "more"} - known == set()


def test_an_adapter_is_said_to_be_tried_where_it_was() -> None:
    header = next(line for line in _text(CRM).splitlines() if line.startswith("| | `BottleCRM`"))
    tried = next(line for line in _text(CRM).splitlines() if line.startswith("| run against |"))
    said = dict(zip(re.findall(r"`(\w+)`", header), _cells(tried), strict=True))
    own = {name: getattr(adapters, name).tried for name in said}

    assert set(said) | {"Adapter"} == {
        name
        for name in adapters.__all__
        if isinstance(kind := getattr(adapters, name), type) and issubclass(kind, Adapter)
    }
    del said["Rest"], own["Rest"]  # run by whoever declares it
    assert {name: text.strip("*").removeprefix("run against ") for name, text in said.items()} == {
        name: text.removeprefix("run against ") for name, text in own.items()
    }


def test_what_a_subclass_of_an_adapter_has_is_on_the_page() -> None:
    names = {name for kind in (Adapter, Service) for name in vars(kind) if name[0] != "_"}

    assert {"request", "once", "tried"} <= names
    assert names - _words(CRM) == set()


def test_every_error_of_a_crm_and_of_a_login_is_explained() -> None:
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.AdapterError | errors.SecretError)
    }
    named = {kind.__name__ for kind in kinds}

    assert len(named) > 12
    assert named - _words(CRM, AUTHENTICATION) == set()


def test_everything_that_can_be_installed_besides_is_in_the_readme() -> None:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    extras = set(project["optional-dependencies"]) - {"dev", "engines"}  # of this project's checks

    assert "oauth" in extras
    assert [name for name in sorted(extras) if f"`{name}`" not in _text(README)] == []


def _arguments(*functions: Any) -> set[str]:
    found = {name for one in functions for name in inspect.signature(one).parameters}
    return found - {"self", "cls"}


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")[1:]]


def test_every_word_of_a_scenario_is_on_the_simulators_page() -> None:
    words = json.loads(_text(ROOT / "crmwidget" / "simulator" / "vocabulary.json"))
    text = _text(SIMULATOR)

    assert [verb for verb in words["verbs"] if f"`{verb}`" not in text] == []
    assert [name for name in words["scenarios"] if f"`{name}`" not in text] == []
    missing = [
        name
        for name, fault in words["faults"].items()
        if f"`{name}`" not in text or fault["teaches"] not in text
    ]
    assert missing == []


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


def test_every_promise_about_security_names_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", (ROOT / "docs" / "security.md").read_text())

    assert len(named) > 10
    missing = [
        f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text()
    ]
    assert missing == []
