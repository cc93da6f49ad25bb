"""Logs a model as a training script does, and prints a line of JSON: the run and the model."""

import json
import os
import sys

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

frame = pd.DataFrame({"a": np.linspace(-1, 1, 40), "b": np.linspace(1, 0, 40)})
model = LogisticRegression().fit(frame, (frame["a"] > frame["b"]).astype(int))
with mlflow.start_run() as run:
    logged = mlflow.sklearn.log_model(
        model,
        name="clf",
        input_example=frame.head(3),
        pip_requirements=sys.argv[1:],
    )
print(json.dumps({"run": run.info.run_id, "model": logged.model_id}))
