"""Diagnosis: evidence in, the likely cause and advice out.

Knows no client, page or network: what they have seen comes in as `Evidence`.
A cause that is inferred says "probably"; what only the vendor's documentation
or nobody confirms is marked [I].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from crmwidget.reach import Reach, is_loopback

__all__ = ["Check", "Diagnosis", "Evidence", "diagnose"]

Verdict = Literal["ok", "look", "wrong", "unknown"]
_SIGNS: Final = {"ok": "ok     ", "look": "look   ", "wrong": "WRONG  ", "unknown": "unknown"}
_FAILED: Final = 400
"""HTTP statuses from here on are no page."""
_QUIET: Final = 30.0
"""Seconds without a word of the page after which it is worth saying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a phone; every part may be missing."""

    connector: str = "simulator"
    """The origin that may speak."""
    src: str | None = None
    """The address of the frame."""
    origins: tuple[str, ...] = ()
    status: str = "not shown"
    closed: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Of the page, see Facts in js/src/core/wire.ts."""
    page_heard: float | None = None
    """Seconds since the page said anything; None: it never did."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Refused messages by reason."""
    stranger: str | None = None
    """The origin in our frame that spoke without being allowed to."""
    received: Mapping[str, int] = field(default_factory=dict)
    """Messages by action."""
    sent: Mapping[str, int] = field(default_factory=dict)
    crm_data_by: str | None = None
    """Who answers requestCrmData."""
    errors: tuple[str, ...] = ()
    """Of handlers: action, class, masked message."""
    contradictions: tuple[str, ...] = ()
    """Settings against what answers, as sentences."""
    kept: int = 0
    """Interaction logs that are not saved."""
    old_kernel: bool = False
    nodelay: bool | None = None
    """Whether the server has the extension; None: there is no Jupyter server."""

    @property
    def simulated(self) -> bool:
        """The connector is the built-in simulator."""
        return self.src is None

    @property
    def host(self) -> Mapping[str, Any]:
        """Of the page around the frame: origin, secure, framed, microphone, forbidden."""
        found = self.facts.get("host")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    evidence: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f" {self.advice}" if self.advice else ""
        return f"{_SIGNS[self.verdict]} {self.name}: {self.evidence}{advice}"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a phone is not ready, or that it is."""

    cause: str
    """A short stable word: "connected", "unreachable", "framing-refused", "silent" ..."""
    sentence: str
    """The cause and what to do, for people; "probably" where it is inferred."""
    certain: bool
    checks: tuple[Check, ...]

    @property
    def good(self) -> bool:
        """Nothing stands in the way."""
        return self.cause in {"connected", "reachable"}

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __str__(self) -> str:
        return "\n".join([f"{self.cause}: {self.sentence}", *map(str, self.checks)])

    __repr__ = __str__

    def to_frame(self, library: str | None = None) -> Any:
        """One row a check: check, verdict, evidence, advice."""
        from crmwidget.tables import from_rows

        rows = [
            {"check": c.name, "verdict": c.verdict, "evidence": c.evidence, "advice": c.advice}
            for c in self.checks
        ]
        return from_rows(rows, library=library, names=("check", "verdict", "evidence", "advice"))

    def to_wire(self) -> dict[str, Any]:
        """As the panel draws it."""
        checks = [
            {"name": c.name, "verdict": c.verdict, "evidence": c.evidence, "advice": c.advice}
            for c in self.checks
        ]
        return {"cause": self.cause, "sentence": self.sentence, "good": self.good, "checks": checks}

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{check.verdict}</td><th style='text-align:left'>{escape(check.name)}</th>"
            f"<td style='text-align:left'>{escape(check.evidence)} <i>{escape(check.advice)}</i>"
            "</td></tr>"
            for check in self.checks
        )
        said = f"<p><b>{escape(self.cause)}</b>: {escape(self.sentence)}</p>"
        return f"{said}<table>{rows}</table>"


def diagnose(evidence: Evidence, reached: Reach | None = None) -> Diagnosis:
    """The likely cause first, then every check; `reached`: what the address answers, if asked."""
    checks = tuple(made for check in _CHECKS if (made := check(evidence, reached)) is not None)
    for cause in _CAUSES:
        found = cause(evidence, reached)
        if found is not None:
            word, certain, sentence = found
            said = sentence if certain else f"Probably: {sentence[0].lower()}{sentence[1:]}"
            return Diagnosis(word, said, certain, checks)
    raise AssertionError("the last cause always applies")


Cause = tuple[str, bool, str]


# ---------------------------------------------------------------- causes, in this order
def _ended(e: Evidence, r: Reach | None) -> Cause | None:
    if e.closed:
        return "closed", True, "The phone was closed. Run the cell that makes it again."
    if e.status == "configured":
        return "connected", True, "The connector has its crmData and the phone is ready."
    if e.facts.get("lost") is True:
        text = "The frame was destroyed, or another page or widget took the name. Run the cell "
        return "lost", True, text + "that makes the phone again."
    return None


def _page(e: Evidence, r: Reach | None) -> Cause | None:
    if e.facts.get("host") is not None and e.host.get("origin") == "null":
        text = (
            "This notebook shows outputs in a frame without an origin of its own, so the connector "
            "cannot know who embeds it. Open the notebook in JupyterLab or Notebook 7."
        )
        return "opaque-host", True, text
    if e.page_heard is None or e.facts.get("shown") is not True:
        if e.page_heard is not None:
            text = "No cell shows the phone. Put `phone` on the last line of a cell."
            return "not-shown", True, text
        text = (
            "No page has spoken to this kernel. Put `phone` on the last line of a cell; if it is "
            "shown, the notebook's page does not run widgets (is it trusted, is anywidget there?)."
        )
        return "not-shown", True, text
    return None


def _frame(e: Evidence, r: Reach | None) -> Cause | None:
    if e.src is None:
        if e.facts.get("silent") is not True or e.facts.get("messages"):
            return None
        text = (
            "This server forbids inline scripts, so the simulator's page cannot run. Run "
            "`crmwidget simulate` and give its address to CRMWidget(...)."
        )
        return "scripts-forbidden", False, text
    page = str(e.host.get("origin", ""))
    address = urlsplit(e.src)
    insecure = address.scheme == "http" and not is_loopback(f"http://{address.netloc}")
    if page.startswith("https://") and insecure:
        text = (
            f"The notebook is on https and {e.connector} is on http: browsers do not load that. "
            "Give the connector's https address."
        )
        return "mixed-content", True, text
    if e.host.get("forbidden"):
        text = (
            f"The content policy of this notebook's server ({e.host['forbidden']}) forbids frames "
            f"of {e.connector}. Ask who runs the server to allow it."
        )
        return "host-forbids-frames", True, text
    return None


def _talk(e: Evidence, r: Reach | None) -> Cause | None:
    if e.facts.get("acked") is not True and e.status != "ready":
        return None
    failed = next((error for error in e.errors if error.startswith("requestCrmData")), None)
    if failed:
        text = f"The connector asked for crmData and its answer failed: {failed}. Mend that first."
        return "no-crm-data", True, text
    if e.received.get("requestCrmData"):
        if e.crm_data_by is None:
            text = (
                "The connector asked for crmData and nothing answers. Give crm_data=, or register "
                "@phone.on_crm_data."
            )
            return "no-crm-data", True, text
        text = f"The connector asked for crmData; {e.crm_data_by} has not answered yet."
        return "no-crm-data", True, text
    text = (
        "The connector was greeted and has not asked for crmData: the agent is not logged in or "
        "not activated yet [I]. Log in inside the frame, or open the login in a tab and reload the "
        "frame."
    )
    return "not-activated", False, text


def _address(e: Evidence, r: Reach | None) -> Cause | None:  # noqa: PLR0911 - a line a kind
    if r is None:
        return None
    if r.problem is not None:
        word = "certificate" if r.problem == "certificate" else "unreachable"
        after = f" (after a redirect to {r.last})" if r.last != r.origin else ""
        text = f"{r.origin} cannot be loaded{after}: {r.detail}. {_REMEDIES[r.problem]}"
        return word, True, text
    status = r.status or 0
    if status >= _FAILED:
        text = f"{r.last} answers {status} instead of a page. Check the path and the tenant in it."
        return "http-error", True, text
    page = e.host.get("origin")
    if r.may_be_framed(None if page is None else str(page)) is False:
        who = _refusal(r)
        moved = f" It is where {r.origin} redirects to: a login page, by the look of it." * (
            r.redirected
        )
        text = (
            f"{r.last} does not let this notebook show it in a frame ({who}).{moved} An "
            "administrator of the connector has to allow the notebook's origin"
            f"{f', {page}' if page else ''}; or log in in a tab of its own and reload the frame."
        )
        return "framing-refused", True, text
    if r.redirected and r.last not in e.origins and r.last != e.connector:
        text = (
            f"{r.origin} redirects to {r.last}, whose messages are not taken. If that is the "
            f'connector\'s, give CRMWidget(..., allow_origins=["{r.last}"]).'
        )
        return "redirected", True, text
    if r.content_type and r.content_type not in {"text/html", "application/xhtml+xml"}:
        text = f"{r.last} answers {r.content_type}, which is no page. Check the address."
        return "no-page", True, text
    return None


def _strangers(e: Evidence, r: Reach | None) -> Cause | None:
    if e.stranger is not None:
        if r is not None and r.redirected and r.last == e.stranger:
            text = (
                f"{e.connector} redirects to {e.stranger}, whose messages are not taken. If that "
                f'is the connector\'s, give CRMWidget(..., allow_origins=["{e.stranger}"]).'
            )
            return "redirected", True, text
        text = (
            f"The page in the frame speaks as {e.stranger}, and only "
            f"{', '.join(e.origins or (e.connector,))} may. If it is the connector's, give "
            f'CRMWidget(..., allow_origins=["{e.stranger}"]); the origin includes the port.'
        )
        return "origin-mismatch", True, text
    odd = sum(e.refused.get(reason, 0) for reason in ("shape", "type", "action"))
    if odd and not e.received:
        text = (
            f"The page in the frame speaks ({odd} messages), but not as a connector: its messages "
            "have another type. Is this the address of the connector's page for embedding?"
        )
        return "not-a-connector", True, text
    return None


def _silence(e: Evidence, r: Reach | None) -> Cause | None:
    if e.facts.get("silent") is not True and e.status != "silent":
        if e.page_heard is not None and e.page_heard > _QUIET:
            text = (
                f"The page has said nothing for {e.page_heard:.0f} s. Is the notebook still open, "
                "and its connection to the server alive?"
            )
            return "page-away", False, text
        return "loading", True, "The frame is loading. Ask again in some seconds."
    if e.old_kernel and not e.received:
        text = "This kernel receives nothing while a cell runs. Ask again in a cell of its own."
        return "kernel-busy", False, text
    if r is not None and r.cookies and not is_loopback(r.last):
        text = (
            f"{r.last} sets {r.cookies[0]}, which browsers do not send from a frame of another "
            "site: the login cannot be kept there. Allow third-party cookies for it, or open it in "
            "a tab and reload the frame."
        )
        return "cookies-blocked", False, text
    text = (
        "The connector's page was loaded and has not said `ready`. The usual reasons [I]: nobody "
        "is logged in, this notebook's origin is not on the connector's allow list, its cookies "
        "are blocked in frames, or it took the notebook for a CRM that it knows."
    )
    return "silent", True, text


_CAUSES: Final[tuple[Callable[[Evidence, Reach | None], Cause | None], ...]] = (
    _ended, _page, _frame, _talk, _strangers, _address, _silence,
)  # fmt: skip
_REMEDIES: Final = {
    "name": "Check the host name, and whether a VPN is needed.",
    "refused": "Check the port, and whether the server runs.",
    "timeout": "Check the address; a firewall, VPN or proxy may be in the way.",
    "certificate": "Open the address in a tab: until the browser trusts it there, no frame will.",
    "protocol": "Check the scheme (https or http) and the port.",
}


# ---------------------------------------------------------------- checks
def _check_address(e: Evidence, r: Reach | None) -> Check | None:
    if r is None:
        return None
    if r.problem is not None:
        return Check("address", "wrong", f"{r.origin}: {r.detail}.", _REMEDIES[r.problem])
    way = " -> ".join(f"{hop.origin} ({hop.status})" for hop in r.hops)
    verdict: Verdict = "wrong" if (r.status or 0) >= _FAILED else "look" if r.redirected else "ok"
    secure = "" if r.last.startswith("https") else " Not over https."
    return Check("address", verdict, f"{way}.{secure} Asked from the kernel, not by the browser.")


def _check_framing(e: Evidence, r: Reach | None) -> Check | None:
    if r is None or r.problem is not None:
        return None
    page = e.host.get("origin")
    allowed = r.may_be_framed(None if page is None else str(page))
    said = _refusal(r) if r.ancestors is not None or r.frame_options else "no header forbids it"
    if allowed is None:
        return Check("framing", "look", f"{said}: it depends on the notebook's origin.")
    return Check("framing", "ok" if allowed else "wrong", f"{said}.")


def _check_cookies(e: Evidence, r: Reach | None) -> Check | None:
    if r is None or r.problem is not None:
        return None
    if r.cookies:
        advice = "A login in the frame may not be kept [I]."
        return Check("cookies", "look", f"It sets {', '.join(sorted(set(r.cookies)))}.", advice)
    return Check("cookies", "ok", "It sets none that a frame would lose.")


def _check_page(e: Evidence, r: Reach | None) -> Check:
    if e.page_heard is None:
        return Check("notebook page", "wrong", "It has never spoken to this kernel.")
    shown = "shown" if e.facts.get("shown") is True else "not shown"
    verdict: Verdict = "look" if e.page_heard > _QUIET and e.status != "configured" else "ok"
    return Check(
        "notebook page", verdict, f"{shown}; it last spoke {e.page_heard:.0f} s ago.",
    )  # fmt: skip


def _check_embedding(e: Evidence, r: Reach | None) -> Check | None:
    if not e.host:
        return None
    origin = e.host.get("origin")
    where = "in a frame of another page" if e.host.get("framed") else "at the top of its tab"
    verdict: Verdict = "wrong" if origin == "null" else "ok" if e.host.get("secure") else "look"
    advice = "" if e.host.get("secure") else "Without https there is no microphone."
    said = f"The connector is embedded by {origin}, {where}; it takes an origin that it does not "
    return Check("embedding", verdict, said + "know for a custom CRM [I].", advice)


def _check_microphone(e: Evidence, r: Reach | None) -> Check | None:
    allowed = e.host.get("microphone")
    if allowed is None:
        return None
    if allowed:
        return Check("microphone", "ok", "The page may delegate it to the frame.")
    return Check(
        "microphone", "look", "The page may not use it, so the frame cannot either.",
        "A notebook within another page's frame needs allow=microphone there.",
    )  # fmt: skip


def _check_origin(e: Evidence, r: Reach | None) -> Check:
    allowed = ", ".join(e.origins or (e.connector,))
    seen = e.facts.get("origin")
    if e.stranger is not None:
        return Check("origin", "wrong", f"{e.stranger} speaks in the frame; {allowed} may.")
    if seen:
        return Check("origin", "ok", f"{seen} speaks, and may.")
    return Check("origin", "unknown", f"Nobody has spoken yet; {allowed} may.")


def _check_foreign(e: Evidence, r: Reach | None) -> Check:
    if not e.refused:
        return Check("refused messages", "ok", "None.")
    listed = ", ".join(f"{count} for their {name}" for name, count in sorted(e.refused.items()))
    return Check("refused messages", "look", f"{listed}. They were not answered.")


def _check_ready(e: Evidence, r: Reach | None) -> Check:
    if e.facts.get("acked") is True or e.status in {"ready", "configured"}:
        return Check("ready", "ok", "The connector has greeted, and was answered.")
    return Check("ready", "wrong", "The connector has not greeted.")


def _check_crm_data(e: Evidence, r: Reach | None) -> Check:
    by = e.crm_data_by
    if e.status == "configured":
        return Check("crmData", "ok", f"Asked for and answered by {by or 'the page'}.")
    asked = "Asked for" if e.received.get("requestCrmData") else "Not asked for yet"
    if by is None:
        return Check("crmData", "wrong", f"{asked}; nobody answers.", "Give crm_data=.")
    return Check("crmData", "unknown", f"{asked}; {by} answers.")


def _check_settings(e: Evidence, r: Reach | None) -> Check | None:
    if not e.contradictions:
        return None
    return Check("settings", "look", " ".join(e.contradictions))


def _check_handlers(e: Evidence, r: Reach | None) -> Check:
    if e.errors:
        return Check("handlers", "look", f"{len(e.errors)} failed, last: {e.errors[-1]}.")
    return Check("handlers", "ok", "None has failed.")


def _check_kernel(e: Evidence, r: Reach | None) -> Check:
    if e.old_kernel:
        return Check(
            "kernel", "look", "It receives nothing while a cell runs.",
            "Install ipykernel 7 or newer.",
        )  # fmt: skip
    kept = f" {e.kept} call logs are not saved yet." if e.kept else ""
    return Check("kernel", "look" if e.kept else "ok", f"It receives while cells run.{kept}")


def _check_nodelay(e: Evidence, r: Reach | None) -> Check | None:
    if e.nodelay is None:
        return None
    if e.nodelay:
        return Check("server extension", "ok", "crmwidget.nodelay is on.")
    return Check(
        "server extension", "look",
        "crmwidget.nodelay is not on in this server: answers that follow each other closely take "
        "up to 40 ms longer.",
        "jupyter server extension enable crmwidget.nodelay, then restart the server.",
    )  # fmt: skip


_CHECKS: Final[tuple[Callable[[Evidence, Reach | None], Check | None], ...]] = (
    _check_address, _check_framing, _check_cookies, _check_page, _check_embedding,
    _check_microphone, _check_origin, _check_foreign, _check_ready, _check_crm_data,
    _check_settings, _check_handlers, _check_kernel, _check_nodelay,
)  # fmt: skip


def _refusal(r: Reach) -> str:
    if r.ancestors is not None:
        return f"frame-ancestors {' '.join(r.ancestors)}"
    return f"X-Frame-Options: {r.frame_options}"


def of_address(reached: Reach, page: str | None = None) -> Diagnosis:
    """What an address alone tells: `crmwidget diagnose URL`; page: the notebook's origin."""
    host = {} if page is None else {"host": {"origin": page, "secure": True}}
    facts = {"shown": True, **host}
    evidence = Evidence(
        connector=reached.origin, src=reached.origin, origins=(reached.origin,), facts=facts
    )
    checks = tuple(
        made
        for check in (_check_address, _check_framing, _check_cookies)
        if (made := check(evidence, reached)) is not None
    )
    found = _frame(evidence, reached) or _address(evidence, reached)
    if found is None:
        text = "Nothing speaks against showing it in a frame. Whether it greets, only a page sees."
        found = ("reachable", True, text)
    return Diagnosis(found[0], found[2], found[1], checks)
