"""Design: which network to build, how to grow it, and where to put what runs on it.

A space of candidates is sized in closed form, requirements hold or not, and what no closed form decides is measured
on candidates in order of what is minimised.  Nothing here knows a family, a file or a case: families say what they
take, and whoever calls measures.
"""

from __future__ import annotations

from topo.design.flips import Flip
from topo.design.need import Miss, Need
from topo.design.search import Answer, Loser, search
from topo.design.space import Candidate, Form, Space, Switch, candidate, candidates

__all__ = [
    "Answer",
    "Candidate",
    "Flip",
    "Form",
    "Loser",
    "Miss",
    "Need",
    "Space",
    "Switch",
    "candidate",
    "candidates",
    "search",
]
