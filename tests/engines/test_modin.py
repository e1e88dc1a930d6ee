"""Modin, in an environment of its own: it asks for an older pandas than everything else has."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.systems.server import System, environment

SYSTEM = System("modin", seed=lambda python, folder: None)
ROOT = Path(__file__).resolve().parents[2]


def test_the_suite_over_modin() -> None:
    command = [SYSTEM.made().python, "-m", "pytest", "-q", "tests/engines/modin_frames.py"]

    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment(), "MODIN_ENGINE": "python", "MODIN_CPUS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == os.EX_OK, done.stdout + done.stderr
    assert re.search(r"^\d\d passed in", done.stdout, re.MULTILINE), done.stdout
