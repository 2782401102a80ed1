"""What a design can be asked: workloads, failures, named networks, stages, fronts that are measured, and flips."""

from __future__ import annotations

import pytest

import topo
from topo.config import ConfigError
from topo.config.design import parse_design
from topo.design.errors import DesignError
from topo.design.flips import price_flips
from topo.design.trial import Trial, no_bound, nothing
from topo.generators import size_of
from topo.study.design import designed

SMALL = "families: {fat-tree-2: {up: [1, 2, 4], down: [2, 4], wiring: [host]}}, planes: [1], switches: [8]"
HEAD = f"{SMALL}, endpoints: 16"
TAIL = "fabric: {endpoints_per_host: 2, scale_up: 900GB/s}\ncost: paper-table-3\n"


def asked(design, rest="", **how):
    return designed(parse_design(f"design: {{{HEAD}, {design}}}\n{TAIL}{rest}", "d.yaml"), **how)


def test_times_of_workloads_are_added_by_weight_and_of_others_the_worst_counts():
    work = (
        "workloads: [{name: one, traffic: uniform}, {name: two, weight: 3, traffic: {pattern: shift, by: 4}}], "
        "front: [cost_usd, completion_s, completion_s of one, completion_s of two, normalized_throughput, "
        "normalized_throughput of one, normalized_throughput of two]"
    )
    for one in asked(work).answer.front:
        facts = one.facts
        assert facts["completion_s"] == pytest.approx(facts["completion_s of one"] + 3 * facts["completion_s of two"])
        worst = [facts[f"normalized_throughput of {name}"] for name in ("one", "two")]
        assert facts["normalized_throughput"] in worst


def test_after_failures_the_baseline_stays_whole():
    """A tree whose leaves have one spine alone loses what crosses it; two spines leave half."""
    answer = asked("require: ['slowdown after worst:part=switch,tier=spine <= 4']", "traffic: uniform\n").answer
    assert answer.best.params["up"] > 1
    assert 1 < answer.best.facts["slowdown after worst:part=switch,tier=spine"] <= 4


def test_named_networks_stand_beside_the_space():
    """The paper's Slim Fly has no graph, which is said; a name that wins is the best."""
    compare = "compare: [{name: SF, family: slim-fly, q: 28, p: 21}, {name: T, family: fat-tree-2, radix: 4}]"
    losers = {one.candidate.name: one for one in asked(compare).answer.losers}
    assert "a prime power is needed" in losers["SF"].binding
    assert losers["T"].binding == "endpoints 8 < 16"
    assert losers["T"].candidate.size.switches == size_of("fat-tree-2", radix=4, endpoints_per_host=2).switches


def test_stages_buy_no_part_twice():
    """What a stage owns is used in the next one; all stages cost what their parts do."""
    found = designed(
        parse_design(f"design: {{{SMALL}, stages: [8, 32], require: [oversubscription <= 1]}}\n{TAIL}", "d")
    )
    first, last = found.growth
    assert [first.endpoints, last.endpoints] == [8, 32]
    assert first.usd == first.network.facts["cost_usd"]
    assert found.at_once_usd <= first.usd + last.usd
    counts = {part.name: part.number for part in last.network.parts}
    assert sum(last.parts.values()) < sum(counts.values())


def test_workers_measure_what_one_process_does():
    words = "require: [normalized_throughput >= 0.5], front: [cost_usd, completion_s], within: 50 %"
    alone, many = (
        asked(words, "traffic: {pattern: shift, by: 4}\n"),
        asked(words, "traffic: {pattern: shift, by: 4}\n", workers=2),
    )
    assert alone.answer.best == many.answer.best
    assert alone.answer.front == many.answer.front
    assert alone.answer.runners == many.answer.runners


def test_prices_at_which_the_choice_flips_make_both_cost_the_same():
    answer = asked("require: [oversubscription <= 2], within: 90 %").answer
    best = answer.best
    rivals = [one.candidate for one in answer.losers if not one.misses and one.key]
    for flip in price_flips(best, rivals, Trial((), nothing, no_bound)):

        def at(one, flip=flip):
            return sum(p.number * p.usd * (flip.at if p.name.startswith(flip.of) else 1) for p in one.parts)

        assert at(best) == pytest.approx(at(flip.network))
        assert all(at(one) >= at(best) * (1 - 1e-9) for one in rivals)


def test_a_limit_that_lets_a_cheaper_network_in():
    answer = asked("require: [oversubscription <= 1]").answer
    flip = next(flip for flip in answer.sensitivity if flip.need and flip.need.key == "oversubscription")
    again = asked(f"require: [oversubscription <= {flip.at}]").answer
    assert again.best.facts["cost_usd"] == flip.network.facts["cost_usd"] < answer.best.facts["cost_usd"]


def test_a_book_without_a_price_says_so():
    with pytest.raises(DesignError, match="cost_usd is not known of any network"):
        topo.run_design(["endpoints=16", "cost.prices=opus-fs-undated"])


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ("require: [slowdown of nobody <= 1]", r"d\.yaml:1:\d+: design\.require: slowdown of 'nobody' is unknown"),
        ("require: [slowdown after wrst:part=switch <= 1]", r"design\.require: .*'wrst'.*did you mean worst"),
        ("front: [cost_usd, slowdwn]", r"d\.yaml:1:\d+: design\.front: .*did you mean slowdown"),
        ("within: much", r"design\.within: share: 'much' is no share"),
        ("compare: [{family: fat-tree-2, radx: 4}]", r"d\.yaml:1:\d+: .*radx.*did you mean radix"),
        ("workloads: [{nme: a, traffic: uniform}]", r"d\.yaml:1:\d+: design\.workloads\.0\..*did you mean name"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(design, message):
    with pytest.raises(ConfigError, match=message):
        asked(design, "traffic: uniform\n")
