"""Traces of other programs: what each says is read, what it does not is asked for or said, what is none is refused."""

from __future__ import annotations

import gzip
import json
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from tests.samples import sample
from topo.cli import main
from topo.config import ConfigError, read_case
from topo.config.demand_file import read_demand
from topo.formats import DEMANDS, FormatError, read_measurements, text_of
from topo.formats.process_groups import ProcessGroup, listed
from topo.formats.wire import fields, messages, varint
from topo.study import run_case
from traffic.demand import DemandError
from traffic.trace import Layout, Step, Trace, commodities, demand_of, layout_of, total

AICB = """\
[rank0 ~ rank15]
comm_type,comm_group,comm_group_size,msg_size,stage,dst,src,additional,_elapsed_time,algbw,busbw,count
CommType.all_gather,CommGroup.tp_group,4,1048576,forward,None,None,,None,None,None,1
CommType.all_gather,CommGroup.tp_group,4,1048576,forward,None,None,,None,None,None,1
CommType.isend,CommGroup.pp_group,2,4096,forward,None,None,,None,None,None,1
CommType.irecv,CommGroup.pp_group,2,4096,forward,None,None,,None,None,None,1
CommType.all_to_all,CommGroup.ep_group,2,65536,forward,None,None,,None,None,None,1
CommType.epoch_end,None,None,0,,None,None,,None,None,None,1
CommType.gather,CommGroup.dp_group,2,8,step,None,None,,None,None,None,1
"""
SIMAI = """\
HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 4 ep: 2 pp: 2 vpp: 1 ga: 3 all_gpus: 16 pp_comm 4096
2
attention -1 375000 ALLGATHER 1048576 375000 REDUCESCATTER 1048576 375000 NONE 0 100
moe -1 1 ALLTOALL_EP 65536 1 ALLTOALL_EP 65536 1 ALLREDUCE_DP_EP 4194304 100
"""
GROUPS = [{"pg_name": "0", "ranks": [], "group_size": 8}, {"pg_name": "7", "ranks": [0, 2, 4, 6], "group_size": 4}]
INIT = json.dumps(GROUPS)


def node(name, values=(), outputs=(), **attributes):
    attrs = [{"name": key, "type": "t", "value": value} for key, value in attributes.items()]
    ways = {"inputs": {"values": list(values)}, "outputs": {"values": list(outputs)}}
    return {"id": 1, "name": name, **ways, "attrs": attrs}


def chakra(*nodes):
    return json.dumps({"schema": "1.1.1-chakra.0.0.4", "nodes": [node("## process_group:init ##", [INIT]), *nodes]})


TENSOR = [[14, 15, 0, 1024, 4, "cuda:0"]]
CHAKRA = chakra(
    node("record_param_comms", [TENSOR, 12, ["0", "default"], 0, "allreduce", [], []]),
    node("record_param_comms", [[], 13, ["7", ""], 0, "reduce_scatter"], collective_name="_reduce_scatter_base",
         dtype="BFloat16", in_msg_nelems=4000, out_msg_nelems=1000, pg_name="7"),
    node("record_param_comms", [13, 0, 0, "wait", [], [], 1]),
    node("aten::empty", [[1]]),
)  # fmt: skip


def event(name, micro, size, ranks, *, cat="kernel", group=4, **more):
    arguments = {"Collective name": name, "In msg nelems": size, "Out msg nelems": size, "Group size": group,
                 "dtype": "Float", "Process Group Name": "p", "Process Group Ranks": ranks, **more}  # fmt: skip
    return {"ph": "X", "cat": cat, "name": "nccl", "ts": 1, "dur": micro, "args": arguments}


def kineto(*events):
    info = {"backend": "nccl", "rank": 0, "world_size": 8}
    other = {"ph": "X", "cat": "cpu_op", "name": "aten::add"}
    return json.dumps({"schemaVersion": 1, "distributedInfo": info, "traceEvents": [other, *events]}, indent=1)


KINETO = kineto(
    event("allreduce", 100, 262144, "[0, 1, 2, 3]", Rank=0), event("allreduce", 110, 262144, "[0, 1, 2, 3]", Rank=0),
    event("_allgather_base", 50, 1024, "[0, 4]", group=2), event("allreduce", 9, 262144, "[0, 1, 2, 3]", cat="cpu_op"),
    event("barrier", 5, 1, "[0, 1, 2, 3]"),
)  # fmt: skip
TEXTS = {"aicb": AICB, "simai-workload": SIMAI, "chakra": CHAKRA, "kineto": KINETO}


def read(name, text):
    return DEMANDS[name].function("read")(text, "f")


def test_each_is_known_by_how_it_begins():
    for name, text in TEXTS.items():
        assert [known for known, entry in DEMANDS.items() if entry.reads and entry.fits(text)] == [name]


def test_aicb_says_its_layout():
    trace = read("aicb", AICB)
    assert (trace.ranks, trace.sizes) == (16, {"tp": 4, "pp": 2, "ep": 2})
    assert trace.steps[2:] == (Step("send", 4096, "pp"), Step("all-to-all", 65536, "ep"))
    assert trace.notes == ("1 operations of kind gather are left out",)
    demand = demand_of(trace, 16, ranks_per_host=4)
    assert demand.phase_names == ("all-gather along tp", "send along pp", "all-to-all along ep")
    pairs = [sorted(zip(demand.src[demand.phase == p], demand.dst[demand.phase == p], strict=True)) for p in range(3)]
    assert pairs[1] == [(r, r + 8) for r in range(8)]  # stages are tp x dp ranks apart
    assert pairs[2] == [(r, r ^ 4) for r in range(16)]  # experts lie along the data dimension
    assert demand.repeat.tolist() == [2 * 3, 1, 1]
    assert demand.operations[2].hosts == 2


def test_simai_computes_and_sends_in_its_groups():
    trace = read("simai-workload", SIMAI)
    demand = demand_of(trace, 16, ranks_per_host=4)
    about = {(row["operation"], row["group"]): row["runs"] for row in demand.about.rows}
    assert about == {("all-gather", "tp"): 1, ("reduce-scatter", "tp"): 1, ("all-to-all", "ep"): 2, ("send", "pp"): 6}
    assert demand.about.computes_s == pytest.approx((3 * 375000 + 3) * 1e-9)  # the group of the all-reduce is one rank
    assert demand.compute_s @ demand.repeat == pytest.approx(demand.about.computes_s)


def test_chakra_finds_groups_and_sizes_of_old_and_new():
    trace = read("chakra", CHAKRA)
    assert trace.ranks == 8
    assert trace.steps == (Step("allreduce", 4096.0), Step("reduce-scatter", 8000.0, "", 4, 2))
    assert trace.notes == ("computation is left out",)
    strange = node("record_param_comms", [TENSOR, 1, ["9", ""], 0, "allreduce"])
    other = read("chakra", chakra(strange, json.loads(CHAKRA)["nodes"][1]))
    assert "1 operations in groups that the trace does not describe are left out" in other.notes


def test_kineto_takes_kernels_and_what_they_took(tmp_path):
    trace = read("kineto", KINETO)
    assert trace.ranks == 8
    assert trace.steps == (Step("allreduce", 2.0**20, "", 4, 1),) * 2 + (Step("all-gather", 4096.0, "", 2, 4),)
    cpu = kineto(event("allreduce", 1, 1024, "[0, 2, ...]", cat="cpu_op"))
    assert read("kineto", cpu).steps == (Step("allreduce", 4096.0, "", 4, 2),)
    path = tmp_path / "r0.pt.trace.json.gz"
    path.write_bytes(gzip.compress(KINETO.encode()))
    found = read_measurements(path)
    assert found.seconds.tolist() == pytest.approx([1e-4, 1.1e-4, 5e-5])
    assert found.rank.tolist() == [0, 0, -1]
    assert [group.world for group in found.groups] == [(0, 1, 2, 3), (0, 4)]
    assert main(["expect", "fat-tree-2:radix=4,endpoints=8", str(path)]) == 0


def test_groups_of_ranks():
    assert ProcessGroup(4, (0, 1, 2, 3)).step("allreduce", 8.0, 4) == Step("allreduce", 8.0)
    assert ProcessGroup(3, (0, 1, 3)).step("allreduce", 8.0, 4) is None
    assert ProcessGroup(2).step("allreduce", 8.0, 4) == Step("allreduce", 8.0, "", 2, 1)
    assert listed("[0, x]", 2) == listed({}, 2) == ()


#: The part of Chakra's schema that is read: message -> field -> number and type, as protobuf's own library calls it.
SCHEMA = {
    "Attribute": {
        "name": (1, "STRING"), "int64_val": (9, "INT64"), "sint32_val": (15, "SINT32"), "uint64_val": (13, "UINT64"),
        "string_val": (29, "STRING"), "double_val": (3, "DOUBLE"),
    },
    "Meta": {"version": (1, "STRING")},
    "Node": {
        "id": (1, "UINT64"), "name": (2, "STRING"), "type": (3, "INT32"), "ctrl_deps": (4, "UINT64"),
        "attr": (10, "MESSAGE"),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def schema():
    """Return the classes of SCHEMA."""
    pb = pytest.importorskip("google.protobuf.descriptor_pb2", reason="needs protobuf, which ortools brings")
    from google.protobuf import descriptor_pool, message_factory

    kind = pb.FieldDescriptorProto
    file = pb.FileDescriptorProto(name="et.proto", package="c", syntax="proto3")
    for name, parts in SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, (number, of) in parts.items():
            one = message.field.add(name=field, number=number, type=getattr(kind, f"TYPE_{of}"))
            one.label = kind.LABEL_REPEATED if field in ("ctrl_deps", "attr") else kind.LABEL_OPTIONAL
            if of == "MESSAGE":
                one.type_name = ".c.Attribute"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"c.{name}")) for name in SCHEMA}


def delimited(message):
    raw, size, head = message.SerializeToString(), len(message.SerializeToString()), b""
    while size >= 0x80:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + raw


def chakra_nodes(schema):
    def made(kind, **attributes):
        key = {int: "int64_val", str: "string_val", float: "double_val"}
        attrs = [schema["Attribute"](name=name, **{key[type(value)]: value}) for name, value in attributes.items()]
        return schema["Node"](id=2**40, name="n" * 200, type=kind, ctrl_deps=[1, 2, 3, 300], attr=attrs)

    return [
        made(7, comm_type=0, comm_size=4096, pg_name="3", other=-1, real=1.5), made(4, comm_size=1),
        made(7, comm_type=6, comm_size=2**33), made(5, comm_size=100, comm_src=0, comm_dst=4), made(6, comm_size=100),
        made(7, comm_type=9), made(7, comm_type=2, comm_size=-1), made(7, comm_size=8),
    ]  # fmt: skip


def test_protobuf_is_read_as_its_own_library_writes_it(schema, tmp_path):
    raw = delimited(schema["Meta"](version="0.0.4")) + b"".join(map(delimited, chakra_nodes(schema)))
    text = text_of(raw, "a.et")
    assert [name for name, entry in DEMANDS.items() if entry.reads and entry.fits(text)] == ["chakra-protobuf"]
    trace = read("chakra-protobuf", text)
    assert trace.steps == (
        Step("allreduce", 4096.0), Step("all-to-all", 2.0**33), Step("send", 100.0, "", 0, 4), Step("allreduce", 8.0),
    )  # fmt: skip
    assert trace.notes[:2] == ("1 operations of kind BARRIER are left out", "1 operations without a size are left out")
    assert "process groups 3 are taken to be all ranks" in trace.notes[2]
    (tmp_path / "a.et").write_bytes(raw)
    case = read_case("fat-tree-2:radix=8,endpoints=8", str(tmp_path / "a.et"), solve="completion")
    rows = run_case(case).results["operations"]
    assert [(row["operation"], row["ranks"], row["runs"]) for row in rows] == [
        ("allreduce", 8, 1), ("all-to-all", 8, 1), ("send", 2, 1), ("allreduce", 8, 1),
    ]  # fmt: skip


def test_wire_format_is_refused_where_it_breaks_off():
    assert list(fields(bytes([0x08, 0x96, 0x01]), "f", 0)) == [(1, 150)]  # the example of protobuf.dev
    assert varint(bytes([0xFF] * 9 + [1]), 0, "f", 0)[0] == 2**64 - 1
    for raw, says in (
        (b"\x05ab", "byte 0: a message of 5 bytes, and 2 are left"),
        (b"\x80", "a number is broken off"),
        (b"\xff" * 12, "a number of over 64 bits"),
    ):
        with pytest.raises(FormatError, match=says):
            list(messages(raw, "f"))
    for raw, says in ((b"\x0a\x09a", "field 1 is broken off"), (b"\x0b", "field 1 is of kind 3")):
        with pytest.raises(FormatError, match=f"f: byte 10: {says}"):
            list(fields(raw, "f", 10))


def test_layouts_are_those_of_megatron():
    """16 ranks, tp 2, pp 2, ep 2: counted out by hand."""
    layout = Layout(16, 2, 2, 2)
    groups = {"tp": (2, 1), "dp": (4, 2), "ep": (2, 2), "ep-dp": (2, 4), "ep-tp": (4, 1), "pp": (2, 8), "all": (16, 1)}
    assert {along: layout.group(Step("allreduce", 1.0, along)) for along in groups} == groups


def test_what_is_given_wins_and_what_does_not_fit_is_refused():
    trace = Trace("t", (Step("allreduce", 1e6, "tp"),), sizes={"tp": 4})
    assert demand_of(trace, 16, ranks_per_host=8).about.rows[0]["ranks"] == 4
    assert demand_of(trace, 16, ranks_per_host=8, layout={"tp": 8}).about.rows[0]["ranks"] == 8
    for ranks, given, says in ((6, {}, "do not divide 6 ranks"), (16, {"ep": 3}, "ep=3 do not divide 16")):
        with pytest.raises(DemandError, match=says):
            demand_of(trace, ranks, ranks_per_host=8, layout=given)
    with pytest.raises(DemandError, match="is a job of 32 ranks, and there are 16"):
        demand_of(Trace("t", trace.steps, 32), 16, ranks_per_host=8)
    with pytest.raises(DemandError, match=r"^t: groups of 3 ranks, 2 apart, do not fill 16 ranks"):
        demand_of(Trace("t", (Step("allreduce", 1e6, "", 3, 2),)), 16, ranks_per_host=8)
    with pytest.raises(DemandError, match="nothing is sent"):
        demand_of(Trace("t", trace.steps, sizes={}), 16, ranks_per_host=8)
    with pytest.raises(DemandError, match="commodities are too many"):
        demand_of(Trace("t", (Step("all-to-all", 1.0),)), 10_000, ranks_per_host=8)


#: Sample -> ranks, and operation, group, ranks, runs of the row that runs most.
SAMPLES = {
    "aicb-G13B-M1-C02_megatron_tp8_pp1_mbs1_sp.csv": (128, ("all-gather", "tp", 8, 240)),
    "aicb-L7B-D1-C01_zero2_mbs1.csv": (128, ("broadcast", "dp", 128, 128)),
    "aicb-L7B-M1-C04_megatron_tp2_pp1_mbs1.csv": (128, ("allreduce", "tp", 2, 130)),
    "simai-G13B-M1-C02_tp8_sp.txt": (0, ("all-gather", "tp", 8, 160)),
    "simai-micro-all_to_all.txt": (0, ("all-to-all", "dp", 128, 1)),
    "simai-workload_analytical.txt": (9216, ("all-to-all", "tp", 2, 768)),
    "chakra-pytorch-1.0.2.json": (2, ("all-gather", "all", 2, 10)),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read(name):
    ranks, most = SAMPLES[name]
    text = sample(f"workloads/{name}").read_text()
    (entry,) = [entry for entry in DEMANDS.values() if entry.reads and entry.fits(text)]
    trace = entry.function("read")(text, name)
    assert trace.ranks == ranks
    rows = demand_of(trace, ranks or 128, ranks_per_host=8).about.rows
    top = max(rows, key=lambda row: row["runs"])
    assert (top["operation"], top["group"], top["ranks"], top["runs"]) == most


def test_aicb_and_simai_agree_on_one_model():
    """The same 13B model by both: as many reduce-scatters of as many bytes along tp; AICB gathers once more a layer."""
    rows = []
    for name in ("aicb-G13B-M1-C02_megatron_tp8_pp1_mbs1_sp.csv", "simai-G13B-M1-C02_tp8_sp.txt"):
        text = sample(f"workloads/{name}").read_text()
        (entry,) = [entry for entry in DEMANDS.values() if entry.reads and entry.fits(text)]
        about = demand_of(entry.function("read")(text, name), 128, ranks_per_host=8).about
        rows.append([row for row in about.rows if (row["operation"], row["group"]) == ("reduce-scatter", "tp")])
    assert rows[0] == rows[1]


WRONG = {
    "aicb": {
        "column": (AICB.replace("msg_size", "size"), "f:2: has no column msg_size"),
        "cells": (AICB.replace(",4096,forward,None", ""), "f:5: has 9 cells under a head of 12"),
        "ranks": (AICB.replace("tp_group,4", "tp_group,x", 1), "f:3: comm_group_size is a number of ranks; got 'x'"),
        "differ": (AICB.replace("tp_group,4", "tp_group,2", 1), "f:4: tp groups of 4, and of 2 before"),
        "bytes": (AICB.replace("65536", "-1"), "f:7: msg_size is a number of bytes"),
        "nothing": ("\n".join(AICB.splitlines()[:2]), "f: holds no operation"),
    },
    "simai-workload": {
        "layers": (SIMAI.replace("\n2\n", "\n3\n"), "f:2: states 3 layers and holds 2"),
        "cells": (SIMAI.replace(" 0 100", " 0"), "f:3: a layer has 12 cells; got 11"),
        "kind": (SIMAI.replace("ALLGATHER", "ALLSHUFFLE"), "f:3: operation 'ALLSHUFFLE' is unknown"),
        "bytes": (SIMAI.replace("65536", "6e4"), "f:4: computation .* and bytes are whole numbers"),
        "long": (SIMAI.replace("375000", "9" * 18), "f:3: computation of 1e.09 s is more than"),
        "short": ("MICRO\n", "f:2: needs the number of layers"),
    },
    "chakra": {
        "json": (CHAKRA[:-5], "f:1:.* is not JSON"),
        "nodes": ('{"schema": "1-chakra"}', 'needs a list "nodes"'),
        "groups": (CHAKRA.replace('"[{', '"[{{'), "f: node 1: its process groups are no JSON"),
        "size": (CHAKRA.replace('\\"group_size\\": 8', '\\"group_size\\": -1'), "has a group_size; got -1"),
        "nothing": (chakra(), "f: holds no collective that is followed"),
    },
    "kineto": {
        "events": ('{"traceEvents": 1}', 'needs a list "traceEvents"'),
        "json": (KINETO.replace('"dur": 50', '"dur": '), r"f:\d+: is not JSON"),
        "group": (KINETO.replace('"Group size": 2', '"Group size": 0'), r"f:\d+: a collective has a group size"),
        "time": (KINETO.replace('"dur": 50', '"dur": "x"'), r"f:\d+: dur is a time \[us\]; got x"),
        "nothing": (kineto(), "f: holds no collective that is followed"),
        "type": (kineto(event("allreduce", 1, 4, "[0]", dtype="?")), "f: holds no collective that is followed"),
    },
    "chakra-protobuf": {
        "text": ("\u0416", "f: is text"), "cut": ("\x07\n\x050.0.4\x20\x01", "f: byte 8: a message of 32 bytes"),
        "nothing": ("\x07\n\x050.0.4", "f: holds no collective and no send"),
    },
}  # fmt: skip


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, rows in WRONG.items() for what in rows])
def test_what_is_no_trace_says_where(name, what):
    text, says = WRONG[name][what]
    with pytest.raises(FormatError, match=says):
        read(name, text)


def test_traffic_from_a_path_packed_or_pickled(tmp_path, capsys):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(AICB.encode()))
    case = read_case("fat-tree-2:radix=8,endpoints=16,endpoints_per_host=4", f"file:path={tmp_path}/a.csv.gz,ep=1")
    results = run_case(case).results
    assert {row["group"] for row in results["operations"]} == {"tp", "pp"}  # ep=1 sends nothing to itself
    assert any("ranks are laid out as tp=4, dp=2 (ep=1 of it), pp=2" in note for note in results["inferred"])
    (tmp_path / "w.pkl").write_bytes(pickle.dumps([1]))
    assert main(["analyze", "fat-tree-2:radix=8", str(tmp_path / "w.pkl")]) == 3
    assert "is a Python pickle" in capsys.readouterr().err
    (tmp_path / "f.csv").write_text("src,dst,bytes\n0,1,8\n")
    with pytest.raises(ConfigError, match="tp: flows name their ranks"):
        read_demand(str(tmp_path / "f.csv"), n_ranks=4, layout={"tp": 2})
    (tmp_path / "odd.txt").write_text(AICB)
    assert read_demand(str(tmp_path / "odd.txt"), n_ranks=16, format="aicb").n_commodities
    with pytest.raises(ConfigError, match="format 'aicbb' is unknown"):
        read_demand(str(tmp_path / "odd.txt"), n_ranks=16, format="aicbb")


def test_the_count_bounds_the_demand():
    trace = read("aicb", AICB)
    layout = layout_of(trace, 16, {})
    count = commodities(total(trace.steps, layout), layout)
    assert demand_of(trace, 16, ranks_per_host=4).n_commodities <= count <= 16 * 5


def test_bus_bandwidth_of_an_operation_is_that_of_all_its_runs():
    """By hand: two allreduces of 1 MB over four ranks in 4 ms, half of it computing: 2 x 1e6 x 2 (4 - 1) / 4 / 2 ms."""
    trace = Trace("t", (Step("allreduce", 1e6, "tp", compute_s=1e-3),) * 2, sizes={"tp": 4})
    demand = demand_of(trace, 8, ranks_per_host=8)
    ended = np.full(demand.n_phases, 4e-3)
    (row,) = demand.about.results(SimpleNamespace(demand=demand, started=0 * ended, ended=ended))["operations"]
    assert (row["runs"], row["seconds"]) == (2, pytest.approx(2e-3))
    assert row["busbw_bytes_per_s"] == pytest.approx(1.5e9)
