"""Lab: a real JupyterLab, and notebooks in it as a person has them open.

The server has folders of its own and listens on this machine only. A notebook
is a page with one document and one kernel, driven through JupyterLab's own
commands. Everything waits for a condition; what went wrong is told by `story`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from playwright.sync_api import expect, sync_playwright

from tests import leash, warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        FrameLocator,
        Locator,
        Page,
    )

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 180.0
"""Seconds that a wait may take on a machine that is busy with other things."""
NAP: Final = 30
"""Milliseconds between two looks."""

expect.set_options(timeout=PATIENCE * 1000)

_TOKEN: Final = "t"  # noqa: S105 - of a server that only this run can reach
_APPS: Final = {
    "jupyterlab": ("LabApp", "lab/workspaces/{page}/tree/{name}"),
    "notebook": ("JupyterNotebookApp", "notebooks/{name}"),
}
"""By the module that is run: its class of settings, and where it opens a notebook."""
_PAGES: Final = itertools.count(1)
"""A page of JupyterLab whose workspace another page has is loaded twice: under another name."""
_SETTINGS: Final = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
}
_OFF: Final = (
    "debugger-extension",
    "lsp-extension",
    "notebook-extension:export",
    "notebook-extension:language-server",
    "fileeditor-extension:language-server",
)
"""JupyterLab's own plugins that cost time for each page or kernel, and that no test looks at."""
_LAB_IMPORTS: Final = (
    "jupyterlab.labapp",
    "notebook.app",
    "jupyter_lsp.handlers",
    "jupyter_server_terminals",
    "jupyterlab_server.workspaces_handler",
    "tornado.platform.asyncio",
)
_KERNEL_IMPORTS: Final = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "psutil",
    "tornado.platform.asyncio",
    "tornado.queues",
    "ipywidgets",
    "anywidget",
    "idna.core",
    "narwhals",
)
"""Without crmwidget: what it does when a kernel ends has to come before what IPython does."""
_FOLDERS: Final = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_PATH",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
    "XDG_STATE_HOME",
)
_EMPTIED: Final = """() => {
    const {shell} = window.jupyterapp;
    for (const open of [...shell.widgets('main')]) {
        if (open.context) open.context.model.dirty = false;
        open.dispose();
    }
    // An announcer that is removed adds itself again until its kernel has ended: keep it in the
    // document, in a closed shadow root, which tests cannot see
    const hidden = document.body.appendChild(document.createElement('div'));
    hidden.attachShadow({mode: 'closed'}).append(
        ...document.querySelectorAll('.crmwidget-announcer')
    );
    for (const left of document.querySelectorAll("[class^=crmwidget-]")) left.remove();
    globalThis[Symbol.for('crmwidget')]?.softphones.clear();
    globalThis.runs = [];
    localStorage.clear();
    sessionStorage.clear();
    window.dispatchEvent(new Event('emptied'));
    const left = [...shell.widgets('main')].filter((open) => open.context);
    return !left.length && !document.querySelector('iframe, .crmw, .jp-Dialog');
}"""
"""Closes what is open in a page and sends the event `emptied`; false: something stayed."""
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")


class Server:
    """A server of an `_APPS` on a free port of 127.0.0.1; `url` is its origin.

    `python`: whose ipykernel runs the notebooks; None: that of these tests.
    `everything`: with all extensions that JupyterLab comes with. `settings`: of its command line.
    """

    def __init__(
        self,
        app: str = "jupyterlab",
        python: Path | None = None,
        *,
        everything: bool = False,
        settings: Sequence[str] = (),
    ) -> None:
        self.app = app
        self._settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="crmwidget-lab-"))
        self.root = self.folder / "notebooks"
        self.root.mkdir()
        for name, value in _SETTINGS.items():
            file = self.folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab"
            file = file / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        if not everything:
            config = self.folder / "JUPYTER_CONFIG_DIR" / "labconfig" / "page_config.json"
            config.parent.mkdir(parents=True)
            off = {f"@jupyterlab/{name}": True for name in _OFF}
            # Whether JupyterLab is to be built anew costs the server a second for each page.
            config.write_text(json.dumps({"disabledExtensions": off, "buildCheck": False}))
        if python is None:
            # With their own poller they would take the process that they are a copy of for gone.
            kernel = [*warm.up(*_KERNEL_IMPORTS), "-m", "ipykernel_launcher"]
            self._add_kernel("python3", *kernel, "--IPKernelApp.parent_handle=1")
            self.kernel = "python3"
        else:
            self._add_kernel("other", str(python), "-m", "ipykernel_launcher")
            self.kernel = "other"
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.log = self.folder / "server.log"
        self._ending = ThreadPoolExecutor()
        self._start()

    def _start(self) -> None:
        command = [
            *warm.up(*_LAB_IMPORTS),
            *("-m", self.app, "--no-browser", "--allow-root"),
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self._port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            f"--IdentityProvider.token={_TOKEN}",
            "--ServerApp.terminals_enabled=False",
            f"--{_APPS[self.app][0]}.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
            *self._settings,
        ]
        with self.log.open("ab") as output:
            self._process = leash.start(command, env=self._environment(), output=output)
        self._await_start()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        leash.release(self._process)

    def _add_kernel(self, name: str, *command: str) -> None:
        spec = self.folder / "JUPYTER_PATH" / "kernels" / name / "kernel.json"
        spec.parent.mkdir(parents=True)
        described = {
            "argv": [*command, "-f", "{connection_file}"],
            "display_name": name,
            "language": "python",
            # A signal takes its time through the launcher, and would come amid the kernel's end.
            "interrupt_mode": "message",
        }
        spec.write_text(json.dumps(described))

    def _environment(self) -> dict[str, str]:
        own = ("JUPYTER_", "JUPYTERLAB_", "JPY_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        folders = {name: str(self.folder / name) for name in _FOLDERS}
        return {**inherited, **folders, "PYTHONPATH": str(ROOT)}

    def _await_start(self) -> None:
        end = time.monotonic() + PATIENCE * 2
        while True:
            with contextlib.suppress(OSError):
                self.api("/api/status")
                return
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{self.app} did not start:\n{self.log_tail()}")
            time.sleep(NAP / 1000)

    def address(self, name: str) -> str:
        """Where a notebook is opened, by one page."""
        path = _APPS[self.app][1].format(page=f"page-{next(_PAGES)}", name=name)
        return f"{self.url}/{path}?token={_TOKEN}&reset"

    def api(self, path: str, method: str = "GET", body: object = None) -> Any:
        """Call the server's REST interface."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {_TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def lay(self, name: str, cells: Sequence[str]) -> str:
        """Put a notebook there and start its kernel; returns the id of its session."""
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "kernelspec": {"name": self.kernel, "display_name": "", "language": "python"}
            },
            "cells": [
                {
                    "id": f"cell-{index}",
                    "cell_type": "code",
                    "metadata": {},
                    "source": source.strip("\n"),
                    "outputs": [],
                    "execution_count": None,
                }
                for index, source in enumerate(cells)
            ],
        }
        (self.root / name).write_text(json.dumps(notebook))
        kernel = {"name": self.kernel}
        body = {"path": name, "name": name, "type": "notebook", "kernel": kernel}
        return str(self.api("/api/sessions", "POST", body)["id"])

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-1500:]

    def end(self, session: str) -> None:
        """Shut a kernel down; nobody has to wait for its farewell."""
        self._ending.submit(self.api, f"/api/sessions/{session}", "DELETE")

    def close(self) -> None:
        """End the server, by its own process id, once every kernel is shut down."""
        self._ending.shutdown()
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)


class Notebook:
    """One notebook open in a page of its own; `script` runs before the page's own do.

    `page`: one that `leave()` of another notebook of this server gave back.
    """

    def __init__(
        self,
        context: BrowserContext,
        server: Server,
        name: str,
        *cells: str,
        script: str = "",
        page: Page | None = None,
    ) -> None:
        self.server = server
        self.name = name
        self.console: list[str] = []
        self._sessions = [server.lay(name, cells)]
        self.page = page or context.new_page()
        self.page.on("console", self._noted)
        self.page.on("pageerror", self._raised)
        if script:
            self.page.add_init_script(script)
        if page:
            self._open()
        else:
            self._load()
        self._until_ready()

    def _load(self) -> None:
        self.page.goto(self.server.address(self.name), wait_until="commit")
        self.page.wait_for_function("() => window.jupyterapp?.shell", polling=NAP)
        self.page.evaluate("async () => { await window.jupyterapp.restored; }")

    def _open(self) -> None:
        self.command("docmanager:open", path=self.name)

    def _noted(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type} {message.text}")

    def _raised(self, error: object) -> None:
        self.console.append(f"pageerror {error}")

    def _until_ready(self) -> None:
        self.page.wait_for_function(
            "name => window.jupyterapp.shell.currentWidget?.context?.path === name",
            arg=self.name,
            polling=NAP,
        )
        self._js("await w.revealed; await w.context.ready; await w.sessionContext.ready;")
        self._js("await w.sessionContext.session.kernel.info;")

    def open_beside(self, name: str, *cells: str) -> None:
        """Open a second notebook in the same page; from now on it is the one that is driven."""
        self._sessions.append(self.server.lay(name, cells))
        self.name = name
        self._open()
        self._until_ready()

    def turn_to(self, name: str) -> None:
        """Bring another open notebook to the front."""
        self.name = name
        self.page.evaluate(
            """path => {
                const {shell} = window.jupyterapp;
                const open = [...shell.widgets('main')].find((w) => w.context?.path === path);
                shell.activateById(open.id);
            }""",
            name,
        )
        self._until_ready()

    # ------------------------------------------------------------ cells
    def run(self, index: int) -> None:
        """Run a cell and wait for its end."""
        self.start(index)
        self.finish(index)

    def start(self, index: int) -> None:
        """Run a cell without waiting."""
        self._js(
            """w.content.activeCellIndex = arg; const runs = (globalThis.runs ??= []);
            runs[arg] = window.jupyterapp.commands.execute('notebook:run-cell');""",
            index,
        )

    def finish(self, index: int) -> None:
        """Wait for the end of a cell that was started."""
        self._js("await globalThis.runs[arg];", index)

    def run_all(self) -> None:
        """Run every cell, as the menu does; stops at the first error."""
        self.command("notebook:run-all-cells")

    def command(self, name: str, **arguments: object) -> None:
        """Carry out one of JupyterLab's commands, to its end."""
        # Nothing is returned: some give a widget, which would take seconds to be brought here.
        self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
            [name, arguments],
        )

    def select(self, index: int) -> None:
        """Make a cell the active one, for the next command."""
        self._js("w.content.activeCellIndex = arg;", index)

    def edit(self, index: int, source: str) -> None:
        """Replace the text of a cell."""
        self._js(
            "w.content.model.cells.get(arg[0]).sharedModel.setSource(arg[1]);", [index, source]
        )

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of a cell as the notebook holds them."""
        found: list[dict[str, Any]] = self._js(
            "return w.content.model.cells.get(arg).toJSON().outputs ?? [];", index
        )
        return found

    def text(self, index: int) -> str:
        """All that a cell shows as text: prints, values and tracebacks."""
        parts = []
        for output in self.outputs(index):
            parts.append(_joined(output.get("text", "")))
            parts += output.get("traceback", ())
            parts.append(_joined(output.get("data", {}).get("text/plain", "")))
        return _ANSI.sub("", "\n".join(filter(None, parts)))

    def cell(self, index: int) -> Locator:
        """A cell on the screen."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(index)

    def check(self) -> None:
        """No cell has failed."""
        failed = [error for error in self._errors() if error]
        assert not failed, failed

    def _errors(self) -> list[str]:
        found: list[str] = self._js(
            """const cells = [...w.content.model.cells].map((cell) => cell.toJSON());
            return cells.flatMap(({outputs = []}, i) => outputs
                .filter((o) => o.output_type === 'error')
                .map((o) => `cell ${i}: ${o.ename}: ${o.evalue}\\n${o.traceback.join('\\n')}`));"""
        )
        return [_ANSI.sub("", error) for error in found]

    # ------------------------------------------------------------ kernel
    def execute(self, code: str) -> str:
        """Run code beside the notebook's cells; returns what it prints."""
        done = self._js(
            """const future = w.sessionContext.session.kernel.requestExecute(
                {code: arg, store_history: false});
            let out = '', error = null;
            future.onIOPub = ({header, content}) => {
                if (header.msg_type === 'stream') out += content.text;
                if (header.msg_type === 'error') error = content;
            };
            await future.done;
            return {out, error};""",
            code,
        )
        if done["error"]:
            raise AssertionError(_ANSI.sub("", "\n".join(done["error"]["traceback"])))
        return str(done["out"])

    def value(self, expression: str) -> Any:
        """The value of an expression in the kernel, as JSON carries it."""
        code = f"import json as _json; print(_json.dumps({expression}, default=str))"
        return json.loads(self.execute(code))

    def restart_kernel(self) -> None:
        """Restart it, as the menu does, without its question."""
        self._js("await w.sessionContext.session.kernel.restart();")
        self._js("await w.sessionContext.session.kernel.info;")

    # ------------------------------------------------------------ the phone
    def facts(self) -> list[dict[str, Any]]:
        """What the page knows of each of its phones' connections."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """() => [...(globalThis[Symbol.for('crmwidget')]?.softphones?.values() ?? [])]
                .map((phone) => phone.facts())"""
        )
        return found

    def until_configured(self, phones: int = 1) -> None:
        """Wait until the connectors have their crmData."""
        self.until(
            lambda: [fact["configured"] for fact in self.facts()] == [True] * phones,
            f"{phones} configured phone(s) among {self.facts}",
        )

    @property
    def panel(self) -> Locator:
        """What a person sees around the frame, in the notebook that is in front."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .crmw").first

    @property
    def simulator(self) -> FrameLocator:
        """The simulated connector's page."""
        return self.page.frame_locator("iframe[srcdoc]").first

    # ------------------------------------------------------------ the rest
    def until(self, seen: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
        """The first true value of `seen()`; fails naming what was waited for."""
        end = time.monotonic() + patience
        while not (value := seen()):
            if time.monotonic() > end:
                raise AssertionError(f"waited {patience:g} s for {what}; last seen: {value!r}")
            self.page.wait_for_timeout(NAP)
        return value

    def saved(self) -> str:
        """Save with JupyterLab's command; returns the file's text."""
        self.command("docmanager:save")
        return (self.server.root / self.name).read_text()

    def story(self) -> str:
        """What is worth knowing when a test has failed."""
        with contextlib.suppress(Exception):
            return "\n\n".join(
                [
                    "\n".join(self._errors()) or "no cell has failed",
                    f"facts: {json.dumps(self.facts())}",
                    "console:\n" + "\n".join(self.console[-30:]),
                    "server:\n" + self.server.log_tail(),
                ]
            )
        return "the page is gone\n" + "\n".join(self.console[-30:])

    def close(self) -> None:
        """Close the page and shut the kernels down."""
        self.page.close()
        self._end_kernels()

    def leave(self) -> Page | None:
        """Close the documents and shut the kernels down; the page as it was, None where it is not.

        Loading JupyterLab takes longer than most tests.
        """
        self._end_kernels()
        with contextlib.suppress(Exception):
            self.page.remove_listener("console", self._noted)
            self.page.remove_listener("pageerror", self._raised)
            if self.page.evaluate(_EMPTIED):
                return self.page
        self.page.close()
        return None

    def _end_kernels(self) -> None:
        for session in self._sessions:
            self.server.end(session)

    def _js(self, body: str, arg: object = None) -> Any:
        """Run JavaScript where `w` is the notebook's panel."""
        code = f"async (arg) => {{ const w = window.jupyterapp.shell.currentWidget; {body} }}"
        return self.page.evaluate(code, arg)


@contextlib.contextmanager
def chromium() -> Iterator[BrowserContext]:
    """A Chromium, and one set of its storage and caches for all pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        try:
            yield another(browser)
        finally:
            browser.close()


def another(browser: Browser, **options: Any) -> BrowserContext:
    """Another set of storage and caches, whose pages wait as long as everybody here."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000}, **options)
    context.set_default_timeout(PATIENCE * 1000)
    return context


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
