"""The suite of tests/frames.py over Modin; run by test_modin.py in an environment with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modin.pandas as mpd
import pytest

from tests.frames import *  # noqa: F403 - these are the tests

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def kind() -> str:
    return "modin"


@pytest.fixture
def framed() -> Callable[..., object]:
    return mpd.DataFrame
