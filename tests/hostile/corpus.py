"""Corpus: everything that nobody should let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.hostile.envelopes import envelopes
from tests.hostile.senders import senders
from tests.hostile.turns import turns, volumes
from tests.hostile.values import values

if TYPE_CHECKING:
    from tests.hostile.case import Case

CASES: Final[tuple[Case, ...]] = (*senders(), *envelopes(), *values(), *turns(), *volumes())
