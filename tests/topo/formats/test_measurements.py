"""Logs of what was measured: read with what they state, refused with the line where they are none."""

from __future__ import annotations

import gzip
import json
import pickle

import numpy as np
import pytest

from tests.samples import sample
from topo.cli import main
from topo.formats import FormatError, read_measurements
from traffic.ccl import KINDS, NAMES, bus_factor, called
from traffic.measured import Communicator, joined


def record(**changes):
    """Return a line of NCCL Inspector: the one of its README, changed."""
    header = {"id": "0x7f8c496ae9f661", "rank": 2, "n_ranks": 8, "nnodes": 1}
    meta = {"inspector_output_format_version": "v4.0", "hostname": "example-hostname", "pid": 1639453}
    perf = {"coll": "AllReduce", "coll_sn": 1407, "coll_msg_size_bytes": 17179869184, "coll_exec_time_us": 61974,
            "coll_algobw_gbs": 277.210914, "coll_busbw_gbs": 485.119099}  # fmt: skip
    parts = [{k: changes.get(k, v) for k, v in part.items()} for part in (header, meta, perf)]
    return json.dumps(dict(zip(("header", "metadata", "coll_perf"), parts, strict=True)))


NCCL = """\
# nccl-tests version 2.17.6 nccl-headers=22807 nccl-library=22807
# Collective test starting: {test}_perf
# nThread 1 nGpus 1 minBytes 1024 maxBytes 8589934592 step: 2(factor)
#
# Using devices
#  Rank  0 Group  0 Pid 204199 on  nid005471 device  0 [0009:01:00] NVIDIA GH200 120GB
#  Rank  1 Group  0 Pid 204200 on  nid005471 device  1 [0019:01:00] NVIDIA GH200 120GB
#  Rank  2 Group  0 Pid 204201 on  nid005472 device  0 [0029:01:00] NVIDIA GH200 120GB
#  Rank  3 Group  0 Pid 204202 on  nid005472 device  1 [0039:01:00] NVIDIA GH200 120GB
#
#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
        1024           256     float     sum      -1    20.00    0.05    0.08      0    21.00    0.05    0.07      0
  1000000000     250000000     float     sum      -1  10000.0  100.00  150.00      0      N/A     N/A     N/A    N/A
# Out of bounds values : 0 OK
"""


def write(folder, text, name="a.log"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_names_of_programs_find_their_operation():
    """NCCL, nccl-tests, PyTorch, SimAI: each operation of each, and what is none of them."""
    names = {
        "AllReduce ncclDevKernel_AllReduce_Sum_f32_RING_LL all_reduce_perf allreduce ALLREDUCE": "allreduce",
        "ReduceScatter reduce_scatter _reduce_scatter_base REDUCESCATTER_DP_EP": "reduce-scatter",
        "AllGather all_gather_perf _allgather_base ALLGATHER": "all-gather",
        "alltoall_perf all_to_allv ALLTOALL_EP AlltoAll": "all-to-all",
        "Broadcast broadcast_perf CommType.broadcast": "broadcast",
        "Reduce reduce_perf": "reduce",
        "SendRecv sendrecv_perf": "sendrecv",
        "Send isend": "send",
        "barrier wait NONE gather scatter": "",
    }
    for written, own in names.items():
        assert {called(name) for name in written.split()} == {own}
    assert set(NAMES) == set(KINDS)
    assert bus_factor("all-to-all", 8) == 7 / 8


def test_inspector_states_parts_and_counts_the_whole(tmp_path):
    """The two records of its README: an all-reduce of 16 GiB, a reduce-scatter whose 2 GiB are the part of one of 8."""
    part = {"coll": "ReduceScatter", "coll_msg_size_bytes": 2147483648, "coll_exec_time_us": 41057}
    bandwidths = {"coll_algobw_gbs": 418.439467, "coll_busbw_gbs": 366.134533}
    lines = [
        record(),
        record(**part, **bandwidths, rank=4, pid=7),
        "",
        record(coll="Barrier"),
        record(coll_exec_time_us=0),
        record(coll_exec_time_us=1e-320),  # no time at all once it is in seconds
    ]
    found = read_measurements(write(tmp_path, "\n".join(lines), "a.jsonl"))
    assert found.busbw() / 1e9 == pytest.approx([485.119099, 366.134533], rel=1e-6)
    assert found.size.tolist() == [2**34, 2**34]
    assert found.seconds.tolist() == pytest.approx([61974e-6, 41057e-6])
    assert found.rank.tolist() == [2, 4]
    host = {2: "example-hostname", 4: "example-hostname"}
    assert found.groups == (Communicator("0x7f8c496ae9f661", 8, 1, host, {2: 1, 4: 0}),)  # in order of their pid
    assert [note.partition(": ")[2] for note in found.notes] == [
        "1 records of Barrier are passed over", "2 records without a size or time that could be are passed over",
    ]  # fmt: skip


def test_what_one_rank_does_alone_is_no_measurement(tmp_path):
    """Its bus bandwidth is 0; it is left out and said, and nothing is left of a log that holds no other."""
    alone = record(n_ranks=1, rank=0, id="lone")
    found = read_measurements(write(tmp_path, record() + "\n" + alone))
    assert len(found.size) == 1
    assert found.notes[-1].endswith("a.log: 1 operation of one rank alone is left out")
    with pytest.raises(FormatError, match="no operation between ranks"):
        read_measurements(write(tmp_path, alone))


def test_logs_of_several_processes_are_one(tmp_path):
    one = write(tmp_path, record(), "a.jsonl")
    packed = write(tmp_path, gzip.compress(record(rank=5, hostname="b").encode()), "b.jsonl.gz")
    both = read_measurements([one, packed])
    assert len(both) == 2
    assert both.groups[0].host == {2: "example-hostname", 5: "b"}
    assert both.group.tolist() == [0, 0]
    apart = joined([read_measurements(one), read_measurements(write(tmp_path, record(id="x"), "c.jsonl"))])
    assert apart.group.tolist() == [0, 1]


def test_nccl_tests_of_two_hosts(tmp_path):
    found = read_measurements(write(tmp_path, NCCL.format(test="all_reduce")))
    assert found.size.tolist() == [1024, 1024, 1e9]
    assert found.seconds.tolist() == pytest.approx([20e-6, 21e-6, 1e-2])
    assert found.busbw()[2] == pytest.approx(150e9)
    (group,) = found.groups
    assert (group.n, group.hosts, group.slot) == (4, 2, {0: 0, 1: 1, 2: 0, 3: 1})
    assert group.host[3] == "nid005472"
    assert not found.notes
    two = read_measurements(write(tmp_path, NCCL.format(test="all_reduce") + NCCL.format(test="alltoall")))
    assert [NAMES[i] for i in two.operation] == ["allreduce"] * 3 + ["all-to-all"] * 3
    assert len(two.groups) == 2


@pytest.mark.parametrize("name", ["allreduce", "allgather", "reducescatter", "alltoall"])
def test_samples_have_the_busbw_that_they_print(name):
    path = sample(f"measured/nccl-tests-a100-{name}.log")
    found = read_measurements(path)
    last = next(line for line in path.read_text().splitlines() if line.split()[:1] == ["8589934592"]).split()
    assert found.busbw()[-2:] / 1e9 == pytest.approx([float(last[-6]), float(last[-2])], rel=1e-4)
    assert NAMES[found.operation[0]].replace("-", "") == name
    assert "as the name of the file says" in found.notes[0]


def test_an_old_table_says_what_it_can(tmp_path):
    """All-reduce by its ratio; an all-gather may be an all-to-all, so it is asked for."""
    text = sample("measured/nccl-tests-a100-allreduce.log").read_text()
    found = read_measurements(write(tmp_path, text, "run7.log"))
    assert set(found.operation.tolist()) == {NAMES.index("allreduce")}
    assert "by its columns and its busbw" in found.notes[0]
    path = write(tmp_path, sample("measured/nccl-tests-a100-allgather.log").read_text(), "run8.log")
    with pytest.raises(FormatError, match=r"may be all-gather or all-to-all: give it with --collective"):
        read_measurements(path)
    assert set(read_measurements(path, collective="all-to-all").operation.tolist()) == {NAMES.index("all-to-all")}
    assert main(["expect", "fat-tree-2:radix=4", str(path), "--collective", "all-gathr"]) == 3


GOOD = NCCL.format(test="all_reduce")
WRONG = {
    "pickle": (pickle.dumps({"a": 1}), "a.log: is a Python pickle, and reading one runs whatever code it names"),
    "pickle of protocol 0": (pickle.dumps([1, 2], 0), "a.log: is a Python pickle"),
    "nothing": ("", "in no format|holds no operation"),
    "no record": (record() + '\n{"header": 1}', r"a.log:2: is no record of NCCL Inspector"),
    "key": (record().replace("n_ranks", "ranks"), r"a.log:1: .*'n_ranks' is missing"),
    "rank": (record() + "\n" + record(rank=8), r"a.log:2: rank 8 of 8 on 1 nodes"),
    "json": (record() + "\n" + record()[:-1], r"a.log:2: column \d+: is not JSON"),
    "two on a line": (record() + "," + record(), r"a.log:1: column \d+: is not JSON: Extra data"),
    "latin": (record().encode() + b'\n{"header": "\xe9"}', r"a.log:2: is not UTF-8 text \(byte 12 is 0xe9\)"),
    "zero byte": (record() + "\n\0", r"a.log:2: is binary"),
    "long": (record() + "\n" + "x" * 1_100_000, r"a.log:2: a line of over 1,048,576 bytes"),
    "gzip": (gzip.compress(GOOD.encode())[:-20], "is no whole gzip file"),
    "cells": (GOOD.replace("20.00    0.05    0.08      0    21.00    0.05    0.07", ""), r"a.log:14: a row of"),
    "time": (GOOD.replace("20.00", "-1.00"), r"a.log:14: time must be a number of 0 or more; got '-1.00'"),
    "zero time": (GOOD.replace("20.00", "0.00"), r"a.log:14: sizes and times are positive"),
    "without MPI": (GOOD.replace("Rank  1", "Rank  0"), r"a.log:7: rank 0 is listed again: .* without MPI"),
    "one device": (GOOD.replace("Rank  3 ", "Rank  9 "), "lists 4 devices of ranks 0 to n - 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_log_says_where(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, says = WRONG[name]
    with pytest.raises(FormatError, match=says):
        read_measurements(write(tmp_path, content).name)


def test_columns_are_read_only(tmp_path):
    found = read_measurements(write(tmp_path, record(), "a.jsonl"))
    with pytest.raises(ValueError, match="read-only"):
        found.size[0] = np.nan
