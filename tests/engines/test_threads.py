"""An engine whose connection belongs to a thread: Ibis on SQLite, asked where handlers run."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import ibis
import pytest

from crmwidget import Directory, Handlers
from crmwidget.errors import DirectoryError
from crmwidget.testing import Connector, screen_pop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BO = "+12025550143"


@pytest.fixture
def connections() -> Iterator[list[sqlite3.Connection]]:
    made: list[sqlite3.Connection] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def database(connections: list[sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """A SQLite database with Bo in its table `contacts`."""

    def make(path: Path | str, **options: Any) -> sqlite3.Connection:
        connection = sqlite3.connect(path, **options)
        connections.append(connection)
        connection.execute("CREATE TABLE contacts (id TEXT, name TEXT, phone TEXT)")
        connection.execute("INSERT INTO contacts VALUES ('C-1', 'Bo Larsen', '(202) 555-0143')")
        connection.commit()
        return connection

    return make


def elsewhere(ask: Callable[[], object]) -> object:
    """What `ask` gives, or raises, in another thread."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(ask())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_screen_pop_finds_the_caller_in_a_file_of_sqlite(
    tmp_path: Path, database: Callable[..., sqlite3.Connection]
) -> None:
    connection = database(tmp_path / "it's contacts.sqlite")
    table = ibis.sqlite.from_connection(connection).table("contacts")

    directory = Directory(
        table.filter(table.name != "Ada Marsh").mutate(plan=ibis.literal("Gold")), "US"
    )

    assert directory.warnings == []
    with Connector(Handlers(), directory=directory) as connector:
        connector.send(screen_pop(BO))
        assert connector.record.id == "C-1"
        assert connector.record.fields == {"plan": "Gold"}


def test_what_is_added_to_the_file_is_found(
    tmp_path: Path, database: Callable[..., sqlite3.Connection]
) -> None:
    connection = database(tmp_path / "contacts.sqlite")
    directory = Directory(ibis.sqlite.from_connection(connection).table("contacts"), "US")

    connection.execute("INSERT INTO contacts VALUES ('C-2', 'Ines Okafor', '+44 20 7946 0018')")
    connection.commit()

    assert elsewhere(lambda: directory.find("+442079460018").contact.id) == "C-2"


def test_a_table_of_an_attached_file_is_found(
    tmp_path: Path, database: Callable[..., sqlite3.Connection]
) -> None:
    database(tmp_path / "people.sqlite")
    backend = ibis.sqlite.from_connection(database(tmp_path / "main.sqlite"))
    backend.attach("people", tmp_path / "people.sqlite")

    directory = Directory(backend.table("contacts", database="people"), "US")

    assert elsewhere(lambda: directory.find(BO).contact.id) == "C-1"


def test_a_connection_that_any_thread_may_use_is_used(
    database: Callable[..., sqlite3.Connection],
) -> None:
    connection = database(":memory:", check_same_thread=False)

    directory = Directory(ibis.sqlite.from_connection(connection).table("contacts"), "US")

    assert directory.warnings == []
    assert elsewhere(lambda: directory.find(BO).contact.id) == "C-1"


@pytest.mark.parametrize("where", ["in memory", "temporary"])
def test_what_only_one_connection_can_see_is_said_when_the_directory_is_made(
    where: str, tmp_path: Path, database: Callable[..., sqlite3.Connection]
) -> None:
    connection = database(":memory:" if where == "in memory" else tmp_path / "contacts.sqlite")
    if where == "temporary":  # it hides the table of the same name in the file
        connection.execute("CREATE TEMP TABLE contacts AS SELECT * FROM main.contacts")

    directory = Directory(ibis.sqlite.from_connection(connection).table("contacts"), "US")

    assert directory.find(BO).contact.id == "C-1"
    said = elsewhere(lambda: [*directory.warnings, f"{len(directory)} contact"])
    assert len(said) == 2
    assert "only in the thread that made its connection" in said[0]
    assert "directory=table.to_pandas()" in said[0]
    refused = elsewhere(lambda: directory.find(BO))
    assert isinstance(refused, DirectoryError)
    assert "directory=table.to_pandas()" in str(refused)
