"""crmData: who the agent is, the connector's settings, what the CRM can do.

The connector cannot start without it, so what is missing is said at once and
completely; unknown keys are kept at every level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from crmwidget.errors import CrmDataError
from crmwidget.errors._arguments import advises
from crmwidget.protocol._rules import RULES
from crmwidget.protocol._settings import Settings, is_blank, number_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crmwidget.protocol._settings import YesNo

_USER: Final = {
    "Name": "name",
    "Username": "username",
    "Id": "id",
    "LanguageLocaleKey": "language_locale_key",
}
_CAPABILITIES: Final = {
    "directoryAvailable": "directory_available",
    "name": "name",
    "reloadsOnNavigation": "reloads_on_navigation",
    "lightningComponentsAvailable": "lightning_components_available",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class CurrentUser:
    """The agent, in the keys of the vendor's documentation [D].

    The defaults of `type` and `language_locale_key` are this project's choice [I].
    """

    id: str
    """Sent as text; a number is turned into text [D]."""
    name: str
    """As shown to people."""
    username: str
    """Login name or e-mail address; probably what the connector knows its user by [I]."""
    type: str = "User"
    """The role: Admin, User, ..."""
    language_locale_key: str = "en_US"
    other: Mapping[str, object] = field(default_factory=dict)
    """Further keys of the user, in the spelling of the wire."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", str(self.id))

    def __repr__(self) -> str:
        return f"CurrentUser(type={self.type!r})"

    def to_wire(self) -> dict[str, object]:
        """`currentUser`, with the capitals of the wire."""
        more = self.other.get("attributes")
        return {
            **self.other,
            "attributes": {**(more if isinstance(more, Mapping) else {}), "type": self.type},
            **{key: getattr(self, name) for key, name in _USER.items()},
        }


CurrentUser.__init__ = advises(CurrentUser.__init__)  # type: ignore[method-assign]


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What the CRM can do; these four keys are known from the sample client only [S]."""

    directory_available: bool | None = None
    """Presumably shows the CRM's contacts in the address book [I]."""
    name: str | None = None
    """The CRM's product name."""
    reloads_on_navigation: bool | None = None
    lightning_components_available: bool | None = None
    other: Mapping[str, object] = field(default_factory=dict, repr=False)

    def to_wire(self) -> dict[str, object]:
        """Only what was given."""
        given = {key: getattr(self, name) for key, name in _CAPABILITIES.items()}
        return {**{key: value for key, value in given.items() if value is not None}, **self.other}


@dataclass(frozen=True, kw_only=True, repr=False)
class CrmData:
    """The answer to requestCrmData; a mapping in the wire's spelling goes through `crm_data()`."""

    current_user: CurrentUser
    call_center_settings: Settings = field(default_factory=Settings)
    capabilities: Capabilities | None = None
    other: Mapping[str, object] = field(default_factory=dict)
    """Further keys beside these three, in the spelling of the wire."""
    problems: tuple[str, ...] = field(default=(), compare=False)
    """What had to be changed, each with the rule's evidence; not an error."""

    def __repr__(self) -> str:
        return f"CrmData({self.call_center_settings!r}, {len(self.problems)} problems)"

    @classmethod
    def from_wire(cls, mapping: Mapping[str, object]) -> CrmData:
        """Read what the connector would be sent; CrmDataError names all that is wrong."""
        wrong: list[str] = []
        notes: list[str] = []
        settings = _settings(mapping, wrong)
        user = _user(mapping, wrong, notes)
        capabilities = _capabilities(mapping.get("capabilities"), wrong, notes)
        if wrong or settings is None or user is None:
            raise CrmDataError(wrong)
        return cls(
            current_user=user,
            call_center_settings=settings,
            capabilities=capabilities,
            other=_without(mapping, ("callCenterSettings", "currentUser", "capabilities")),
            problems=(*notes, *settings.problems),
        )

    def to_wire(self) -> dict[str, object]:
        """The data of `crmData`, exactly: what was given, nothing beside it."""
        wire = {
            **self.other,
            "callCenterSettings": self.call_center_settings.to_wire(),
            "currentUser": self.current_user.to_wire(),
        }
        if self.capabilities is not None:
            wire["capabilities"] = self.capabilities.to_wire()
        return wire

    @property
    def agent(self) -> str:
        """The display name of the current user."""
        return self.current_user.name

    @property
    def dial_region(self) -> str | None:
        """The region of dialCountryCode; of a code that several share, the main one."""
        code = self.call_center_settings.dial_country_code
        return None if code is None else _region(str(code))

    def with_defaults(
        self, *, call_log: bool, click_to_dial: bool, reports: bool, directory: bool
    ) -> CrmData:
        """Switch on what something answers, only where nothing was given [I].

        `capabilities` is there afterwards: the documentation shows it.
        """
        given = self.call_center_settings
        settings = replace(
            given,
            call_log_enabled=_switched(given.call_log_enabled, answers=call_log),
            click_to_dial=_switched(given.click_to_dial, answers=click_to_dial),
            reports_enabled=_switched(given.reports_enabled, answers=reports),
        )
        capabilities = self.capabilities or Capabilities()
        if directory and capabilities.directory_available is None:
            capabilities = replace(capabilities, directory_available=True)
        return replace(
            self,
            call_center_settings=settings,
            capabilities=capabilities,
        )

    def contradictions(
        self, *, call_log: bool, click_to_dial: bool, reports: bool, directory: bool
    ) -> list[str]:
        """A sentence for each feature that something answers and that is switched off."""
        given = self.call_center_settings
        features = (
            (call_log, given.call_log_enabled, "callLogEnabled", "requestSaveInteractionLog"),
            (click_to_dial, given.click_to_dial, "clickToDial", "requestEnableClickToDial"),
            (reports, given.reports_enabled, "reportsEnabled", "requestOpenReports"),
        )
        found = [
            f'{key} is "N" although something answers {action}: the connector will probably '
            f'not send it [I]. Set {key} to "Y" or leave it out.'
            for answers, value, key, action in features
            if answers and value is False
        ]
        if directory and self.capabilities and self.capabilities.directory_available is False:
            found.append(
                "directoryAvailable is false although there are contacts: the connector will "
                "probably not ask for them [I]. Set directoryAvailable to true or leave it out."
            )
        return found


def crm_data(value: CrmData | Mapping[str, object]) -> CrmData:
    """A `CrmData` as it is, a mapping validated; CrmDataError names everything that is wrong."""
    if isinstance(value, CrmData):
        return value
    if isinstance(value, Mapping):
        return CrmData.from_wire(value)
    raise CrmDataError([f"it is {type(value).__name__}, not a mapping"])


def user_from_row(row: Mapping[str, object]) -> CurrentUser:
    """The agent from a row of a users frame, whatever usual names its columns have.

    A missing name is put together of first and last name, a missing username is
    the e-mail address, a missing id the username [I].
    """
    cells = {
        _plain(column): str(value).strip() for column, value in row.items() if not is_blank(value)
    }

    def first(columns: Iterable[str]) -> str | None:
        return next((cells[column] for column in columns if column in cells), None)

    whole = " ".join(cells[part] for part in ("firstname", "lastname") if part in cells)
    username = first(_USERNAME_COLUMNS) or first(_EMAIL_COLUMNS)
    name = first(_NAME_COLUMNS) or whole or username
    if not username or not name:
        raise CrmDataError([f"the users frame has no username or e-mail among: {', '.join(row)}"])
    return CurrentUser(
        id=first(_ID_COLUMNS) or username,
        name=name,
        username=username,
        type=first(_TYPE_COLUMNS) or CurrentUser.type,
        language_locale_key=first(_LANGUAGE_COLUMNS) or CurrentUser.language_locale_key,
    )


_ID_COLUMNS: Final = ("id", "userid", "recordid", "agentid", "employeeid", "systemuserid")
_NAME_COLUMNS: Final = ("name", "fullname", "displayname", "agentname", "agent")
_USERNAME_COLUMNS: Final = ("username", "userprincipalname", "upn", "login", "loginname", "user")
_EMAIL_COLUMNS: Final = ("email", "emailaddress", "mail", "internalemailaddress", "primaryemail")
_TYPE_COLUMNS: Final = ("type", "role", "usertype", "userrole", "attributestype", "profile")
_LANGUAGE_COLUMNS: Final = ("languagelocalekey", "locale", "language", "lang", "preferredlanguage")


def _switched(given: YesNo | None, *, answers: bool) -> YesNo | None:
    return True if answers and given is None else given


def _without(mapping: Mapping[str, object], known: Iterable[str]) -> dict[str, object]:
    return {key: value for key, value in mapping.items() if key not in known}


def _plain(name: object) -> str:
    return "".join(letter for letter in str(name).lower() if letter.isalnum())


def _missing(mapping: Mapping[str, object], key: str, path: str) -> str:
    alike = next((name for name in mapping if _plain(name) == _plain(key)), None)
    return f"{path} is missing" + (f" (it is written {key!r}, not {alike!r})" if alike else "")


def _settings(mapping: Mapping[str, object], wrong: list[str]) -> Settings | None:
    given = mapping.get("callCenterSettings")
    if isinstance(given, Settings):
        return given
    if isinstance(given, Mapping):
        return Settings.from_wire(given)
    if given is None:
        wrong.append(_missing(mapping, "callCenterSettings", "callCenterSettings"))
    else:
        wrong.append(f"callCenterSettings is {type(given).__name__}, not a mapping")
    return None


def _user(mapping: Mapping[str, object], wrong: list[str], notes: list[str]) -> CurrentUser | None:
    given = mapping.get("currentUser")
    if isinstance(given, CurrentUser):
        return given
    if given is None:
        wrong.append(_missing(mapping, "currentUser", "currentUser"))
        given = {}
    elif not isinstance(given, Mapping):
        wrong.append(f"currentUser is {type(given).__name__}, not a mapping")
        return None
    texts = {
        name: _text(given, key, f"currentUser.{key}", wrong, notes) for key, name in _USER.items()
    }
    other = _without(given, ("attributes", *_USER))
    attributes = given.get("attributes")
    if attributes is not None and not isinstance(attributes, Mapping):
        wrong.append(f"currentUser.attributes is {type(attributes).__name__}, not a mapping")
        return None
    texts["type"] = _text(attributes or {}, "type", "currentUser.attributes.type", wrong, notes)
    more = _without(attributes or {}, ("type",))
    if more:
        other["attributes"] = more
    return CurrentUser(**texts, other=other)


def _text(
    given: Mapping[str, object], key: str, path: str, wrong: list[str], notes: list[str]
) -> str:
    value = given.get(key)
    if isinstance(value, str) and value.strip():
        return value
    if key == "Id" and isinstance(value, int | float) and not isinstance(value, bool):
        notes.append(RULES["id-text"].problem())
        return number_text(value)
    if value is None:
        wrong.append(_missing(given, key, path))
    elif isinstance(value, str):
        wrong.append(f"{path} is blank")
    else:
        wrong.append(f"{path} is {type(value).__name__}, not text")
    return ""


def _capabilities(given: object, wrong: list[str], notes: list[str]) -> Capabilities | None:
    if given is None or isinstance(given, Capabilities):
        return given
    if not isinstance(given, Mapping):
        wrong.append(f"capabilities is {type(given).__name__}, not a mapping")
        return None
    known: dict[str, str | bool] = {}
    for key, name in _CAPABILITIES.items():
        value = given.get(key)
        if isinstance(value, str if key == "name" else bool):
            known[name] = value
        elif key in given:
            notes.append(RULES["capability-odd"].problem(field=f"capabilities.{key}"))
    left = {key: value for key, value in given.items() if _CAPABILITIES.get(key) not in known}
    return Capabilities(other=left, **known)  # type: ignore[arg-type]


def _region(code: str) -> str | None:
    digits = code.strip().removeprefix("+").removeprefix("00")
    return _REGIONS.get(digits)


_REGIONS: Final[dict[str, str]] = dict(
    re.findall(
        r"(\d+)([A-Z]{2})",
        "1US 7RU 20EG 27ZA 30GR 31NL 32BE 33FR 34ES 36HU 39IT 40RO 41CH 43AT 44GB 45DK 46SE 47NO "
        "48PL 49DE 51PE 52MX 53CU 54AR 55BR 56CL 57CO 58VE 60MY 61AU 62ID 63PH 64NZ 65SG 66TH "
        "81JP 82KR 84VN 86CN 90TR 91IN 92PK 93AF 94LK 95MM 98IR 211SS 212MA 213DZ 216TN 218LY "
        "220GM 221SN 222MR 223ML 224GN 225CI 226BF 227NE 228TG 229BJ 230MU 231LR 232SL 233GH "
        "234NG 235TD 236CF 237CM 238CV 239ST 240GQ 241GA 242CG 243CD 244AO 245GW 246IO 247AC "
        "248SC 249SD 250RW 251ET 252SO 253DJ 254KE 255TZ 256UG 257BI 258MZ 260ZM 261MG 262RE "
        "263ZW 264NA 265MW 266LS 267BW 268SZ 269KM 290SH 291ER 297AW 298FO 299GL 350GI 351PT "
        "352LU 353IE 354IS 355AL 356MT 357CY 358FI 359BG 370LT 371LV 372EE 373MD 374AM 375BY "
        "376AD 377MC 378SM 380UA 381RS 382ME 383XK 385HR 386SI 387BA 389MK 420CZ 421SK 423LI "
        "500FK 501BZ 502GT 503SV 504HN 505NI 506CR 507PA 508PM 509HT 590GP 591BO 592GY 593EC "
        "594GF 595PY 596MQ 597SR 598UY 599CW 670TL 672NF 673BN 674NR 675PG 676TO 677SB 678VU "
        "679FJ 680PW 681WF 682CK 683NU 685WS 686KI 687NC 688TV 689PF 690TK 691FM 692MH 850KP "
        "852HK 853MO 855KH 856LA 880BD 886TW 960MV 961LB 962JO 963SY 964IQ 965KW 966SA 967YE "
        "968OM 970PS 971AE 972IL 973BH 974QA 975BT 976MN 977NP 992TJ 993TM 994AZ 995GE 996KG "
        "998UZ",
    )
)
"""The main region of each calling code; phones.py, which knows them all, is above this."""
