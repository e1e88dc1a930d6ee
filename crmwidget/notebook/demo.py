"""Demo: JupyterLab on a copy of the quickstart, its cells run as far as the phone.

The server has folders of its own: nobody's configuration, extensions or notebooks take part. A
small extension of JupyterLab runs the cells, so that a person and the headless run see the same;
the latter then watches from outside what the page knows of the phone.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crmwidget.errors import DemoError, MissingExtraError
from crmwidget.safety.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

NOTEBOOK = "quickstart.ipynb"
PATIENCE = 120.0
"""Seconds that each wait of the demo may take; a cold start on a slow disk takes 30."""

CONFIGURATION = {
    "config/jupyter_server_config.json": {
        "ServerApp": {"jpserver_extensions": {"crmwidget.notebook.nodelay": True}},
    },
    "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "data/labextensions/crmwidget-demo/package.json": {
        "name": "crmwidget-demo",
        "version": "0.1.0",
        "jupyterlab": {"_build": {"load": "run.js", "extension": "./extension"}},
    },
}

# A labextension is a container of webpack's module federation; this one needs no webpack.
RUN_TO_THE_PHONE = """\
const demo = { opened: false, ran: false, inView: false, error: null };
globalThis[Symbol.for("crmwidget.notebook.demo")] = demo;
const soon = () => new Promise((done) => setTimeout(done, 50));

async function run(app) {
  await app.restored;
  const shown = () => app.shell.currentWidget;
  while (!shown()?.content?.model?.cells) await soon();
  const panel = shown();
  await panel.context.ready;
  await panel.sessionContext.ready;
  demo.opened = true;
  const cells = [...panel.content.model.cells];
  const isPhone = (cell) => cell.type === "code" && cell.sharedModel.source.includes("CRMWidget(");
  const phone = cells.findIndex(isPhone);
  if (cells[phone].executionCount !== null) return; // the page was reloaded
  for (const [index, cell] of cells.slice(0, phone + 1).entries()) {
    if (cell.type !== "code") continue;
    panel.content.activeCellIndex = index;
    await app.commands.execute("notebook:run-cell");
    const failed = cell.outputs.toJSON().find((output) => output.output_type === "error");
    if (failed) throw new Error(`cell ${index + 1}: ${failed.ename}: ${failed.evalue}`);
  }
  demo.ran = true;
  while (!document.querySelector("[data-crmwidget-phase]")) await soon();
  await panel.content.scrollToItem(phone, "start");
  demo.inView = true;
}

const plugin = {
  id: "crmwidget-demo:run",
  autoStart: true,
  activate: (app) => {
    run(app).catch((error) => {
      demo.error = error.message;
    });
  },
};
(globalThis._JUPYTERLAB ??= {})["crmwidget-demo"] = {
  init: () => {},
  get: async () => () => ({ __esModule: true, default: plugin }),
};
"""

# What can be seen of the phone from outside: its page object's facts.
WATCH = """\
(() => {
  const demo = globalThis[Symbol.for("crmwidget.notebook.demo")] ?? { error: null };
  const phones = globalThis[Symbol.for("crmwidget")]?.softphones?.values() ?? [];
  return { ...demo, facts: [...phones].map((phone) => phone.facts()) };
})()
"""
STATUS_LINE = "[data-crmwidget-phase=configured] [aria-live]"


def quickstart() -> Path:
    """Return the notebook: beside this file in a wheel, in notebooks/ of a working copy."""
    here = Path(__file__).resolve()
    packed = here.with_name(NOTEBOOK)
    return packed if packed.exists() else here.parents[2] / "notebooks" / NOTEBOOK


def interactive() -> None:
    """Open the demo in the person's browser; ends with the server or KeyboardInterrupt."""
    with jupyterlab() as lab:
        told = "JupyterLab is open in your browser, else open"
        print(f"{told if webbrowser.open(lab.url) else 'Open'} {lab.url}")
        print("Ctrl-C ends it.", flush=True)
        lab.wait()


def headless(screenshot: Path) -> None:
    """Run the demo in a headless Chromium, saying each step; raises DemoError where it stops."""
    report = Report()
    # It opens nothing but our own notebook, so no word about its sandbox
    with chromium(extra="demo", say=lambda _: None) as page, jupyterlab() as lab:
        report("server started")
        page.goto(lab.url, wait_until="commit")
        try:
            watch(page, report)
        finally:
            page.screenshot(path=screenshot)
            print(f"screenshot: {screenshot}", flush=True)


@dataclass
class Report:
    """Says a step, with the seconds since the start."""

    start: float = field(default_factory=time.monotonic)
    last: str = "nothing yet"

    def __call__(self, step: str) -> None:
        """Say it."""
        self.last = step
        print(f"{time.monotonic() - self.start:6.1f} s  {step}", flush=True)


def watch(page: Page, report: Report) -> None:
    """Follow the phone until it is configured, and has told the person so."""
    steps = {
        "notebook opened": "now.opened",
        "cells run as far as the phone": "now.ran",
        "phone shown": "now.inView && now.facts.some((phone) => phone.shown)",
        "connector ready": "now.facts.some((phone) => phone.acked)",
        "connector configured": "now.facts.some((phone) => phone.configured)",
    }
    for step, condition in steps.items():
        wait(page, condition, step, report)
        report(step)
    text = f"document.querySelector('{STATUS_LINE}')?.innerText"
    wait(page, text, "a status line", report)
    report(f"status line: {' '.join(page.evaluate(text).split())}")


def wait(page: Page, condition: str, wanted: str, report: Report) -> None:
    """Wait until a JavaScript condition over `now` holds, or a cell has failed."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

    expression = f"(() => {{ const now = {WATCH}; return now.error !== null || ({condition}); }})()"
    with contextlib.suppress(PlaywrightTimeoutError):
        page.wait_for_function(expression, polling=50, timeout=PATIENCE * 1000)
        now = page.evaluate(WATCH)
        if now["error"] is None:
            return
        raise DemoError(wanted, report.last, f"The notebook stopped at {now['error']}.")
    facts = json.dumps(page.evaluate(WATCH)["facts"])
    raise DemoError(wanted, report.last, f"The page reports {facts}.")


# ---------------------------------------------------------------- the server


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab; `url` opens the notebook, and has the server's token in it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Wait for the server's own end, as by File > Shut Down."""
        if self.process.wait() != 0:
            raise stopped(self.log)


def stopped(log: Path) -> DemoError:
    """Make an error out of the end of the server's log."""
    end = log.read_text(encoding="utf-8", errors="replace")[-1500:].strip()
    return DemoError("JupyterLab", "the start of the server", f"Its log ends with:\n{end}")


def address(process: subprocess.Popen[bytes], folder: Path) -> str:
    """Wait until the server listens; it writes down where before it does."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        for info in (folder / "runtime").glob("jpserver-*.json"):
            # ValueError: the file is still being written; OSError: nothing listens yet.
            with contextlib.suppress(ValueError, OSError):
                server = json.loads(info.read_text(encoding="utf-8"))
                socket.create_connection(("127.0.0.1", server["port"]), PATIENCE).close()
                return f"{server['url']}lab/tree/{NOTEBOOK}?token={server['token']}"
        time.sleep(0.05)
    raise stopped(folder / "server.log")


@contextlib.contextmanager
def jupyterlab() -> Iterator[Lab]:
    """Run JupyterLab on a copy of the quickstart; what a person changed in it is kept."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("JupyterLab", "demo")
    folder = Path(tempfile.mkdtemp(prefix="crmwidget-demo-"))
    notebook = lay_out(folder)
    given = notebook.read_bytes()
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(folder),
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: we end it, and without a question
        )
    try:
        yield Lab(address(process, folder), process, log)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if notebook.exists() and notebook.read_bytes() != given:
            kept = Path(tempfile.mkdtemp(prefix="crmwidget-notebook-"), NOTEBOOK)
            shutil.move(notebook, kept)
            print(f"The notebook as you left it: {kept}")
        shutil.rmtree(folder, ignore_errors=True)


def lay_out(folder: Path) -> Path:
    """Make the server's folders; returns the copy of the notebook, without any outputs."""
    notebook = json.loads(quickstart().read_text(encoding="utf-8"))
    notebook["metadata"]["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(execution_count=None, outputs=[])
    files = {
        f"notebooks/{NOTEBOOK}": json.dumps(notebook, indent=1),
        "data/labextensions/crmwidget-demo/run.js": RUN_TO_THE_PHONE,
        **{name: json.dumps(value) for name, value in CONFIGURATION.items()},
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "notebooks" / NOTEBOOK


def environment(folder: Path) -> dict[str, str]:
    """Point Jupyter to the folders; nothing of the person's own is read or written."""
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER_", "JUPYTERLAB_", "JPY_"))
    }
    return {**inherited, **{name: str(folder / place) for name, place in places.items()}}


def command(folder: Path) -> list[str]:
    """Return the server's command line: loopback only, a free port, a token of its own making."""
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        f"--ServerApp.root_dir={folder / 'notebooks'}",
        "--LabApp.extension_manager=readonly",
    ]
