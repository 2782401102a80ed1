"""What a hardware file states of an endpoint reaches the training step; what is written wins."""

from __future__ import annotations

import pytest

from topo.config import read_case
from topo.study import run_case
from topo.study.assumptions import assumptions

STEP = "training-step:pp=2,ep=8,micro_batches=4,tokens=512"
FABRIC = "fat-tree-2:radix=8,endpoints=32"


def solved(traffic=STEP, hardware=",hardware=h800"):
    case = read_case(FABRIC + hardware, traffic, solve="completion")
    return case, run_case(case).results


def test_rate_share_and_memory_are_those_of_the_file():
    case, found = solved()
    assert {key: case.traffic[key] for key in ("flops", "mfu", "memory")} == {
        "flops": "989TFLOP/s",
        "mfu": "38.94%",
        "memory": "80GB",
    }
    assert found["compute_s"] == pytest.approx(250.457382912e9 * 512 * 4 / 2 / (989e12 * 0.3894))
    assert found["memory_available_bytes"] == 80e9
    assert any("operations of the model at 989TFLOP/s (bf16)" in said for said in assumptions(case))


def test_what_does_not_fit_is_a_warning():
    _, found = solved()
    assert found["memory_fits"] is False
    assert any("GB of memory and has 80 GB" in said for said in found["warnings"])
    _, fits = solved(f"{STEP},memory=2TB")
    assert (fits["memory_fits"], [w for w in fits["warnings"] if "memory" in w]) == (True, [])


def test_what_is_written_wins():
    assert solved(f"{STEP},compute_s=3.0")[1]["compute_s"] == 3.0
    assert solved(f"{STEP},compute_s=0")[1]["compute_source"] == "not counted: compute_s is 0"
    slow = solved(f"{STEP},flops=1TFLOP/s,mfu=50%")[1]
    assert slow["compute_source"].endswith("at 50 % of 1 TFLOP/s (bf16)")


def test_a_file_without_a_share_says_that_nothing_is_computed():
    case, found = solved(hardware=",hardware=h100")
    assert case.traffic["mfu"] is None
    assert found["compute_s"] == 0
    assert any("computation is not counted" in said for said in assumptions(case))
    of_fp8, _ = solved(f"{STEP},precision=fp8")
    assert (of_fp8.traffic["flops"], of_fp8.traffic["mfu"]) == ("1979TFLOP/s", None), "the share is one of BF16"


def test_jobs_have_the_machine_too():
    job = "[{hosts: 2, pattern: training-step, pp: 2}, {hosts: 2, pattern: allreduce}]"
    case = read_case(FABRIC + ",hardware=h800", f"jobs:jobs={job}", solve="completion")
    assert case.traffic["jobs"][0]["memory"] == "80GB"


def test_decoding_and_prefill_are_told_of_memory_and_rates():
    case, found = solved("decode-step:batch=64,ep=32", hardware=",hardware=h800")
    assert (case.traffic["flops"], case.traffic["memory_bandwidth"]) == ("989TFLOP/s", "3352GB/s")
    assert found["compute_source"].startswith("roofline of 989 TFLOP/s (bf16) and 3352 GB/s")
    assert found["slot_s"] >= found["compute_s"] > 0
    assert any("a lower bound" in said for said in assumptions(case))
    _, half = solved("decode-step:batch=64,ep=32,memory_bandwidth=1676GB/s,flops=2PFLOP/s")
    assert found["compute_s"] < half["compute_s"] < 2.001 * found["compute_s"]
    _, read = solved("prefill-step:ep=32")
    assert "at 38.94 % of 989 TFLOP/s" in read["compute_source"]
    bare, nothing = solved("decode-step:ep=32", hardware="")
    assert nothing["compute_s"] == 0
    assert any("neither compute_s nor flops with memory_bandwidth" in said for said in assumptions(bare))
