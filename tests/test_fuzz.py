"""Nothing escapes a reader: mutated inputs are read, or refused with a message for the user.

``PLANEWISE_FUZZ`` is how many times as long to look, 1 being about a minute for all readers; ``make soak`` takes 60.
``FUZZ_SECONDS=600 pytest tests/test_fuzz.py -k "escapes and ibnetdiscover"`` looks at one for so long, with new seeds.
"""

from __future__ import annotations

import itertools
import os
import secrets
import tempfile
import time
from pathlib import Path

import pytest

from tests.mutations import mutated
from tests.readers import FORMATS, command, readers, spec_words
from topo.cli import main
from topo.cli.exits import INTERNAL, exit_code
from traffic.demand import DemandError

TIMES = float(os.environ.get("PLANEWISE_FUZZ", "1"))
#: Inputs of each reader in a minute of all of them.
EXAMPLES = {
    "study": 150,
    "model": 150,
    "spec": 400,
    "records": 200,
    "record": 800,
    "run": 800,
    "prices": 1000,
}
_FORMATS = 500  # of each format of files
BAD = 500
#: [s] of a reader, rather than so many inputs; [s] that one input may take.
SECONDS, LONGEST = float(os.environ.get("FUZZ_SECONDS", "0")), 5.0


@pytest.fixture(scope="module")
def known():
    with tempfile.TemporaryDirectory() as folder:
        yield readers(Path(folder))


NAMES = ("study", "spec", "prices", "model", "record", "records", "run", *FORMATS)


def test_every_reader_is_fuzzed(known):
    assert sorted(known) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_good_inputs_are_read(known, tmp_path, name):
    for good in known[name].good:
        path = tmp_path / known[name].file
        path.write_bytes(good)
        known[name].read(path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_nothing_escapes_a_reader(known, tmp_path, name):
    """Whatever is raised has an exit code of its own, and text that a terminal can print; nothing takes long."""
    reader, path = known[name], tmp_path / known[name].file
    for seed in seeds(int(EXAMPLES.get(name, _FORMATS) * TIMES)):
        path.write_bytes(mutated(reader.good[seed % len(reader.good)], seed))
        begin = time.process_time()
        try:
            reader.read(path)
        except (Exception, RecursionError) as error:
            assert exit_code(error) != INTERNAL, f"seed {seed}: {error!r}"
            placed = name not in FORMATS or isinstance(error, DemandError) or ": " in str(error)
            assert str(error) and placed, f"seed {seed}: {error!r}"
        assert time.process_time() - begin < LONGEST, f"seed {seed} takes long"


def seeds(n):
    """Yield ``n`` seeds, the same each time; with ``FUZZ_SECONDS`` new ones until so much time has passed."""
    first, end = (0, None) if not SECONDS else (secrets.randbits(48), time.monotonic() + SECONDS)
    for seed in itertools.count(first):
        if seed - first >= n if end is None else time.monotonic() > end:
            return
        yield seed


def test_five_hundred_bad_inputs(known, tmp_path, capsys, monkeypatch):
    """At the command line none ends in an internal error or a traceback; each says what is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANEWISE_THREADS", "1")
    bad, seed, escaped = 0, 0, []
    while bad < BAD:
        seed += 1
        words = _next(known, tmp_path, seed)
        code = main(words)
        said = capsys.readouterr().err
        if code == INTERNAL or "Traceback" in said or (code and not said.strip()):
            escaped.append((seed, words, said))
        bad += code != 0
    assert not escaped


def _next(known, folder, seed):
    """Write a bad input and return the command that reads it."""
    names = [name for name in NAMES if known[name].commands or name == "spec"]
    reader = known[names[seed % len(names)]]
    content = mutated(reader.good[seed // len(names) % len(reader.good)], seed)
    if not reader.commands:
        fabric, traffic, policy = spec_words(content)
        return ["analyze", fabric, traffic, "--routing", policy, "--dry-run"]
    path = folder / reader.file
    path.write_bytes(content)
    return command(reader, path, reader.commands[seed % len(reader.commands)])
