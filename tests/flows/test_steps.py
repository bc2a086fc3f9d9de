"""Steps retry what may pass by itself, and nothing else."""

from __future__ import annotations

import errno

import pytest
from prefect import flow

from flows.steps import step
from stockalert.errors import OutputError


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (OSError(errno.EIO, "the disk hiccups"), 3),
        (PermissionError(errno.EACCES, "not yours"), 1),
        (ValueError("a bug"), 1),
        (OutputError("no reason given"), 1),
    ],
)
def test_only_faults_of_disk_and_network_are_tried_again(
    prefect_server: None, error: Exception, tries: int
) -> None:
    calls = []

    @step("read the shelf", io=True)
    def read() -> None:
        calls.append(1)
        raise error

    @flow
    def night() -> None:
        read.with_options(retry_delay_seconds=0)()

    with pytest.raises(type(error)):
        night()
    assert len(calls) == tries


def test_a_fault_told_in_plain_words_is_still_a_fault(prefect_server: None) -> None:
    calls = []

    @step("write the shelf", io=True)
    def write() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise OutputError("cannot write") from OSError(errno.EIO, "the disk hiccups")
        return "written"

    @flow
    def night() -> str:
        return write.with_options(retry_delay_seconds=0)()

    assert night() == "written"
