"""The match laboratory: what a directory would have done with calls, and whom it would disclose."""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pytest

from crmwidget.directory import Directory
from crmwidget.directory._lookup import Near
from crmwidget.errors import DirectoryError, MissingExtraError
from crmwidget.tables import charts

if TYPE_CHECKING:
    from pathlib import Path

BO, INES, SAM, KIT = ("+1 202 555 0143", "020 7946 0018", "+1 415 555 0132", "415-555-0132")
LAX = ("same digits", "e164", "national", "last digits")
CALLS = {
    "+12025550143": "hit",
    "sip:+12025550143@pbx.example.com": "hit",
    "+14155550132": "ambiguous",
    "+442079460018": "wrong region",
    "2555 0143": "possible",
    "+12025550199": "miss",
    "anonymous": "no number",
    "sip:reception@pbx.example.com": "no number",
    "4021": "no number",
    "": "no number",
}


@pytest.fixture
def contacts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "name": ["Bo Larsen", "Ines Okafor", "Sam Reyes", "Kit Reyes"],
            "phone": [BO, INES, SAM, KIT],
        }
    )


@pytest.fixture
def directory(contacts: pd.DataFrame) -> Directory:
    return Directory(contacts, region="US")


# ---------------------------------------------------------------- outcomes
def test_each_call_has_the_outcome_of_what_the_ladder_finds(directory: Directory) -> None:
    audit = directory.audit(list(CALLS))

    assert [verdict.outcome for verdict in audit] == list(CALLS.values())
    assert audit.counts == {
        "hit": 2,
        "ambiguous": 1,
        "wrong region": 1,
        "possible": 1,
        "miss": 1,
        "no number": 4,
    }
    assert (len(audit), audit.disclosures) == (10, 0)


def test_an_extension_that_somebody_has_is_a_hit() -> None:
    directory = Directory([{"id": 1, "name": "Front desk", "phone": "4021"}])

    assert directory.audit(["4021", "4022"]).counts["hit"] == 1


def test_the_outcome_is_what_a_screen_pop_does(directory: Directory) -> None:
    rng = random.Random(7)  # noqa: S311 - no secret
    numbers = [
        "".join(rng.choices("0123456789+ -", k=rng.randint(0, 14))) or number
        for number in [BO, INES, SAM, KIT] * 100
    ] + [BO, INES, SAM, KIT, *CALLS]

    for number, verdict in zip(numbers, directory.audit(numbers), strict=True):
        matches = directory.find(number)
        assert verdict.opened == matches.contact
        assert (verdict.outcome in {"miss", "no number"}) == (not matches)


def test_each_distinct_number_is_looked_up_once(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[None] = []
    found = Near.matches

    def counted(self: Near, numbers: object) -> object:
        looked_up.append(None)
        return found(self, numbers)

    monkeypatch.setattr(Near, "matches", counted)

    audit = directory.audit(["+12025550143", "+14155550132"] * 500)

    assert (len(audit), len(looked_up)) == (1000, 2)


def test_many_numbers_are_judged_as_each_is_alone() -> None:
    rng = random.Random(7)  # noqa: S311 - no secret
    numbers = [f"+1202555{rng.randint(0, 9999):04}" for _ in range(3_000)]
    frame = pd.DataFrame({"name": "Bo", "phone": rng.sample(numbers, 1_500)})
    for directory in (Directory(frame), Directory(list(Directory(frame)))):
        audit = directory.audit(numbers)

        opened = [directory.find(number).contact for number in numbers]
        assert [verdict.opened for verdict in audit] == opened
        assert 500 < audit.counts["hit"] < 3_000


def test_a_call_with_several_numbers_is_one_call(directory: Directory) -> None:
    audit = directory.audit([["anonymous", "+12025550143"], ("", "+1")])

    assert [verdict.outcome for verdict in audit] == ["hit", "no number"]


# ---------------------------------------------------------------- tables
def test_regions_come_worst_first_with_a_count_for_each_outcome(directory: Directory) -> None:
    frame = directory.audit([*CALLS, "+12025550143", "+4930123456"]).by_region

    rows = frame.set_index("region").to_dict("index")
    assert list(rows) == ["US", "GB", "unknown", "DE", "none"]
    assert rows["US"] == {
        "calls": 5,
        "hit": 3,
        "ambiguous": 1,
        "wrong region": 0,
        "possible": 0,
        "miss": 1,
        "no number": 0,
        "wrong record": 0,
    }
    assert sum(row["calls"] for row in rows.values()) == 12


def test_rules_come_in_the_order_of_the_ladder(directory: Directory) -> None:
    frame = directory.audit([*CALLS, "(202) 555-0143"]).by_rule

    assert list(zip(frame["rule"], frame["calls"], strict=True)) == [
        ("same digits", 3),
        ("e164", 1),
        ("national", 1),
        ("last digits", 1),
        ("none", 5),
    ]


def test_the_frame_has_a_row_for_each_call_in_the_directorys_library(
    contacts: pd.DataFrame,
) -> None:
    directory = Directory(pl.from_pandas(contacts), region="US")

    frame = directory.audit(["+12025550143", "+14155550132", None]).to_frame()

    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == [
        *("number", "region", "outcome", "rule", "found", "contact_id", "contact", "reason"),
        *("right_id", "disclosure"),
    ]
    assert frame.rows()[0] == (
        *("+12025550143", "US", "hit", "same digits", 1, 1, "Bo Larsen"),
        *("Same digits as the phone number.", None, False),
    )
    assert frame["outcome"].to_list() == ["hit", "ambiguous", "no number"]
    assert frame["contact_id"].to_list() == [1, None, None]
    assert isinstance(directory.audit([BO]).to_frame("pandas"), pd.DataFrame)


def test_no_calls_are_an_empty_audit(directory: Directory) -> None:
    audit = directory.audit([])

    assert (len(audit), set(audit.counts.values())) == (0, {0})
    assert len(audit.to_frame()) == len(audit.by_region) == 0
    assert "0 calls" in audit._repr_html_()


# ---------------------------------------------------------------- disclosures
def test_a_record_that_was_not_the_right_one_is_a_disclosure(directory: Directory) -> None:
    calls = pd.DataFrame(
        {"ani": [BO, BO, BO, SAM], "record": [1, 2, None, 3], "agent": ["Ada Marsh"] * 4}
    )

    audit = directory.audit(calls, contact_id="record")

    assert audit.disclosures == 1
    assert audit.to_frame()["disclosure"].tolist() == [False, True, False, False]
    assert audit.by_region["wrong record"].tolist() == [1]
    assert directory.audit([BO, BO], contact_id=["1", "C-9"]).disclosures == 1


def test_a_laxer_rule_opens_what_the_ladder_only_shows_and_that_is_a_disclosure(
    directory: Directory,
) -> None:
    strict = directory.audit(list(CALLS))
    lax = directory.audit(list(CALLS), rules=LAX)

    difference = strict.difference(lax)

    assert (lax.counts["hit"], lax.disclosures) == (4, 2)
    assert difference.counts == {("wrong region", "hit"): 1, ("possible", "hit"): 1}
    assert [(one.call, one.becomes.opened.id, one.disclosure) for one in difference] == [
        (4, 2, True),
        (5, 1, True),
    ]
    assert (len(difference), difference.disclosures) == (2, 2)


def test_where_the_right_record_is_known_only_another_one_is_a_disclosure(
    directory: Directory,
) -> None:
    calls = {"caller": ["+442079460018", "2555 0143"], "contact_id": [2, 2]}
    strict = directory.audit(calls, contact_id="contact_id")
    lax = directory.audit(calls, contact_id="contact_id", rules=LAX)

    frame = strict.difference(lax).to_frame()

    assert frame[["call", "disclosure", "contact"]].to_numpy().tolist() == [
        [2, True, "Bo Larsen"],
        [1, False, "Ines Okafor"],
    ]
    assert lax.disclosures == 1


def test_two_regions_are_compared(directory: Directory) -> None:
    calls = ["(202) 555-0143", "+442079460018", "+12025550199"]

    difference = directory.audit(calls).difference(directory.audit(calls, region="GB"))

    assert difference.counts == {("hit", "wrong region"): 1, ("wrong region", "hit"): 1}
    assert [(one.call, one.disclosure) for one in difference] == [(1, False), (2, True)]
    assert directory.audit(calls, region="GB").region == "GB"


def test_a_number_that_is_anothers_in_another_region_is_a_disclosure() -> None:
    rows = [("A", "+1 207 946 0018"), ("B", "+44 20 7946 0018")]
    directory = Directory([{"id": own, "name": own, "phone": number} for own, number in rows])
    calls = ["2079460018"]

    american = directory.audit(calls, region="US")
    difference = american.difference(directory.audit(calls, region="GB"))

    assert difference.counts == {("hit", "hit"): 1}
    assert [(one.was.opened.id, one.becomes.opened.id) for one in difference] == [("A", "B")]
    assert difference.disclosures == 1


def test_the_same_audit_twice_has_no_difference(directory: Directory) -> None:
    audit = directory.audit(list(CALLS))

    difference = audit.difference(directory.audit(list(CALLS)))

    assert (len(difference), difference.disclosures, difference.counts) == (0, 0, {})
    assert "None of them" in difference._repr_html_()
    assert len(difference.to_frame()) == 0


def test_a_stricter_rule_opens_fewer(directory: Directory) -> None:
    audit = directory.audit(["+14155550132", "4155550132", "(202) 555-0143"], rules="same digits")

    assert [verdict.outcome for verdict in audit] == ["hit", "hit", "possible"]


# ---------------------------------------------------------------- calls
@pytest.mark.parametrize(
    "calls",
    [
        [BO, None],
        (one for one in [BO, None]),
        pd.Series([BO, None], name="x"),
        pl.Series([BO, None]),
        pd.DataFrame({"x": [BO, None]}),
        pd.DataFrame({"agent": ["a", "b"], "Caller Number": [BO, None], "to": [SAM, SAM]}),
        pl.DataFrame({"ani": [BO, None], "from": [SAM, SAM], "phone": [SAM, SAM]}),
        pl.LazyFrame({"from": [BO, None], "called": [SAM, SAM]}),
        {"id": [7, 8], "phone_number": [BO, None]},
        [{"called": BO, "id": 7}, {"called": None, "id": 8}],
        [12025550143, float("nan")],
    ],
    ids=[
        *("list", "generator", "pandas series", "polars series", "one column", "pandas", "polars"),
        *("lazy", "columns", "rows", "numbers"),
    ],
)
def test_the_numbers_are_found_in_any_table_or_list(directory: Directory, calls: object) -> None:
    assert [verdict.outcome for verdict in directory.audit(calls)] == ["hit", "no number"]


def test_the_column_can_be_said(directory: Directory) -> None:
    calls = {"ani": [SAM], "Rufnummer": [BO]}

    assert directory.audit(calls, column="Rufnummer").counts["hit"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (({"x": [1], "y": [2]},), "no column of caller numbers was recognised among 'x', 'y'"),
        (({"ani": [1], "caller": [2]},), "'ani' and 'caller' could each be the caller's number"),
        (({"ani": [1]}, "Ani"), "column= names 'Ani', but there is no such column among 'ani'"),
        (({"ani": [1]}, None, None, "id"), "contact_id= names 'id', but there is no such column"),
        (([BO], "ani"), "a list of numbers has no columns"),
        (([BO], None, None, [1, 2]), "contact_id= has 2 ids for 1 calls"),
        (
            ([BO], None, None, None, ("exact",)),
            "there is no rule 'exact'. The rules are 'same digits'",
        ),
        (([BO], None, None, None, ()), "rules= is empty"),
        (([BO], None, "UK"), "no region is called 'UK'"),
        (("+12025550143",), "a str holds no calls"),
        ((5,), "a int holds no calls"),
    ],
)
def test_calls_that_cannot_be_read_are_refused_with_advice(
    directory: Directory, arguments: tuple[object, ...], said: str
) -> None:
    with pytest.raises(DirectoryError) as caught:
        directory.audit(*arguments)

    assert said in str(caught.value)
    assert "0143" not in str(caught.value)


def test_audits_of_different_calls_have_no_difference(directory: Directory) -> None:
    with pytest.raises(DirectoryError, match="audits of different calls"):
        directory.audit([BO]).difference(directory.audit([SAM]))


# ---------------------------------------------------------------- what is shown
def test_no_repr_and_no_html_has_a_customers_data(directory: Directory) -> None:
    strict, lax = directory.audit(list(CALLS)), directory.audit(list(CALLS), rules=LAX)
    difference = strict.difference(lax)

    said = " ".join(
        (
            *map(repr, (strict, difference, *difference, *strict)),
            *(shown._repr_html_() for shown in (strict, lax, difference)),
        )
    )

    assert not any(text in said for text in ("Larsen", "Okafor", "0143", "0018"))
    assert repr(strict) == (
        "Audit(10 calls: 2 hit, 1 ambiguous, 1 wrong region, 1 possible, 1 miss, 4 no number; "
        "0 disclosures)"
    )
    assert repr(difference) == "Difference(2 of 10 calls change, 2 disclosures)"


def test_the_html_says_the_worst_first(directory: Directory) -> None:
    html = directory.audit(list(CALLS), rules=LAX)._repr_html_()

    places = [html.index(f"</span>{outcome}<") for outcome in ("wrong record", "ambiguous", "hit")]
    assert places == sorted(places)
    assert "10 calls, national numbers read with US" in html
    assert html.index(">GB<") < html.index(">US<")


def test_a_column_of_a_hostile_frame_reaches_no_html() -> None:
    directory = Directory([{"id": "<i>", "name": "<script>", "phone": BO}])
    audit = directory.audit([{"ani": BO, "contact_id": "<b>"}], contact_id="contact_id")

    assert audit.disclosures == 1
    assert not any(tag in audit._repr_html_() for tag in ("<script", "<i>", "<b>&"))


def test_the_chart_stacks_the_outcomes_of_each_region(directory: Directory) -> None:
    spec = directory.audit(list(CALLS), rules=LAX).plot().to_dict()

    rows = spec["data"]["values"]
    assert {(row["region"], row["outcome"], row["calls"]) for row in rows} == {
        ("GB", "wrong record", 1),
        ("unknown", "wrong record", 1),
        ("US", "ambiguous", 1),
        ("US", "miss", 1),
        ("US", "hit", 2),
        ("none", "no number", 4),
    }
    scale = spec["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)).items() <= charts.COLOURS.items()
    assert spec["encoding"]["y"]["sort"] == ["GB", "unknown", "US", "none"]
    assert spec["background"] == "transparent"


def test_the_chart_is_drawn_by_the_notebook_and_loads_nothing(
    directory: Directory, tmp_path: Path
) -> None:
    picture = directory.audit([BO]).plot()

    assert set(picture._repr_mimebundle_()) == {"application/vnd.vegalite.v5+json", "text/plain"}
    picture.save(tmp_path / "audit.json")
    assert json.loads((tmp_path / "audit.json").read_text())["encoding"]


def test_beyond_twenty_regions_the_chart_adds_the_others_up() -> None:
    regions = [(f"R{place}", {"hit": 1, "miss": place}) for place in range(30)]

    rows = charts.outcomes(regions, ("miss", "hit")).to_dict()["data"]["values"]

    assert len({row["region"] for row in rows}) == 20
    assert sum(row["calls"] for row in rows if row["region"] == "11 others") == 11 + sum(
        range(19, 30)
    )


def test_without_altair_the_chart_names_the_extra(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'crmwidget\[charts\]'"):
        directory.audit([BO]).plot()


# ---------------------------------------------------------------- lazy contacts
def test_a_lazy_frame_is_asked_for_several_numbers_at_once(
    contacts: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = Directory(duckdb.from_df(contacts), region="US")
    asked: list[int] = []
    near = type(lazy._source).near

    def counted(self: object, numbers: list[object]) -> object:
        asked.append(len(numbers))
        return near(self, numbers)

    monkeypatch.setattr(type(lazy._source), "near", counted)
    numbers = [*CALLS, *(f"+1202555{number:04}" for number in range(100, 140))]

    audit = lazy.audit(numbers)

    eager = Directory(contacts, region="US").audit(numbers)
    assert lazy.pushed
    assert [one.outcome for one in audit] == [one.outcome for one in eager]
    assert [one.opened and one.opened.id for one in audit] == [
        one.opened and one.opened.id for one in eager
    ]
    assert len(asked) == 3


def test_a_lazy_frame_with_too_many_candidates_for_one_number_is_asked_for_the_others_alone() -> (
    None
):
    many = pd.DataFrame({"id": range(1_200), "name": "Bo", "phone": BO})
    ines = pd.DataFrame({"id": [7_000], "name": "Ines", "phone": "+442079460018"})
    lazy = Directory(duckdb.from_df(pd.concat([many, ines])), region="US")
    calls = [BO, "+442079460018"]

    audit = lazy.audit(calls)

    assert [one.outcome for one in audit] == ["possible", "hit"]
    assert [one.opened for one in audit] == [lazy.find(number).contact for number in calls]


def test_a_lazy_frame_is_not_asked_for_more_numbers_than_is_sensible(
    contacts: pd.DataFrame,
) -> None:
    lazy = Directory(duckdb.from_df(contacts), region="US")

    with pytest.raises(DirectoryError, match=r"10,001 different numbers.*collect the contacts"):
        lazy.audit([f"+1202{number:07}" for number in range(10_001)])
    assert len(lazy.audit(["4021"] * 10_001)) == 10_001


def test_calls_that_are_rows_are_read_by_their_column() -> None:
    held = Directory(
        [
            {"id": "A", "name": "Bo", "phone": "+12025550143"},
            {"id": "B", "name": "Ines", "phone": "4021"},
        ],
        region="US",
    )
    calls = pd.DataFrame(
        {"ts": [1, 4021], "ani": ["+14155550132", "+12025550143"], "dur": [4021, 30]}
    )

    for rows in (list(calls.itertuples()), [row for _, row in calls.iterrows()]):
        assert held.audit(rows).to_frame("polars")["outcome"].to_list() == ["miss", "hit"]


def test_calls_that_are_rows_and_none_at_once_are_refused() -> None:
    held = Directory([{"id": "A", "name": "Bo", "phone": "+12025550143"}])

    with pytest.raises(DirectoryError, match="some calls are mappings and 1 are not"):
        held.audit([{"ani": "+12025550143"}, None])
