"""Rules of what opens a record: screen pops, navigation and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crmwidget.conformance._directory import contacts
from crmwidget.conformance._rule import Verdict, broken, idle, judged, kept, rule
from crmwidget.conformance._stage import message

if TYPE_CHECKING:
    from crmwidget.conformance._stage import Stage

POP: Final = "requestPerformInteractionScreenPop"
NAVIGATE: Final = "requestNavigateToClickToDialResult"
SEARCHED: Final = ("undefined", "[object", "NaN")
"""What a text is where a value was missing."""
MOST_NAMES: Final = 200
TRIES: Final = 3
"""How often a screen pop is sent that may have gone with its frame."""


# The texts of a tab that is not in front count, those of scripts do not.
_COUNT: Final = """words => {
    const texts = [];
    const read = (node) => {
        if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
        if (node.shadowRoot) read(node.shadowRoot);
        if (/^(script|style|template|noscript)$/i.test(node.nodeName)) return;
        for (const inner of node.childNodes) read(inner);
    };
    read(document.body);
    const text = texts.join("\\n");
    const opened = window[Symbol.for("crmwidget.conformance")]?.opened.length ?? 0;
    return {
        counts: Object.fromEntries(words.map((word) => [word, text.split(word).length - 1])),
        opened,
    };
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a person can see of the page that shows an open record."""

    names: dict[str, int]
    texts: dict[str, int]
    addresses: tuple[str, str]
    windows: int
    dialogs: int
    requests: int

    def since(self, before: Look) -> list[str]:
        """What shows that a record was opened after `before`."""
        more = sum(count > before.names.get(name, 0) for name, count in self.names.items())
        whose = "a contact's name" if more == 1 else f"the names of {more} contacts"
        found = [f"{whose} appeared"] if more else []
        if self.addresses != before.addresses:
            found.append("the page's address changed")
        if self.windows > before.windows:
            found.append("a window was opened")
        return found


def look(stage: Stage) -> Look:
    """Look now."""
    names = [str(one["name"]) for one in contacts(stage)[:MOST_NAMES] if one.get("name")]
    seen = stage.value(_COUNT, [*names, *SEARCHED])
    found = seen["counts"]
    return Look(
        names={name: found[name] for name in names},
        texts={word: found[word] for word in SEARCHED},
        addresses=(stage.page.url, stage.client.url),
        windows=stage.windows + seen["opened"],
        dialogs=stage.dialogs,
        requests=len(stage.requests),
    )


def _popped(stage: Stage, numbers: list[str]) -> list[str]:
    """Send a screen pop; what shows that a record was opened."""
    for _ in range(TRIES):
        before, replaced = look(stage), stage.replaced
        stage.post(message(POP, {"aniValues": numbers}))
        stage.settle()
        for _ in range(int(stage.patience / 0.25)):
            seen = look(stage).since(before)
            if seen:
                stage.settle()  # a page that loads another one is through with it
                return seen
            stage.page.wait_for_timeout(250)
        if stage.replaced == replaced:
            break
        # The frame went away for another reason, and took the screen pop along
    return []


def _envelopes(action: str, *data: tuple[str, str]) -> list[tuple[str, str]]:
    start = f'{{type: "CRMConnectMessage", action: "{action}"'
    return [("no data", f"{start}}}"), *((name, f"{start}, data: {js}}}") for name, js in data)]


@rule(
    "pop-without-numbers",
    "S",
    "a screen pop without data or aniValues throws nothing",
    checked="sends it without data, with null and {}, and with aniValues that are no list",
    advice="Read data?.aniValues, and only a list.",
)
def without_numbers(stage: Stage) -> Verdict:
    cases = _envelopes(
        POP,
        ("null", "null"),
        ("{}", "{}"),
        ("aniValues null", "{aniValues: null}"),
        ("aniValues {}", "{aniValues: {}}"),
        ("[null]", "{aniValues: [null]}"),
    )
    return judged(stage.survives(cases), "nothing thrown")


@rule(
    "pop-nobody",
    "O",
    "a screen pop with no number opens nobody's record, and searches for nothing",
    checked="sends aniValues [] and blanks; looks at the page, its address and its requests",
    advice="Take the first aniValue that is not blank, and do nothing where there is none: the "
    'sample client searches for the text "undefined" and opens the first that it finds.',
)
def nobody(stage: Stage) -> Verdict:
    before = look(stage)
    cases = _envelopes(
        POP,
        ("[]", "{aniValues: []}"),
        ('[""]', '{aniValues: [""]}'),
        ("two blanks", '{aniValues: ["", " "]}'),
    )[1:]
    found = [*stage.survives(cases)]
    stage.page.wait_for_timeout(1000 * stage.late)
    after = look(stage)
    found += after.since(before)
    found += [
        f'the page now says "{word}"' for word in SEARCHED if after.texts[word] > before.texts[word]
    ]
    for _, url, body in stage.requests[before.requests :]:
        found += [f'a request says "{word}"' for word in SEARCHED if word in url or word in body]
    return judged(found, "nobody's record was opened")


def _opens(stage: Stage) -> tuple[list[str], list[str]]:
    """What is seen when a contact calls, and the numbers of two; none if nothing is seen."""
    numbers = [str(one.get("phone") or "") for one in contacts(stage)]
    alone = [number for number in numbers if number and numbers.count(number) == 1]
    if len(alone) < 2:  # noqa: PLR2004 - the record of one shows that the other's has gone
        return [], []
    two = [alone[-1], alone[0]]
    seen = _popped(stage, two[:1])
    return seen, two if seen else []


def open_one(stage: Stage) -> None:
    """Open the record of one contact, so that `other_opened` can tell."""
    for number in stage.once(_opens)[1][1:]:
        stage.post(message(POP, {"aniValues": [number]}))
        stage.settle()


def call_of_another(stage: Stage) -> list[dict[str, object]]:
    """The screen pop of the other contact; empty where none is seen to open."""
    return [message(POP, {"aniValues": [one]}) for one in stage.once(_opens)[1][:1]]


def other_opened(stage: Stage) -> list[str]:
    """What shows that a call of the other contact is heard now."""
    before = look(stage)
    stage.post(*call_of_another(stage))
    stage.page.wait_for_timeout(1000 * stage.late)
    return look(stage).since(before)


@rule(
    "pop-second-number",
    "S",
    "where the first number is blank the second is looked up",
    checked="sends a blank and a contact's number, and looks whether the record opens as it does "
    "with that number alone",
    advice="Take the first aniValue that is not blank.",
)
def second(stage: Stage) -> Verdict:
    seen, numbers = stage.once(_opens)
    if not seen:
        why = "no record is seen to open, even with a contact's number alone"
        return idle(why if contacts(stage) else "there is no directory to take a number from")
    found = _popped(stage, ["", numbers[1]])
    if found:
        return kept("; ".join(found))
    return broken(f"with the number alone {'; '.join(seen)}; with a blank before it nothing did")


@rule(
    "navigate-without-data",
    "O",
    "requestNavigateToClickToDialResult without data throws nothing",
    checked="sends it without data, with null, {} and the id of nobody",
    advice="Read data?.recordId, and tell the agent where there is no such record.",
)
def navigate(stage: Stage) -> Verdict:
    cases = _envelopes(
        NAVIGATE,
        ("null", "null"),
        ("{}", "{}"),
        ("an unknown id", '{recordId: "no-such-record"}'),
    )
    return judged(stage.survives(cases), "nothing thrown")


@rule(
    "reports",
    "O",
    "requestOpenReports throws nothing",
    checked="sends it without data and with {}",
    advice="Open the CRM's reports, or ignore it: the sample client's handler is missing.",
)
def reports(stage: Stage) -> Verdict:
    return judged(stage.survives(_envelopes("requestOpenReports", ("{}", "{}"))), "nothing thrown")


@rule(
    "one-way-unanswered",
    "D",
    "messages that are no questions are not answered",
    checked="sends a screen pop, a navigation and a request for reports",
    advice="Answer only ready, requestCrmData, requestGetCRMDirectory and "
    "requestCustomFieldsValues; tell failures with displayErrorNotification.",
)
def one_way(stage: Stage) -> Verdict:
    since = stage.settle()
    stage.post(
        message(POP, {"aniValues": ["+12025550199"]}),
        message(NAVIGATE, {"recordId": "no-such-record"}),
        message("requestOpenReports"),
    )
    stage.settle()
    found = stage.take(since)
    return broken(f"{len(found)} messages came back") if found else kept("no answer")


RULES = (nobody, without_numbers, second, navigate, reports, one_way)
