"""Hostile files: truncated, endless, bombs, numbers that are none; a fabric or a refusal, in bounded time and memory.

Random ones are those of ``tests/test_fuzz.py``.
"""

from __future__ import annotations

import contextlib
import re
import time

import pytest

from tests.topo.formats.good import good
from tests.topo.formats.test_traces import TEXTS
from topo.cli import main
from topo.formats import DEMANDS, FABRICS, MEASUREMENTS, FormatError, Reading
from topo.formats.logs import log_of


def endless(name, formats, read):
    """Find the format of endless files and read them, each in time."""
    for piece in ENDLESS:
        for text in (piece * 30_000, good(name) + piece * 30_000):
            begin = time.monotonic()
            for other in formats.values():
                other.fits(text)
            with contextlib.suppress(FormatError):
                read(text)
            assert time.monotonic() - begin < 3, (piece, text[:20])


@pytest.mark.parametrize("name", TEXTS)
def test_traces_that_never_end_take_no_time(name):
    endless(name, DEMANDS, lambda text: DEMANDS[name].function("read")(text, "f"))


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_logs_that_never_end_take_no_time(name):
    endless(name, MEASUREMENTS, lambda text: MEASUREMENTS[name].function("read")(log_of(text, "f")))


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
    endless(name, FABRICS, lambda text: FABRICS[name].function("read")(text, "f", Reading(capacity=1e9)))


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
