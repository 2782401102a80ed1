"""Hardware files: packets and the launch of a kernel, their sources, and what a case then assumes."""

from __future__ import annotations

import re

import pytest

from topo.config import Files, names, parse_study
from topo.config.errors import ConfigError
from topo.config.hardware import latencies, machine, packet
from topo.config.hardware_file import read_hardware, stated_values
from topo.config.machine import Machine
from topo.config.nouns import fabric_of
from topo.packet import Packet
from topo.study.assumptions import assumptions
from topo.units import rate

HEAD = "schema: 1\ntitle: Mine\n"
PACKET = "packet: {mtu: 4150B, header: 64B, ack: 16B}\n"
STUDY = """
schema: 1
title: S
fabric: {family: fat-tree-2, radix: 8, hardware: ./mine.yaml}
traffic: {pattern: uniform}
sweep: {solve.solver: [completion, proportional]}
"""


def cases(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(HEAD + text)
    return parse_study(STUDY, "s.yaml", base=tmp_path).cases


def test_packets_and_launch_reach_the_fabric_and_the_page(tmp_path):
    stated = PACKET + "launch: 30us\nsources: {packet: a trace, launch: fitted to one}\n"
    timed, rates = cases(tmp_path, stated)
    fabric = fabric_of(timed)
    assert (fabric.packet, fabric.launch) == (Packet(mtu=4150, header=64, ack=16), pytest.approx(30e-6))
    said = "; ".join(assumptions(timed))
    assert "packets of 4150B hold 64B of header and 16B of acknowledgement goes back for each" in said
    assert "a kernel takes 30us to start, once an operation" in said
    assert "solver proportional leaves them out" in "; ".join(assumptions(rates))
    assert "leaves them out" not in said


def test_a_file_that_says_nothing_of_packets_has_none(tmp_path):
    timed, _ = cases(tmp_path, "")
    assert fabric_of(timed).packet is None
    assert "packets" not in "; ".join(assumptions(timed))
    assert packet("none") is None and packet("infiniband") is None
    assert latencies("none")["launch"] == 0.0


def test_acknowledgements_may_be_left_out():
    text = HEAD + "packet: {mtu: 4150B, header: 64B}\nsources: {packet: a trace}\n"
    assert read_hardware(text, "h.yaml")["packet"]["ack"] is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PACKET, r"h.yaml:3:\d+: packet: has no source"),
        ("launch: 30us\n", r"h.yaml:3:\d+: launch: has no source"),
        ("packet: {mtu: 4150B}\n", r"h.yaml:3:\d+: packet.header: is missing"),
        ("packet: {mtu: 4150B, header: 64B, acks: 1B}\n", r"packet.acks: unknown key; .*did you mean ack"),
        ("packet: {mtu: 64B, header: 64B}\n", r"h.yaml:3:\d+: packet: mtu 64 B must exceed header 64 B"),
        ("packet: {mtu: 4150q, header: 64B}\n", r"packet.mtu: .*4150q"),
        ("packet: 4150B\n", r"h.yaml:3:\d+: packet: "),
    ],
)
def test_what_is_refused(text, says):
    with pytest.raises(ConfigError, match=says):
        read_hardware(HEAD + text, "h.yaml")


#: A year, the number of a paper (which holds one), or the commit of a file.
DATED = re.compile(r"\b(19|20)\d\d\b|arXiv \d{4}\.\d{5}|\b[0-9a-f]{8}\b")


@pytest.mark.parametrize("name", names("hardware"))
def test_every_value_of_a_shipped_file_has_a_source_with_a_date(name):
    stated = stated_values(*Files().read("hardware", name))
    assert stated
    assert {key: source for key, (_, source) in stated.items() if not DATED.search(source)} == {}


def test_machines_are_read_into_si_and_reached_values_stand_apart():
    stated = machine("h800")
    assert (stated.memory, stated.memory_bandwidth) == (80e9, 3352e9)
    assert stated.flops == {"bf16": 989e12, "fp16": 989e12, "fp8": 1979e12}
    assert stated.reached == {"nic_rate": 40e9, "scale_up": 160e9, "mfu": pytest.approx(0.3894)}
    assert machine("none") == machine("infiniband") == Machine()


@pytest.mark.parametrize("name", [name for name in names("hardware") if machine(name).flops])
def test_flop_rates_are_dense_so_halves_of_a_byte_double_them_at_most(name):
    """FP8 at twice BF16 or less, FP4 at six times or less (Blackwell Ultra): a rate with sparsity would stand out."""
    rates = machine(name).flops
    assert rates.get("fp16", rates["bf16"]) == rates["bf16"]
    assert rates.get("fp8", 0) <= 2.005 * rates["bf16"]
    assert rates.get("fp4", 0) <= 6.3 * rates["bf16"]


def test_nvlink_is_one_way():
    """Datasheets print both ways: 600, 900, 400 and 1,800 GB/s."""
    one_way = {"a100": 300, "h100": 450, "h800": 200, "h20": 450, "b200": 900, "gb300-nvl72": 900}
    for name, gigabytes in one_way.items():
        text, shown = Files().read("hardware", name)
        assert rate(read_hardware(text, shown)["scale_up"]) == gigabytes * 1e9


def test_a_source_may_be_that_of_the_mapping_or_of_one_value():
    text = HEAD + "flops: {bf16: 1PFLOP/s, fp8: 2PFLOP/s}\nsources: {flops: sheet A 2025, flops.fp8: sheet B 2026}\n"
    stated = stated_values(text, "h.yaml")
    assert stated == {"flops.bf16": ("1PFLOP/s", "sheet A 2025"), "flops.fp8": ("2PFLOP/s", "sheet B 2026")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("memory: 80GB\n", r"h.yaml:3:\d+: memory: has no source"),
        ("memory: 80q\nsources: {memory: x}\n", r"h.yaml:3:\d+: memory: .*80q"),
        ("flops: {bf16: 989TFLOP/s}\n", r"h.yaml:3:\d+: flops.bf16: has no source"),
        ("flops: {}\n", r"h.yaml:3:\d+: flops: has no source"),
        ("flops: {bf16: 989}\nsources: {flops: x}\n", r"h.yaml:3:\d+: flops.bf16: .*989 has no unit; write 989TFLOP/s"),
        ("flops: {bf16: 989T}\nsources: {flops: x}\n", r"flops.bf16: .*'989T' is none; write a number with FLOP/s"),
        ("flops: {bf17: 1TFLOP/s}\nsources: {flops: x}\n", r"flops.bf17: unknown key; .*did you mean bf16"),
        ("reached: {mfu: 1.2}\nsources: {reached: x}\n", r"reached.mfu: .*1.2 must be above 0 and at most 1"),
        ("reached: {mfu: true}\nsources: {reached: x}\n", r"reached.mfu: .*True is none; write 92 % or 0.92"),
        ("reached: {nic: 40GB/s}\nsources: {reached: x}\n", r"reached.nic: unknown key"),
        ("sources: {memori: x}\n", r"h.yaml:3:\d+: sources.memori: 'memori' is unknown; .*did you mean memory"),
    ],
)
def test_what_is_refused_of_a_machine(text, says):
    with pytest.raises(ConfigError, match=says):
        read_hardware(HEAD + text, "h.yaml")
