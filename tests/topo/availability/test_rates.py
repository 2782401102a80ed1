"""Rates of failure and repair: as hardware files state them, and what they give for one part."""

from __future__ import annotations

import pytest

from topo import units
from topo.availability import Rates, RatesError, availability
from topo.config.errors import ConfigError
from topo.config.hardware import rates
from topo.config.hardware_file import read_hardware

HEAD = "schema: 1\ntitle: Mine\n"
DAY = 86400.0


def test_shipped_rates_are_those_in_print():
    assert rates("rsc-1").failures == {"host": pytest.approx(6.5 / 1000 / DAY)}
    assert rates("rsc-2").failures == {"host": pytest.approx(2.34 / 1000 / DAY)}
    month = 365.25 / 12 * DAY
    assert rates("hpn").failures == {"port": pytest.approx(57e-5 / month), "leaf": pytest.approx(51e-5 / month)}
    stopped = {part: rate * 16_384 * 54 * DAY for part, rate in rates("llama-3").failures.items()}
    assert stopped == {"gpu": pytest.approx(148 + 72), "nic": pytest.approx(7)}
    assert rates("none") == rates("h100") == Rates()
    assert not any(rates(name).repairs for name in ("rsc-1", "rsc-2", "hpn", "llama-3"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("failures: {host: 6.5 per 1000 d}\n", r"h.yaml:3:\d+: failures.host: has no source"),
        ("failures: {hosts: 1 per 9 d}\n", r"failures.hosts: unknown key; .*did you mean host"),
        ("failures: {host: 6.5}\n", r"failures.host: .*write 6.5 per 1000 d"),
        ("repairs: {leaf: 4 hours}\n", r"repairs.leaf: .*such as 75min"),
    ],
)
def test_what_a_file_may_not_say(text, says):
    with pytest.raises(ConfigError, match=says):
        read_hardware(HEAD + text, "h.yaml")


def test_a_part_is_down_for_what_its_availability_leaves():
    mine = Rates({"leaf": 1 / (98.5 * 3600)}, {"leaf": 75 * 60.0})
    assert mine.down("leaf") == pytest.approx(1 - availability(98.5 * 3600, 75 * 60))
    assert mine.down("spine") == 0.0
    with pytest.raises(RatesError, match=r"a failed host needs a time to repair it, such as repairs=\{host: 4h\}"):
        Rates({"host": 1.0}).down("host")
    both = Rates({"leaf": 1.0}, {"host": 5.0}).over(Rates({"leaf": 2.0, "host": 3.0}))
    assert (both.failures, both.repairs) == ({"leaf": 1.0, "host": 3.0}, {"host": 5.0})


def test_long_times_and_frequencies_are_read():
    assert (units.span("75min"), units.span("1 week"), units.span("2 weeks"), units.span(0)) == (
        4500,
        604800,
        1209600,
        0,
    )
    assert units.span("1.5us") == pytest.approx(units.duration("1.5us"))
    assert units.frequency("6.5 per 1000 d") == pytest.approx(6.5 / 1000 / DAY)
    assert units.frequency("1 per 98.5h") == pytest.approx(1 / (98.5 * 3600))
    assert units.frequency("12 % per year") == pytest.approx(units.frequency("1% per month"))
    assert units.frequency("1 per h") * 3600 == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "1", "1 per", "per d", "1 per 0 d", "-1 per d", "1 per fortnight", 1, None, True])
def test_what_is_no_frequency_is_refused(text):
    with pytest.raises(units.UnitError, match=r"^failure rate: "):
        units.frequency(text)


@pytest.mark.parametrize("text", ["", "1", 1, "1 fortnight", "-1h", "1ss", "1e99 year", None, True])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(units.UnitError, match=r"^time: "):
        units.span(text)
