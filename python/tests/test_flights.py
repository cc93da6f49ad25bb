import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

FLIGHTS = Path(__file__).parents[2] / "examples" / "flights"
sys.path.insert(0, str(FLIGHTS))

import features  # noqa: E402


@pytest.fixture(scope="module")
def january():
    return features.flights_between("2013-01-01", "2013-01-08")


def sources():
    return pd.read_csv(features._source("flights.csv.zip")), pd.read_csv(features._source("weather.csv"))


def run(script, *arguments, **env):
    return subprocess.run(
        [sys.executable, str(FLIGHTS / script), *arguments], capture_output=True, text=True, timeout=240,
        env={**{k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "BUCLE_"))}, **env},
    )  # fmt: skip


def test_the_table_has_keys_times_features_and_the_label(january):
    assert list(january.columns) == ["flight_key", "event_time", *features.FEATURES, "late"]
    assert january["flight_key"].is_unique
    assert january["event_time"].is_monotonic_increasing
    assert str(january["event_time"].dt.tz) == "UTC"
    kinds = {name: str(january[name].dtype) for name in features.SCHEDULE + features.WEATHER}
    assert set(kinds.values()) == {"float32"}
    assert january[features.CATEGORIES].notna().all().all()


def test_a_flight_that_never_arrived_has_no_label_and_is_not_in_the_table(january):
    flights, _ = sources()
    first = flights[(flights["month"] == 1) & (flights["day"] < 8)]
    assert len(january) == first["arr_delay"].notna().sum() < len(first)
    assert january["late"].sum() == (first["arr_delay"] > 15).sum()


def test_the_weather_is_that_of_the_hour_before_departure(january):
    flights, weather = sources()
    flight = flights.iloc[0]
    before = (pd.Timestamp(flight["time_hour"]) - pd.Timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    expected = weather[(weather["origin"] == flight["origin"]) & (weather["time_hour"] == before)].iloc[0]
    row = january[january["flight_key"] == "2013-01-01-UA1545-EWR"].iloc[0]
    assert row["temp"] == pytest.approx(expected["temp"], rel=1e-6)
    assert row["wind_speed"] == pytest.approx(expected["wind_speed"], rel=1e-6)
    # 5:15 in New York, which is five hours behind.
    assert row["event_time"] == pd.Timestamp("2013-01-01T10:15:00Z")


def test_changing_how_a_flight_went_changes_no_feature(monkeypatch, january):
    flights, weather = sources()
    for name in ("dep_time", "dep_delay", "arr_time", "air_time"):
        flights[name] = -1.0
    flights["arr_delay"] = flights["arr_delay"] + 1_000
    tables = {"flights.csv.zip": flights, "weather.csv": weather}
    monkeypatch.setattr(features, "_source", lambda name: name)
    monkeypatch.setattr(features.pd, "read_csv", lambda name: tables[name].copy())
    changed = features.flights_between("2013-01-01", "2013-01-08")
    pd.testing.assert_frame_equal(changed[features.FEATURES], january[features.FEATURES])
    assert changed["late"].all()


def test_the_same_months_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        ended = run("prepare.py", "--from", "2013-02-01", "--to", "2013-02-03", "--out", str(tmp_path / f"{name}.parquet"))
        assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_day_of_requests_keeps_the_truth_apart(tmp_path):
    ended = run("traffic.py", "--from", "2013-03-01", "--to", "2013-03-02", "--out", str(tmp_path / "day.jsonl"))
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in (tmp_path / "day.jsonl").read_text().splitlines()]
    assert len(lines) == 944
    assert list(lines[0]) == ["key", "event_time", "features", "late"]
    assert list(lines[0]["features"]) == features.FEATURES
    assert lines[0]["event_time"] == "2013-03-01T10:00:00Z"
    assert lines[0]["features"]["wind_gust"] is None


def test_weeks_of_traffic_are_drawn_once_and_for_all(tmp_path):
    for name in ("a", "b"):
        words = ["--from", "2013-03-04", "--to", "2013-03-13", "--per-week", "70", "--out", str(tmp_path / name)]
        assert run("traffic.py", *words).returncode == 0
    text = (tmp_path / "a").read_text()
    assert text == (tmp_path / "b").read_text()
    times = [json.loads(line)["event_time"] for line in text.splitlines()]
    assert times == sorted(times)
    # A week of Monday to Sunday, and three days of the next.
    assert sum(time < "2013-03-11" for time in times) == 70
    assert 20 <= sum(time >= "2013-03-11" for time in times) <= 40


def test_the_training_script_imports_nothing_of_bucle():
    for path in FLIGHTS.glob("*.py"):
        assert "bucle" not in path.read_text().replace("BUCLE_", "").replace("Bucle", "").lower(), path


def test_training_works_without_any_server_and_logs_each_stage(tmp_path):
    import mlflow

    assert run("prepare.py", "--to", "2013-01-11", "--out", str(tmp_path / "in" / "part.parquet")).returncode == 0
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    ended = subprocess.run(
        [sys.executable, str(FLIGHTS / "train.py"), "--data", str(tmp_path / "in"), "--stages", "3", "--seconds", "0"],
        capture_output=True, text=True, timeout=240, cwd=tmp_path, env={**os.environ, "MLFLOW_TRACKING_URI": uri},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2_000:]
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("flights")
    (run_found,) = client.search_runs([experiment.experiment_id])
    history = client.get_metric_history(run_found.info.run_id, "valid_log_loss")
    assert [one.step for one in history] == [1, 2, 3]
    assert run_found.inputs.dataset_inputs[0].dataset.name == "flights"
    (reference,) = client.list_artifacts(run_found.info.run_id, "reference")
    assert reference.path == "reference/predictions.parquet"
    (model,) = client.search_logged_models([experiment.experiment_id])
    assert model.name == "model"
