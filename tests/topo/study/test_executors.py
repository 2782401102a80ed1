"""Cases reach their outcome whichever process runs them, and whichever dies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from topo.config import parse_study
from topo.kernels import n_threads
from topo.study import executors, processes
from topo.study.record import FAULTS, Outcome, outcome, record_of

TEXT = """\
schema: 1
title: Sizes
fabric: {family: fat-tree-2, radix: 8}
sweep:
  fabric.radix: {range: [4, 22, 2]}
"""
LARGE = """\
schema: 1
title: Large
fabric: {family: dragonfly, a: 8, h: 4, p: 4}
traffic: {pattern: permutation}
"""
CASES = parse_study(TEXT, "sizes.yaml").cases


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_case_comes_back_once(workers):
    ended = list(executors.execute(CASES, workers=workers))
    assert sorted(case.name for case, _ in ended) == sorted(case.name for case in CASES)
    assert all(out.record == outcome(case).record for case, out in ended)


def _dies_once(case):
    """Stand for ``outcome`` in a process that dies the first time it meets radix 10."""
    flag = os.environ["PLANEWISE_TEST_FLAG"]
    if case.fabric["radix"] == 10 and not os.path.exists(flag):
        open(flag, "w").close()
        os._exit(9)
    return Outcome(record_of(case, "ok"))


def _dies(case):
    if case.fabric["radix"] == 10:
        os._exit(9)
    return Outcome(record_of(case, "ok"))


def test_cases_of_a_killed_worker_run_again(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANEWISE_TEST_FLAG", str(tmp_path / "flag"))
    monkeypatch.setattr(processes, "outcome", _dies_once)
    ended = list(processes.in_processes(CASES, 2))
    assert sorted(case.name for case, _ in ended) == sorted(case.name for case in CASES)
    assert {out.record["status"] for _, out in ended} == {"ok"}


def test_a_case_that_kills_every_worker_fails_alone(monkeypatch):
    monkeypatch.setattr(processes, "outcome", _dies)
    ended = {case.fabric["radix"]: out.record for case, out in processes.in_processes(CASES, 2)}
    assert len(ended) == len(CASES)
    assert ended[10]["status"] == "failed"
    assert ended[10]["error"].startswith(FAULTS)
    assert [radix for radix, record in ended.items() if record["status"] != "ok"] == [10]


def _threads(case):
    return Outcome(record_of(case, "ok", results={"threads": n_threads(), "blas": os.environ["OMP_NUM_THREADS"]}))


@pytest.mark.parametrize(("n_cases", "workers", "threads"), [(10, 2, 1), (2, 5, 2), (3, 3, 1)])
def test_threads_are_shared_out_among_workers(n_cases, workers, threads, monkeypatch):
    """Many small cases use one thread each; cases that are fewer than workers use the threads of several."""
    monkeypatch.delenv("PLANEWISE_THREADS", raising=False)
    monkeypatch.setattr(processes, "outcome", _threads)
    ended = [out.record["results"] for _, out in processes.in_processes(CASES[:n_cases], workers)]
    assert ended == [{"threads": threads, "blas": str(threads)}] * n_cases
    assert "PLANEWISE_THREADS" not in os.environ


def test_blocks_of_destinations_add_up_to_the_same_bytes_in_any_number_of_threads(monkeypatch):
    """A sweep of every destination, large enough to be cut into blocks: 1, 2 and 5 threads, one outcome."""
    case = parse_study(LARGE, "large.yaml").cases[0]
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setenv("PLANEWISE_THREADS", str(threads))
        found.append(outcome(case))
    assert found[0].record["status"] == "ok"
    assert found[1:] == [found[0]] * 2


@pytest.mark.parametrize(
    "how", [["-m", "topo"], ["-Pc", "import sys; from topo.cli import main; sys.exit(main())"]], ids=["-m", "topo"]
)
def test_modules_are_not_looked_for_in_the_current_folder(tmp_path, how):
    """A re.py of the user's beside the study is theirs: neither the command nor its workers import it."""
    for name in ("re", "numpy", "yaml", "queue"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('stray')\n")
    (tmp_path / "s.yaml").write_text(TEXT.replace("22, 2", "6, 2"))
    command = [sys.executable, *how, "study", "s.yaml", "-o", "out", "--workers", "2"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "stray" not in run.stderr
