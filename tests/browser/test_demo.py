"""The demo as a person starts it: a process, JupyterLab, and a browser with or without a window."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from crmwidget.notebook import demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 120
PNG = b"\x89PNG\r\n"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of a short name: Chromium's socket in it may have 107 letters."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


def run(
    folder: Path, *arguments: str, before: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end, with `folder` for its temporary files."""
    code = f"import sys\n{before}\nfrom crmwidget.cli import main\nsys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, "demo", *arguments],
        env={**os.environ, "TMPDIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_headless_demo_says_its_steps_and_leaves_a_screenshot(tmp_path: Path) -> None:
    committed = demo.quickstart().read_bytes()
    screenshot = tmp_path / "phone.png"

    done = run(tmp_path, "--headless", "--screenshot", str(screenshot))

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^ *\d+\.\d s  ([^:\n]+)", done.stdout, re.MULTILINE) == [
        "server started",
        "notebook opened",
        "cells run as far as the phone",
        "phone shown",
        "connector ready",
        "connector configured",
        "status line",
    ]
    assert re.search(r"status line: .*SIMULATOR.*4 contacts", done.stdout)
    assert done.stdout.splitlines()[-1] == f"screenshot: {screenshot}"
    assert screenshot.read_bytes().startswith(PNG)
    assert demo.quickstart().read_bytes() == committed
    assert list(tmp_path.glob("crmwidget-*")) == []


LATE = """
import json, pathlib, socket, sys, time
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    url = "http://127.0.0.1:%d/" % listener.getsockname()[1]
    info = {"url": url, "port": listener.getsockname()[1], "token": "t"}
    pathlib.Path(sys.argv[1], "jpserver-1.json").write_text(json.dumps(info))
    time.sleep(1)
    listener.listen()
    time.sleep(60)
"""
"""As jupyter_server 2 does it: the file is written, then the event loop starts to listen."""


def test_an_address_is_opened_once_the_server_listens_there(tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    with subprocess.Popen([sys.executable, "-c", LATE, str(runtime)]) as server:
        try:
            url = demo.address(server, tmp_path)
            port = urllib.parse.urlsplit(url).port
            socket.create_connection(("127.0.0.1", port or 0)).close()
        finally:
            server.kill()


def test_a_failing_cell_ends_the_headless_demo_with_its_error(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("a = 1", "CRMWidget(a / 0)", "a = 2")]
    notebook = tmp_path / "broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    broken = "import pathlib, crmwidget.notebook.demo as demo\n"
    broken += f"demo.quickstart = lambda: pathlib.Path({str(notebook)!r})"

    done = run(tmp_path, "--headless", "--screenshot", str(tmp_path / "broken.png"), before=broken)

    assert done.returncode == 1
    assert done.stderr == (
        "crmwidget: the demo got as far as: notebook opened, then waited for: cells run as far as "
        "the phone. The notebook stopped at cell 2: NameError: name 'CRMWidget' is not defined.\n"
    )
    assert (tmp_path / "broken.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("broken", "advice"),
    [
        ("CHROMIUM", "Set CHROMIUM to one's path, or run: playwright install chromium."),
        ("PLAYWRIGHT_NODEJS_PATH", "Its driver does not start, and says why above"),
    ],
)
def test_no_browser_is_said_with_the_remedy(tmp_path: Path, broken: str, advice: str) -> None:
    done = run(tmp_path, "--headless", **{broken: "/bin/false"})

    assert done.returncode == 1
    assert advice in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("module", ["jupyterlab", "playwright"])
def test_a_missing_extra_is_said_with_its_name(tmp_path: Path, module: str) -> None:
    done = run(tmp_path, "--headless", before=f"sys.modules[{module!r}] = None")

    assert done.returncode == 1
    assert done.stderr.lower().startswith(f"crmwidget: {module} is not installed.")
    assert "pip install 'crmwidget[demo]'" in done.stderr


@pytest.mark.usefixtures("sigint")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_opens_the_persons_browser_and_keeps_what_they_changed(
    tmp_path: Path, end: signal.Signals
) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "crmwidget", "demo"],
        env={**os.environ, "TMPDIR": str(tmp_path), "BROWSER": str(browser)},
        stdout=subprocess.PIPE,
        text=True,
    )
    until(opened.exists)
    url = opened.read_text().strip()
    with urllib.request.urlopen(url, timeout=PATIENCE) as page:  # noqa: S310 - on this machine
        assert page.status == 200
    (copy,) = tmp_path.glob("crmwidget-demo-*/notebooks/quickstart.ipynb")
    copy.write_text("changed")

    process.send_signal(end)
    out = process.communicate(timeout=PATIENCE)[0]

    assert process.returncode == 0
    assert url in out
    (kept,) = tmp_path.glob("crmwidget-notebook-*/quickstart.ipynb")
    assert kept.read_text() == "changed"
    assert out.splitlines()[-1] == f"The notebook as you left it: {kept}"
    assert list(tmp_path.glob("crmwidget-demo-*")) == []
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=PATIENCE)  # noqa: S310 - on this machine
