"""The verdict answers what the study swept: each sentence is held against the records it speaks of."""

from statistics import fmean

import pytest

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import view_of
from topo.config import parse_study
from topo.report import render, words
from topo.report.load import read_study
from topo.report.panels.view import View
from topo.report.verdicts import QUESTIONS, verdict
from topo.study import run

NARROW = "family: fat-tree-2, radix: 8, endpoints: 32, oversubscription: 3, scale_up: none"
HEAD = "schema: 1\ntitle: question\n"
TREES = """
    - {name: wide, family: fat-tree-2, radix: 8, endpoints: 32, scale_up: none}
    - {name: narrow, family: fat-tree-2, radix: 8, endpoints: 32, oversubscription: 3, scale_up: none}
"""


def answered(folder, text):
    run(parse_study(HEAD + text, "s.yaml"), folder)
    view = View(read_study(folder))
    # A question that is passed over, its module never loaded, is one that would not have answered.
    assert not [one.where for one in QUESTIONS if not one.fits(view) and one.answer(view) is not None]
    return verdict(view), view


def networks(more="", trees=TREES, traffic="{pattern: shift, by: 16}"):
    return f"traffic: {traffic}\n{more}\nsweep:\n  fabric:{trees}"


def test_networks_are_told_by_time_and_by_how_much_the_slowest_takes_longer(tmp_path):
    found, view = answered(tmp_path, networks())
    wide, narrow = (view.case(n, "shift") for n in ("wide", "narrow"))
    ratio = words.number(narrow.get("completion_s") / wide.get("completion_s"))
    time = words.seconds(wide.get("completion_s"))
    first = f"Take wide: it finishes shift on 32 endpoints in {time}, because its ports carry no more."
    assert found.sentences[0] == first
    assert f"narrow takes {ratio} times as long under ecmp." in found.text
    assert "$" not in found.text  # no prices, none spoken of


def test_what_is_drawn_is_told_as_mean_and_range_over_seeds(tmp_path):
    """Hashed paths under four seeds: sentence and table hold the mean of the records, their least and their most."""
    hashed = "routing: {policy: ecmp-hash}\nseeds: 4\n"
    one, view = answered(tmp_path / "one", f"{hashed}traffic: {{pattern: shift, by: 8}}\nfabric: {{{NARROW}}}\n")
    times = [case.get("completion_s") for case in view.solutions]
    least, most = words.seconds(min(times)), words.seconds(max(times))
    assert min(times) < max(times)
    assert f"in {words.seconds(fmean(times))} in the mean of 4 seeds ({least} to {most})" in one.text
    full = [case.get("max_utilization") for case in view.solutions]
    ends = f"({words.number(min(full))} to {words.number(max(full))})"
    assert f"asked for {words.number(fmean(full))} times {ends} what they carry" in one.text
    page = render(tmp_path / "one")
    assert all(text in page for text in (f"{words.number(max(full))} times its capacity, the most of 4 seeds", least))
    two, view = answered(tmp_path / "two", networks(hashed, traffic="{pattern: shift, by: 8}"))
    means = [fmean(c.get("completion_s") for c in view.solutions if c.network == n) for n in ("wide", "narrow")]
    assert f"narrow takes {words.number(means[1] / means[0])} times as long under ecmp-hash in the mean" in two.text


def test_price_decides_between_networks_that_are_as_fast(tmp_path):
    trees = TREES.replace(", oversubscription: 3", "").replace(
        "narrow, family: fat-tree-2", "narrow, family: fat-tree-3"
    )
    found, view = answered(tmp_path, networks("cost: paper-table-3", trees))
    assert view.solutions[0].get("completion_s") == pytest.approx(view.solutions[1].get("completion_s"))
    least = min(view.solutions, key=lambda case: case.get("cost_per_endpoint_usd"))
    assert found.text.startswith(f"Take {least.network}: it finishes")
    assert words.usd(least.get("cost_per_endpoint_usd")) in found.text


def test_networks_that_are_alike_are_said_to_be(tmp_path):
    trees = "\n    - {name: one, family: fat-tree-2, radix: 8, scale_up: none}\n"
    trees += "    - {name: two, family: fat-tree-2, radix: 8, scale_up: none, wiring: rail, endpoints_per_host: 4}\n"
    found, _ = answered(tmp_path, networks(trees=trees, traffic="{pattern: uniform}"))
    assert found.text.startswith("Both networks finish uniform on 32 endpoints in ")


def test_the_tolerance_of_the_study_says_what_is_alike(tmp_path):
    trees = TREES.replace("radix: 8, endpoints: 32", "radix: 16, endpoints: 40").replace("ion: 3", "ion: 1.7")
    strict, view = answered(tmp_path / "strict", networks(trees=trees, traffic="{pattern: shift, by: 20}"))
    ratio = view.solutions[1].get("completion_s") / view.solutions[0].get("completion_s")
    assert 1.01 < ratio < 1.9 and strict.text.startswith("Take wide: it finishes shift")
    loose, _ = answered(tmp_path / "loose", networks("tolerance: 90 %", trees, "{pattern: shift, by: 20}"))
    assert loose.text.startswith("Both networks finish shift")


def test_a_tie_goes_to_the_one_that_is_better_under_another_traffic(tmp_path):
    """Below the leaves both are as fast; across them the narrow one is not."""
    text = "cases:\n  - {name: near, traffic: {name: near, pattern: shift, by: 1}}\n"
    text += "  - {name: far, traffic: {name: far, pattern: shift, by: 16}}\n"
    trees = TREES.replace("oversubscription: 3", "down: 6, up: 2, endpoints: 30").replace("endpoints: 32, ", "")
    trees = trees.replace("radix: 8, scale_up", "radix: 8, endpoints: 30, scale_up")
    found, view = answered(tmp_path, text + f"sweep:\n  fabric:{trees}")
    first, second = (
        view.case("narrow", t).get("completion_s") / view.case("wide", t).get("completion_s") for t in ("near", "far")
    )
    assert first == pytest.approx(1, abs=0.01) and second > 2
    assert f"narrow is as fast, but takes {words.number(second)} times as long under far." in found.text


def test_only_networks_of_equal_size_are_compared(tmp_path):
    trees = TREES + "    - {name: small, family: fat-tree-2, radix: 8, endpoints: 24, scale_up: none}\n"
    found, _ = answered(tmp_path, networks(trees=trees))
    assert "small" not in found.text


def test_links_that_the_traffic_leaves_idle_are_said(tmp_path):
    fabrics = "\n    - {name: a, family: fat-tree-2, radix: 16, endpoints: 64}\n"
    fabrics += "    - {name: b, family: fat-tree-2, radix: 16, endpoints: 64, wiring: rail}\n"
    jobs = "{pattern: moe-all-to-all, ep: 64, node_limit: 4}"
    found, view = answered(tmp_path, networks(trees=fabrics, traffic=jobs))
    unused = [case.network for case in view.solutions if case.get("max_utilization") == 0]
    assert unused == ["b"] and "leaves the links between switches of b idle" in found.text


def test_direct_networks_stand_under_the_routing_they_are_run_with(tmp_path):
    """The worst traffic of a Dragonfly: UGAL, which it would be run with, and not minimal paths."""
    text = """
traffic: {pattern: shift, by: 8}
cases:
  - name: minimal
    sweep:
      fabric:
        - &df {name: DF, family: dragonfly, a: 4, p: 2, h: 2, g: 9, scale_up: none}
        - {name: tree, family: fat-tree-2, radix: 18, endpoints: 72, scale_up: none}
  - {name: adaptive, fabric: *df, routing: {policy: ugal}}
  - {name: best, fabric: *df, routing: {policy: optimal}}
"""
    found, view = answered(tmp_path, text)
    tree, df = view.case("tree", "shift"), view.case("DF", "shift")
    assert (tree.policy, df.policy, view.policies) == ("ecmp", "ugal", "ecmp (DF: ugal)")
    ratio = words.number(df.get("completion_s") / tree.get("completion_s"))
    assert f"DF takes {ratio} times as long under ugal" in found.text


def test_sizes_go_to_the_cheapest_that_carries_as_much(tmp_path):
    text = """
traffic: {pattern: uniform}
cost: paper-table-3
invalid: record
sweep:
  fabric:
    - {name: FT2, family: fat-tree-2, match: {radix: 8}, scale_up: none}
    - {name: FT3, family: fat-tree-3, match: {radix: 8}, scale_up: none}
  fabric.match.endpoints: [16, 32, 128]
"""
    found, view = answered(tmp_path, text)
    assert {
        case.record.labels["fabric.match.endpoints"] for case in view.solutions if case.network.startswith("FT3")
    } >= {"128"}
    first = "For uniform at its port limit the cheapest network is FT2 up to 32 endpoints ($"
    assert found.text.startswith(first)
    assert "FT3 up to 128 ($" in found.text
    assert found.sentences[0].endswith(", because FT2 cannot be built larger.")


def test_planes_are_told_by_time_price_and_routing(tmp_path):
    text = """
fabric: {family: fat-tree-2, radix: 16, endpoints: 128}
traffic: {pattern: moe-all-to-all, ep: 64, node_limit: 4}
sweep:
  fabric.planes: [1, 8]
  routing.policy: [ecmp, static]
"""
    found, view = answered(tmp_path, text)
    times = [case.get("completion_s") for case in view.solutions if case.policy == "ecmp"]
    assert times[0] == pytest.approx(times[1], rel=0.01)
    assert found.text.startswith("Planes make no difference: ")
    assert f"takes {words.seconds(times[0])} on 1 and 8 planes of 128 endpoints" in found.text
    assert "routing" in found.text.lower()


def test_routing_is_told_by_what_each_policy_keeps(tmp_path):
    text = """
fabric: {family: fat-tree-2, radix: 8, endpoints: 32, scale_up: none}
traffic: {pattern: permutation}
seeds: 6
sweep: {routing.policy: [ecmp, ecmp-hash]}
"""
    found, view = answered(tmp_path, text)
    shares = [case.get("normalized_throughput") for case in view.solutions if case.policy == "ecmp-hash"]
    assert min(shares) < max(shares)
    assert found.text.startswith("ecmp carries every traffic at its port limit; ecmp-hash falls to ")
    assert f"ecmp-hash falls to {words.percent(sum(shares) / 6)} of it" in found.text
    assert f"{words.percent(min(shares))} to {words.percent(max(shares))} over 6 seeds" in found.text
    assert "GB/s an endpoint" in found.text


def test_messages_are_told_by_bandwidth_and_half_of_it(tmp_path):
    text = """
solve: completion
traffic: {pattern: all-to-all}
fabric: {family: fat-tree-2, radix: 16, endpoints: 32, hardware: infiniband}
sweep: {traffic.bytes: [1KiB, 64KiB, 1GiB, 4GiB]}
"""
    found, view = answered(tmp_path, text)
    rates = [case.get("busbw_bytes_per_s") for case in view.solutions]
    half = next(size for size, rate in zip(("1", "64", "1", "4"), rates, strict=True) if rate >= rates[-1] / 2)
    assert f"of 32 ranks reaches half of its {words.rate(rates[-1])} (busbw at 4" in found.text
    assert f"from {half}{words.NARROW}GiB on, because below that latency" in found.text


def test_a_training_step_is_told_by_network_and_part(tmp_path):
    traffic = "{pattern: training-step, pp: 2, ep: 8, micro_batches: 4}"
    found, view = answered(tmp_path, networks("solve: completion", TREES.replace(", scale_up: none", ""), traffic))
    step = view.solutions[0].get("completion_s")
    assert found.text.startswith(f"A step's communication takes {words.seconds(step)} on wide")
    assert found.sentences[1].startswith("Computation is not counted")


def test_jobs_are_told_by_the_largest_slowdown(tmp_path):
    jobs = "[{name: a, hosts: 2, pattern: shift, by: 8}, {name: b, hosts: 2, pattern: shift, by: 8}]"
    trees = TREES.replace(", scale_up: none", "").replace("radix: 8", "radix: 16")
    found, view = answered(tmp_path, networks("solve: completion", trees, f"{{pattern: jobs, jobs: {jobs}}}"))
    worst = max(case.get("slowdown_max") for case in view.solutions)
    if worst <= 1.01:
        assert found.text.startswith("No job waits for another")
    else:
        assert f"takes {words.number(worst)} times as long beside the others as alone" in found.text


def test_one_case_says_what_holds_it_back(tmp_path):
    """A ring inside hosts: NVLink at 200 GB/s limits, the network is a quarter full."""
    text = "fabric: {family: fat-tree-2, radix: 64, endpoints: 256, hardware: h800}\n"
    text += "traffic: {pattern: allreduce, algorithm: ring, bytes: 64MiB}\n"
    found, view = answered(tmp_path, text)
    assert "25.0 GB/s an endpoint, 50.0" in found.text.replace(words.NARROW, " ")
    assert "Scale-up links such as NVLink limit it" in found.text
    assert words.percent(view.solutions[0].get("max_utilization")) in found.text


def test_nvlink_is_named_where_it_limits(tmp_path):
    fabrics = TREES.replace(", scale_up: none", "").replace("radix: 8", "radix: 16")
    ring = "{pattern: allreduce, algorithm: ring, bytes: 1MiB}"
    run(parse_study(HEAD + networks(trees=fabrics, traffic=ring), "s.yaml"), tmp_path)
    assert "Scale-up links such as NVLink, not the network, limit" in render(tmp_path)


def test_sizes_alone_are_told_by_price(tmp_path):
    text = "cost: paper-table-3\nfabric: {family: fat-tree-2, radix: 64}\n"
    found, _ = answered(tmp_path, text)
    assert found.text == "fat-tree-2 of 2,048 endpoints costs least per endpoint, $4,395; no case carries traffic."


def test_failures_are_told_by_what_they_cost(tmp_path):
    text = """
traffic: uniform
failures: random:part=cable
sweep:
  fabric: [{family: fat-tree-2, radix: 8, endpoints: 16}, {family: fat-tree-3, radix: 8, endpoints: 64}]
  failures.count: [0, 2]
seeds: 2
"""
    found, view = answered(tmp_path, text)
    kept = {}
    for case in view.solutions:
        if case.get("failed_cables") == 2:
            kept.setdefault(case.network, []).append(case.get("kept_throughput"))
    (best, most), (worst, least) = sorted(((n, fmean(v)) for n, v in kept.items()), key=lambda one: -one[1])
    start = f"With 2 cables gone, {best} keeps {words.percent(most)} of its throughput under uniform, "
    assert found.sentences[0].startswith(f"{start}{worst} {words.percent(least)} (mean of 2 draws), because on {worst}")
    assert "Every flow still finds a path." in found.text


def test_availability_is_told_by_what_networks_keep(tmp_path):
    text = """
traffic: uniform
availability: {failures: {cable: 1 per year, spine: 1 per year}, repair: 1d, exact: 1, samples: 0}
sweep:
  fabric:
    - {name: even, family: fat-tree-2, radix: 8, endpoints: 16, scale_up: none}
    - {name: narrow, family: fat-tree-2, radix: 8, endpoints: 16, oversubscription: 3, scale_up: none}
"""
    found, view = answered(tmp_path, text)
    share = {case.network: case.get("expected_throughput") for case in view.solutions}
    best, worst = max(share, key=share.get), min(share, key=share.get)
    assert share[best] > share[worst]
    start = f"{best} keeps {words.nines(share[best])} of its throughput on average over failures and repairs, "
    assert found.sentences[0].startswith(f"{start}{worst} {words.nines(share[worst])}, because ")
    assert f"{worst} " in found.sentences[1]


def test_a_time_that_is_known_between_two_alone_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setattr("topo.flow.MAX_PAIRS", 100)
    text = "traffic: {pattern: hotspot}\nrouting: {policy: static}\nsolve: {solver: completion}\n"
    fabric = "fabric: {family: fat-tree-2, radix: 8, endpoints: 32, hardware: roce}\n"
    found, view = answered(tmp_path, text + fabric)
    least, most = (view.solutions[0].get(key) for key in ("completion_least_s", "completion_s"))
    assert f"in {words.seconds(least)} to {words.seconds(most)}" in found.text


def placed(placement, policy, *jobs):
    names = ("job", "alone_s", "together_s")
    rows = [{**dict(zip(names, job, strict=True)), "slowdown": job[2] / job[1]} for job in jobs]
    parts = {"fabric": {"family": "tree"}, "traffic": {"pattern": "jobs"}, "routing": {"policy": policy}}
    results = {"jobs": rows, "slowdown_max": max(row["slowdown"] for row in rows), "completion_s": 1.0}
    return record(f"{placement} {policy}", {"placement": placement, "routing.policy": policy}, parts, results)


def test_a_placement_is_told_by_the_mean_time_of_jobs_and_why_others_take_longer():
    """Spread jobs meet on the spines; those by rail lose their scale-up links and take longer even alone."""
    rows = [placed("packed", "ecmp", ("a", 1.0, 1.0), ("b", 1.0, 2.0))]
    rows.append(placed("spread", "ecmp", ("a", 1.0, 4.0), ("b", 1.0, 2.0)))
    rows.append(placed("rails", "ecmp", ("a", 9.0, 9.0), ("b", 9.0, 11.0)))
    said = verdict(view_of(rows)).text.replace(words.NARROW, " ")
    assert said.startswith("Take packed placement: under ecmp the 2 jobs take 1.50 s on average; ")
    assert "spread takes 3.00 s, because jobs slow each other down 3.00 times; " in said
    assert "rails takes 10.0 s, because they take 9.00 s even alone." in said
    assert "The job a suffers most, 4.00 times as long (spread, ecmp)" in said
