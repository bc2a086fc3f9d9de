"""Every error that a user can cause or must act on, each with its exit code.

StockalertError            1   anything else that has a plain explanation
├── UsageError             2   an argument or a setting is wrong
├── ContractError          3   an input table breaks its contract
│   └── HistoryError       3   there is too little history to train on
├── ChampionError          4   there is no usable champion model
├── GuardError             5   a publish guard refused; the last good night is still served
├── OutputError            1   the output directory cannot be written or read
├── ClusterError           1   a worker was lost that others trained with
└── SourceError            1   a database or an object store cannot be reached, or refuses us
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "ChampionError",
    "ClusterError",
    "ContractError",
    "GuardError",
    "HistoryError",
    "OutputError",
    "SourceError",
    "StockalertError",
    "UsageError",
]


class StockalertError(Exception):
    """An error with one readable message; the command line prints it and exits."""

    exit_code = 1


class UsageError(StockalertError):
    """An argument or a setting is wrong."""

    exit_code = 2


class ContractError(StockalertError):
    """An input table breaks its contract.

    Examples
    --------
    >>> print(ContractError.of("sales", "units_sold", expected="a number ≥ 0", found="'two'"))
    table sales, column units_sold: expected a number ≥ 0, found 'two'
    """

    exit_code = 3

    @classmethod
    def of(
        cls, table: str, column: str, *, expected: str, found: str, first_rows: str = ""
    ) -> ContractError:
        """Compose the message from its data; `first_rows` is a small text table."""
        message = f"table {table}, column {column}: expected {expected}, found {found}"
        return cls(f"{message}\nfirst bad rows:\n{first_rows}" if first_rows else message)


class HistoryError(ContractError):
    """There is too little history to train on and to prove what was trained."""

    @classmethod
    def found(cls, days: int) -> HistoryError:
        """Compose the message from the days of history that were found."""
        return cls(
            "too little history to train a forecast: expected sales before a window of demand that"
            f" is over, found {days} days"
        )


class ChampionError(StockalertError):
    """No model version carries the champion alias, or it cannot be loaded."""

    exit_code = 4


class GuardError(StockalertError):
    """A publish guard refused the night; what was served before still is.

    Attributes
    ----------
    findings : `stockalert.guard.Finding` of every guard, those that tripped and those that did not
    """

    exit_code = 5

    def __init__(self, message: str, findings: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class OutputError(StockalertError):
    """The output directory cannot be written, or holds no published night."""


class ClusterError(StockalertError):
    """A worker was lost that others trained with."""


class SourceError(StockalertError):
    """A database or an object store that holds input cannot be reached, or refuses us."""
