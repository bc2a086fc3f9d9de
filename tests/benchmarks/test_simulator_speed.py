from __future__ import annotations

from benchmarks.decision.simulator_speed import measure


def test_a_small_shop_is_measured_in_a_process_of_its_own() -> None:
    speed = measure(n_series=300, n_periods=120)
    assert 0 < speed.processor_seconds < 30
    assert 0.01 < speed.peak_gib < 2
    assert 0.9 < speed.fill_rate < 1
