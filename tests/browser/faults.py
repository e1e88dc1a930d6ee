"""Faults: what breaks between a connector and the kernel, and what a person then does.

`Scene` is a notebook behind a TCP road of its own, in which numbered records flow from a
foreign page to a handler that writes down each one; `Account` is what became of them. A
`Fault` strikes while they flow, and is mended as a person at the screen would mend it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.browser.cells import interaction_log, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer
from tests.browser.road import Behind, Restartable, Road

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.browser.lab import Server
    from tests.browser.peer import Site

RATE: Final = 200
"""Records a second."""
STRANDED: Final = 50
"""Records that no kernel has when the page is reloaded."""
RECOVERY: Final = 60.0
"""Seconds: JupyterLab tries to connect again after up to 1, 3, 7, 15 s."""

SAVING: Final = """
import os, time

@phone.on_save_log
def save(log):
    time.sleep(0.001)
    with open({path!r}, "a") as account:
        account.write(f"{{log.interaction_id}} {{os.getpid()}} {{log.key}}\\n")
    time.sleep(0.001)
"""
"""A handler that can be killed before and after it has saved."""
STREAM: Final = """
([from, to, rate, record]) => {
    const stream = (window.stream ??= { sent: from - 1 });
    clearInterval(stream.timer);
    const [begun, next] = [performance.now(), stream.sent + 1];
    stream.timer = setInterval(() => {
        const due = Math.min(to, next + Math.floor(((performance.now() - begun) * rate) / 1000));
        while (stream.sent < due) {
            record.message.body.interactionId = `${++stream.sent}`;
            peer.send("requestSaveInteractionLog", record);
        }
        if (stream.sent >= to) clearInterval(stream.timer);
    }, 5);
}"""
WATCH: Final = """
(() => {
    if (window !== top) return;
    // How far the connector's records have reached this page: it survives a reload.
    addEventListener("message", ({ data }) => {
        const number = data?.data?.message?.body?.interactionId;
        if (data?.action === "requestSaveInteractionLog") sessionStorage.setItem("seen", number);
    });
    // How many items go over the websocket, and which.
    const wire = (globalThis.wire = { items: 0, known: new Set(), old: 0 });
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        const text = typeof data === "string" ? data : new TextDecoder().decode(data);
        const [, epoch] = /"epoch":"(\\w+)"/.exec(text) ?? [];
        for (const [, seq] of text.matchAll(/"seq":(\\d+),"at":/g)) {
            wire.items++;
            wire.known.add(`${epoch}/${seq}`);
        }
        wire.old += text.match(/"key":"\\w+\\/\\d+"/g)?.length ?? 0;
        send.call(this, data);
    };
})();"""


@dataclass
class Account:
    """What became of records 1 to `sent`."""

    sent: int
    lines: list[tuple[int, int, str]]
    """Number, kernel's process and key of each that was handled, in order."""
    interrupted: set[int] = field(default_factory=set)
    failed: int = 0
    """Records whose handler raised, which no fault of these is a reason for."""
    kept: int = 0
    """Records that page or journal still hold although nothing is to come."""
    resent: int = 0
    """Items that went over the websocket more than once."""
    old: int = 0
    """Records that a reloaded page sent under the key they had before."""

    @property
    def lost(self) -> set[int]:
        handled = {number for number, _, _ in self.lines}
        return set(range(1, self.sent + 1)) - handled - self.interrupted

    @property
    def twice(self) -> set[int]:
        counts = Counter(number for number, _, _ in self.lines)
        return {number for number, count in counts.items() if count > 1}

    @property
    def reordered(self) -> int:
        """How many came in the same kernel after a later one."""
        highest: dict[int, int] = {}
        found = 0
        for number, kernel, _ in self.lines:
            found += number < highest.get(kernel, 0)
            highest[kernel] = max(number, highest.get(kernel, 0))
        return found

    @property
    def order(self) -> str:
        """In which order each kernel handled them, as runs of numbers that follow each other."""
        runs: list[tuple[int, int, int]] = []
        for number, kernel, _ in self.lines:
            if runs and runs[-1][0] == kernel and runs[-1][2] == number - 1:
                runs[-1] = (kernel, runs[-1][1], number)
            else:
                runs.append((kernel, number, number))
        return ", ".join(f"{first}-{last} by {kernel}" for kernel, first, last in runs)

    @property
    def keys(self) -> int:
        """Pairs of record and key: as many as records where each has one key."""
        return len({(number, key) for number, _, key in self.lines})

    def __str__(self) -> str:
        handled = len({number for number, _, _ in self.lines})
        kernels = len({kernel for _, kernel, _ in self.lines})
        return (
            f"sent {self.sent}, handled {handled} by {kernels} kernel(s), lost {len(self.lost)}, "
            f"twice {len(self.twice)}, reordered {self.reordered}, "
            f"interrupted {len(self.interrupted)}, failed {self.failed}, kept {self.kept}, "
            f"resent {self.resent}, old keys {self.old}"
        )


class Scene:
    """A phone whose interaction logs are journalled and saved, and records that flow to it."""

    def __init__(
        self, context: BrowserContext, server: Server, site: Site, folder: Path, name: str
    ) -> None:
        self.server = server
        self.site = site
        self.journal = folder / "journal.sqlite"
        self._account = folder / "account.txt"
        self._account.touch()
        self._wanted = 0
        self._wire: Counter[str] = Counter()
        self.road = Road(server.url)
        made = phone(site.greeting, journal=str(self.journal))
        saving = SAVING.format(path=str(self._account))
        try:
            behind = Behind(server, self.road)
            self.notebook = Notebook(context, behind, name, made, saving, script=WATCH)
            assert self.page.url.startswith(self.road.url)
        except BaseException:
            self.road.close()
            raise
        self.run_all()
        self.meet()

    def run_all(self) -> None:
        """What a person does when the kernel is a new one."""
        command = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
        assert self.page.evaluate(command) is True

    def meet(self) -> None:
        """Wait for the connector, in its frame."""
        self.peer = Peer(self.notebook, self.site)
        self.peer.wait("crmData")

    @property
    def page(self) -> Any:
        return self.notebook.page

    def kernel(self, code: str) -> Any:
        """Run JavaScript where `kernel` is the notebook's connection to its kernel."""
        return self.notebook._js(f"const {{kernel}} = w.sessionContext.session; {code}")

    # ------------------------------------------------------------ records
    def stream(self, total: int) -> None:
        """Let the connector send, or go on sending, the records that are left of `total`."""
        self._wanted = total
        self.peer.frame.evaluate(STREAM, [self.seen + 1, total, RATE, interaction_log()])

    @property
    def seen(self) -> int:
        """Up to which number the records have reached the page."""
        return int(self.page.evaluate("() => sessionStorage.getItem('seen') ?? 0"))

    def until_seen(self, number: int) -> None:
        self.notebook.until(lambda: self.seen >= number, f"record {number} in the page")

    @property
    def mirrored(self) -> int:
        """How many records the tab's storage holds."""
        names = "Object.keys(sessionStorage).filter((name) => name.startsWith('crmwidget/'))"
        return int(self.page.evaluate(f"() => {names}.length"))

    # ------------------------------------------------------------ what became of them
    def lines(self) -> list[tuple[int, int, str]]:
        found = (line.split() for line in self._account.read_text().splitlines())
        return [(int(number), int(kernel), key) for number, kernel, key in found]

    def interrupted(self) -> set[int]:
        """The numbers of the records that the journal names as interrupted."""
        listed = "[log.log.interaction_id for log in phone.journal.interrupted]"
        return {int(number) for number in self.notebook.value(listed)}

    def note_wire(self) -> None:
        """Add up what this load of the page has sent."""
        wire = self.page.evaluate(
            "() => ({items: wire.items, known: wire.known.size, old: wire.old})"
        )
        self._wire.update(wire)

    def accounted(self) -> Account:
        """Wait until every record is handled or named, and nothing is kept any more."""
        self.until_seen(self._wanted)
        wanted = set(range(1, self._wanted + 1))
        missing: set[int] = wanted

        def all_there() -> bool:
            nonlocal missing
            before, missing = missing, wanted - {number for number, _, _ in self.lines()}
            quiet = len(missing) == len(before)  # a kernel that is at work is not asked
            return not missing or (quiet and missing <= self.interrupted())

        with contextlib.suppress(AssertionError):  # the account says what is missing
            self.notebook.until(all_there, "every record", RECOVERY)
            self.notebook.until(lambda: self.mirrored == 0, "an empty mirror")
        self.notebook.execute(THROUGH)
        self.note_wire()
        return Account(
            sent=self._wanted,
            lines=self.lines(),
            interrupted=self.interrupted(),
            failed=self.notebook.value("len(phone.journal.failed)"),
            kept=self.mirrored + self.notebook.value("len(phone.journal.pending)"),
            resent=self._wire["items"] - self._wire["known"],
            old=self._wire["old"],
        )

    def close(self) -> None:
        self.notebook.close()
        self.road.close()


class Fault:
    """Something that breaks while records flow."""

    kills = False
    """A kernel dies: whatever it was about to save is interrupted."""

    strike: Callable[[Any, Scene], None]
    """Breaks it."""

    def mend(self, scene: Scene) -> None:
        """What a person does then; nothing, where JupyterLab finds its way back alone."""

    def check(self, account: Account) -> None:
        """Whether the fault was one."""


class WebsocketClosed(Fault):
    """JupyterLab opens another one at once; what was handed to the old one is gone."""

    def strike(self, scene: Scene) -> None:
        scene.kernel("kernel._ws.close();")


class RoadCut(Fault):
    """The network is gone for as long as JupyterLab needs to see it."""

    def strike(self, scene: Scene) -> None:
        scene.road.cut()

    def mend(self, scene: Scene) -> None:
        scene.notebook.until(
            lambda: scene.kernel("return kernel.connectionStatus;") == "connecting",
            "a JupyterLab that sees it",
        )
        scene.page.wait_for_timeout(500)
        scene.road.restore()
        scene.notebook.command("notebook:reconnect-to-kernel")


class RoadStalled(Fault):
    """For three seconds nothing moves and nobody knows; then it turns out to be broken."""

    def strike(self, scene: Scene) -> None:
        scene.road.stall()

    def mend(self, scene: Scene) -> None:
        scene.page.wait_for_timeout(3_000)
        scene.road.reset()


class ServerRestarted(Fault):
    """The kernel goes with it, and JupyterLab asks for another one."""

    kills = True

    def strike(self, scene: Scene) -> None:
        assert isinstance(scene.server, Restartable)
        scene.server.restart()

    def mend(self, scene: Scene) -> None:
        lost = scene.page.get_by_role("dialog").filter(has_text="Server Connection Error")
        scene.page.add_locator_handler(lost, lambda: lost.get_by_role("button").click())
        scene.page.get_by_role("button", name="No Kernel", exact=True).click()
        scene.page.get_by_role("button", name="Select Kernel").click()
        started = "return w.sessionContext.session?.kernel?.connectionStatus === 'connected';"
        scene.notebook.until(lambda: scene.notebook._js(started), "the kernel that was selected")
        scene.notebook._until_ready()
        scene.run_all()


class KernelRestartedInLab(Fault):
    kills = True

    def strike(self, scene: Scene) -> None:
        scene.page.evaluate(
            "() => void window.jupyterapp.commands.execute('notebook:restart-kernel')"
        )
        scene.page.get_by_role("button", name="Confirm Kernel Restart").click()

    def mend(self, scene: Scene) -> None:
        scene.notebook._until_ready()
        scene.run_all()


class KernelRestartedElsewhere(Fault):
    """By the server's REST interface: this page is not told."""

    kills = True

    def strike(self, scene: Scene) -> None:
        number = scene.kernel("return kernel.id;")
        scene.server.api(f"/api/kernels/{number}/restart", "POST")

    def mend(self, scene: Scene) -> None:
        scene.run_all()


class KernelKilled(Fault):
    """The server starts another one by itself."""

    kills = True

    def strike(self, scene: Scene) -> None:
        scene.kernel(
            """globalThis.restarted = new Promise((resolve) => kernel.statusChanged.connect(
                (_, status) => status === 'autorestarting' && resolve()));"""
        )
        os.kill(scene.lines()[-1][1], signal.SIGKILL)

    def mend(self, scene: Scene) -> None:
        scene.page.evaluate("() => globalThis.restarted")
        scene.notebook._until_ready()
        scene.run_all()


class PageReloaded(Fault):
    """While nothing gets through: what the kernel does not have is in the mirror alone."""

    def strike(self, scene: Scene) -> None:
        scene.road.stall()
        self._through = scene.seen

    def mend(self, scene: Scene) -> None:
        scene.until_seen(self._through + STRANDED)
        scene.note_wire()
        scene.road.cut()
        scene.page.goto("about:blank")  # before a new connection can save what there is
        scene.road.restore()
        scene.page.goto(scene.notebook.server.address(scene.notebook.name), wait_until="commit")
        scene.page.wait_for_function("() => window.jupyterapp?.shell")
        scene.page.evaluate("() => window.jupyterapp.restored")
        scene.notebook._until_ready()
        scene.run_all()
        scene.meet()
        scene.stream(scene._wanted)

    def check(self, account: Account) -> None:
        assert account.old >= STRANDED


class CellRunAgain(Fault):
    """Five times: every time there is another widget, and the same phone."""

    def strike(self, scene: Scene) -> None:
        scene.notebook.run(0)

    def mend(self, scene: Scene) -> None:
        for _ in range(4):
            scene.notebook.run(0)


class JournalFull(Fault):
    """The system refuses to let the journal's files grow, as a full disk or a quota would."""

    def strike(self, scene: Scene) -> None:
        grown = sum(file.stat().st_size for file in scene.journal.parent.glob("journal.sqlite*"))
        scene.notebook.execute(LIMIT.format(size=max(grown, 100_000)))

    def mend(self, scene: Scene) -> None:
        scene.notebook.until(
            lambda: "journal cannot be written" in scene.notebook.panel.inner_text(),
            "a widget that says so",
        )
        assert scene.notebook.value("phone.journal.durable") is False
        scene.until_seen(scene._wanted * 2 // 3)
        scene.notebook.execute(LIMIT.format(size=0))
        scene.run_all()
        assert scene.notebook.value("phone.journal.durable") is True
        assert "cannot be written" not in scene.notebook.panel.inner_text()


THROUGH: Final = """
import threading
through = threading.Event()
phone._client.runner.later(through.set)
assert through.wait(20)
"""
"""Waits for all that the handlers' thread was given: something may come twice."""
LIMIT: Final = """
import resource
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, ({size} or most, most))
"""
"""Bytes that a file of the kernel may have, 0: as before; the handler's account stays below."""

FAULTS: Final = (
    WebsocketClosed,
    RoadCut,
    RoadStalled,
    ServerRestarted,
    KernelRestartedInLab,
    KernelRestartedElsewhere,
    KernelKilled,
    PageReloaded,
    CellRunAgain,
    JournalFull,
)
