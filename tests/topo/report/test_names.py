"""The policy under which networks are compared: that of most settings, however often each was drawn."""

from __future__ import annotations

from types import SimpleNamespace

from topo.report.names import usual_policy


def case(policy, network="tree", seed=0):
    words = {"fabric": {"family": network}, "routing": {"policy": policy, "seed": seed}}
    return SimpleNamespace(policy=policy, record=SimpleNamespace(case=words))


def test_seeds_of_one_setting_count_once():
    drawn = [case("ecmp-hash", seed=seed) for seed in range(10)]
    assert usual_policy([*drawn, case("static"), case("static", "dragonfly")]) == "static"


def test_the_default_wins_a_tie():
    assert usual_policy([case("static"), case("ecmp"), case("adaptive")]) == "ecmp"
    assert usual_policy([]) == ""
