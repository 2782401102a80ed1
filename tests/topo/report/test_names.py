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


def test_what_is_read_goes_by_its_files_name(tmp_path):
    import topo

    fabric = topo.generate("fat-tree-2", radix=8, capacity=50e9)
    topo.write(fabric, tmp_path / "hall.fabric.json")
    said = topo.analyze(tmp_path / "hall.fabric.json", "permutation")._repr_html_()
    assert "hall.fabric.json finishes" in said
