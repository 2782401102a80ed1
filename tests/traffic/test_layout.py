"""Ranks on hosts and in groups, and the messages of counts that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from traffic import DemandError
from traffic.layout import check_choice, check_whole, consecutive, on_hosts, power_of_two


def test_groups_that_do_not_divide_name_the_nearest_multiples():
    with pytest.raises(DemandError, match=r"ep=64 does not divide 100 ranks; .* 64 or 128 ranks"):
        consecutive(100, 64, name="ep")


def test_groups_are_seen_host_by_host():
    hosts = on_hosts(np.arange(16).reshape(1, 16), 8, what="x")
    assert hosts.shape == (1, 2, 8)
    assert hosts[0, 1, 0] == 8
    assert on_hosts(np.arange(4).reshape(1, 4), 1, what="x").shape == (1, 4, 1)


@pytest.mark.parametrize("members", [np.arange(12).reshape(1, 12), np.arange(24).reshape(2, 12)])
def test_unevenly_filled_hosts_are_refused(members):
    with pytest.raises(DemandError, match="equally many ranks on each"):
        on_hosts(members, 8, what="x")


def test_powers_of_two():
    assert power_of_two(64, what="x") == 6
    with pytest.raises(DemandError, match="got 48, nearest 32 or 64"):
        power_of_two(48, what="x")


def test_whole_numbers_fit_64_bits():
    check_whole(9_223_372_036_854_775_807, 1, name="bytes")
    with pytest.raises(DemandError, match="9223372036854775808"):
        check_whole(9_223_372_036_854_775_808, 1, name="bytes")


def test_unknown_choices_name_the_nearest():
    with pytest.raises(DemandError, match="did you mean ring"):
        check_choice("rng", ("ring", "tree"), name="algorithm")
