"""How the servers of these tests are had, and that what is missing is said."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.systems import bottlecrm, radicale, server, tryton

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMS = [bottlecrm.SYSTEM, tryton.SYSTEM, radicale.SYSTEM]


def test_a_python_that_is_missing_fails_and_says_what_to_install() -> None:
    with pytest.raises(AssertionError, match=r"need a Python 9\.9 or newer.*`pyenv install 9\.9`"):
        server.python_at_least((9, 9))


def test_a_python_that_does_not_run_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho no such version >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert server.python_at_least((3, 12)) != shim


def test_what_failed_shows_what_it_printed() -> None:
    with pytest.raises(AssertionError, match=r"sh -c .* failed:\nthe reason"):
        server.run(["sh", "-c", "echo the reason; exit 3"])


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_package_is_pinned_with_hashes_and_no_address(system: server.System) -> None:
    text = system.requirements.read_text()

    pin = r"^[a-z0-9.\-]+==\S+.*\n(?: {4}--hash=sha256:\w{64}.*\n)+"
    pins = re.findall(pin, text, re.MULTILINE)
    assert "".join(pins) == text
    assert "://" not in text


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_it_is_made_once_and_found_again(system: server.System) -> None:
    first = system.made()
    before = (first.folder / "complete").stat().st_mtime_ns

    again = system.made()

    assert again == first
    assert (again.folder / "complete").stat().st_mtime_ns == before
