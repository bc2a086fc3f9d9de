"""Section `scale` of the settings: where the work runs, and how much of it at a time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from flows.settings_sections import Section

__all__ = ["ScaleSettings"]


class ScaleSettings(Section):
    """Where the work runs, and how much of it at a time."""

    runner: Literal["local", "dask"] = Field(
        default="local", description='Blocks one after the other here, or on a cluster: "dask"'
    )
    address: str = Field(
        default="",
        description="Of the Dask scheduler, such as tcp://10.0.0.5:8786; empty = workers here",
    )
    workers: Annotated[int, Field(ge=1)] = Field(
        default=2, description="Worker processes to start here, where there is no address"
    )
    block_series: Annotated[int, Field(ge=1)] = Field(
        default=4096, description="Series worked on together; fewer need less memory"
    )
    memory_gib: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=2.0, description="Memory of the data base that reads input; the rest spills to disk"
    )
    threads: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Threads of that data base; 0 = one for each core"
    )
    co_views: bool = Field(
        default=False,
        description="Count what is seen together in a visit, for those who train on it",
    )
    max_rows_one_machine: Annotated[int, Field(ge=1)] = Field(
        default=20_000_000,
        description="Training rows above which Dask workers train together; fewer on one",
    )
