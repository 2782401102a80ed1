"""Traffic in other programs' files: flows, htsim's connections, GOAL; what comes back, and what each cannot carry."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests.samples import sample
from topo.config.demand_file import read_demand
from topo.formats import DEMANDS, FormatError
from topo.formats.connections import MOST_SIZE, rows_of


def test_traffic_goes_out_and_comes_back(tmp_path):
    demand = traffic.offer("allreduce", n_ranks=8, ranks_per_host=4, algorithm="tree")
    (tmp_path / "d.csv").write_text(DEMANDS["flows"].function("write")(demand))
    back = read_demand(str(tmp_path / "d.csv"), n_ranks=8)
    assert back.n_phases == demand.repeat.sum()
    assert back.total() == pytest.approx((demand.size * demand.repeat[demand.phase]).sum(), rel=1e-12)
    one = traffic.offer("shift", n_ranks=8, by=3, bytes=1000)
    (tmp_path / "d.cm").write_text(DEMANDS["connections"].function("write")(one))
    again = read_demand(str(tmp_path / "d.cm"), n_ranks=8)
    assert sorted(zip(again.src, again.dst, again.size)) == sorted(zip(one.src, one.dst, one.size))  # noqa: B905


def chain_of(text):
    """Return how many messages follow each other at most, and bytes sent: a machine of its own that runs GOAL."""
    ops, waits, kinds = [], [], re.compile(r"l(\d+): (?:(calc) \d+|(send|recv) (\d+)b (?:to|from) (\d+) tag (\d+))")
    for rank in re.findall(r"rank \d+ \{\n(.*?)\}", text, re.DOTALL):
        found = {m[1]: m.groups() for line in rank.splitlines() if (m := kinds.fullmatch(line))}
        needs = {label: [] for label in found}
        for label, other in re.findall(r"l(\d+) requires l(\d+)", rank):
            needs[label].append(other)
        ops.append(found)
        waits.append(needs)
    sent, taken, done, total = {}, {}, [{} for _ in ops], 0
    moved = True
    while moved:
        moved = False
        for rank, found in enumerate(ops):
            for label, (_, calc, way, size, other, tag) in found.items():
                if label in done[rank] or any(need not in done[rank] for need in waits[rank][label]):
                    continue
                depth = max((done[rank][need] for need in waits[rank][label]), default=0)
                if way == "recv":
                    box, k = sent.get((int(other), rank, tag, size), []), taken.get((int(other), rank, tag), 0)
                    if k >= len(box):
                        continue
                    taken[int(other), rank, tag] = k + 1
                    depth = max(depth, box[k] + 1)
                elif not calc:
                    sent.setdefault((rank, int(other), tag, size), []).append(depth)
                    total += int(size)
                done[rank][label] = depth
                moved = True
    assert [len(d) for d in done] == [len(found) for found in ops], "some operation never runs"
    return max(max(d.values(), default=0) for d in done), total


@pytest.mark.parametrize(("algorithm", "chain"), [("ring", 2 * 7), ("tree", 2 * 3), ("halving-doubling", 2 * 3)])
def test_goal_runs_to_its_end_in_as_many_messages_as_the_algorithm_takes(algorithm, chain):
    """Closed forms: a ring takes 2(n - 1) messages one after another, trees and halving-doubling 2 log2(n)."""
    demand = traffic.offer("allreduce", n_ranks=8, ranks_per_host=4, algorithm=algorithm, bytes=8000)
    text = DEMANDS["goal"].function("write")(demand)
    assert text.startswith("num_ranks 8\nrank 0 {\nl0: calc 0\nl1: ")
    assert chain_of(text) == (chain, demand.total())


def test_goal_computes_and_lets_phases_run_side_by_side():
    demand = traffic.Demand.of(
        "d", 3, src=[0, 1, 0], dst=[1, 2, 2], size=10, phase=[0, 1, 2], repeat=[1, 1, 2], after=[(), (), (0, 1)],
        compute_s=[0, 1e-6, 2e-6],
    )  # fmt: skip
    rank = DEMANDS["goal"].function("write")(demand).split("rank 1 {\n")[1].split("}")[0].splitlines()
    assert rank == [
        "l0: calc 0", "l1: recv 10b from 0 tag 0", "l1 requires l0",
        "l2: calc 1000", "l3: send 10b to 2 tag 1", "l3 requires l2",
        "l4: calc 2000", "l4 requires l1", "l4 requires l3", "l5: calc 2000", "l5 requires l4",
    ]  # fmt: skip
    assert chain_of(DEMANDS["goal"].function("write")(demand)) == (1, 40)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flows_and_connections_come_back(tmp_path_factory, data):
    """Any phases one after another: CSV to the last bit, a connection matrix in whole bytes."""
    n = data.draw(st.integers(2, 6))
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    phases = data.draw(st.lists(st.lists(pair, min_size=1, max_size=5), min_size=1, max_size=4))
    flows = [(s, d, p) for p, pairs in enumerate(phases) for s, d in pairs]
    src, dst, phase = map(list, zip(*flows, strict=True))
    size = data.draw(st.lists(st.floats(1, MOST_SIZE), min_size=len(src), max_size=len(src)))
    repeat = data.draw(st.lists(st.integers(1, 3), min_size=len(phases), max_size=len(phases)))
    demand = traffic.Demand.of("d", n, src=src, dst=dst, size=size, phase=phase, repeat=repeat)
    runs = [p for p in range(len(phases)) for _ in range(repeat[p])]
    sent = [(run, f) for run, p in enumerate(runs) for f in np.flatnonzero(demand.phase == p)]
    where = tmp_path_factory.mktemp("d")
    for name, whole in (("flows", float), ("connections", round)):
        path = where / f"d{DEMANDS[name].suffixes[0]}"
        path.write_text(DEMANDS[name].function("write")(demand))
        back = read_demand(str(path), n_ranks=n)
        rows = zip(*(getattr(back, key).tolist() for key in ("phase", "src", "dst", "size")), strict=True)
        assert sorted(rows) == sorted((r, demand.src[f], demand.dst[f], whole(demand.size[f])) for r, f in sent)


def test_triggers_are_phases_in_whatever_order_they_stand():
    read = DEMANDS["connections"].function("read")
    rows = ["2->0 id 3 trigger 2 size 5", "0->1 id 1 start 0 size 5 send_done_trigger 1",
            "1->2 id 2 trigger 1 size 5 send_done_trigger 2"]  # fmt: skip
    kinds = ["trigger id 1 oneshot", "trigger id 2 barrier count 1"]
    head = ["Nodes 3", "Triggers 2"]
    assert read("\n".join(head + rows + kinds), "f") == "src,dst,bytes,phase\n2,0,5,2\n0,1,5,0\n1,2,5,1\n"
    for rows_, kinds_, says in (
        (rows[:1], kinds, "f:3: waits for trigger 2, which nothing that ever starts fires"),
        (rows, ["trigger id 1 barrier count 2"], "f:3: waits for trigger 2"),
        (rows, ["trigger id 1 multishot"], "f:6: .*multishot triggers are not read"),
        (["0->1 start 1000 size 5"], [], "f:3: starts at 1000 ps"),
        (["0->1 start 0 size 5 addon"], [], "f:3: 'addon' is nothing that a connection has"),
        (["0->1 start 0 size 5x"], [], "f:3: 'size 5x' is nothing"),
    ):
        with pytest.raises(FormatError, match=says):
            read("\n".join(head + rows_ + kinds_), "f")


#: file -> connections, phases; None where it holds fewer than it states.
MATRICES = {
    "one": (1, 1),
    "bidir": (2, 1),
    "incast": (15, 1),
    "incast_128": (127, 1),
    "outcast_incast": (21, 1),
    "perm_16n_16c_2MB": (16, 1),
    "perm_32n_32c_2MB": (32, 1),
    "uet-alltoall_serial_16n": (240, 15),
    "uet-a2a": None,
}


@pytest.mark.parametrize("name", MATRICES)
def test_samples_have_the_connections_that_they_state(name):
    text = sample(f"htsim/{name}.cm").read_text()
    if MATRICES[name] is None:
        with pytest.raises(FormatError, match="states 3600 connections and holds 240"):
            rows_of(text, name)
        return
    rows = rows_of(text, name)
    assert (len(rows), max(phase for *_, phase in rows) + 1) == MATRICES[name]
    assert f"Connections {len(rows)}\n" in text


def test_what_a_file_of_traffic_cannot_carry_is_said(tmp_path, monkeypatch, capsys):
    from topo.cli import main

    monkeypatch.chdir(tmp_path)
    words = ("fat-tree-2:radix=4,endpoints_per_host=2", "--traffic", "allreduce:algorithm=ring")
    assert main(["convert", words[0], "o.flows.csv", *words[1:]]) == 0
    assert "note: flows cannot carry: ranks that go on by themselves" in capsys.readouterr().err
    assert main(["convert", words[0], "o.goal", *words[1:]]) == 0
    assert "cannot carry" not in capsys.readouterr().err


def test_htsim_reads_no_size_beyond_32_bits():
    write = DEMANDS["connections"].function("write")
    assert f"size {MOST_SIZE}" in write(traffic.offer("shift", n_ranks=4, ranks_per_host=1, bytes=MOST_SIZE))
    with pytest.raises(FormatError, match="3->0 sends 2,147,483,648 bytes at once; htsim reads sizes of up to"):
        write(traffic.offer("shift", n_ranks=4, ranks_per_host=1, bytes=2**31))
