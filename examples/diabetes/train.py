"""Learns how far a patient's diabetes will have progressed. Plain scikit-learn and MLflow.

    python train.py [--data FILE_OR_FOLDER] [--alpha 10]
"""

import argparse
import os
import tempfile
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prepare import FEATURES, LABEL, prepare

HERE = Path(__file__).parent
FOLDS = 5


def find_data(given):
    """The table: as told, as the job was given it, or prepared here."""
    for place in (given, os.environ.get("BUCLE_INPUT_PATIENTS"), "inputs/patients"):
        if place and Path(place).exists():
            return Path(place)
    if given:
        raise SystemExit(f"There is no {given}. Make it with prepare.py, or leave --data out.")
    if not (HERE / "data" / "patients.parquet").exists():
        prepare(5, HERE / "data")
    return HERE / "data" / "patients.parquet"


def read_table(place):
    files = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    if not files:
        raise SystemExit(f"There is no Parquet file in {place}.")
    table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    return table.sort_values(["event_time", "patient"]).reset_index(drop=True)


def out_of_fold(model, table):
    """What a model says of each patient that did not learn from that week: how predictions look on data that are new."""
    week = (table["event_time"] - table["event_time"].min()) // pd.Timedelta(days=7)
    said = cross_val_predict(model, table[FEATURES], table[LABEL], groups=week, cv=GroupKFold(FOLDS))
    return table[["event_time"]].assign(prediction=said, label=table[LABEL])


def log_reference(reference):
    """The out-of-fold predictions, as the artifact with which monitors compare."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.parquet"
        reference.to_parquet(file, index=False, compression="zstd")
        mlflow.log_artifact(str(file), artifact_path="reference")


def main():
    parser = argparse.ArgumentParser(description="Trains the model of the progression.")
    parser.add_argument("--data", help="Parquet file or folder; without it, the input of the job or prepared data")
    parser.add_argument("--alpha", type=float, default=10, help="how strongly weights are kept small")
    given = parser.parse_args()
    place = find_data(given.data)
    table = read_table(place)

    if "MLFLOW_RUN_ID" not in os.environ:
        mlflow.set_experiment("diabetes")
    with mlflow.start_run() as run:
        if "BUCLE_JOB" not in os.environ:
            mlflow.log_input(mlflow.data.from_pandas(table, source=str(place), name="diabetes"), context="training")
        mlflow.log_params({"alpha": given.alpha, "rows": len(table)})
        model = make_pipeline(StandardScaler(), Ridge(alpha=given.alpha))
        reference = out_of_fold(model, table)
        mae = mean_absolute_error(reference["label"], reference["prediction"])
        mlflow.log_metrics(
            {"valid_mae": mae, "valid_rmse": root_mean_squared_error(reference["label"], reference["prediction"])}
        )
        log_reference(reference)
        model.fit(table[FEATURES], table[LABEL])
        example = table[FEATURES].tail(5)
        mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(example, model.predict(example)),
            input_example=example,
            serialization_format="skops",
        )
        print(f"run {run.info.run_id}: {len(table)} patients, MAE out of fold {mae:.1f}")


if __name__ == "__main__":
    main()
