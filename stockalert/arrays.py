"""Names of the array types that cross module borders."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BoolArray", "DateArray", "FloatArray", "IntArray", "NumberArray", "TextArray"]

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]
DateArray = npt.NDArray[np.datetime64]
NumberArray = npt.NDArray[np.number[Any]]
TextArray = npt.NDArray[np.str_] | npt.NDArray[np.object_]
"""Texts; of objects where many rows share a few of them, eight bytes a row."""
