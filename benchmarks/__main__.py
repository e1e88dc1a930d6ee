"""Benchmarks: `python -m benchmarks NAME ...` runs those, without a name all, and prints the table.

Each compares a figure of ours with a peer's and states the ratio that is
wanted. Whatever is compared is measured in turn, A B A B ..., in one run,
because absolute times move from run to run. Nothing here is a test: a goal
that is missed is printed, and fails nothing.
"""

from __future__ import annotations

import argparse
import importlib

from benchmarks._rounds import table

MODULES = {
    "roundtrip": "roundtrip",
    "nodelay": "nodelay",
    "busy": "busy",
    "burst": "burst",
    "phones": "phones",
    "directory": "directory",
    "lookup": "lookup",
    "import": "import_",
    "frontend": "frontend",
    "journal": "journal",
    "scale": "scale",
}


def main() -> None:
    """Run the benchmarks that were named, then print one table of all their results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MODULES))
    names = parser.parse_args().names or list(MODULES)
    for name in names:
        if name not in MODULES:
            parser.error(f"no benchmark is called {name}; there are {', '.join(MODULES)}")
    results = []
    for name in names:
        module = importlib.import_module(f"benchmarks.{MODULES[name]}")
        results += module.run()
    print(f"\n{table(results)}")


if __name__ == "__main__":
    main()
