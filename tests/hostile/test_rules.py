"""The linters' rules about security find what they are for: the page's and Python's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.bridge import JS, node

BAD: Final = """
frame.contentWindow.postMessage(said, "*");
frame.contentWindow?.postMessage(said, "*");
addEventListener("resize", () => go());
window.addEventListener("message", (event) => go(event.data));
addEventListener("message", heard);
element.innerHTML = said;
element.innerHTML += said;
element.outerHTML = said;
element.insertAdjacentHTML("beforeend", said);
document.write(said);
range.createContextualFragment(said);
frame.srcdoc = said;
new Function(said);
eval(said);
"""
GOOD: Final = """
frame.contentWindow.postMessage(said, origin);
window.addEventListener("message", ({ source, data }) => source === frame && go(data));
element.innerHTML = html`<b>${said}</b>`.source;
element.textContent = said;
"""
PYTHON: Final = """
import pickle, subprocess, tempfile, httpx, yaml, xml.etree.ElementTree as ET
subprocess.run(said, shell=True)
yaml.load(said)
pickle.loads(said)
tempfile.mktemp()
httpx.get(said, verify=False)
eval(said)
exec(said)
ET.fromstring(said)
"""
FOUND: Final = {"S602", "S506", "S301", "S306", "S501", "S307", "S102", "S314"}


def lines(folder: Path, name: str, text: str) -> list[int]:
    """The lines of a file of the page's in which something is found."""
    (folder / "src" / name).write_text(text.lstrip())
    biome = JS / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"
    done = subprocess.run(
        [node(), biome, "lint", "--max-diagnostics=none", f"src/{name}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(rf"{name}:(\d+):\d+ (?:plugin|lint/security)", done.stdout + done.stderr)
    return sorted(map(int, found))


def test_what_a_page_must_not_do_is_found(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    shutil.copytree(JS / "rules", tmp_path / "rules")
    config = (JS / "biome.json").read_text().replace("./node_modules", str(JS / "node_modules"))
    (tmp_path / "biome.json").write_text(config)

    bad, good = lines(tmp_path, "bad.ts", BAD), lines(tmp_path, "good.ts", GOOD)

    assert bad == [n for n in range(1, 15) if n != 3]  # a resize is no message
    assert good == []


def test_what_python_must_not_do_is_found(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(PYTHON)
    config = Path(__file__).parents[2] / "pyproject.toml"

    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", config, "--no-cache", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert set(re.findall(r"\bS\d{3}\b", done.stdout)) >= FOUND
