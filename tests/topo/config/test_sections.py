"""A section of a study stands once: one line in SECTIONS, and study files, identity, records and the schema know it."""

from __future__ import annotations

import json

import pytest

from topo.config import SECTIONS, ConfigError, Section, json_schema, parse_study, read_case
from topo.study.gather import columns
from topo.study.record import outcome
from topo.study.spread import spread

BASE = """
schema: 1
title: t
fabric: fat-tree-2:radix=4,endpoints_per_host=2
traffic: permutation
"""


def lose(*, links: int = 0, seed: int = 0) -> None:
    """Return nothing: a stand-in for an entry."""


@pytest.fixture(autouse=True)
def weather(monkeypatch):
    monkeypatch.setitem(SECTIONS, "weather", Section("kind", entries={"storm": lose}, plural="storms"))


def study(text: str, **how):
    return parse_study(BASE + text, "s.yaml", **how)


def test_a_study_file_takes_it_with_its_defaults_and_without_it():
    assert study("").cases[0].sections["weather"] is None
    assert study("seed: 5\nweather: storm:links=2").cases[0].sections["weather"] == {
        "kind": "storm", "links": 2, "seed": 5,
    }  # fmt: skip
    assert read_case("fat-tree-2:radix=4", weather="storm").sections["weather"]["links"] == 0


def test_axes_overrides_cases_and_labels_reach_it():
    swept = study("weather: storm\nsweep: {weather.links: [1, 2]}")
    assert [case.sections["weather"]["links"] for case in swept.cases] == [1, 2]
    whole = study("sweep: {weather: [{name: calm, kind: storm}, {kind: storm, links: 3}]}")
    assert [case.labels["weather"] for case in whole.cases] == ["calm", "storm"]
    pinned = study("weather: storm\nsweep: {weather.links: [1, 2]}", overrides=["weather.links=7"])
    assert [case.sections["weather"]["links"] for case in pinned.cases] == [7]
    own = study("weather: storm:links=1\ncases: [{name: a}, {name: b, weather: {links: 2}}]")
    assert [case.sections["weather"]["links"] for case in own.cases] == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weather: sturm", "s.yaml:6:1: weather.kind: 'sturm' is unknown; known: storm; did you mean storm?"),
        ("weather: storm:link=1", "weather.link: unknown key; known: kind, links, seed; did you mean links?"),
        ("weather: {kind: storm, links: many}", "weather.links: a whole number is needed"),
        ("sweep: {wether.links: [1]}", "did you mean weather?"),
    ],
)
def test_mistakes_in_it_are_told_like_any_other(text, said):
    with pytest.raises(ConfigError) as caught:
        study(text)
    assert said in str(caught.value)


def test_identity_record_table_and_seeds_hold_it():
    calm, storm = study("").cases[0], study("weather: storm:links=1").cases[0]
    assert calm.identity("1") != storm.identity("1")
    record = outcome(storm).record
    assert record["status"] == "ok" and record["case"]["weather"] == {"kind": "storm", "links": 1, "seed": 0}
    assert columns([record])["weather.links"].to_pylist() == [1]
    drawn = [outcome(case).record for case in study("weather: storm\nseeds: 2\nsweep: {weather.links: [1, 2]}").cases]
    assert [row["labels"] for row in spread(drawn)] == [{"weather.links": 1}, {"weather.links": 2}]


def test_the_schema_offers_it():
    schema = json_schema()
    assert {"$ref": "#/$defs/weather:storm"} in schema["properties"]["weather"]["anyOf"][1]["oneOf"]
    assert set(schema["$defs"]["weather:storm"]["properties"]) == {"kind", "links", "seed", "name"}


def test_a_name_given_to_any_section_is_its_label(monkeypatch):
    """The schema offers ``name`` for every entry; a policy with one was refused as an unknown key."""
    case = study("routing: {name: spray, policy: ecmp}").cases[0]
    assert case.labels == {"routing": "spray"} and case.routing["policy"] == "ecmp"


def test_absent_sections_of_a_document_are_json():
    assert json.loads(json.dumps(read_case("fat-tree-2:radix=4").resolved()))["cost"] is None
