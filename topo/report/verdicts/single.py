"""One case, or cases with nothing to choose between: how long it takes and what holds it back."""

from __future__ import annotations

from topo.report import words
from topo.report.means import between
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, duration, limit_clause
from topo.report.verdicts.rivals import rivals

_SHARE = "normalized_throughput"


def answer(view: View) -> Answer | None:
    """Return time, rate and limit of the first case of the headline traffic; None where no case carries traffic."""
    cases = rivals(view) or [case for case in view.solutions if case.get("completion_s")]
    if not cases:
        return None
    one = cases[0]
    share, rate = one.get(_SHARE), one.get("network_rate_bytes_per_s")
    sentence = f"{one.network} finishes {one.traffic} in {duration(one)}"
    each = f": {words.rate(rate)} an endpoint" if rate else ""
    ports = (
        f", {words.percent(share)}{between(one, _SHARE, words.percent)} of what its ports allow"
        if share is not None
        else ""
    )
    why = limit_clause(one)
    return Answer((f"{sentence}{each}{ports}.", f"{why[:1].upper()}{why[1:]}." if why else ""))
