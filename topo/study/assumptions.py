"""What a case takes for granted, in sentences that go onto the page."""

from __future__ import annotations

from typing import Any

from topo import units
from topo.config.case import SECTIONS, Case
from topo.config.efficiency import in_words
from topo.config.hardware import efficiency_of
from topo.config.hardware_file import read_hardware
from topo.config.keys import NONE
from topo.config.models import model_figures
from topo.config.nouns import Facts, bill_of, facts_of, size_of
from topo.flow import POLICIES, SOLVERS
from traffic.model import Model

#: What ways to route after a failure take for granted, but for routes found anew, which are those of the policy.
_SENT_AS_BEFORE = {
    "tables": "senders and switches send as before the loss, feedback included; what meets a dead link is lost",
    "local": "senders choose as before the loss, feedback included; whoever sees a dead link takes another next hop",
}


def assumptions(case: Case) -> list[str]:
    """Return the assumptions of ``case``, the model's first."""
    fabric, traffic = case.fabric, case.traffic
    if not fabric or case.refused:
        return []
    facts = facts_of(case)
    ports = f"switch ports run at {fabric['rate']}" if fabric["rate"] else "cables run as the file states"
    said = [*case.notes, f"{ports}, {_hosts(facts)}"]
    said += [_acting(key, case) for key, section in SECTIONS.items() if section.on_fabric and case.sections[key]]
    if traffic is None:
        said.append("counted in closed form and priced; nothing was routed")
    else:
        said += _of_traffic(case, facts)
    if case.cost is not None:
        said += _prices(case)
    return said


def _prices(case: Case) -> list[str]:
    """Return whose prices count and what they leave out."""
    bill = bill_of(case, size_of(case))
    nics = any(part["part"] == "nic" for part in bill["cost_parts"])
    what = "switches, cables and NICs" if nics else "switches and cables only"
    missing = [f"no price, so the sum is open: {one}" for one in bill["unpriced"]]
    return [f"prices: {bill['price_book']}; {what}", *missing]


def _acting(key: str, case: Case) -> str:
    """Return what a section does to the fabric before traffic is offered."""
    section, given = SECTIONS[key], case.sections[key] or {}
    name = given[section.word]
    how = ", ".join(f"{word} {value}" for word, value in given.items() if word != section.word)
    return f"{key} {name}{f' ({how})' if how else ''}: {section.summary(name)}"


def _of_traffic(case: Case, facts: Facts) -> list[str]:
    fabric, traffic = case.fabric, case.traffic or {}
    inside, port = fabric["scale_up"], fabric["nic_rate"]
    said = [] if port is None else [f"NICs send at most {port} an endpoint, one way"]
    said += [
        _scale_up(inside, in_file="planes" not in fabric),
        f"routing {case.routing['policy']}: {POLICIES[case.routing['policy']].assumes}",
        *_rerouted(case),
        f"solver {case.solve['solver']}: {SOLVERS[case.solve['solver']].assumes}",
        _latency(case),
        *_packets(case),
        *_efficiency(case),
    ]
    if facts.relay == "spread" or (facts.planes > 1 and not facts.multi_port):
        said.append(_relay(facts))
    if "model" in traffic:
        said.append(_model(case, traffic))
    if "compute_s" in traffic:
        said += _computation(traffic)
    if "bytes" in traffic:
        said.append(f"bytes {traffic['bytes']}")
    if "seed" in traffic or "seed" in case.routing:
        said.append(f"seed {case.seed}")
    said.append("steady state: no queueing, packet loss, congestion control or incast collapse")
    return said


def _rerouted(case: Case) -> list[str]:
    """Return what holds of routes after a failure that are not found anew."""
    how = (case.failures or {}).get("reroute")
    return [f"reroute {how}: {_SENT_AS_BEFORE[how]}"] if how in _SENT_AS_BEFORE else []


def _computation(traffic: dict[str, Any]) -> list[str]:
    """Return where computation is from, and what its share holds; nothing where its time is given."""
    given, rate, share = (traffic.get(key) for key in ("compute_s", "flops", "mfu"))
    if given:
        return []
    memory = traffic.get("memory_bandwidth")
    if given is None and rate is not None and memory is not None:
        rated = f"{rate} ({traffic['precision']}) and {memory} of memory"
        return [f"computation is a roofline of {rated}: a lower bound, both rates reached to the last byte"]
    if given is None and rate is not None and share is not None:
        rated = f"{rate} ({traffic['precision']}), of which {share} is reached"
        whole = "a share published of a whole step has its bubble and exposed communication in it"
        return [f"computation follows from the operations of the model at {rated}; {whole}"]
    why = "compute_s is 0" if given == 0 else f"neither compute_s nor flops with {_beside(traffic)} is stated"
    return [f"computation is not counted: {why}, so times are those of communication alone"]


def _beside(traffic: dict[str, Any]) -> str:
    """Return the key that a FLOP rate needs beside it in this pattern."""
    return "memory_bandwidth" if "memory_bandwidth" in traffic else "mfu"


def _model(case: Case, traffic: dict[str, Any]) -> str:
    """Return which model is meant, and what it is given to do."""
    given = traffic["model"]
    model = Model.of(None if given is None else model_figures(given, case.files))
    name = "deepseek-v3, the default" if given is None else given if isinstance(given, str) else model.name
    return f"model {name}, {traffic.get('tokens') or traffic['batch']} tokens a rank, {traffic['gate']} gate"


def _scale_up(inside: str, *, in_file: bool) -> str:
    if inside != NONE:
        return f"scale-up links carry {inside} an endpoint, one way"
    return "scale-up links are those of the file" if in_file else "hosts have no scale-up links"


def _relay(facts: Facts) -> str:
    relay, word = facts.relay, "host" if facts.per_domain == facts.per_host else "scale-up domain"
    if relay == "none":
        return "relay none: endpoints on different planes do not talk"
    if relay == "spread":
        there = f"traffic between {word}s leaves by all NICs of its {word} and arrives by all of the other's"
        return f"relay spread: {there}"
    return (
        f"cross-plane traffic is relayed inside the {word}: relay {relay}; relay spread, by all NICs of both {word}s, "
        "is the one to plan with where libraries spray over the rails of a host"
    )


def _hosts(facts: Facts) -> str:
    more = "" if facts.per_domain == facts.per_host else f", {facts.per_domain} a scale-up domain"
    return f"{facts.per_host} endpoints a host{more}"


def _latency(case: Case) -> str:
    name = case.fabric["hardware"]
    if name == NONE:
        return "hardware none: zero latency and overhead"
    return f"hardware {name}: {_hardware(case).get('title', name)}"


def _packets(case: Case) -> list[str]:
    """Return what the hardware states of packets and of the launch of a kernel, and whether times hold it."""
    stated, said = _hardware(case), []
    if stated.get("packet"):
        mtu, header, ack = (stated["packet"][key] for key in ("mtu", "header", "ack"))
        answers = f" and {ack} of acknowledgement goes back for each" if ack else ""
        said.append(f"packets of {mtu} hold {header} of header{answers}; switches send on whole packets")
    if units.duration(stated.get("launch", 0)):
        said.append(f"a kernel takes {stated['launch']} to start, once an operation")
    if said and not SOLVERS[case.solve["solver"]].timed:
        timed = " and ".join(name for name, entry in SOLVERS.items() if entry.timed)
        said.append(f"solver {case.solve['solver']} leaves them out, and latency with them: only {timed} counts times")
    return said


def _efficiency(case: Case) -> list[str]:
    """Return the curves by which collectives fall short of their bound, where the case goes by any."""
    given = case.solve.get("efficiency")
    if given is None:
        return []
    whose = given if isinstance(given, str) else "as the study states it"
    curves = in_words(efficiency_of(given, case.files))
    return [f"efficiency {whose}, of the bound of a collective by its size: {curves}; all else reaches its bound"]


def _hardware(case: Case) -> dict[str, Any]:
    """Return what the hardware file of ``case`` states; nothing where it names none or holds no text of it."""
    name = case.fabric["hardware"]
    shown = next((key for key in case.files.texts if key in (name, f"hardware/{name}")), name)
    text = case.files.texts.get(shown)
    return read_hardware(text, shown) if text else {}
