"""What a hardware file states of failures and repairs: how often a part of a kind fails, how long its repair takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, WithJsonSchema, create_model

from topo import units
from topo.availability.rates import PARTS, Rates
from topo.config.signatures import STRICT


def _frequency(text: str) -> str:
    units.frequency(text)
    return text


def _span(text: str | float) -> str | float:
    units.span(text)
    return text


Frequency = Annotated[Any, AfterValidator(_frequency), WithJsonSchema({"type": "string"})]
Span = Annotated[Any, AfterValidator(_span), WithJsonSchema({"type": ["string", "number"]})]

_FREQUENCIES: dict[str, Any] = dict.fromkeys(PARTS, (Frequency | None, None))
_SPANS: dict[str, Any] = dict.fromkeys(PARTS, (Span | None, None))
#: How often one part of a kind fails, such as ``6.5 per 1000 d``.
FailureRates: type[BaseModel] = create_model("FailureRates", __config__=STRICT, **_FREQUENCIES)
#: How long the repair of one takes, such as ``75min``.
RepairTimes: type[BaseModel] = create_model("RepairTimes", __config__=STRICT, **_SPANS)


def rates_of(failures: Mapping[str, Any] | None, repairs: Mapping[str, Any] | None) -> Rates:
    """Return the rates that checked mappings of texts state."""
    return Rates(
        {part: units.frequency(text) for part, text in (failures or {}).items() if text is not None},
        {part: units.span(text) for part, text in (repairs or {}).items() if text is not None},
    )
