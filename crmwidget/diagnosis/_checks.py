"""Checks: everything that was looked at, whatever the cause is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from crmwidget.diagnosis._causes import FAILED, REMEDIES, may_be_framed, refusal, refused_by
from crmwidget.diagnosis._evidence import Evidence
from crmwidget.diagnosis.probes.http import Reach

Verdict = Literal["ok", "look", "wrong", "unknown"]
_SIGNS: Final = {"ok": "ok     ", "look": "look   ", "wrong": "WRONG  ", "unknown": "unknown"}


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


Looking = Callable[[Evidence, Reach | None], Check | None]


# ---------------------------------------------------------------- the address
def _check_address(e: Evidence, r: Reach | None) -> Check | None:
    if r is None:
        return None
    if r.problem is not None:
        unsure = e.elsewhere or e.speaks or r.problem in {"certificate", "slow", "unasked"}
        verdict: Verdict = "look" if unsure else "wrong"
        return Check("address", verdict, f"{r.asked or r.origin}: {r.detail}.", REMEDIES[r.problem])
    way = " -> ".join(f"{hop.origin} ({hop.status})" for hop in r.hops)
    failed = (r.status or 0) >= FAILED or r.no_page
    verdict = "look" if failed or r.redirected else "ok"
    if failed and not e.speaks:
        verdict = "wrong"
    secure = "" if r.last.startswith("https") else " Not over https."
    where = "this machine" if e.beside else "the kernel"
    instead = f" It {r.no_page}." if r.no_page else ""
    asked = f"Asked from {where}, not by the browser."
    return Check("address", verdict, f"{way}.{instead}{secure} {asked}")


def _check_framing(e: Evidence, r: Reach | None) -> Check | None:
    if r is None or r.problem is not None:
        return None
    allowed = may_be_framed(e, r)
    if allowed is None:
        return Check("framing", "look", f"{r.framing}: it depends on the notebook's origin.")
    if allowed:
        return Check("framing", "ok", f"{r.framing}.")
    said = f"{refusal(e, r)}, which does not admit {refused_by(e, r) or 'any page'}."
    return Check("framing", "look" if e.speaks else "wrong", said)


def _check_cookies(_: Evidence, r: Reach | None) -> Check | None:
    if r is None or r.problem is not None:
        return None
    if r.cookies:
        advice = "A login in the frame may not be kept [I]."
        return Check("cookies", "look", f"It sets {', '.join(sorted(set(r.cookies)))}.", advice)
    if r.third_party:
        said = "It sets cookies without Partitioned: kept where third-party cookies are allowed."
        return Check("cookies", "look", said, "If not, a login in the frame is lost.")
    return Check("cookies", "ok", "It sets none that a frame would lose.")


def _check_browser(e: Evidence, _: Reach | None) -> Check | None:
    seen = e.seen
    if seen is None:
        return None
    around = f"In a frame of {seen.page}: "
    if seen.refused is not None:
        return Check("in a browser", "wrong", f"{around}not shown ({seen.word}).")
    told = []
    if seen.shows not in (None, e.connector):
        told.append(f"shows a page of {seen.shows}")
    if seen.password:
        told.append("asks for a password")
    told.append("says `ready`" if seen.greeted else "does not say `ready`")
    if seen.asked:
        told.append("asks for crmData")
    if seen.odd:
        told.append(f"messages of another type: {seen.odd}")
    told += [f"{origin} speaks, too" for origin in seen.strangers]
    if seen.lost:
        told.append(f"cookies that were not taken: {seen.lost}")
    verdict: Verdict = "look" if seen.lost or seen.strangers or not seen.greeted else "ok"
    return Check("in a browser", verdict, around + ", ".join(told) + ".")


# ---------------------------------------------------------------- the page around
def _check_page(e: Evidence, _: Reach | None) -> Check:
    if e.page_heard is None:
        return Check("notebook page", "wrong", "It has never spoken to this kernel.")
    shown = "shown" if e.facts.get("shown") is True else "not shown"
    said = f"The phone is {shown}; the page last spoke {e.page_heard:.0f} s ago"
    if e.answers is False:
        return Check("notebook page", "wrong", f"{said}, and does not answer now.")
    asked = ", and answers" if e.answers else ""
    verdict: Verdict = "ok" if e.facts.get("shown") is True else "wrong"
    return Check("notebook page", verdict, f"{said}{asked}.")


def _check_embedding(e: Evidence, _: Reach | None) -> Check | None:
    if e.page is None:
        return None
    where = "in a frame of another page" if e.host.get("framed") else "at the top of its tab"
    verdict: Verdict = "ok" if e.host.get("secure") else "look"
    if e.page == "null":
        verdict = "look" if e.connected else "wrong"
    advice = "" if e.host.get("secure") else "Without https there is no microphone."
    said = f"The connector is embedded by {e.page}, {where}; it takes an origin that it does not "
    return Check("embedding", verdict, said + "know for a custom CRM [I].", advice)


def _check_microphone(e: Evidence, _: Reach | None) -> Check | None:
    allowed = e.host.get("microphone")
    if allowed is None:
        return None
    if allowed:
        return Check("microphone", "ok", "The page may delegate it to the frame.")
    return Check(
        "microphone", "look", "The page may not use it, so the frame cannot either.",
        "A notebook within another page's frame needs allow=microphone there.",
    )  # fmt: skip


def _check_storage(e: Evidence, _: Reach | None) -> Check | None:
    kept = e.host.get("storage")
    if kept is None:
        return None
    if kept:
        return Check("storage", "ok", "The tab keeps call logs until this kernel has them.")
    return Check(
        "storage", "look", "The tab may not keep anything.",
        "A reload of the page loses call logs that this kernel does not have yet.",
    )  # fmt: skip


# ---------------------------------------------------------------- the messages
def _check_origin(e: Evidence, _: Reach | None) -> Check:
    seen = e.facts.get("origin")
    if e.stranger is not None:
        return Check("origin", "wrong", f"{e.stranger} speaks in the frame; {e.may} may.")
    if seen == "null":
        return Check("origin", "ok", "The simulator speaks, from a sandbox of its own.")
    if seen:
        return Check("origin", "ok", f"{seen} speaks, and may.")
    return Check("origin", "unknown", f"Nobody has spoken yet; {e.may} may.")


def _check_foreign(e: Evidence, _: Reach | None) -> Check:
    if not e.refused:
        return Check("refused messages", "ok", "None.")
    listed = ", ".join(f"{count} for their {name}" for name, count in sorted(e.refused.items()))
    return Check("refused messages", "look", f"{listed}. They were not answered.")


def _check_ready(e: Evidence, _: Reach | None) -> Check:
    if e.greeted:
        return Check("ready", "ok", "The connector has greeted, and was answered.")
    return Check("ready", "wrong", "The connector has not greeted.")


def _check_crm_data(e: Evidence, _: Reach | None) -> Check:
    by = e.crm_data_by
    if e.status == "configured":
        return Check("crmData", "ok", f"Asked for and answered by {by or 'the page'}.")
    asked = "Asked for" if e.received.get("requestCrmData") else "Not asked for yet"
    if by is None:
        return Check("crmData", "wrong", f"{asked}; nobody answers.", "Give crm_data=.")
    if e.crm_data_error is not None:
        return Check("crmData", "wrong", f"{asked}; {by} has failed.")
    return Check("crmData", "unknown", f"{asked}; {by} answers.")


# ---------------------------------------------------------------- the kernel
def _check_settings(e: Evidence, _: Reach | None) -> Check | None:
    if not e.contradictions:
        return None
    return Check("settings", "look", " ".join(e.contradictions))


def _check_handlers(e: Evidence, _: Reach | None) -> Check:
    if e.errors:
        said = f"{len(e.errors)} failed, last: {e.errors[-1]}."
        return Check("handlers", "look", said, "phone.errors has what they raised.")
    return Check("handlers", "ok", "None has failed.")


def _logs(kept: int) -> str:
    return "1 call log is" if kept == 1 else f"{kept} call logs are"


def _check_kernel(e: Evidence, _: Reach | None) -> Check:
    if e.old_kernel:
        return Check(
            "kernel", "look", "It receives nothing while a cell runs.",
            "Install ipykernel 7 or newer.",
        )  # fmt: skip
    if e.waits:
        return Check(
            "kernel", "look", "It receives nothing while a cell runs.",
            "JupyterLab's setting Kernel > commsOverSubshells is off, or the notebook has none.",
        )  # fmt: skip
    kept = f" {_logs(e.kept)} not saved yet." if e.kept else ""
    return Check("kernel", "look" if e.kept else "ok", f"It receives while cells run.{kept}")


def _check_nodelay(e: Evidence, _: Reach | None) -> Check | None:
    if e.nodelay is None:
        return None
    if e.nodelay:
        return Check("server extension", "ok", "crmwidget.notebook.nodelay is on.")
    return Check(
        "server extension", "look",
        "crmwidget.notebook.nodelay is not on in this server: answers that follow each other "
        "closely take up to 40 ms longer.",
        "jupyter server extension enable crmwidget.notebook.nodelay, then restart the server.",
    )  # fmt: skip


OF_ADDRESS: Final[tuple[Looking, ...]] = (
    _check_address, _check_framing, _check_cookies, _check_browser,
)  # fmt: skip
CHECKS: Final[tuple[Looking, ...]] = (
    _check_address, _check_framing, _check_cookies, _check_page, _check_embedding,
    _check_microphone, _check_storage, _check_origin, _check_foreign, _check_ready,
    _check_crm_data, _check_settings, _check_handlers, _check_kernel, _check_nodelay,
)  # fmt: skip
