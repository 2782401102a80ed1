"""Hostile files: whatever is done to a good one, a reader gives a fabric or says what is wrong, in bounded time.

``FUZZ_SECONDS=600 pytest tests/topo/formats/test_fuzz.py -k ibnetdiscover`` looks for longer.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import time

import pytest

import topo
import traffic
from tests.topo.formats.test_measurements import NCCL as NCCL_TESTS
from tests.topo.formats.test_measurements import record
from tests.topo.formats.test_traces import KINETO, TEXTS
from topo.cli import main
from topo.fabric import Fabric
from topo.formats import DEMANDS, FABRICS, LOADS, MEASUREMENTS, TABLES, FormatError, Reading, text_of
from topo.formats.logs import log_of
from topo.routing.tables import by_position
from traffic.trace import demand_of

#: [s] for each reader.
SECONDS = float(os.environ.get("FUZZ_SECONDS", "1.0"))
TREE = topo.generate("fat-tree-2", radix=4, capacity=50e9, endpoints_per_host=2, scale_up=200e9, symmetry=True)
SUBNET = (
    "{ CA Ports:01 SystemGUID:0001 NodeGUID:0001 PortGUID:0002 VenID:0 DevID:0 Rev:A1 {h1} LID:0002 PN:01 } "
    "{ SW Ports:10 SystemGUID:0009 NodeGUID:0009 PortGUID:0009 VenID:0 DevID:0 Rev:A1 {leaf} LID:0001 PN:01 } "
    "PHY=4x LOG=ACT SPD=25\n"
)
NCCL = (
    '<system version="1"><cpu numaid="0"><pci busid="0" class="0x060400" link_speed="16.0 GT/s PCIe" link_width="16">'
    '<pci busid="1" class="0x030200"><gpu dev="0" sm="80" rank="0"><nvlink target="2" count="12"/></gpu></pci>'
    '<pci busid="3" class="0x020700"><nic><net name="mlx5_0" speed="200000" port="1"/></nic></pci></pci></cpu></system>'
)
TOPOGRAPH = (
    "switches:\n  S1:\n    switches:\n    - S2\n"
    "blocks:\n- switch: S2\n  nodes: ['n[1-4]']\n  annotations:\n    x/domain: d\n"
)
HTSIM = (
    "Nodes 8\nTiers 2\nPodsize 8\nTier 0\nDownlink_speed_Gbps 100\nRadix_Down 4\nRadix_Up 4\nDownlink_Latency_ns 5\n"
    "Tier 1\nDownlink_speed_Gbps 100\nRadix_Down 2\nDownlink_Latency_ns 5\n"
)
NETQ = (
    '[{"nodes": [{"compounded_nodes": [{"id": "a", "device_type": "switch"}, {"id": "b", "name": "h"}]}], "links": '
    '[{"compounded_links": [{"interfaces": [{"node": "a", "interface": "1"}, {"node": "b", "interface": "2"}]}]}]}]'
)
CLUSTER = (
    '<platform version="4.1"><cluster id="c" prefix="n" radical="0-7" suffix="" bw="1GBps" lat="1us" '
    'topology="FAT_TREE" topo_parameters="2;4,2;1,2;1,2"/></platform>'
)
GIVEN = {
    "netq": NETQ,
    "simgrid-cluster": CLUSTER,
    "subnet": SUBNET * 2,
    "nccl": NCCL,
    "topograph": TOPOGRAPH,
    "htsim": HTSIM,
}

#: Pieces that files of these kinds are made of, and some that none should hold.
PIECES = (
    "0", "-1", "1e999", "nan", "99999999999999999999", "0xffffffffffffffff", "\x00", "\ufeff", "é", "[", "]", "{", "}",
    "<", ">", "&", "&amp;",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>", "*a", "&a", "!!python/object:os.system", "../../etc/passwd",
    '"', "'", ",", ";", "\n", "\r", "\t", ":", "=", "#", "(", ")", "null", "true", "[1-999999999]", "n[1-9][1-9]",
    "a.0.b.0.c.d.0.e.0", "1->2", "size 0", "trigger 1",
)  # fmt: skip


def good(name: str) -> str:
    if name in GIVEN:
        return GIVEN[name]
    fabric = (
        topo.generate("fat-tree-2", radix=4, capacity=50e9, endpoints_per_host=1)
        if name.startswith(("slurm", "booksim"))
        else TREE
    )
    written = FABRICS[name].function("write")(fabric)
    return text_of(written, name) if isinstance(written, bytes) else written


def hurt(text: str, rng: random.Random) -> str:
    """Return ``text`` after one to four changes: cut, doubled, swapped, replaced, with pieces put in."""
    for _ in range(rng.randint(1, 4)):
        i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        j = min(j, i + rng.choice([1, 3, 20, 400]))
        piece = rng.choice(PIECES) * rng.choice([1, 1, 1, 50])
        text = rng.choice(
            [
                text[:i] + text[j:],
                text[:i] + text[i:j] * 3 + text[j:],
                text[:i] + piece + text[i:],
                text[:i] + piece + text[j:],
                text[:i],
                text[:i] + text[i:j][::-1] + text[j:],
            ]
        )
    return text


def fuzz(read, text: str, seconds: float) -> None:
    begin, tries = time.monotonic(), 0
    while time.monotonic() < begin + seconds:
        rng = random.Random(tries)
        changed = hurt(text, rng)
        started = time.monotonic()
        try:
            read(changed)
        except FormatError as error:
            assert ": " in str(error), error
        except Exception as error:
            raise AssertionError(f"try {tries}: {changed[:2000]!r}") from error
        assert time.monotonic() - started < 5, f"try {tries} takes long"
        tries += 1
    assert tries > 5


@pytest.mark.parametrize("name", [name for name, entry in FABRICS.items() if entry.reads])
def test_readers_of_fabrics_answer_or_refuse(name):
    read = FABRICS[name].function("read")

    def attempt(text):
        fabric = read(text, "f", Reading(capacity=1e9))
        assert isinstance(fabric, Fabric)

    attempt(good(name))
    fuzz(attempt, good(name), SECONDS)


@pytest.mark.parametrize("name", TABLES)
def test_readers_of_tables_answer_or_refuse(name):
    entry = TABLES[name]
    fuzz(
        lambda text: entry.function("read")(text, "f", TREE), entry.function("write")(TREE, by_position(TREE)), SECONDS
    )


@pytest.mark.parametrize("name", ["connections"])
def test_readers_of_traffic_answer_or_refuse(name):
    entry = DEMANDS[name]
    text = entry.function("write")(traffic.offer("allreduce", n_ranks=8, ranks_per_host=4, algorithm="tree"))
    fuzz(lambda changed: entry.function("read")(changed, "f"), text, SECONDS)


#: Of protocol buffers: length and version, then an all-to-all of 4,096 bytes, twice.
WIRE = "\x07\n\x050.0.4" + "#\x18\x07R\x0e\n\tcomm_size\x48\x80\x20R\x0f\n\tcomm_type\x48\x86\x80\x00" * 2


@pytest.mark.parametrize("name", [*TEXTS, "chakra-protobuf"])
def test_readers_of_traces_answer_or_refuse(name):
    text = (TEXTS | {"chakra-protobuf": WIRE})[name]

    def attempt(changed):
        trace = DEMANDS[name].function("read")(changed, "f")
        with contextlib.suppress(traffic.DemandError):
            demand_of(trace, 16, ranks_per_host=4)

    attempt(text)
    fuzz(attempt, text, SECONDS)


@pytest.mark.parametrize("name", TEXTS)
def test_traces_that_never_end_take_no_time(name):
    for piece in ENDLESS:
        for text in (piece * 30_000, TEXTS[name] + piece * 30_000):
            begin = time.monotonic()
            for other in DEMANDS.values():
                other.fits(text)
            with contextlib.suppress(FormatError):
                DEMANDS[name].function("read")(text, "f")
            assert time.monotonic() - begin < 3, (piece, text[:20])


@pytest.mark.parametrize("name", LOADS)
def test_readers_of_loads_answer_or_refuse(name):
    entry = LOADS[name]
    text = entry.function("write")(TREE, TREE.capacity)
    fuzz(lambda changed: entry.function("read")(changed, "f", TREE), text, SECONDS)


#: What each program measured.
LOGS = {
    "kineto-kernels": KINETO,
    "inspector": f"{record()}\n{record(rank=3)}\n",
    "nccl-tests": NCCL_TESTS.format(test="all_reduce"),
}


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_readers_of_measurements_answer_or_refuse(name):
    def attempt(text):
        found = MEASUREMENTS[name].function("read")(log_of(text, "f"))
        assert (found.busbw() > 0).all()
        assert found.group.max() < len(found.groups)

    attempt(LOGS[name])
    fuzz(attempt, LOGS[name], SECONDS)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_logs_that_never_end_take_no_time(name):
    for piece in ENDLESS:
        for text in (piece * 30_000, LOGS[name] + piece * 30_000):
            begin = time.monotonic()
            for other in MEASUREMENTS.values():
                other.fits(text)
            with contextlib.suppress(FormatError):
                MEASUREMENTS[name].function("read")(log_of(text, "f"))
            assert time.monotonic() - begin < 3, (piece, text[:20])


@pytest.mark.parametrize("name", [name for name, entry in FABRICS.items() if entry.reads])
def test_truncated_text_is_refused_or_smaller(name):
    """Every file cut short somewhere: a fabric no larger than the whole one, or a refusal."""
    read, text = FABRICS[name].function("read"), good(name)
    whole = read(text, "f", Reading(capacity=1e9))
    for cut in range(0, len(text), max(1, len(text) // 40)):
        try:
            part = read(text[:cut], "f", Reading(capacity=1e9))
        except FormatError:
            continue
        assert part.n_cables <= whole.n_cables


#: What a number of a file may be instead.
NUMBERS = ("9" * 5000, "99999999999999999999", "-1", "nan", "1e308", "1e-320", "0", "inf", "٣", "null", "[]", "")


@pytest.mark.parametrize("name", [name for name, entry in FABRICS.items() if entry.reads])
def test_numbers_that_are_none_end_in_no_internal_error(name, tmp_path, monkeypatch, capsys):
    """One number replaced, the first, one in the middle and the last of a file; then all of them."""
    monkeypatch.chdir(tmp_path)
    text, suffix = good(name), FABRICS[name].suffixes[0]
    spans = [match.span() for match in re.finditer(r"\d+", text)]
    for number in NUMBERS:
        changed = [text[:i] + number + text[j:] for i, j in (spans[0], spans[len(spans) // 2], spans[-1])]
        for content in (*changed, re.sub(r"\d+", number, text)[:100_000]):
            (tmp_path / f"f{suffix}").write_bytes(
                content.encode("latin-1" if suffix == ".xlsx" else "utf-8", "replace")
            )
            code = main(["check", f"file:path=f{suffix},rate=1Gb/s"])
            said = capsys.readouterr().err
            assert code in (0, 3) and "Warning" not in said and bool(code) == ("error" in said), (content[:500], said)


#: What expressions that look for an end may look for again and again.
ENDLESS = ("\n", " ", "a", "0", "[", "{", "a=", '"', "<", "-", "0 ")


@pytest.mark.parametrize("name", [name for name, entry in FABRICS.items() if entry.reads])
def test_what_never_ends_takes_no_time(name):
    """A line or file of one piece, alone or behind a good line: the time goes with its length, not with its square."""
    entry = FABRICS[name]
    for piece in ENDLESS:
        for text in (piece * 30_000, good(name) + piece * 30_000):
            begin = time.monotonic()
            for other in FABRICS.values():
                other.fits(text)
            with contextlib.suppress(FormatError):
                entry.function("read")(text, "f", Reading(capacity=1e9))
            assert time.monotonic() - begin < 3, (piece, text[:20])


HOSTILE = {
    "bomb.xml": "<!DOCTYPE a [<!ENTITY b 'cc'><!ENTITY d '&b;&b;'>]><system>&d;</system>",
    "bomb.graphml": "<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><graphml></graphml>",
    "deep.json": '{"nodes":' + "[" * 200_000,
    "deep.graphml": "<graphml>" + "<graph>" * 200_000,
    "alias.yaml": "switches:\n  a: &a [x,x]\n  b: &b [*a,*a]\n"
    + "".join(f"  c{i}: [*a, *b, *a, *b]\n" for i in range(60)),
    "line.csv": "a,b\n" + "x" * 10_000_000,
    "line.ibnetdiscover": "vendid=0x0\n" + "x" * 10_000_000,
    "many.conf": "SwitchName=s Nodes=n[1-999999999]\n",
    "count.csv": "a,b,count\n" + "h1,s,10000\n" * 5000,
    "cycle.yaml": "switches: &a\n  s1: *a\n",
    "latin.csv": b"a,b\nn\xe9,x\n",
    "binary.out": bytes(range(256)) * 100,
    "empty.graphml": "",
    "self.conf": "SwitchName=s Switches=s\n",
    "huge.fabric.json": '{"format":"planewise-fabric","schema":1,"kinds":{"endpoint":49000000}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_exit_3_with_a_place_in_bounded_time(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    content = HOSTILE[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    begin = time.monotonic()
    assert main(["build", f"file:path={name},rate=1Gb/s"]) == 3
    assert time.monotonic() - begin < 10
    assert name in capsys.readouterr().err


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(2**30)  # a hole: no disk, and a gigabyte to whoever reads it
    assert main(["build", "./big.csv"]) == 3
    assert "is over 512 MiB" in capsys.readouterr().err
