"""What tests of all folders share."""

from __future__ import annotations

import signal
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

if find_spec("hypothesis"):  # Modin's tests run in an environment of their own, without it
    from hypothesis import HealthCheck, settings

    # How long an example takes says how busy the machine is.
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("patient", patient)
    settings.load_profile("patient")


@pytest.fixture
def sigint() -> Iterator[None]:
    """What a shell started in the background ignores SIGINT, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
