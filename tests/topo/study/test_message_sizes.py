"""The shipped sweep over message sizes: what nccl-tests would print, and what its page says."""

import json
from collections import defaultdict

import pytest

from topo.config import load_study
from topo.report import render
from topo.report.load import read_study
from topo.report.panels.messages import panel
from topo.report.panels.view import View
from topo.study import run

SIZES = [64.0 * 4**i for i in range(15)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run(load_study("message-sizes"), tmp_path_factory.mktemp("sizes") / "out", workers=0).folder


@pytest.fixture(scope="module")
def sweeps(folder):
    """(network, ranks, pattern) -> S -> results."""
    found = defaultdict(dict)
    for line in (folder / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        results, labels = record["results"], record["case"]["labels"]
        key = labels["fabric"], results["collective_ranks"], labels["traffic"]
        found[key][results["collective_bytes"]] = results
    return dict(found)


def test_every_size_from_64_bytes_to_16_gib(sweeps):
    assert len(sweeps) == 2 * 3 * 2
    assert all(sorted(sweep) == SIZES for sweep in sweeps.values())
    assert (SIZES[0], SIZES[-1]) == (64, 16 * 2**30)


def test_larger_messages_take_longer_and_use_ports_better(sweeps):
    for sweep in sweeps.values():
        times, rates = ([sweep[s][key] for s in SIZES] for key in ("completion_s", "busbw_bytes_per_s"))
        assert times == sorted(times)
        assert rates == sorted(rates)


def test_small_messages_are_all_latency(sweeps):
    """InfiniBand of Table 5: no all-to-all ends before 2.8 us, and 64 B add less than 1 %."""
    for (_, _, pattern), sweep in sweeps.items():
        if pattern == "all-to-all":
            assert sweep[64.0]["completion_s"] == pytest.approx(sweep[64.0]["zero_load_latency_s"], rel=0.5)
            assert sweep[64.0]["completion_s"] > 2.8e-6
            assert sweep[256.0]["completion_s"] / sweep[64.0]["completion_s"] < 1.01


def test_planes_equal_rails_from_128_mib_up(sweeps):
    """Figures 5 and 6: within 1.5 %; nothing moves an all-to-all past B n / (n - 8)."""
    large = [s for s in SIZES if s >= 128 * 2**20]
    for ranks in (32, 64, 128):
        for pattern in ("all-to-all", "allreduce"):
            planes, rails = sweeps["MPFT", ranks, pattern], sweeps["MRFT", ranks, pattern]
            for size in large:
                assert planes[size]["completion_s"] == pytest.approx(rails[size]["completion_s"], rel=0.015)
        assert sweeps["MPFT", ranks, "all-to-all"][SIZES[-1]]["algbw_bytes_per_s"] < 50e9 * ranks / (ranks - 8)


def test_the_page_draws_the_sweep_and_compares_networks_by_the_largest_message(folder):
    view = View(read_study(folder))
    drawn = panel(view)
    figure = drawn.blocks[0].figure
    assert [v.name for v in figure.variants] == [
        "allreduce, ring: busbw",
        "allreduce, ring: time",
        "all-to-all, direct: busbw",
        "all-to-all, direct: time",
    ]
    assert all(len(v.spec["data"]) == 6 and len(v.spec["data"][0]["x"]) == 15 for v in figure.variants)
    assert figure.variants[0].spec["layout"]["xaxis"]["ticktext"][0].startswith("64")
    assert len(figure.table.rows) == 180
    assert view.traffics == ["all-to-all (16GiB)", "allreduce (16GiB)"]
    assert 'id="messages"' in render(folder)
