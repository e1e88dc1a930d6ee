"""Page's notes: what the page did alone, and what it could not take.

All of it runs under the client's lock; what runs handlers or takes time is handed on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import MessageRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crmwidget.client import Client

FACTS: Final = (
    "shown", "loads", "acked", "configured", "dial", "silent", "lost", "origin", "messages",
    "rejected", "host",
)  # fmt: skip
"""What a page reports of the connection."""


class PageNotes:
    """One per client, and a part of it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def take(self, note: Mapping[str, Any]) -> None:
        """An item `note` of the wire, see js/src/core/wire.ts; what it does not know it ignores."""
        client = self._client
        given = note.get("detail")
        detail: dict[str, Any] = given if isinstance(given, dict) else {}
        what = note.get("what")
        if what == "sim":
            self._simulator(detail)
        elif what == "lost":
            client.page_status.ended = str(detail.get("reason"))
        elif what in ("rejected", "dropped"):
            self._refused(note, str(what), detail)
        client.facts.update({name: detail[name] for name in FACTS if name in detail})
        if what == "loaded":  # another document is in the frame: what the former said is over
            client.session.restore(client.facts)

    def _simulator(self, detail: dict[str, Any]) -> None:
        client = self._client
        if detail.get("wants") is True and client.extra is not None:
            client.command("state", {"script": client.extra()})
        else:
            # Behind what arrived before: `await call.end()` returns when the log is saved.
            client.runner.later(lambda: client.simulator_requests.answered(detail))

    def _refused(self, note: Mapping[str, Any], what: str, detail: dict[str, Any]) -> None:
        client = self._client
        reason = f"{detail.get('reason', what)}, {note.get('n', 1)} times"
        if detail.get("origin"):
            reason += f", from {detail['origin']}"
        reasons = detail.get("reasons")
        if isinstance(reasons, dict):
            client.page_status.refuses(reasons, detail.get("stranger"))
        action = str(detail.get("action", "?"))
        at = datetime.now(UTC)
        client.traffic.add("rejected", action, None, at=at, problems=(reason,))
        for over in detail.get("over", ()):
            self._over(over)

    def _over(self, over: Mapping[str, Any]) -> None:
        """A question or a log that the page could not take: agent and notebook hear of it."""
        client = self._client
        error = MessageRefusedError(str(over["action"]), str(over["reason"]), int(over["limit"]))
        client.runner.later(lambda: client.lifecycle.refused(error))
