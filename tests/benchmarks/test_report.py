"""What a run leaves behind: pictures, an MLflow run, and the tables of the README."""

from __future__ import annotations

import numpy as np
import pytest
from mlflow import MlflowClient

from benchmarks.forecast import tracking
from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.figures import run_figures
from benchmarks.forecast.problem import LEVELS
from benchmarks.forecast.report import between_markers, markdown
from benchmarks.forecast.tables import calibration_table, score_table
from benchmarks.peers.empirical import empirical_totals
from benchmarks.peers.formulas import z_formula

COST = {"seconds": 1.0, "peak_gib": 0.5, "lightgbm_seconds": 3.0, "training_seconds": 4.0}


@pytest.fixture
def evaluation(shop):
    return Evaluation(shop)


@pytest.fixture
def ours(shop):
    return Forecast(np.arange(shop.n_series), empirical_totals(shop), COST)


@pytest.fixture
def result(evaluation, ours):
    shop, sample = evaluation.problem, evaluation.problem.sample(9)
    formula = Forecast(np.arange(shop.n_series), z_formula(shop), COST)
    few = Forecast(sample, z_formula(shop.take(sample)), COST)
    scored = {name: evaluation.score(of) for name, of in (("z_formula", formula), ("few", few))}
    for name, of in (("z_formula", formula), ("few", few)):
        scored[name]["skill_of_ours"] = vars(evaluation.compare(ours, of))
    there = evaluation.only(ours, sample)
    scored["few"]["ours_there"] = {
        "alone": evaluation.score(there) | {"skill_of_ours": vars(evaluation.compare(there, few))},
    }
    return {
        "windows": len(evaluation.weight),
        "share_scored": 0.9,
        "ours": evaluation.score(ours),
        "calibration": [group.to_json() for group in evaluation.calibration(ours)],
        "peers": scored,
        "missing": ["autoarima"],
        "commit": "0123456789",
        "uncommitted": False,
        "date": "2024-07-01",
    }


def test_pictures_are_drawn_and_small(result, evaluation, ours, tmp_path):
    for name, figure in run_figures(result, evaluation, ours).items():
        figure.savefig(tmp_path / f"{name}.png")
        assert 2_000 < (tmp_path / f"{name}.png").stat().st_size < 150_000


def test_the_pictures_show_what_the_result_says(result, evaluation, ours):
    figures = run_figures(result, evaluation, ours)
    bars = figures["pinball_by_level"].axes[0].containers[0]
    heights = [bar.get_height() for bar in bars]
    assert heights == list(result["ours"]["pinball_by_level"].values())
    legend = figures["reliability"].axes[0].get_legend().get_texts()
    assert [text.get_text() for text in legend] == ["ours", "z formula"], "few ran on a sample"


def test_a_run_is_found_again_in_mlflow_with_its_skills_and_pictures(
    result, evaluation, ours, tmp_path
):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    picture = tmp_path / "shop_reliability.png"
    run_figures(result, evaluation, ours)["reliability"].savefig(picture)
    params = {"code": "abc", "settings": {}}
    run_id = tracking.log_run(uri, "shop", result, {"reliability": picture}, params)
    client = MlflowClient(tracking_uri=uri)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"set": "shop", "code": "abc", "settings": "{}"}
    metrics = run.data.metrics
    assert metrics["pinball"] == result["ours"]["pinball"]
    assert metrics["coverage_q990"] == result["ours"]["coverage"]["q990"]
    skill = result["peers"]["z_formula"]["skill_of_ours"]["estimate"]
    assert metrics["skill_vs_z_formula"] == skill
    assert metrics["skill_vs_best_peer"] <= skill
    assert [file.path for file in client.list_artifacts(run_id)] == ["figures", "result.json"]


def test_the_page_gets_every_forecast_and_keeps_its_own_words(result):
    document = {"figures": {"skill_vs_formula.shop": 0.125}, "sets": {"shop": result}}
    text = markdown(document)
    page = (
        "# Mine\n<!-- forecast results: begin -->\nold\n<!-- forecast results: end -->\nMine too\n"
    )
    refreshed = between_markers(page, text)
    assert refreshed.startswith("# Mine\n")
    assert refreshed.endswith("Mine too\n")
    assert "old" not in refreshed
    assert between_markers(refreshed, text) == refreshed
    for words in ("| `skill_vs_formula.shop` | 0.125 |", "z_formula", "few", "**ours**"):
        assert words in text
    assert "Not in the table, because it had not finished: autoarima." in text
    widths = {line.count("|") for line in text.split("### shop")[1].split("\n\n")[2].splitlines()}
    assert len(widths) == 1, "every row has as many cells as the head"


def test_a_page_without_markers_is_left_alone():
    with pytest.raises(ValueError, match="needs the lines"):
        between_markers("# Mine\n", "text")


def test_terminal_tables_have_a_row_per_forecast_and_per_group(result):
    assert score_table("shop", result).row_count == 4  # two peers, ours, ours on the sample
    assert calibration_table("shop", result).row_count == len(result["calibration"])
    assert len(LEVELS) == 6
