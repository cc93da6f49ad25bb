"""Learns the probability that a flight arrives more than 15 minutes late. Plain scikit-learn and MLflow.

    python train.py [--data FILE_OR_FOLDER] [--stages 24] [--seconds 20]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from features import CATEGORIES, FEATURES, LABEL
from prepare import prepare

HERE = Path(__file__).parent
TREES = 120
FOLDS = 4
TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def find_data(given):
    """The table: as told, as the job was given it, or prepared here."""
    for place in (given, os.environ.get("BUCLE_INPUT_FLIGHTS"), "inputs/flights"):
        if place and Path(place).exists():
            return Path(place)
    if given:
        raise SystemExit(f"There is no {given}. Make it with prepare.py, or leave --data out.")
    prepared = HERE / "data" / "flights.parquet"
    if not prepared.exists():
        prepare("2013-01-01", "2013-03-01", prepared)
    return prepared


def read_table(place):
    files = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    if not files:
        raise SystemExit(f"There is no Parquet file in {place}.")
    table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    return table.sort_values(["event_time", "flight_key"]).reset_index(drop=True)


def build_model():
    # Ordinal codes of categories, a code of its own for those that training did not see; numbers stay as they are.
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    columns = ColumnTransformer(
        [("categories", encode, CATEGORIES)], remainder="passthrough", verbose_feature_names_out=False
    )
    trees = HistGradientBoostingClassifier(
        learning_rate=0.08, max_leaf_nodes=24, min_samples_leaf=60, l2_regularization=1.0,
        early_stopping=False, warm_start=True, random_state=20130101,
    )  # fmt: skip
    return Pipeline([("columns", columns), ("trees", trees)])


def fit_in_stages(model, train, valid, stages, seconds):
    """Adds trees stage by stage and logs each; a stage takes its share of `seconds` at least."""
    began = time.monotonic()
    for stage in range(1, stages + 1):
        model.set_params(trees__max_iter=TREES * stage // stages)
        model.fit(train[FEATURES], train[LABEL])
        mlflow.log_metrics({**scores("train", model, train), **scores("valid", model, valid)}, step=stage)
        time.sleep(max(0.0, began + seconds * stage / stages - time.monotonic()))


def fit_whole(table):
    """The model that is kept: as many trees as were judged, learnt from all rows, also those of the last days."""
    model = build_model().set_params(trees__max_iter=TREES, trees__warm_start=False)
    return model.fit(table[FEATURES], table[LABEL])


def out_of_fold(table):
    """What a model says of each flight that did not learn from its week: how predictions look on data that are new."""
    week = (table["event_time"] - table["event_time"].min()) // pd.Timedelta(days=7)
    late = pd.Series(0.0, index=table.index)
    for fold in range(FOLDS):
        unseen = week % FOLDS == fold
        if unseen.any() and table.loc[~unseen, LABEL].nunique() == 2:
            late[unseen] = fit_whole(table[~unseen]).predict_proba(table.loc[unseen, FEATURES])[:, 1]
    return table[["event_time"]].assign(prediction=late, label=table[LABEL])


def log_reference(table):
    """The out-of-fold predictions, as the artifact with which monitors compare."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.parquet"
        out_of_fold(table).to_parquet(file, index=False, compression="zstd")
        mlflow.log_artifact(str(file), artifact_path="reference")


def scores(name, model, table):
    late = model.predict_proba(table[FEATURES])[:, 1]
    return {f"{name}_log_loss": log_loss(table[LABEL], late), f"{name}_auc": roc_auc_score(table[LABEL], late)}


def main():
    parser = argparse.ArgumentParser(description="Trains the model of late flights.")
    parser.add_argument("--data", help="Parquet file or folder; without it, the input of the job or prepared data")
    parser.add_argument("--stages", type=int, default=24, help="how often the metrics are logged on the way")
    parser.add_argument("--seconds", type=float, default=20, help="how long training takes at least")
    given = parser.parse_args()
    place = find_data(given.data)
    table = read_table(place)
    # In the order of time: the model is judged on days that come after those it has learnt from.
    cut = int(len(table) * 0.8)
    train, valid = table.iloc[:cut], table.iloc[cut:]

    if "MLFLOW_RUN_ID" not in os.environ:
        mlflow.set_experiment("flights")
    with mlflow.start_run() as run:
        if "BUCLE_JOB" not in os.environ:
            mlflow.log_input(mlflow.data.from_pandas(table, source=str(place), name="flights"), context="training")
        mlflow.log_params({"stages": given.stages, "trees": TREES, "rows": len(table)})
        mlflow.set_tag("question", "does it arrive more than 15 minutes late?")
        judged = build_model()
        fit_in_stages(judged, train, valid, given.stages, given.seconds)
        log_reference(table)
        model = fit_whole(table)
        example = valid[FEATURES].head(5)
        mlflow.sklearn.log_model(
            model,
            name="model",
            pyfunc_predict_fn="predict_proba",
            signature=infer_signature(example, model.predict_proba(example)),
            input_example=example,
            serialization_format="skops",
            skops_trusted_types=TRUSTED,
        )
        final = scores("valid", judged, valid)
        print(f"run {run.info.run_id}: valid AUC {final['valid_auc']:.3f}, log loss {final['valid_log_loss']:.3f}")


if __name__ == "__main__":
    main()
