"""A stored forecast is used while the code that made it holds; LightGBM has a clock of its own."""

from __future__ import annotations

import time

import lightgbm
import numpy as np
import pytest

from benchmarks.forecast import code
from benchmarks.forecast.code import code_fingerprint, imported_files
from benchmarks.forecast.stopwatch import Stopwatch, inside_lightgbm


@pytest.fixture
def product(tmp_path, monkeypatch):
    monkeypatch.setattr(code, "_ROOT", tmp_path)
    for folder in ("features", "models"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "start.py").write_text("import numpy\nfrom features.season import peak\n")
    season = '"""Season."""\n\nfrom models import shape\n\n\ndef peak(x):\n    return x + 1\n'
    (tmp_path / "features" / "season.py").write_text(season)
    (tmp_path / "models" / "shape.py").write_text("SHAPE = 2\n")
    (tmp_path / "models" / "unused.py").write_text("SHAPE = 3\n")
    return tmp_path


def test_the_code_of_a_forecast_is_what_it_imports_at_whatever_remove(product):
    names = {str(file.relative_to(product)) for file in imported_files(product / "start.py")}
    assert names == {"start.py", "features/season.py", "models/__init__.py", "models/shape.py"}


@pytest.mark.parametrize(
    ("file", "text", "counts"),
    [
        ("models/shape.py", "SHAPE = 4\n", True),
        ("models/shape.py", "# a remark\nSHAPE = (2)\n", False),
        ("models/unused.py", "SHAPE = 5\n", False),
    ],
)
def test_only_code_that_is_used_and_means_something_else_counts(product, file, text, counts):
    before = code_fingerprint(product / "start.py")
    (product / file).write_text(text)
    assert (code_fingerprint(product / "start.py") != before) == counts


def test_a_call_within_a_timed_call_counts_once():
    watch = Stopwatch()
    inner = watch.around(lambda: sum(range(300_000)))
    start = time.process_time()
    watch.around(lambda: [inner(), inner()])()
    assert 0 < watch.seconds <= time.process_time() - start


def test_training_in_lightgbm_is_timed_and_nothing_stays_wrapped():
    original = lightgbm.train
    with inside_lightgbm() as watch:
        data = lightgbm.Dataset(np.arange(500.0)[:, None], np.arange(500.0))
        lightgbm.train({"verbosity": -1, "num_threads": 1}, data, 3)
        trained = watch.seconds
        sum(range(300_000))
    assert trained > 0
    assert watch.seconds == trained
    assert lightgbm.train is original
