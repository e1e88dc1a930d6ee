"""Causes, in the order in which they are asked: the first that applies is the answer.

Each gives a word, whether it is certain, and a sentence. What stands early
makes what stands later meaningless: without a page there is no frame, without
a frame no message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from crmwidget.diagnosis._evidence import Evidence, Refused, insecure, one_site
from crmwidget.diagnosis.probes.http import Reach, is_loopback

Cause = tuple[str, bool, str]
Asked = Callable[[Evidence, Reach | None], Cause | None]

FAILED: Final = 400
"""HTTP statuses from here on are no page."""
_LOGINS: Final = frozenset({401, 403, 407, 429})
"""Statuses that a browser which is logged in may not get."""
_SERVERS: Final = 500
_SLACK: Final = 10.0
"""Seconds that a page in the background may be late."""
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
REMEDIES: Final = {
    "name": "Check the host name, and whether a VPN is needed.",
    "refused": "Check the port, and whether the server runs.",
    "timeout": "Check the address; a firewall, VPN or proxy may be in the way.",
    "slow": "The server, or a proxy in front of it, is too slow: try again, or ask who runs it.",
    "certificate": "Open the address in a tab: until the browser trusts it there, no frame will.",
    "protocol": "Check the scheme (https or http) and the port.",
    "unasked": "A browser may open it all the same.",
}


# ---------------------------------------------------------------- the phone and its page
def _ended(e: Evidence, _: Reach | None) -> Cause | None:
    if e.closed:
        return "closed", True, "The phone was closed. Run the cell that makes it again."
    if e.facts.get("lost") is not True:
        return None
    why = {
        "closed": "The phone was closed on the page.",
        "navigated": "The simulator's page went somewhere else, and was removed.",
    }.get(e.ended or "", "The frame was taken out of the page.")
    return "lost", True, f"{why} Run the cell that makes the phone again."


def _unshown(e: Evidence, _: Reach | None) -> Cause | None:
    if e.waits and (e.page_heard is None or e.making) and not e.greeted:
        text = (
            "This kernel receives nothing while a cell runs, so it cannot know yet. Ask again in "
            "a cell of its own."
        )
        return "kernel-busy", False, text
    if e.page_heard is None and e.making:
        return _unended()
    if e.page_heard is None:
        text = (
            "No page has spoken to this kernel. Put `phone` on the last line of a cell; if it is "
            "shown, the notebook's page does not run widgets (is it trusted, is anywidget there?)."
        )
        return "not-shown", True, text
    return None


def _unended() -> Cause:
    text = (
        "The cell that makes the phone has not ended, and a notebook shows `phone` at its end. "
        "Ask again in the next cell."
    )
    return "not-shown", False, text


def _page(e: Evidence, _: Reach | None) -> Cause | None:
    if e.answers is False:
        text = (
            "The page that showed the phone does not answer. Its tab was closed, sleeps in the "
            "background, or lost its connection to the server: open or reload the notebook, and "
            "run the cell again."
        )
        return "page-away", False, text
    if e.facts.get("shown") is not True and e.making:
        return _unended()
    if e.facts.get("shown") is not True:
        text = "No cell shows the phone. Put `phone` on the last line of a cell."
        return "not-shown", True, text
    return None


def _connected(e: Evidence, _: Reach | None) -> Cause | None:
    if not e.connected:
        return None
    return "connected", True, "The connector has its crmData and the phone is ready."


# ---------------------------------------------------------------- the frame
def _frame(e: Evidence, r: Reach | None) -> Cause | None:
    if e.page == "null":
        text = (
            "This notebook shows outputs in a frame without an origin of its own, so the connector "
            "cannot know who embeds it. Open the notebook in JupyterLab or Notebook 7."
        )
        return "opaque-host", True, text
    if e.src is None:
        if e.facts.get("silent") is not True or e.facts.get("messages"):
            return None
        text = (
            "This server forbids inline scripts, so the simulator's page cannot run. Run "
            "`crmwidget simulate` and give its address to CRMWidget(...)."
        )
        return "scripts-forbidden", False, text
    if e.host.get("forbidden"):
        text = (
            f"The content policy of this notebook's server ({e.host['forbidden']}) forbids frames "
            f"of {e.connector}. Ask who runs the server to allow it."
        )
        return "host-forbids-frames", True, text
    return _mixed(e, r)


def _mixed(e: Evidence, r: Reach | None) -> Cause | None:
    if not (e.page or "").startswith("https://"):
        return None
    on_the_way = () if r is None else r.origins
    plain = next((one for one in (e.connector, *on_the_way) if insecure(one)), None)
    if plain is None:
        return None
    moved = "" if plain == e.connector else f", to which {e.connector} redirects,"
    text = (
        f"The notebook is on https, and {plain}{moved} is on http: browsers do not load that. "
        "Give the connector's https address."
    )
    return "mixed-content", True, text


# ---------------------------------------------------------------- the connector speaks
def _talk(e: Evidence, _: Reach | None) -> Cause | None:
    if e.crm_data_error is not None:
        text = (
            f"The connector asked for crmData and its answer failed: {e.crm_data_error} Mend that "
            "first; `phone.errors[-1]` has the rest."
        )
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
    if not e.greeted:
        return None
    text = (
        "The connector was greeted and has not asked for crmData: the agent is not logged in or "
        "not activated yet [I]. Log in inside the frame, or open the login in a tab and reload the "
        "frame."
    )
    return "not-activated", False, text


def _strangers(e: Evidence, r: Reach | None) -> Cause | None:
    """Who spoke last is who is in the frame now, whatever was said in it before."""
    if e.stranger is None:
        return None
    if r is not None and r.redirected and r.last == e.stranger:
        return _redirected(e, e.stranger)
    text = (
        f"The frame shows a page of {e.stranger}, which speaks, and only {e.may} may. If it "
        "is the connector's, give "
        f'CRMWidget(..., allow_origins=["{e.stranger}"]); the origin includes the port. If it '
        "is a login page, log in there."
    )
    return "origin-mismatch", True, text


def _odd(e: Evidence, _: Reach | None) -> Cause | None:
    odd = sum(e.refused.get(reason, 0) for reason in ("shape", "type", "action"))
    if odd and not e.facts.get("messages"):
        text = (
            "The page in the frame speaks, but not as a connector: its messages have "
            "another type. Is this the address of the connector's page for embedding, or is it a "
            "login page?"
        )
        return "not-a-connector", False, text
    return None


def _redirected(e: Evidence, to: str) -> Cause:
    text = (
        f"{e.connector} redirects to {to}, whose messages are not taken. If that is the "
        f'connector\'s, give CRMWidget(..., allow_origins=["{to}"]). If it is a login page, log in '
        "there."
    )
    return "redirected", True, text


# ---------------------------------------------------------------- what the address answers
def _address(e: Evidence, r: Reach | None) -> Cause | None:  # noqa: PLR0911 - a line a kind
    if r is None or e.elsewhere or r.problem == "unasked":
        return None
    if r.problem is not None:
        return _unreached(e, r)
    if (r.status or 0) >= FAILED:
        return _failed(e, r)
    if r.no_page:
        return "no-page", True, f"{r.last} {r.no_page}. Check the address."
    if may_be_framed(e, r) is False:
        return _framing(e, r)
    if r.redirected and r.last not in e.origins and r.last != e.connector:
        return _redirected(e, r.last)
    if r.content_type and r.content_type not in _PAGES:
        text = f"{r.last} answers {r.content_type}, which is no page. Check the address."
        return "no-page", True, text
    return None


def _framing(e: Evidence, r: Reach) -> Cause:
    moved = f" It is where {r.origin} redirects to: a login page, by the look of it." * r.redirected
    page = refused_by(e, r)
    inside = page is not None and page != e.page
    around = f", and the notebook is within {page}" * inside
    whom = f"{page}, too" if inside else f"the notebook's origin{f', {page}' if page else ''}"
    text = (
        f"{r.last} does not let this notebook show it in a frame ({refusal(e, r)}{around}).{moved} "
        f"An administrator of the connector has to allow {whom}; or log in in a tab of its own and "
        "reload the frame."
    )
    return "framing-refused", True, text


def _unreached(e: Evidence, r: Reach) -> Cause:
    after = f", to which {r.origin} redirects," if r.asked not in (None, r.origin) else ""
    remedy = REMEDIES[r.problem or "protocol"]
    text = f"{r.asked or r.origin}{after} cannot be loaded: {r.detail}. {remedy}"
    if r.problem == "certificate":
        # Python's list of authorities is not the browser's: companies add theirs there alone.
        return "certificate", False, text
    beside = "" if e.near else " (This kernel has tried it; the browser may be elsewhere.)"
    # A browser waits longer than this kernel does.
    return "unreachable", e.near and r.problem not in {"slow", "timeout"}, text + beside


def _failed(_: Evidence, r: Reach) -> Cause:
    status = r.status or 0
    if status in _LOGINS:
        advice = "It may want a login first: open it in a tab, then reload the frame."
    elif status >= _SERVERS:
        advice = "The fault is on its side: try again later, or ask who runs it."
    else:
        advice = "Check the path, and the tenant in it."
    text = f"{r.last} answers {status} instead of a page. {advice}"
    return "http-error", status not in _LOGINS, text


def may_be_framed(e: Evidence, r: Reach) -> bool | None:
    """Whether all pages around the frame may show it."""
    found = {r.may_be_framed(by) for by in e.above or (None,)}
    return False if False in found else None if None in found else True


def refused_by(e: Evidence, r: Reach) -> str | None:
    """The first page around the frame that may not show it, or whose origin is not known."""
    return next((by for by in e.above if r.may_be_framed(by) is False), None)


def refusal(e: Evidence, r: Reach) -> str:
    """The header that refuses, as far as it is worth showing."""
    return r.framing.refusal(refused_by(e, r), r.last)


# ---------------------------------------------------------------- nothing is said
def _silence(e: Evidence, r: Reach | None) -> Cause | None:
    if e.facts.get("silent") is not True and e.status != "silent":
        if e.page_heard is not None and e.page_heard > e.silence + _SLACK:
            text = (
                f"The page has said nothing for {e.page_heard:.0f} s. Is the notebook still open, "
                "and its connection to the server alive?"
            )
            return "page-away", False, text
        return "loading", True, "The frame is loading. Ask again in some seconds."
    if r is not None and r.problem is None and r.cookies and _loses_cookies(e, r):
        text = (
            f"{r.last} sets {r.cookies[0]}, which browsers do not keep in a frame of another "
            "site: a login there is lost. Its administrator has to set SameSite=None; Secure; or "
            "open it in a tab, log in, and reload the frame."
        )
        return "cookies-blocked", False, text
    loads = e.facts.get("loads")
    moved = ""
    if isinstance(loads, int) and loads > 1:
        moved = f"The frame has shown {loads} pages by now, as where a login comes in between. "
    if r is not None and r.third_party:
        moved += "It sets cookies that a browser which blocks third-party cookies does not keep. "
    asks = "The browser may have asked whether it may reach this machine. " * e.elsewhere
    text = (
        f"The connector's page was loaded and has not said `ready`. {moved}{asks}The usual "
        "reasons [I]: nobody is logged in, this notebook's origin is not on the connector's allow "
        "list, its cookies are blocked in frames, or it took the notebook for a CRM that it knows."
    )
    return "silent", True, text


def _loses_cookies(e: Evidence, r: Reach) -> bool:
    if e.page is None:
        return not is_loopback(r.last)
    return not one_site(e.page, r.last)


CAUSES: Final[tuple[Asked, ...]] = (
    _ended, _unshown, _page, _strangers, _connected, _frame, _talk, _odd, _address, _silence,
)  # fmt: skip


# ---------------------------------------------------------------- an address alone
_BROWSER: Final[dict[Refused, tuple[str, str]]] = {
    "framing": ("framing-refused", "An administrator of the connector has to allow {page}."),
    "certificate": ("certificate", REMEDIES["certificate"]),
    "mixed-content": ("mixed-content", "Give the connector's https address."),
    "no-page": (
        "no-page",
        "It answers with nothing that a frame shows. Check the address.",
    ),
    "unreachable": ("unreachable", "Check host, port and scheme."),
}


def of_address_alone(e: Evidence, r: Reach) -> Cause:
    """What an address tells without a phone, and what a browser saw of it, if one looked."""
    found = _in_browser(e)
    if found is not None and e.speaks:
        return found
    told = _mixed(e, r) or _address(e, r)
    if found is not None:
        return _refused(found, told, e, r)
    if e.seen is None:
        return told or _unheard(e, r)
    # What the browser shows has been reached, whatever this machine says.
    return told if told is not None and r.problem is None else _unheard(e, r)


def _refused(found: Cause, told: Cause | None, e: Evidence, r: Reach) -> Cause:
    """What the browser says of it, in the words of what says more."""
    if told is not None and told[0] == "mixed-content":
        return told
    if e.seen is None or e.seen.refused is None:
        return found
    if told is not None and found[0] in (told[0], "unreachable"):
        return told[0], True, told[2]
    if told is None and found[0] == "unreachable":
        text = (
            f"{r.last} answers this machine, and a browser does not show it ({e.seen.word}): what "
            "it sends may be damaged, or the browser uses another proxy."
        )
        return "unreachable", True, text
    return found


def _in_browser(e: Evidence) -> Cause | None:
    seen = e.seen
    if seen is None:
        return None
    if seen.refused is not None:
        word, advice = _BROWSER[seen.refused]
        text = f"A browser does not show {e.connector} in a frame ({seen.word}). "
        return word, True, text + advice.format(page=seen.page)
    if seen.greeted:
        went_on = " and asked for crmData" * seen.asked
        text = f"In a frame of {seen.page} it says `ready`{went_on}: it speaks as a connector."
        return "reachable", True, text
    if seen.strangers:
        to = seen.strangers[0]
        text = (
            f"The frame shows a page of {to}, which speaks. If it is the connector's, give "
            f'CRMWidget(..., allow_origins=["{to}"]). If it is a login page, log in there.'
        )
        return "origin-mismatch", True, text
    return None


def _unseen(e: Evidence, r: Reach) -> Cause:
    greets = "Whether it greets, only a page sees."
    if r.problem is not None:
        return "reachable", False, f"{r.detail[0].upper()}{r.detail[1:]}. {greets}"
    if may_be_framed(e, r) is None:
        text = (
            f"It answers, and who may show it in a frame is listed ({r.framing}). Give the "
            f"notebook's origin (--page) to know whether it may. {greets}"
        )
        return "reachable", False, text
    return "reachable", True, f"Nothing speaks against showing it in a frame. {greets}"


def _unheard(e: Evidence, r: Reach) -> Cause:
    seen = e.seen
    if seen is None:
        return _unseen(e, r)
    where = f"It is shown in a frame of {seen.page}, and does not say `ready`. "
    if seen.password:
        at = f" (a page of {seen.shows})" if seen.shows not in (None, e.connector) else ""
        text = f"{where}It asks for a password{at}: nobody is logged in."
        return "not-logged-in", False, text
    if seen.lost or (r.problem is None and r.cookies and _loses_cookies(e, r)):
        text = (
            f"{where}It sets cookies that the browser does not keep in a frame of another site, so "
            "that a login is lost. Its administrator has to set SameSite=None; Secure; Partitioned."
        )
        return "cookies-blocked", False, text
    if seen.odd:
        text = f"{where}It speaks, but not as a connector: its messages have another type."
        return "not-a-connector", False, text
    text = (
        f"{where}The usual reasons [I]: nobody is logged in in this browser, which is a fresh one; "
        "the page's origin is not on the connector's allow list; it took the page for a CRM that "
        "it knows."
    )
    return "silent", True, text
