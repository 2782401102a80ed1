"""Which case each case is held against, and what is said where there is none."""

import pytest

from topo.config import ConfigError
from topo.config.study_file import parse_study

HEAD = """
schema: 1
title: baselines
traffic: {pattern: uniform}
sweep:
  fabric:
    - {name: FT2, family: fat-tree-2, radix: 8}
    - {name: FT3, family: fat-tree-3, radix: 4}
  routing.policy: [ecmp, static]
"""


def study(*lines):
    return parse_study(HEAD + "\n".join(lines), "s.yaml")


def against(given):
    return {c.name: o.name for c, o in zip(given.cases, given.opponents, strict=True) if o}


def test_a_name_of_an_axis_is_matched_on_all_others():
    assert against(study("baseline: FT3")) == {
        "FT2 / ecmp": "FT3 / ecmp",
        "FT2 / static": "FT3 / static",
        "FT3 / ecmp": "FT3 / ecmp",
        "FT3 / static": "FT3 / static",
    }
    assert against(study("baseline: ecmp"))["FT3 / static"] == "FT3 / ecmp"


def test_a_whole_name_is_one_case_for_all():
    assert set(against(study("baseline: FT2 / static")).values()) == {"FT2 / static"}


def test_numbers_go_by_their_axis():
    text = HEAD.replace("routing.policy: [ecmp, static]", "fabric.endpoints: [16, 8]") + "baseline: endpoints=16"
    assert against(parse_study(text, "s.yaml"))["FT2 / endpoints=8"] == "FT2 / endpoints=16"


def test_an_entry_may_have_its_own_and_sized_cases_have_none():
    given = study("cases:", "  - {name: sized, traffic: null}", "  - {name: loaded, baseline: FT2}")
    assert against(given)["loaded / FT3 / ecmp"] == "loaded / FT2 / ecmp"
    assert not any(name.startswith("sized") for name in against(given))


def test_without_a_baseline_there_is_nothing_to_hold_against():
    assert study().opponents == ()


def test_intact_is_the_case_before_failures():
    given = study("baseline: intact")
    assert [o.identity("1") for o in given.opponents] == [c.identity("1") for c in given.cases]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["baseline: FT4"], "'FT4' is unknown; known: .*; did you mean FT"),
        (["baseline: alone"], "alone is for traffic of several jobs; case 'FT2 / ecmp' has none"),
        (
            ["cases: [{name: a, sweep: {fabric: [{name: X, family: slim-fly, q: 5}]}}, {name: b}]", "baseline: X"],
            "baseline: X: no case has b, X, ecmp, which case 'b / FT2 / ecmp' is held against",
        ),
        (["baseline: ''"], "s.yaml:10:1: baseline: "),
        (["tolerance: 120 %"], "s.yaml:10:1: tolerance: share: '120 %' must be at least 0 and below 1"),
        (["tolerance: much"], "is no share; write 1 % or 0.01"),
    ],
)
def test_what_names_nothing_is_refused(lines, message):
    with pytest.raises(ConfigError, match=message):
        study(*lines)


@pytest.mark.parametrize(("written", "value"), [("2 %", 0.02), ("0.05", 0.05), ("0", 0.0)])
def test_tolerance_is_a_share(written, value):
    assert study(f"tolerance: {written}").tolerance == value


def test_tolerance_is_one_percent_where_nothing_is_said():
    assert study().tolerance == 0.01
