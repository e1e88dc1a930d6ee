"""What the connector said, and what is then owed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmwidget import testing
from crmwidget.core.session import (
    SAVING,
    TIMEOUT,
    AnswerDue,
    Changed,
    Late,
    Send,
    Session,
    default_timeout,
)
from crmwidget.protocol import parse


@pytest.fixture
def session() -> Session:
    return Session()


def configured() -> Session:
    session = Session()
    session.receive(testing.ready(), 1, answered=True)
    session.receive(testing.crm_data_request(), 2, answered=True)
    return session


def test_every_ready_is_answered_and_asks_the_handler(session: Session) -> None:
    ready = testing.ready()

    effects = session.receive(ready, 1)

    assert effects == [
        Send(action="ready", re=1),
        Changed(),
        AnswerDue(ticket=1, message=ready, reply=None),
    ]
    assert [type(e) for e in session.receive(testing.ready(), 2)] == [Send, AnswerDue]


def test_what_the_page_has_answered_is_not_answered_twice(session: Session) -> None:
    assert not any(isinstance(e, Send) for e in session.receive(testing.ready(), 1, answered=True))

    (_, due) = session.receive(testing.crm_data_request(), 2, answered=True)

    assert isinstance(due, AnswerDue)
    assert due.reply is None
    assert session.configured


def test_a_ready_after_crm_data_is_a_reloaded_frame() -> None:
    session = configured()
    session.receive(testing.click_to_dial(), 3)
    assert session.can_dial

    effects = session.receive(testing.ready(), 4)

    assert Changed() in effects
    assert (session.acked, session.configured, session.can_dial) == (True, False, False)


@pytest.mark.parametrize("enabled", [True, False])
def test_click_to_dial_follows_the_connector(session: Session, enabled: bool) -> None:
    session.receive(testing.click_to_dial(), 1)
    session.receive(testing.click_to_dial(enabled), 2)

    assert session.can_dial is enabled


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        (testing.crm_data_request(), "crmData"),
        (testing.directory_request(), "crmDirectory"),
        (testing.directory_request(documented_spelling=True), "crmDirectory"),
        (testing.custom_fields(), "customFieldsDataResponse"),
        (testing.screen_pop("1"), None),
        (testing.interaction_log(), None),
        (testing.open_reports(), None),
        (testing.navigate("7"), None),
    ],
)
def test_each_question_wants_its_own_reply(
    session: Session, message: testing.Message, reply: str | None
) -> None:
    (due,) = session.receive(message, 1)

    assert isinstance(due, AnswerDue)
    assert due.reply == reply


def test_an_answer_expires_when_its_time_is_over(session: Session) -> None:
    session.receive(testing.custom_fields(), 1)
    session.begin(1, now=100, timeout=10)

    assert session.answer(1, "{}") == [
        Send(action="customFieldsDataResponse", data="{}", re=1, expires=110)
    ]


def test_a_late_handler_is_named_once_and_its_reply_is_not_sent(session: Session) -> None:
    session.receive(testing.custom_fields(), 1)
    session.begin(1, now=100, timeout=10)

    assert session.wake() == 110
    assert session.tick(109.9) == []
    assert session.tick(110) == [Late(ticket=1, timeout=10)]
    assert session.tick(111) == []
    assert session.is_late(1)
    assert session.answer(1, "{}") == []
    assert session.wake() is None


def test_without_a_limit_nobody_is_late(session: Session) -> None:
    session.receive(testing.screen_pop("1"), 1)
    session.begin(1, now=0, timeout=None)

    assert session.wake() is None
    assert session.tick(1e9) == []


def test_crm_data_that_was_sent_configures_and_is_the_last_good_one(session: Session) -> None:
    session.receive(testing.crm_data_request(), 1)
    effects = session.answer(1, {"good": True})
    assert effects[1:] == [Changed()]
    session.receive(testing.crm_data_request(), 2)

    assert session.fail(2) == [Send(action="crmData", data={"good": True}, re=2)]


def test_without_a_good_answer_before_a_failure_sends_the_notice_alone(session: Session) -> None:
    notice = Send(action="displayErrorNotification")
    session.receive(testing.crm_data_request(), 1)

    assert session.fail(1, notice) == [notice]
    assert not session.configured


def test_an_unknown_action_is_passed_on_and_owed_nothing(session: Session) -> None:
    message = parse("somethingNew", {"a": 1}, at=datetime.now(UTC), key=None)

    assert session.receive(message, 1) == [AnswerDue(ticket=1, message=message, reply=None)]


def test_a_new_kernel_starts_from_what_the_page_knows(session: Session) -> None:
    session.restore({"acked": True, "configured": True, "dial": True, "loads": 3})

    assert (session.acked, session.configured, session.can_dial) == (True, True, True)

    session.restore({"acked": "yes"})

    assert (session.acked, session.configured, session.can_dial) == (False, False, False)


def test_saving_has_more_time_than_an_answer() -> None:
    assert default_timeout("requestSaveInteractionLog") == SAVING
    assert default_timeout("requestGetCRMDirectory") == TIMEOUT
    assert default_timeout("somethingNew") == TIMEOUT
