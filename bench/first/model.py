"""Logs one small scikit-learn model to the server of MLFLOW_TRACKING_URI; prints its run and its address."""

import json
import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(7)
table = pd.DataFrame(random.normal(size=(2_000, 8)).astype("float32"), columns=[f"x{i}" for i in range(8)])
label = (table["x0"] + 0.5 * table["x1"] + random.normal(size=len(table)) > 0).astype("int64")
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(table, label)
if len(sys.argv) > 1:
    mlflow.sklearn.save_model(
        model, sys.argv[1], signature=infer_signature(table, model.predict(table)), input_example=table.head(3)
    )
else:
    mlflow.set_experiment("bench")
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(
            model, name="model", signature=infer_signature(table, model.predict(table)), input_example=table.head(3)
        )
    print(json.dumps({"run": run.info.run_id}))
