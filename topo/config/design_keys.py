"""Keys of a design file, of its section ``design`` and of a workload there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from topo.config.keys import Count, Duration
from topo.config.signatures import STRICT


class WorkloadKeys(BaseModel):
    """An entry of ``workloads``."""

    model_config = STRICT
    name: str
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    traffic: dict[str, Any] | None = None
    placement: dict[str, Any] | None = None
    routing: dict[str, Any] | None = None
    solve: dict[str, Any] | None = None


class DesignKeys(BaseModel):
    """Keys of ``design``."""

    model_config = STRICT
    endpoints: Count | None = None
    stages: list[Count] = []
    require: list[str] = []
    minimize: str | list[str] | None = None
    front: list[str] = []
    within: str | float | None = None
    compare: list[dict[str, Any] | str] = []
    workloads: list[dict[str, Any]] = []
    planes: list[Count] | None = None
    nic: list[Literal["single-plane", "multi-port"]] = ["single-plane"]
    switches: list[str | Count] | None = None
    families: list[str] | dict[str, dict[str, Any]] | None = None
    time: Duration = "600s"


class DesignFile(BaseModel):
    """Top level of a design."""

    model_config = ConfigDict(strict=True, extra="forbid", title="planewise design")
    schema_: Literal[1] = Field(alias="schema", default=1)
    title: str = ""
    description: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    design: dict[str, Any]
    fabric: dict[str, Any] | None = None
    traffic: dict[str, Any] | None = None
    routing: dict[str, Any] | None = None
    solve: dict[str, Any] | None = None
    failures: dict[str, Any] | None = None
    placement: dict[str, Any] | None = None
    floor: dict[str, Any] | None = None
    spares: dict[str, Any] | None = None
    cost: dict[str, Any] | None = None
