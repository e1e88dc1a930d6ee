"""The shapes of the wire, in its own spelling; js/generate.py makes TypeScript of them.

What comes from outside is not trusted to have a shape, and unknown keys may
stand beside the known ones everywhere. The line under a field becomes its
comment in TypeScript. Evidence tags as in _actions.py.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict

Id = str | int
"""An id in the form the CRM has it."""
FieldType = Literal["STRING", "PICKLIST"]
"""[S]"""
Kind = Literal["transient", "okDialog", "okCancelDialog", "fixedDialog", "html"]
"""How a notification looks [D]."""
Severity = Literal["EVENT", "INFO", "WARNING", "ERROR", "CRITICAL", "SUCCESS"]
"""[D]"""


class ClickToDialData(TypedDict):
    """What requestEnableClickToDial brings."""

    isEnabled: bool
    """Start or stop listening for clicks on numbers [R][S]."""


class NavigateData(TypedDict):
    """What requestNavigateToClickToDialResult brings: probably the pageInfo sent earlier [I]."""

    recordId: Id
    """The only field that the sample client reads [S]."""
    recordName: NotRequired[str]
    """[I]"""
    objectType: NotRequired[str]
    """[I]"""
    number: NotRequired[str]
    """[I]"""
    email: NotRequired[str | None]
    """[I]"""
    url: NotRequired[str]
    """[I]"""


class ScreenPopData(TypedDict):
    """What requestPerformInteractionScreenPop brings."""

    aniValues: list[str]
    """Originating addresses [D]; blanks may be among them [I]."""


class LogField(TypedDict):
    """One custom field of an interaction log [S]."""

    logFieldName: str
    currentValue: str


class LogDetails(TypedDict):
    """What the agent wrote [S]."""

    subject: NotRequired[str]
    """Stored as the interaction's type [S]."""
    comments: NotRequired[str]
    """The agent's notes [S]."""
    customFields: NotRequired[list[LogField]]


class Interaction(TypedDict):
    """The interaction of a log [S]."""

    topic: NotRequired[str]
    intrinsics: NotRequired[dict[str, object]]
    """START_TIME and START_DATE are seen [S]; the rest is open."""


class InteractionData(TypedDict):
    """Addresses, interaction and the agent's words [S]."""

    updatedOriginatingAddress: NotRequired[str]
    """The caller [S]."""
    updatedDestinationAddress: NotRequired[str]
    """The called [S]."""
    interaction: NotRequired[Interaction]
    logDetails: NotRequired[LogDetails]


class LogBody(TypedDict):
    """The body of an interaction log [S]."""

    interactionId: str
    interactionData: InteractionData


class LogMessage(TypedDict):
    """The message of an interaction log [D]."""

    body: LogBody


class InteractionLogData(TypedDict):
    """What requestSaveInteractionLog brings; its contents vary by environment [D]."""

    header: NotRequired[object]
    """Opaque, sent back as it came [D]."""
    message: LogMessage


class FieldNames(TypedDict):
    """Names of CRM fields by channel; blanks may be among them [D][S]."""

    voice: list[str]
    digital: list[str]


class CustomFieldsRequestData(TypedDict):
    """What requestCustomFieldsValues brings."""

    object: FieldNames


class UserAttributes(TypedDict):
    """Beside the user's own keys [D]."""

    type: str
    """The role, such as Admin or User [D]."""


class CurrentUserData(TypedDict):
    """The agent [D]."""

    attributes: UserAttributes
    Name: str
    """Display name [D]."""
    Username: str
    """Login name or e-mail [D]."""
    Id: str
    LanguageLocaleKey: str
    """en_US, or en-US as the sample client sends it [S]."""


class CapabilitiesData(TypedDict):
    """What the CRM can do; the documentation's list was not available."""

    directoryAvailable: NotRequired[bool]
    """[S]"""
    name: NotRequired[str]
    """The CRM's product name [S]."""
    reloadsOnNavigation: NotRequired[bool]
    """[S]"""
    lightningComponentsAvailable: NotRequired[bool]
    """[S]"""


class CrmDataData(TypedDict):
    """The answer to requestCrmData [D]."""

    callCenterSettings: CallCenterSettings
    currentUser: CurrentUserData
    capabilities: NotRequired[CapabilitiesData]


class DirectoryRecord(TypedDict):
    """One contact of the address book; phone or email is given [D][S]."""

    id: Id
    name: str
    phone: str | None
    email: str | None


class DirectoryData(TypedDict):
    """The answer to the directory request [S][O]."""

    count: str
    """The number of results, as text [S]."""
    results: list[DirectoryRecord]


class DialledRecord(TypedDict):
    """Whom the user calls [D][S]."""

    number: str
    objectType: str
    recordId: Id | None
    recordName: str
    email: str | None
    url: str


class DialLogDetails(TypedDict):
    """The record once more, for the log of the call [S]."""

    id: Id | None
    name: str
    personAccount: bool
    type: str


class RelatedPage(TypedDict):
    """Where a related record is [S]."""

    recordId: Id | None
    url: str
    recordName: str
    objectType: str


class RelatedObject(TypedDict):
    """A record that the call relates to [S]."""

    isName: bool
    isRelatedTo: bool
    pageInfo: RelatedPage


class ClickToDialResponseData(TypedDict):
    """A call that the user asked for [D][S][O]."""

    onClickToDialResponse: DialledRecord
    clickToDialLogDetails: DialLogDetails
    softphoneItems: list[object]
    doNotCall: bool
    crmEmails: str
    """One text, not an array [S]."""
    crmPhones: list[str]
    nameObjects: None
    relatedToObjects: list[RelatedObject]
    pageInfo: DialledRecord


class HistoryMessage(TypedDict):
    """The log's own message and header once more [D]."""

    message: NotRequired[object]
    header: NotRequired[object]


class HistoryData(TypedDict):
    """The received log with what was saved of it [D][S][O]."""

    message: NotRequired[object]
    header: NotRequired[object]
    logParameters: dict[str, object]
    """The fields as saved in the CRM [D]."""
    msgData: HistoryMessage


class HistoryItemData(TypedDict):
    """An entry for the connector's history menu [D]."""

    taskId: Id | None
    data: HistoryData


class CustomFieldInfo(TypedDict):
    """A field for the agent to fill in [S]."""

    customFieldType: FieldType
    customFieldLabel: str


class CustomFieldEntry(TypedDict):
    """A field, wrapped once [S]."""

    customFieldInfo: CustomFieldInfo


class CustomFields(TypedDict):
    """The text of customFieldsDataResponse; empty where the CRM has no fields [S][O]."""

    digital: NotRequired[dict[str, CustomFieldEntry]]
    voice: NotRequired[dict[str, CustomFieldEntry]]


class NotificationData(TypedDict):
    """A notice for the agent [D]."""

    type: Kind
    severity: Severity
    textArray: list[str]
    title: str
    dialogId: int
    persist: bool
    """It stays on screen [D]."""
    store: bool
    """It is kept in the exception center [D]."""


CallCenterSettings = dict[str, dict[str, str]]
"""The CCDef: sections of text values; _settings.py has the table of the known ones."""

FROM_CONNECTOR_DATA: Final = {
    "requestEnableClickToDial": ClickToDialData,
    "requestNavigateToClickToDialResult": NavigateData,
    "requestPerformInteractionScreenPop": ScreenPopData,
    "requestSaveInteractionLog": InteractionLogData,
    "requestCustomFieldsValues": CustomFieldsRequestData,
}
"""The actions whose data is read; the others bring none that is known."""

TO_CONNECTOR_DATA: Final = {
    "crmData": CrmDataData,
    "crmDirectory": DirectoryData,
    "clickToDialResponse": ClickToDialResponseData,
    "createHistoryItem": HistoryItemData,
    "customFieldsDataResponse": str,
    "displayErrorNotification": NotificationData,
}
"""All but `ready`, which brings nothing."""
