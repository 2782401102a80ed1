"""docs/validation.md says what the code computes, and its bars hold."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "validation.py"
STALE = "docs/validation.md is stale: run python -m benchmarks.validation"
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?%?")


@pytest.fixture(scope="module")
def validation():
    spec = importlib.util.spec_from_file_location("validation_page", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def found(validation):
    return {section.title: section.rows for section in validation.sections()}


def value(text):
    number = float(text.rstrip("%").replace(",", ""))
    return number / 100 if text.endswith("%") else number


def test_the_page_is_not_stale(validation, found):
    """Words are equal, and numbers within what another processor may round differently."""
    sections = [validation.Section(title, source, found[title]) for title, source, *_ in validation.SECTIONS]
    written, fresh = validation.PAGE.read_text(), validation.page(sections)
    assert NUMBER.sub("#", written) == NUMBER.sub("#", fresh), STALE
    there, here = ([value(text) for text in NUMBER.findall(page)] for page in (written, fresh))
    assert there == pytest.approx(here, rel=1e-3, abs=1e-4), STALE


def test_deepep_follows_from_one_efficiency_a_kind_of_link(found):
    """Within 5 %; EP16, where NVLink is the limit, within 9 %."""
    rows = [row for row in found["DeepEP, one efficiency a kind of link"] if row.error is not None]
    assert len(rows) == 8
    assert {row.kind for row in rows} == {"Predicted", "Calibrated"}
    for row in rows:
        assert abs(row.error) < (0.09 if row.what.startswith("EP16") else 0.05), row.what


def test_simulated_steps_are_the_arithmetic_less_copies_that_stay(found):
    """Bandwidth alone: 31/32 of 120.96 us at EP256 in hosts of 8, 71/72 of 6.72 us in one rack; latency only adds."""
    rows = found["The same steps simulated, one expert an endpoint"]
    for (plain, late, *_), kept in ((rows[:4], 31 / 32), (rows[4:], 71 / 72)):
        assert plain.error == pytest.approx(kept - 1)
        assert 2 * 2.8 < late.computed - plain.computed < 2 * (3.7 + 2 * 0.49)  # Table 5 and a relay over NVLink


def test_planes_equal_rails_and_respect_the_bound(found):
    """Bar 3: 32, 64 and 128 GPUs at 128 MiB, 1 GiB and 16 GiB; a ratio, and algbw on either network."""
    rows = found["All-to-all, eight planes against eight rails"]
    assert len(rows) == 3 * 3 * 3
    for ratio, *rates in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert abs(ratio.error) < 0.015
        for rate in rates:
            n = int(rate.what.split()[0])
            assert 0.95 * 50 * n / (n - 8) < rate.computed < 50 * n / (n - 8), rate.what


def test_a_training_step_is_the_same_on_both(found):
    assert abs(found["Training on 2,048 GPUs"][0].error) < 0.015


def test_order_of_routing(found):
    """Figure 8: hashing is worst, ideal adaptive at least as good as static; a ring without conflicts fills NVLink."""
    rows = found["Routing of all-gather and reduce-scatter"]
    assert len(rows) == 2 * 2 * 3
    for hashed, static, adaptive in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert hashed.computed < static.computed <= adaptive.computed * (1 + 1e-9)
        if ", ring," in static.what:
            assert "Bound by NVLink alone" in static.reason
            assert static.computed == pytest.approx(200)


def test_max_min_is_exact(found):
    for row in found["Max-min sharing of a permutation"]:
        assert abs(row.error) < 1e-8, row.what


def test_launch_and_rate_are_fitted_to_two_rows_of_one_collective(found):
    """Small and large messages of the collectives that were not fitted, but all-to-all, which starts otherwise."""
    rows = {row.what: row for row in found["One launch and one rate for a host"]}
    assert {what for what, row in rows.items() if row.kind == "Calibrated"} == {"allreduce, 1KiB", "allreduce, 8GiB"}
    for pattern in ("all-gather", "reduce-scatter"):
        assert abs(rows[f"{pattern}, 1KiB"].error) < 0.02
        assert abs(rows[f"{pattern}, 8GiB"].error) < 0.05


def test_one_efficiency_and_one_alpha_describe_what_is_above_64_mb(found):
    """Four collectives, eight sizes each, every one within a tenth."""
    rows = found["One efficiency and one alpha a collective, above 64 MB"]
    assert len(rows) == 4 * 8
    assert all(abs(row.error) < 0.1 for row in rows)


def at(rows, tokens):
    return {row.what: row.error for row in rows if f" {tokens} tokens" in row.what}


def test_low_latency_between_hosts_follows_from_one_host(found):
    """128 tokens on 2 and 4 hosts: within 15 % at the NIC rate that the paper reached.

    At the specified rate, the least time, combine on two hosts is 16 % short and the other three within 15 %.
    """
    reached = at(found["DeepEP, low latency on several hosts, the paper's effective NIC"], 128)
    assert len(reached) == 4 and all(abs(error) < 0.15 for error in reached.values()), reached
    specified = at(found["DeepEP, low latency on several hosts, the NIC as specified"], 128)
    assert len(specified) == 4 and all(-0.17 < error < 0 for error in specified.values()), specified


def test_what_was_fitted_to_one_host_is_said_to_be(found):
    rows = found["DeepEP, low latency on one host"]
    fitted = {row.what for row in rows if row.kind == "Calibrated" and row.error is not None}
    assert len(fitted) == 2 * 10 and all(int(what.split()[2]) <= 64 for what in fitted)
    assert all(abs(row.error) < 0.12 for row in rows if row.error is not None)


def test_copies_of_deepep_are_counted_within_a_percent(found):
    rows = found["DeepEP, copies over NVLink to copies over RDMA"]
    assert len(rows) == 5 and all(abs(row.error) < 0.01 for row in rows)
    assert [rows[0].computed, rows[-1].computed] == pytest.approx([3.273, 2.011], abs=5e-4)


def test_all_gather_reaches_nine_tenths_of_the_bound(found):
    rows = found["All-gather on several hosts"]
    assert [row.computed for row in rows] == pytest.approx([200, 400, 200])
    assert all(0.91 < 1 / (1 + row.error) < 0.97 for row in rows)


def test_street_prices_predict_table_3(found):
    """In M$, as the sheet's prices give; nothing is fitted."""
    rows = {row.what: row for row in found["Cost at street prices"]}
    assert {name: row.computed for name, row in rows.items()} == pytest.approx(
        {"FT2": 8.70, "MPFT": 69.59, "FT3": 433.4, "SF": 140.7, "DF": 1410.5}, rel=1e-3
    )
    errors = {"FT2": -0.033, "MPFT": -0.033, "FT3": -0.117, "SF": -0.036, "DF": -0.073}
    assert {name: row.error for name, row in rows.items()} == pytest.approx(errors, abs=1e-3)


def test_kinds_stand_apart_and_largest_errors_come_first(validation, found):
    """All rows are on the page, each under its own kind."""
    parts = validation.PAGE.read_text().split("\n## ")[1:]
    assert [part.partition("\n")[0] for part in parts] == list(validation.PARTS)
    for part in parts:
        kind = part.partition("\n")[0]
        rows = [row for rows in found.values() for row in rows if row.kind == kind]
        assert part.count("\n| ") - part.count("\n| what |") == len(rows)
        for section in part.split("\n### ")[1:]:
            errors = [abs(value(cell)) for cell in re.findall(r"\| ([-+][\d.]+%) \|", section)]
            assert errors == sorted(errors, reverse=True)


def test_every_row_gives_its_reason(found):
    assert all(row.reason for rows in found.values() for row in rows)
