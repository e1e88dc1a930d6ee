"""CRMWidget: the anywidget around a client. Traits, arguments and the comm's routing; nothing else.

A CRMWidget is a handle: running its cell again makes another one for the same
name, which attaches to the living client and lends it a new comm. What a phone
is made of loads with the first one, so that importing this costs hardly more
than anywidget does.
"""

from __future__ import annotations

import hashlib
import inspect
import pathlib
import re
import sys
import time
import uuid
import warnings
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets

from crmwidget.errors import CRMWidgetError, NotReadyError, SimulatorError, _arguments
from crmwidget.handlers import DEFAULT, HandlerMethods, Handlers, Timeout

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable

    from crmwidget.client import Client
    from crmwidget.client.handler_errors import Failure
    from crmwidget.client.interactions import Interactions
    from crmwidget.client.journal import Journal
    from crmwidget.client.journal._sessions import Identity
    from crmwidget.diagnosis import Diagnosis
    from crmwidget.directory import Matches
    from crmwidget.handlers.resolver import Answers
    from crmwidget.notebook._cell_output import CellOutput
    from crmwidget.simulator import Simulator
    from crmwidget.traffic import Traffic

STATIC: Final = pathlib.Path(__file__).parents[1] / "static"
if not (STATIC / "widget.js").is_file():
    raise CRMWidgetError(
        "the widget's script is not built. Run `python3 dev.py build` in the folder of the "
        "sources, or install a wheel, which carries it."
    )

STATES: Final = ("loading", "ready", "configured")


class _Latest(traitlets.TraitType[Any, Any]):
    """A trait that notifies at every assignment: equal contents may be new contents."""

    allow_none = True

    def __init__(
        self, check: Callable[[CRMWidget, Any], Any] | None = None, **metadata: Any
    ) -> None:
        super().__init__(default_value=None, **metadata)
        self._check = check

    def validate(self, obj: Any, value: Any) -> Any:
        return value if value is None or self._check is None else self._check(obj, value)

    def set(self, obj: Any, value: Any) -> None:
        new = self._validate(obj, value)
        old = obj._trait_values.get(self.name)
        obj._trait_values[self.name] = new
        obj._notify_trait(self.name, old, new)


def _as_crm_data(phone: CRMWidget, value: Any) -> Any:
    from crmwidget.handlers.resolver import checked_crm_data

    return checked_crm_data(value, phone._client.sources.user)


def _as_directory(phone: CRMWidget, value: Any) -> Any:
    from crmwidget.handlers.resolver import checked_directory

    return checked_directory(value, phone._client.sources.region)


def _as_adapter(phone: CRMWidget, value: Any) -> Any:
    from crmwidget.handlers.resolver import checked_adapter

    return checked_adapter(value, phone._client.sources.region)


class CRMWidget(HandlerMethods, anywidget.AnyWidget):
    """A contact-centre softphone in the notebook; what it asks, your functions answer.

    origin: the connector's https URL (or origin); None runs the built-in simulator.
    crm_data: CrmData, mapping, users or settings frame, or a (sync or async) function.
    user: who of the users frame is the agent.
    directory: any dataframe, list of mappings, Directory, or a function giving one.
    crm: an adapter with any of current_user, contacts, find, open, save_log,
        custom_fields, reports.
    handlers: a Handlers registry made elsewhere.
    name: identity of the phone on the page, across cell re-runs and kernel restarts.
    region: two-letter region ("US") of numbers written without a country code.
    allow_origins: further origins that may speak, where the connector redirects.
    timeout: seconds for every handler; None: 10, and 60 for saving a log.
    journal: file for interaction logs until they are handled; None: one in the user's
        state folder, and memory for the simulator; False: memory.
    mirror: keep them in the browser tab's storage, too, until this kernel has them: so
        they survive a reload of the page.
    silence: seconds without a first `ready` after which it is called silent.
    placement: "auto", "cell" or "dock".

    Raises OriginError, CrmDataError, DirectoryError or TypeError, each with the remedy.
    """

    _esm = STATIC / "widget.js"
    _key = traitlets.Unicode().tag(sync=True)
    _id = traitlets.Unicode().tag(sync=True)
    _born = traitlets.Float().tag(sync=True)

    _client: Client

    status = traitlets.Unicode("not shown", read_only=True)
    last_message = _Latest(read_only=True)
    record = traitlets.Any(None, allow_none=True, read_only=True)
    candidates = traitlets.Tuple(read_only=True)
    can_dial = traitlets.Bool(default_value=False, read_only=True)
    crm_data = _Latest(_as_crm_data)
    directory = _Latest(_as_directory)
    crm = _Latest(_as_adapter)

    def __init__(
        self,
        origin: str | None = None,
        *,
        crm_data: Any = None,
        user: Any = None,
        directory: Any = None,
        crm: Any = None,
        handlers: Handlers | None = None,
        name: str = "phone",
        region: str | None = None,
        allow_origins: Iterable[str] = (),
        timeout: float | None = None,
        journal: str | os.PathLike[str] | bool | None = None,
        mirror: bool = True,
        silence: float = 15,
        placement: str = "auto",
        **unknown: Any,
    ) -> None:
        from crmwidget.handlers.resolver import (
            adapter_of,
            checked_adapter,
            checked_crm_data,
            checked_directory,
            source_of,
        )
        from crmwidget.http.urls import address
        from crmwidget.notebook._cell_output import CellOutput
        from crmwidget.notebook._identity import here

        _refuse(unknown, handlers)
        checked = None if origin is None else address(origin)
        origins = _origins(allow_origins)
        _check(name, region, silence, placement, timeout)
        data = checked_crm_data(crm_data, user)
        region = region.upper() if region else getattr(data, "dial_region", None)
        contacts = checked_directory(directory, region)
        adapter = checked_adapter(crm, region)
        cell = CellOutput()
        session = here()
        key = _key_of(session, name)
        self._client = client = _client(key, name, handlers)
        client.connector = "simulator" if checked is None else checked.origin
        # Before there is a comm: what the page sends may be in the journal already.
        _open_journal(client, journal, session)
        self._cell_id = cell.id
        previous = _attached.get(key)
        identity = uuid.uuid4().hex  # chosen here, so that _id is part of comm_open
        super().__init__(_key=key, _id=identity, _born=time.time(), model_id=identity)
        self.on_msg(lambda _, content, buffers: client.receive(self, content))
        _attached[key] = self
        if checked is None and data is None and not hasattr(adapter, "current_user"):
            from crmwidget.handlers.crm_data import demonstration

            data = demonstration()
        read = source_of(data), source_of(contacts), adapter_of(adapter)
        with client.lock:
            client.timeout = DEFAULT if timeout is None else timeout
            sources = client.sources
            sources.crm_data, sources.directory, sources.crm = read
            sources.user, sources.region = user, region
            for trait, value in (("crm_data", data), ("directory", contacts), ("crm", adapter)):
                self._trait_values[trait] = value
        client.adopt(cell, self._changed)
        if _waits_for_cells():
            client.panel.warnings["kernel"] = _OLD_KERNEL
        page: dict[str, Any] = {
            "name": name,
            "simulated": checked is None,
            "origins": [] if checked is None else list(dict.fromkeys((checked.origin, *origins))),
            "placement": placement,
            "limits": {"silence": silence},
            "mirror": bool(mirror),
            "traffic": client.channel.add_part((STATIC / "traffic.js").read_bytes()),
        }
        if checked is None:
            from crmwidget import simulator

            page["srcdoc"] = client.channel.add_part(simulator.page().encode())
            client.extra = simulator.wanted
        else:
            page["src"] = checked.src
        client.configure(page)
        if previous is not None and previous is not self:
            previous._supersede(cell)

    # ------------------------------------------------------------ handlers
    def _register(self, action: str, f: Any, timeout: Timeout) -> Any:
        return self._client.handlers._register(action, f, timeout)

    def off(self, action: str) -> None:
        """Remove the handler of an action."""
        self._client.handlers.off(action)

    # ------------------------------------------------------------ what a program asks for
    def dial(self, number: str, record: object = None, *, ask: bool | None = None) -> None:
        """Ask the connector to call `number`.

        `record`: a Contact, or a mapping with id, name, email, url, type. `ask`: show a button
        that calls instead of calling at once; None: for a real connector, where the code of a
        cell calls, so that *Run All* rings nobody's telephone.

        Raises ClickToDialDisabled until the connector has enabled it (see `can_dial`).
        Expires after 5 s.
        """
        from crmwidget.notebook import _call_button as call_button

        client = self._client
        if ask is None:
            ask = client.connector != "simulator" and call_button.runs_in_cell()
        if not ask:
            client.dial(number, record)
            return
        client.prepared(number, record)
        call_button.show(number, lambda: client.dial(number, record))

    def notify(
        self, text: str, *, title: str = "", severity: str = "INFO", kind: str = "transient"
    ) -> None:
        """Show the agent a notice in the connector; expires after 5 s.

        severity: EVENT, INFO, WARNING, ERROR, CRITICAL, SUCCESS; kind: transient,
        okDialog, okCancelDialog, fixedDialog, html.
        """
        from crmwidget.handlers.replies import notice

        self._client.notify(notice(text, title=title, severity=severity, kind=kind))

    def post(self, action: str, data: Any = None) -> None:
        """Send any client message; raises ActionError for a name that is not one."""
        from crmwidget.core.session import ABSENT
        from crmwidget.handlers.replies import message_of_ours

        self._client.post(message_of_ours(action, ABSENT if data is None else data))

    def find(self, numbers: str | Iterable[str]) -> Matches:
        """Contacts with any of these numbers, in order of certainty, each with the reason."""
        self._client.shutdown.check_process()
        return self._client.sources.find(numbers)

    async def wait(self, state: str = "configured", timeout: float = 30) -> str:  # noqa: ASYNC109 - as in every wait()
        """Until the status is `state` or past it; returns the status.

        Raises NotReadyError with the diagnosis, see `diagnose`. On a kernel that cannot receive
        messages while a cell runs (ipykernel 6) it can only time out: wait in a cell of its own.
        """
        if state not in STATES:
            raise ValueError(f"wait({state!r}): wait for one of {', '.join(STATES)}.")
        import asyncio

        rank = STATES.index(state)
        reached = self._client.when(lambda s: s in STATES and STATES.index(s) >= rank)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(reached), timeout)
        except TimeoutError:
            status, facts = self._client.status, self._client.reported_facts()
            diagnosis = await asyncio.to_thread(self.diagnose)
            raise NotReadyError(state, status, timeout, facts, diagnosis) from None

    def diagnose(self) -> Diagnosis:
        """Why the phone is not ready, or that it is: the likely cause, and every check.

        `.cause` is a short stable word, `.checks` have evidence, verdict and advice. Uses what
        the page has reported so far, asks the page whether it is there (up to 15 s) and the
        connector's address once, from this kernel (10 s at most).
        """
        from crmwidget.diagnosis import examine

        answers = self._client.page_status.knock()
        return examine(self._client.page_status.evidence(answers=answers))

    def run(self, coroutine: Awaitable[Any]) -> Awaitable[Any]:
        """Run a coroutine on the handlers' loop: `await phone.run(client.get(...))`."""
        if not inspect.isawaitable(coroutine):
            raise TypeError(
                f"run() needs a coroutine, not {type(coroutine).__name__}: phone.run(f(x))."
            )
        import asyncio

        return asyncio.wrap_future(self._client.run(coroutine))

    @property
    def answers(self) -> Answers:
        """Who answers which question of the connector."""
        return self._client.sources.table()

    @property
    def errors(self) -> list[Failure]:
        """What went wrong in handlers, newest last; `.rerun()` runs one again here.

        The newest 200; the newest of them keep the handler's variables for `%debug`.
        """
        return self._client.errors

    @property
    def traffic(self) -> Traffic:
        """The messages of this kernel, bounded and redacted."""
        return self._client.traffic

    @property
    def interactions(self) -> Interactions:
        """The interaction logs of this kernel, unredacted, in memory."""
        return self._client.interactions

    @property
    def journal(self) -> Journal:
        """The interaction logs that are not saved yet."""
        return self._client.journal

    @property
    def simulator(self) -> Simulator:
        """The simulated connector's remote control; SimulatorError when a real one is embedded."""
        if self._client.connector != "simulator":
            raise SimulatorError(
                f"this phone embeds {self._client.connector}, which cannot be driven from Python. "
                "Leave origin out to use the simulator."
            )
        from crmwidget.simulator import Simulator

        return Simulator(self._client.command)

    def close(self, *, force: bool = False) -> None:
        """End the phone: frame, channel and threads; refuses while a log is kept."""
        if _attached.get(self._key) is self:
            from crmwidget.client import living

            self._client.close(force=force)
            _attached.pop(self._key, None)
            living.pop(self._key, None)
        super().close()

    def __del__(self) -> None:
        # At the end of the process nothing can be imported, and nothing has to be closed.
        if not sys.is_finalizing():
            super().__del__()

    def __repr__(self) -> str:
        return f"<CRMWidget {self._client.name!r} {self._client.status}>"

    # ------------------------------------------------------------ glue
    def open(self) -> None:
        """Pin the routing: ipykernel 7 sends a comm's messages where it was last *sent* from."""
        super().open()
        kernel = getattr(_ipython(), "kernel", None)
        manager = getattr(getattr(kernel, "shell_channel_thread", None), "manager", None)
        if manager is not None and hasattr(self.comm, "_reply_subshell_for"):
            # The page may name a subshell of a dead kernel: main (None) is late, nowhere is lost.
            self.comm._reply_subshell_for = lambda data, default: (
                default if default in manager.list_subshell() else None
            )

    def _changed(self, name: str, value: object) -> None:
        """A read-only trait's new value: readable at once; observers run where handlers run."""
        old = self._trait_values.get(name)
        self._trait_values[name] = value
        if old is value:
            return
        change = _Told(name=name, old=old, new=value, owner=self, type="change")
        self._client.runner.later(lambda: self.notify_change(change))

    def observe(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:  # noqa: A002 - its name in traitlets
        """Call `handler`, sync or async, at changes of a trait, see traitlets.HasTraits.observe.

        What it raises is in `errors`; it has 10 s.
        """
        if not isinstance(handler, (traitlets.EventHandler, _Observer)):
            handler = _Observer(handler, self._client.runner)
        super().observe(handler, names, type)

    def unobserve(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:  # noqa: A002 - its name in traitlets
        """Undo `observe`."""
        if not isinstance(handler, (traitlets.EventHandler, _Observer)):
            handler = _Observer(handler, self._client.runner)
        super().unobserve(handler, names, type)

    @traitlets.observe("crm_data", "directory", "crm")
    def _source_changed(self, change: Any) -> None:
        from crmwidget.handlers.resolver import adapter_of, source_of

        read = adapter_of if change["name"] == "crm" else source_of
        setattr(self._client.sources, change["name"], read(change["new"]))
        self._client.configure()

    def _supersede(self, cell: CellOutput) -> None:
        """A newer handle of this name took over; one of the same cell is gone for good."""
        mine = self._cell_id
        if mine is not None and mine == cell.id:
            super().close()


class _Told(traitlets.Bunch):
    """A change that came from the connector and not from the user's code."""


class _Observer:
    """A user's function for changes of traits; equal to what wraps the same one."""

    def __init__(self, function: Any, runner: Any) -> None:
        self.function = function
        self._runner = runner

    def __call__(self, change: Any) -> None:
        about = f"phone.{change['name']}"
        if isinstance(change, _Told):
            self._runner.observe(self.function, about, change)
        else:
            self._runner.await_observer(self.function, about, self.function(change))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Observer) and self.function == other.function

    def __hash__(self) -> int:
        return hash(self.function)


_attached: dict[str, CRMWidget] = {}
_OLD_KERNEL: Final = (
    "This kernel receives nothing while a cell runs: handlers wait for its end, and their output "
    "is not shown in the widget's cell. Install ipykernel 7 or newer, or wait in a cell of its own."
)
_ARGUMENTS: Final = (
    "origin", "crm_data", "user", "directory", "crm", "handlers", "name", "region",
    "allow_origins", "timeout", "journal", "mirror", "silence", "placement",
)  # fmt: skip


def _refuse(unknown: dict[str, Any], handlers: Handlers | None) -> None:
    from crmwidget.handlers.resolver import checked_handlers

    checked_handlers(handlers)
    if unknown:
        raise _arguments.unknown("CRMWidget", next(iter(unknown)), _ARGUMENTS)


def _origins(given: Iterable[str]) -> list[str]:
    if isinstance(given, str):
        raise TypeError("allow_origins= is a list of origins: allow_origins=['https://...'].")
    from crmwidget.http.urls import address

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # here an origin without a path is what is wanted
        return [address(origin).origin for origin in given]


def _check(
    name: object, region: object, silence: float, placement: str, timeout: float | None
) -> None:
    if not isinstance(name, str) or not name:
        raise TypeError(f"name= is a text that identifies the phone on the page, not {name!r}.")
    if region is not None and not (isinstance(region, str) and re.fullmatch("[A-Za-z]{2}", region)):
        raise ValueError(f"region={region!r}: a two-letter region such as 'US' or 'GB'.")
    if placement not in {"auto", "cell", "dock"}:
        raise ValueError(f"placement={placement!r}: one of 'auto', 'cell', 'dock'.")
    for label, value in (("silence", silence), ("timeout", timeout)):
        if value is not None and (isinstance(value, bool) or not value > 0):
            raise ValueError(f"{label}={value!r}: seconds above 0.")


def _open_journal(client: Client, given: Any, identity: Identity) -> None:
    """Where it is kept by default, what other sessions left there is looked at, too."""
    if given is False or (given is None and client.connector == "simulator"):
        client.open_journal(None)
    elif given is None or given is True:
        from crmwidget.client.journal._file import default_path

        path = default_path(identity, client.name, client.connector)
        client.open_journal(path)
        if identity.place is not None:
            client.journal.visit(path, client.name, client.connector)
    else:
        client.open_journal(pathlib.Path(given).expanduser())


def _client(key: str, name: str, handlers: Handlers | None) -> Client:
    """The one that lives, or a new one."""
    from crmwidget.client import Client, living

    client = living.get(key)
    if client is None or client.closed:
        client = living[key] = Client(name, handlers)
    elif handlers is not None:
        client.use_handlers(handlers)
    return client


def _key_of(identity: Identity, name: str) -> str:
    """The phone's key on the page: two notebooks in one JupyterLab share a page."""
    text = f"{identity.key}#{name}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]


def _ipython() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _waits_for_cells() -> bool:
    """A kernel without subshells: ipykernel 6."""
    kernel = getattr(_ipython(), "kernel", None)
    return kernel is not None and getattr(kernel, "shell_channel_thread", None) is None
