"""Mutants: the reference client with one known defect each, and the rules that are to find it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defect: what is replaced in client.html, and the ids of the rules that fail for it."""

    name: str
    found_by: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...] = ()
    """What the page's server says beside it."""


def _mutant(
    name: str,
    found_by: str,
    *changes: tuple[str, str],
    headers: tuple[tuple[str, str], ...] = (),
) -> Mutant:
    return Mutant(name, tuple(found_by.split()), changes, headers)


def _posts_to_anybody(action: str) -> tuple[str, str]:
    """One action of the client's goes to whoever is in the frame."""
    return "data }, CONNECTOR)", f'data }}, action === "{action}" ? "*" : CONNECTOR)'


def _hears(condition: str) -> tuple[str, str]:
    """Origins are compared so."""
    return _ORIGIN, f"if (!({condition})) return;"


_ORIGIN = "if (origin !== CONNECTOR) return;"
_SOURCE = "if (source !== iframe.contentWindow) return;"
_OBJECT = 'if (typeof data !== "object" || data === null) return;'
_TYPE = 'if (data.type !== "CRMConnectMessage") return;'
_READY = '["ready", () => { enabled = false; send("ready"); }]'
_LIST = "const list = Array.isArray(data?.aniValues) ? data.aniValues : [];"
_FIND = "const found = number && contacts.find(({ phone }) => phone === number);"
_NUMBER = 'const number = list.find((one) => typeof one === "string" && one.trim());'
_ANSWER = (
    'const answer = await fetch("calls", { method: "POST", body: JSON.stringify(logParameters) });'
)
_OK = "if (!answer.ok) throw new Error(`the CRM answers ${answer.status}`);"
_ITEM = 'send("createHistoryItem", { taskId: "T-1", data: { ...data, logParameters, msgData } });'
_NAMES = "(Array.isArray(names) ? names : []).map((name) => String(name).toLowerCase())"
_FIELDS = "JSON.stringify({ digital: described(digital), voice: described(voice) })"
_KNOWN = (
    "const known = Object.entries(fields).filter(([key]) => asked.includes(key.toLowerCase()));"
)
_ALLOW = 'allow="camera; microphone; geolocation"'
_REPORTS = 'document.getElementById("notice").textContent = "Reports";'

MUTANTS: Final = (
    # ------------------------------------------------ the protocol reference, section 5
    _mutant("hears messages without type", "other-types-ignored", (_TYPE, "")),
    _mutant("throws at null", "no-objects-survived", (_OBJECT, "")),
    _mutant(
        "ignores the documented spelling",
        "directory-documented-spelling",
        (
            "handlers.get(data.action.toLowerCase())",
            'data.action !== "requestGetCRMDirectory" && handlers.get(data.action.toLowerCase())',
        ),
    ),
    _mutant(
        "says nothing where there is nobody",
        "directory-promised",
        (
            'send("crmDirectory", directory())',
            'directory().results.length > 9 && send("crmDirectory", directory())',
        ),
    ),
    _mutant(
        "throws at enabling without data",
        "enable-without-data",
        ("enabled = data?.isEnabled === true", "enabled = data.isEnabled === true"),
    ),
    _mutant(
        "dials a contact without a phone",
        "dial-shape dial-phones-list",
        ("name, phone, email } = contacts[0]", "name, phone, email } = contacts[3]"),
    ),
    _mutant(
        "throws at navigating without data",
        "navigate-without-data",
        ("data?.recordId", "data.recordId"),
    ),
    _mutant(
        "throws at a pop without data",
        "pop-without-numbers",
        (_LIST, "const list = data.aniValues;"),
    ),
    _mutant(
        "searches for undefined",
        "pop-nobody",
        (_NUMBER, "const number = String(list[0] || list[1]);"),
        (
            _FIND,
            (
                "fetch(`calls?phone=${number}`, { method: 'POST', body: '' }); const found = "
                "contacts.find(({ phone }) => phone === number);"
            ),
        ),
    ),
    _mutant(
        "opens the first hit for no number",
        "pop-nobody",
        (
            _FIND,
            'const found = contacts.find(({ phone }) => (phone ?? "").includes(number ?? ""));',
        ),
    ),
    _mutant("throws at reports", "reports", (_REPORTS, "this.reports.open();")),
    _mutant(
        "throws without customFields",
        "log-without-details",
        ("of inner.logDetails?.customFields ?? [])", "of inner.logDetails.customFields)"),
    ),
    _mutant(
        "throws without interactionData",
        "log-without-body",
        (
            "const inner = body?.interactionData;",
            "const inner = data.message.body.interactionData;",
        ),
    ),
    _mutant("sends history though saving failed", "history-after-success", (_OK, "")),
    _mutant(
        "does not await saving",
        "history-after-success",
        (_ANSWER, _ANSWER.replace("const answer = await ", "")),
        (_OK, ""),
    ),
    _mutant(
        "throws without voice and digital",
        "fields-missing-list",
        (_NAMES, "names.map((name) => String(name).toLowerCase())"),
    ),
    _mutant(
        "computes the duration by the clock",
        "history-parameters",
        (
            "const logParameters = {",
            (
                "const hour = inner.interaction?.intrinsics?.START_TIME?.split(':')[0]; const "
                "logParameters = { duration: `${hour && new Date(0).getUTCHours() - hour}-`,"
            ),
        ),
    ),
    # ------------------------------------------------ section 3, and what else is known
    _mutant(
        "answers ready once",
        "ready-each-time reload-answered simulated-session",
        (
            _READY,
            (
                '["ready", () => { if (!globalThis.greeted) send("ready"); globalThis.greeted '
                "= true; enabled = false; }]"
            ),
        ),
    ),
    _mutant(
        "answers requestCrmData once",
        "reload-answered crm-data-any-time simulated-session",
        (
            '["requestcrmdata", () => send("crmData", crmData)]',
            (
                '["requestcrmdata", () => { if (!globalThis.sent) send("crmData", crmData); '
                "globalThis.sent = true; }]"
            ),
        ),
    ),
    _mutant(
        "speaks first",
        "silent-until-greeted",
        (
            "const handlers",
            (
                'iframe.addEventListener("load", () => { if (!globalThis.loads) send("ready"); '
                "globalThis.loads = 1; }); const handlers"
            ),
        ),
    ),
    _mutant("answers to anybody", "exact-target-origin", ("data }, CONNECTOR)", 'data }, "*")')),
    _mutant("hears any origin", "other-origins-ignored", (_ORIGIN, "")),
    _mutant(
        "hears origins that begin alike",
        "other-origins-ignored",
        (_ORIGIN, "if (!origin.startsWith(CONNECTOR)) return;"),
    ),
    *(
        _mutant(f"posts {what} to anybody", "exact-target-origin", _posts_to_anybody(action))
        for what, action in (
            ("the address book", "crmDirectory"),
            ("history", "createHistoryItem"),
            ("a dial", "clickToDialResponse"),
            ("custom fields", "customFieldsDataResponse"),
            ("notifications", "displayErrorNotification"),
        )
    ),
    *(
        _mutant(f"hears {what}", "other-origins-ignored", _hears(condition))
        for what, condition in (
            ("origins that end alike", "origin.endsWith(new URL(CONNECTOR).host)"),
            ("origins that contain it", "origin.includes(new URL(CONNECTOR).host)"),
            ("any port", "new URL(origin).hostname === new URL(CONNECTOR).hostname"),
            ("any scheme", "origin.split('//')[1] === CONNECTOR.split('//')[1]"),
            (
                "any subdomain",
                "origin.endsWith('.' + new URL(CONNECTOR).host) || origin === CONNECTOR",
            ),
            ("its domain", "origin.endsWith('.example.com')"),
            ("a pattern with dots", "new RegExp(`^${CONNECTOR}$`).test(origin)"),
            ("no origin at all", "origin === 'null' || origin === CONNECTOR"),
        )
    ),
    _mutant(
        "hears any window and origin",
        "other-windows-ignored other-origins-ignored",
        (_ORIGIN, ""),
        (_SOURCE, ""),
    ),
    _mutant("hears any window", "other-windows-ignored", (_SOURCE, "")),
    _mutant(
        "sends JSON text",
        "message-envelope simulated-session",
        (
            (
                "iframe.contentWindow.postMessage(data === undefined ? message : { ...message, "
                "data }, CONNECTOR)"
            ),
            "iframe.contentWindow.postMessage(JSON.stringify({ ...message, data }), CONNECTOR)",
        ),
    ),
    _mutant(
        "sends no type",
        "message-envelope simulated-session",
        ('{ type: "ClientAppMessage", action }', "{ action }"),
    ),
    _mutant(
        "spells crmData otherwise",
        "known-actions simulated-session",
        ('send("crmData", crmData)', 'send("crmdata", crmData)'),
    ),
    _mutant("sends a number as Id", "crm-data-id-text", ('Id: "7"', "Id: 7")),
    _mutant(
        "leaves out LanguageLocaleKey", "crm-data-required", ('LanguageLocaleKey: "en_US",', "")
    ),
    _mutant(
        "sends booleans as settings", "settings-text", ('clickToDial: "Y"', "clickToDial: true")
    ),
    _mutant("sends yes for Y", "settings-yes-no", ('callLogEnabled: "Y"', 'callLogEnabled: "yes"')),
    _mutant(
        "wraps the settings",
        "settings-sections",
        ("callCenterSettings: {", "callCenterSettings: { parameters: {"),
        ('voicemailNumber: "" },', 'voicemailNumber: "" } },'),
    ),
    _mutant(
        "says directoryAvailable in a text",
        "capabilities",
        ("directoryAvailable: true", 'directoryAvailable: "Y"'),
    ),
    _mutant(
        "counts in a number",
        "directory-count",
        ("count: String(results.length)", "count: results.length"),
    ),
    _mutant(
        "counts before leaving out",
        "directory-count",
        ("count: String(results.length)", "count: String(contacts.length)"),
    ),
    _mutant("keeps who cannot be contacted", "directory-contactable", ("phone || email)", "true)")),
    _mutant(
        "leaves out email",
        "directory-shape",
        (
            "const results = contacts.filter(({ phone, email }) => phone || email);",
            (
                "const results = contacts.filter(({ phone, email }) => phone || email).map(({ "
                "email, ...one }) => one);"
            ),
        ),
    ),
    _mutant(
        "sends fields as an object",
        "fields-text",
        (f"{_FIELDS})", _FIELDS.removeprefix("JSON.stringify(")),
    ),
    _mutant("types fields as text", "fields-shape", ('Case_Id: ["STRING"', 'Case_Id: ["text"')),
    _mutant(
        "puts voice first",
        "fields-order",
        (_FIELDS, "JSON.stringify({ voice: described(voice), digital: described(digital) })"),
    ),
    _mutant(
        "answers with unknown names",
        "fields-unknown",
        (
            _KNOWN,
            (
                "const known = asked.map((name) => Object.entries(fields).find(([key]) => "
                "key.toLowerCase() === name) ?? [name, ['STRING', name]]);"
            ),
        ),
    ),
    _mutant(
        "compares names with their case",
        "fields-case",
        (_NAMES, "(Array.isArray(names) ? names : [])"),
        (
            _KNOWN,
            (
                "const known = Object.entries(fields).filter(([key]) => asked.includes(key) || "
                "asked.includes('case_id'));"
            ),
        ),
    ),
    _mutant(
        "dials before it is enabled",
        "dial-not-before-enabled dial-not-after-disabled reload-disables-dial",
        ("if (enabled) send", "send"),
    ),
    _mutant(
        "stays enabled for ever",
        "dial-not-after-disabled reload-disables-dial",
        ("enabled = data?.isEnabled === true", "enabled ||= data?.isEnabled === true"),
        ("enabled = false; send", "send"),
    ),
    _mutant(
        "stays enabled after a reload", "reload-disables-dial", ("enabled = false; send", "send")
    ),
    _mutant(
        "enables without data",
        "enable-without-data",
        ("data?.isEnabled === true", "data?.isEnabled !== false"),
    ),
    _mutant(
        "dials when it is enabled",
        "dial-only-by-user",
        (
            "enabled = data?.isEnabled === true;",
            (
                'enabled = data?.isEnabled === true; if (enabled) send("clickToDialResponse", '
                "dialled());"
            ),
        ),
    ),
    _mutant(
        "listens twice when enabled twice",
        "dial-once",
        ("if (enabled) send", "for (let i = 0; enabled && i < (globalThis.times ?? 0); i++) send"),
        (
            "enabled = data?.isEnabled === true;",
            (
                "enabled = data?.isEnabled === true; globalThis.times = enabled ? "
                "(globalThis.times ?? 0) + 1 : 0;"
            ),
        ),
    ),
    _mutant(
        "does not dial",
        "dial-after-enabled",
        ('addEventListener("click"', 'addEventListener("dblclick"'),
    ),
    _mutant(
        "sends crmEmails in a list", "dial-emails-text", ("crmEmails: email", "crmEmails: [email]")
    ),
    _mutant(
        "sends crmPhones as text", "dial-phones-list", ("crmPhones: [phone]", "crmPhones: phone")
    ),
    _mutant("leaves out pageInfo", "dial-shape", ("          pageInfo: result,\n", "")),
    _mutant(
        "takes the first number only", "pop-second-number", (_NUMBER, "const number = list[0];")
    ),
    _mutant(
        "answers a pop",
        "one-way-unanswered nothing-unasked",
        ('else if (number) notify("No contact has this number.");', 'if (number) send("ready");'),
    ),
    _mutant(
        "answers what it does not know",
        "unknown-actions-ignored",
        (
            "handlers.get(data.action.toLowerCase())?.",
            (
                "const answer = handlers.get(data.action.toLowerCase()); if (!answer) "
                'send("ready"); answer?.'
            ),
        ),
    ),
    _mutant(
        "throws at what it does not know",
        "unknown-actions-ignored",
        ("handlers.get(data.action.toLowerCase())?.", "handlers.get(data.action.toLowerCase())"),
    ),
    _mutant("leaves out taskId", "history-shape", ('taskId: "T-1", ', "")),
    _mutant(
        "leaves out logParameters",
        "history-shape",
        ("{ ...data, logParameters, msgData }", "{ ...data, msgData }"),
    ),
    _mutant(
        "changes the message it repeats",
        "history-echo",
        (
            "const { message, header } = data;",
            (
                "const { header } = data; const message = { body };  message.body = { ...body, "
                "kept: true };"
            ),
        ),
    ),
    _mutant(
        "forgets the header",
        "history-echo",
        ("header === undefined ? { message } : { message, header }", "{ message }"),
    ),
    _mutant("sends history twice", "log-save-once", (_ITEM, f"{_ITEM} {_ITEM}")),
    _mutant(
        "needs a header",
        "log-without-header",
        (
            "if (!body?.interactionId || !inner)",
            "if (!body?.interactionId || !inner || !data.header)",
        ),
    ),
    _mutant("invents a severity", "notice-shape", ('severity: "WARNING"', 'severity: "BAD"')),
    _mutant(
        "spells severity as one page does",
        "notice-shape",
        ('severity: "WARNING"', 'serverity: "WARNING"'),
    ),
    _mutant("allows no microphone", "frame-microphone", (_ALLOW, 'allow="camera; geolocation"')),
    _mutant(
        "allows itself alone",
        "frame-microphone",
        (_ALLOW, "allow=\"camera 'self'; microphone 'self'; geolocation\""),
    ),
    _mutant(
        "allows a former origin",
        "frame-microphone",
        (_ALLOW, 'allow="camera; microphone https://former.example.com; geolocation"'),
    ),
    _mutant(
        "forbids the microphone by a header",
        "frame-microphone",
        headers=(("Permissions-Policy", "microphone=(self)"),),
    ),
    _mutant("allows no geolocation", "frame-geolocation", (_ALLOW, 'allow="camera; microphone"')),
    _mutant(
        "sandboxes the frame",
        "frame-no-sandbox",
        (_ALLOW, f'{_ALLOW} sandbox="allow-scripts allow-same-origin"'),
    ),
    _mutant(
        "names a CRM in the address",
        "frame-address",
        ("?tenantId=ABCDEF", "?tenantId=ABCDEF&crmType=service-now"),
    ),
    _mutant(
        "throws now and then",
        "nothing-thrown",
        ("show(contact) {", "show(contact) { setTimeout(() => { throw new Error('later') });"),
    ),
)
