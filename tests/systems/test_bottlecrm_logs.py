"""Interaction logs in BottleCRM: kept whole, and never written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crmwidget.adapters import BottleCRM
from crmwidget.errors import AdapterError, RefusedError, UnreachableError
from crmwidget.testing import interaction_log
from tests.systems.road import Instead

if TYPE_CHECKING:
    from tests.systems.bottlecrm import BottleCRMServer
    from tests.systems.road import Road

REYES = "+14155550132"


def test_a_log_becomes_a_call_on_the_contact(crm: BottleCRM, bottlecrm: BottleCRMServer) -> None:
    number, identity = bottlecrm.person("Larsen")
    log = interaction_log(
        caller=number,
        topic="Renewal",
        comments="Wants the yearly plan",
        custom_fields={"Outcome": "Left voicemail", "case_id": "C-7"},
        key="call/1",
    )

    saved = crm.save_log(log)

    (kept,) = (one for one in bottlecrm.logged(identity) if one["id"] == saved)
    assert (kept["kind"], kept["direction"], kept["outcome"]) == ("call", "inbound", "voicemail")
    assert kept["subject"] == "Renewal"
    assert kept["body"].startswith("Wants the yearly plan\n\nTopic: Renewal\n")
    assert "case_id: C-7" in kept["body"]
    assert kept["body"].endswith("\n\ncrmwidget call/1")
    assert kept["logged_by_details"]["name"] == "Ada Marsh"


def test_a_call_to_a_contact_is_outbound(crm: BottleCRM, bottlecrm: BottleCRMServer) -> None:
    number, identity = bottlecrm.person("Okafor")

    saved = crm.save_log(interaction_log(caller="+12025550100", called=number, key="call/2"))

    assert [(one["id"], one["direction"]) for one in bottlecrm.logged(identity)] == [
        (saved, "outbound")
    ]


def test_an_outcome_that_it_does_not_have_is_left_out_and_said(
    crm: BottleCRM, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("00")
    log = interaction_log(caller=number, custom_fields={"outcome": "Sold"}, key="call/3")

    with pytest.warns(UserWarning, match="BottleCRM has no such outcome"):
        crm.save_log(log)

    (kept,) = bottlecrm.logged(identity)
    assert kept["outcome"] == ""
    assert "outcome: Sold" in kept["body"]


def test_the_users_own_words_lead_to_its_outcomes(bottlecrm: BottleCRMServer) -> None:
    number, identity = bottlecrm.person("01")
    auth = bottlecrm.credentials["personal"]
    with BottleCRM(
        bottlecrm.url, auth=auth, region="US", outcomes={"Nobody there": "no_answer"}
    ) as crm:
        crm.save_log(interaction_log(caller=number, topic="nobody there", key="call/4"))

    assert [one["outcome"] for one in bottlecrm.logged(identity)] == ["no_answer"]
    with pytest.raises(ValueError, match=r"BottleCRM has connected, no_answer"):
        BottleCRM(bottlecrm.url, outcomes={"x": "sold"})


def test_a_log_of_nobody_or_of_two_is_refused_unless_somebody_keeps_them(
    crm: BottleCRM, bottlecrm: BottleCRMServer
) -> None:
    _, home = bottlecrm.person("02")
    nobody = interaction_log(caller="+12025550199", called="4021", key="call/5")
    for log in (nobody, interaction_log(caller=REYES, called="4021", key="call/6")):
        with pytest.raises(RefusedError, match="nobody or several have the number"):
            crm.save_log(log)

    auth = bottlecrm.credentials["personal"]
    with BottleCRM(bottlecrm.url, auth=auth, unmatched=home) as kept:
        saved = kept.save_log(nobody)

    assert [one["id"] for one in bottlecrm.logged(home)] == [saved]


def test_a_log_of_nobody_is_known_when_its_caller_has_become_a_contact(
    bottlecrm: BottleCRMServer,
) -> None:
    _, home = bottlecrm.person("11")
    number, _ = bottlecrm.person("12")
    log = interaction_log(caller="+12025550188", called="4021", key="call/8")
    auth = bottlecrm.credentials["personal"]

    with BottleCRM(bottlecrm.url, auth=auth, region="US", unmatched=home) as kept:
        saved = kept.save_log(log)
        again = kept.save_log(interaction_log(caller=number, called="4021", key="call/8"))

    assert again == saved


def test_long_and_nasty_notes_are_kept_whole(crm: BottleCRM, bottlecrm: BottleCRMServer) -> None:
    number, identity = bottlecrm.person("03")
    nasty = "=1+1\n\u202e\u05e9\u05dc\u05d5\u05dd \"quotes\" 'and' \\ ; -- <b>\U0001f600\r\n\t"
    notes = nasty + "x" * 100_000 + "crmwidget call/7"

    crm.save_log(interaction_log(caller=number, comments=notes, key="call/7"))
    crm.save_log(interaction_log(caller=number, comments=notes, key="call/7"))

    kept = [one["body"] for one in bottlecrm.logged(identity)]
    assert len(kept) == 11
    parts = {}
    for body in kept:
        head, text = body.split("]\n", 1)
        parts[int(head[1:].split("/")[0])] = text.rpartition("\n\n")[0]
    assert "".join(parts[number] for number in sorted(parts)).startswith(notes)


def test_what_it_does_not_keep_is_replaced_before_it_is_sent(
    crm: BottleCRM, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("04")

    crm.save_log(interaction_log(caller=number, comments="a\0b\ud800c", key="call/\ud800"))

    (kept,) = bottlecrm.logged(identity)
    assert kept["body"].startswith("a\ufffdb\ufffdc\n")


# ------------------------------------------------- nothing is written twice
def test_a_log_is_written_once_however_often_it_is_given(
    crm: BottleCRM, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("05")
    log = interaction_log(caller=number, key="once/1")

    saved = {crm.save_log(log) for _ in range(3)}

    assert saved == {one["id"] for one in bottlecrm.logged(identity)}
    assert len(saved) == 1


def test_the_words_of_another_log_are_not_its_key(
    crm: BottleCRM, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("06")
    crm.save_log(interaction_log(caller=number, comments="crmwidget once/3", key="once/2"))

    crm.save_log(interaction_log(caller=number, key="once/3"))

    assert len(bottlecrm.logged(identity)) == 2


def test_a_log_whose_answer_was_lost_is_found_and_not_written_again(
    far: BottleCRM, road: Road, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("07")
    road.happens("POST", "answer lost")

    saved = far.save_log(interaction_log(caller=number, key="once/4"))

    assert [one["id"] for one in bottlecrm.logged(identity)] == [saved]
    assert road.count("POST") == 1


def test_a_log_that_may_have_been_written_is_looked_for_by_the_next_try(
    far: BottleCRM, road: Road, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("08")
    log = interaction_log(caller=number, key="once/5")
    # Two of the caller, one for the key; then the answer is lost, and those of four more looks.
    road.happens("GET", *["passes"] * 2, *["answer lost"] * 4)
    road.happens("POST", "answer lost")

    with pytest.raises(UnreachableError) as raised:
        far.save_log(log)

    assert raised.value.unclear
    assert "It may have been written all the same" in str(raised.value)
    assert [one["id"] for one in bottlecrm.logged(identity)] == [far.save_log(log)]


def test_a_log_that_never_arrived_is_written_by_the_next_try(
    far: BottleCRM, road: Road, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("09")
    log = interaction_log(caller=number, key="once/6")
    road.happens("POST", "request lost")
    with pytest.raises(UnreachableError):
        far.save_log(log)
    assert bottlecrm.logged(identity) == []

    saved = far.save_log(log)

    assert [one["id"] for one in bottlecrm.logged(identity)] == [saved]


def test_a_failure_after_which_it_may_have_been_written_is_no_second_write(
    far: BottleCRM, road: Road, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("10")
    road.happens("POST", Instead(502))

    with pytest.raises(AdapterError) as raised:
        far.save_log(interaction_log(caller=number, key="once/7"))

    assert (raised.value.status, raised.value.unclear, road.count("POST")) == (502, True, 1)
    assert bottlecrm.logged(identity) == []
