"""`python -m crmwidget`: the command line."""

from __future__ import annotations

import sys

from crmwidget.cli import main

if __name__ == "__main__":
    sys.exit(main())
