"""Hardware files: packets and the launch of a kernel, their sources, and what a case then assumes."""

from __future__ import annotations

import pytest

from topo.config import parse_study
from topo.config.errors import ConfigError
from topo.config.hardware import latencies, packet, read_hardware
from topo.config.nouns import fabric_of
from topo.packet import Packet
from topo.study.assumptions import assumptions

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
