"""Page and kernel, the real ones, on a bad road: whatever happens, all comes once and in order.

Hypothesis draws what happens, and shrinks what breaks to the few steps that do.
What a page gets wrong becomes a trace in tests/vectors/channel.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.bridge import Bridge
from tests.channel_world import Page, World
from tests.slow import count

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS: Final = count("CRMWIDGET_CHANNEL_RUNS", 500, 50_000)
STEPS: Final = 30
MOST: Final = 10
"""Pages at once: more than the kernel keeps all of."""
WHICH: Final = st.integers(0, MOST - 1)
TIMES: Final = st.sampled_from([1, 6, 20, 150, 1_100, 2_500, 6_000, 40_000])
SLEEPS: Final = st.sampled_from([900, 8_000, 3_600_000])
BRIEFLY: Final = st.sampled_from([0, 1, 20, 150])
SAYING: Final = st.sampled_from(["show", 900, 5_000, "set"])
TABS: Final = st.sampled_from(["open", "open many", "duplicate", "reload", "close"])
FATES: Final = st.lists(st.sampled_from(["arrives", "lost", "twice", "late"]), max_size=8)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    with Bridge(tmp_path_factory.mktemp("bridge")) as made:
        yield made


class Machine(RuleBasedStateMachine):
    """What can happen. What is impossible as things stand does nothing."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.world: World | None = None

    @initialize(durable=st.booleans(), pages=st.sampled_from([1, 2, 9]))
    def begin(self, durable: bool, pages: int) -> None:
        self.world = World(self._bridge, durable=durable)
        self.world.kernel.configure()
        for _ in range(pages):
            self.world.open()
            self.world.pass_(20)

    @property
    def _here(self) -> World:
        assert self.world is not None
        return self.world

    @property
    def _kernel_is_awake(self) -> bool:
        return self._here.now >= self._here.kernel.asleep_until

    def _awake(self, which: int) -> list[Page]:
        """That page, unless it is asleep."""
        pages = self._here.pages
        page = pages[which % len(pages)] if pages else None
        return [page] if page and self._here.now >= page.asleep_until else []

    @rule(ms=TIMES)
    def time_passes(self, ms: int) -> None:
        self._here.pass_(ms)

    @rule(which=WHICH, logs=st.lists(st.booleans(), min_size=1, max_size=6), ms=BRIEFLY)
    def connector_speaks(self, which: int, logs: list[bool], ms: int) -> None:
        for page in self._awake(which):
            for log in logs:
                self._here.push(page, log=log)
                self._here.pass_(ms)

    @rule(which=st.lists(st.integers(0, 5), min_size=1, max_size=5), ms=BRIEFLY)
    def handlers_end(self, which: list[int], ms: int) -> None:
        for each in which:
            if self._kernel_is_awake and self._here.kernel.queue:
                self._here.kernel.handle(each)
                self._here.pass_(ms)

    @rule(saying=st.lists(SAYING, min_size=1, max_size=4), ms=BRIEFLY)
    def kernel_speaks(self, saying: list[str | int], ms: int) -> None:
        for what in saying if self._kernel_is_awake else ():
            if what == "set":
                self._here.kernel.configure()
            else:
                self._here.kernel.show(lasts=what if isinstance(what, int) else None)
            self._here.pass_(ms)

    @rule(which=WHICH, fates=FATES)
    def road_is_bad(self, which: int, fates: list[str]) -> None:
        for page in self._awake(which):
            page.fates.extend(fates)

    @rule(which=WHICH, ms=TIMES)
    def page_is_offline(self, which: int, ms: int) -> None:
        for page in self._awake(which):
            page.cut_until = self._here.now + ms

    @rule(which=WHICH, what=st.sampled_from(["throws", "hides", "appears", "runs the cell again"]))
    def host_does(self, which: int, what: str) -> None:
        for page in self._awake(which):
            if what == "throws":
                self._here.tell(page, "failed")
            elif what == "runs the cell again":
                self._here.attach(page)
            else:
                self._here.tell(page, "hide", what == "hides")

    @rule(which=WHICH)
    def person_wants_it_here(self, which: int) -> None:
        for page in self._awake(which):
            self._here.here(page)

    @rule(models=st.booleans())
    def kernel_restarts(self, models: bool) -> None:
        self._here.restart(models=models)

    @rule(which=WHICH, what=TABS)
    def person_does_with_a_tab(self, which: int, what: str) -> None:
        room = MOST - len(self._here.pages)
        for _ in range({"open": min(1, room), "open many": room}.get(what, 0)):
            self._here.open()
        for page in self._awake(which):
            if what == "duplicate" and room:
                self._here.open(dict(page.mirror))
            elif what == "reload":
                self._here.reload(page)
            elif what == "close":
                self._here.close(page)

    @rule(who=st.sampled_from(["page", "kernel", "both"]), which=WHICH, ms=SLEEPS)
    def machine_sleeps(self, who: str, which: int, ms: int) -> None:
        for page in self._awake(which) if who != "kernel" else ():
            self._here.sleep(page, ms)
        if who != "page" and self._kernel_is_awake:
            self._here.sleep(self._here.kernel, ms)
        if ms > 60_000:  # else the rest of the run would find everybody asleep
            self._here.pass_(ms + 20)

    def teardown(self) -> None:
        if self.world is not None:
            self.world.heal()


HOW: Final[dict[str, Any]] = {
    "stateful_step_count": STEPS,
    "suppress_health_check": list(HealthCheck),
    "deadline": None,
}


@pytest.mark.weight(40)
def test_whatever_happens_between_page_and_kernel_all_comes_once_and_in_order(
    bridge: Bridge,
) -> None:
    how = settings(max_examples=RUNS, **HOW)

    run_state_machine_as_test(lambda: Machine(bridge), settings=how)  # type: ignore[no-untyped-call]
