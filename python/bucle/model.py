"""A loaded MLflow model that answers requests with one plain JSON value per row."""

import os
import time
import traceback

from .schema import SchemaError, build_table, build_tensor
from .values import array_to_wire, to_wire

MAX_MESSAGE = 2_000
CHECKS = {"_validate_prediction_input", "_enforce_schema", "_enforce_params_schema"}


class ModelError(Exception):
    """The model raised, or answered something that is not one value per row."""


class LoadError(Exception):
    """The model can't be loaded."""


class Model:
    def __init__(self, pyfunc, path):
        self.pyfunc = pyfunc
        self.path = path
        self.input_schema = pyfunc.metadata.get_input_schema()

    def predict(self, columns, rows, params=None):
        """Answers of the rows of a table. Raises SchemaError or ModelError."""
        return self._answer(build_table(self.input_schema, columns, rows), len(rows), params)

    def predict_tensor(self, tensor, params=None):
        """Answers of a nested list, or of several by name. Raises SchemaError or ModelError."""
        data = build_tensor(self.input_schema, tensor)
        first = next(iter(data.values()), None) if isinstance(data, dict) else data
        shape = getattr(first, "shape", ())
        return self._answer(data, shape[0] if shape else 1, params)

    def predict_frame(self, data, params=None):
        """Answers of a DataFrame that is already built, for input examples."""
        return self._answer(data, len(data), params)

    def _answer(self, data, rows, params):
        if rows == 0:
            return []
        try:
            answer = self.pyfunc.predict(data, params=params or None)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            message = describe_error(error)
            if any(frame.name in CHECKS for frame in traceback.extract_tb(error.__traceback__)):
                raise SchemaError(message) from error
            raise ModelError(message) from error
        return _per_row(answer, rows)


def load(path):
    """Loads a model folder by `mlflow.pyfunc`. Raises LoadError."""
    quiet_mlflow()
    if not os.path.isfile(os.path.join(path, "MLmodel")):
        raise LoadError(f"There is no MLmodel file in {path}.")
    try:
        import mlflow.pyfunc

        return Model(mlflow.pyfunc.load_model(path, suppress_warnings=True), path)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise LoadError(describe_error(error)) from error


def quiet_mlflow():
    """No call home, no git look-up, no progress bars: each costs time and tells nobody anything here."""
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


def describe_model(model, started):
    """What a worker says of the model that it loaded."""
    flavors = model.pyfunc.metadata.flavors
    native = [name for name in flavors if name != "python_function"]
    signature = model.pyfunc.metadata.signature
    return {
        "flavor": native[0] if native else "python_function",
        "loader": flavors.get("python_function", {}).get("loader_module", ""),
        **observe_environment(),
        "seconds": round(time.monotonic() - started, 3),
        "signature": None if signature is None else describe_signature(signature),
    }


def describe_signature(signature):
    return {
        "inputs": None if signature.inputs is None else signature.inputs.to_dict(),
        "outputs": None if signature.outputs is None else signature.outputs.to_dict(),
        "params": None if signature.params is None else signature.params.to_dict(),
    }


def observe_environment():
    import importlib.metadata
    import platform

    packages = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name and name.lower() not in packages:
            packages[name.lower().replace("_", "-")] = distribution.version
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()}-{platform.machine()}",
        "packages": dict(sorted(packages.items())),
    }


def describe_error(error):
    text = str(error).strip() or type(error).__name__
    named = text if type(error).__name__ in ("MlflowException", "LoadError") else f"{type(error).__name__}: {text}"
    return named if len(named) <= MAX_MESSAGE else f"{named[:MAX_MESSAGE]}…"


def _per_row(answer, rows):
    try:
        values = _listed(answer, rows)
    except TypeError as error:
        raise ModelError(str(error)) from error
    if len(values) != rows:
        raise ModelError(f"The model answered {len(values)} values for {rows} rows.")
    return values


def _listed(answer, rows):
    import numpy as np
    import pandas as pd

    if isinstance(answer, pd.DataFrame):
        return to_wire(answer.to_dict(orient="records"))
    if isinstance(answer, (pd.Series, pd.Index)):
        return to_wire(answer.tolist())
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
    if isinstance(answer, np.ndarray):
        return array_to_wire(answer) if answer.ndim else [to_wire(answer.item())]
    if isinstance(answer, dict):
        return _rows_of_columns(answer, rows)
    if isinstance(answer, (list, tuple)):
        return to_wire(answer) if len(answer) == rows or rows != 1 else [to_wire(answer)]
    return [to_wire(answer)]


def _rows_of_columns(answer, rows):
    columns = {name: to_wire(value) for name, value in answer.items()}
    if all(isinstance(column, list) and len(column) == rows for column in columns.values()):
        return [{str(name): column[at] for name, column in columns.items()} for at in range(rows)]
    return [{str(name): column for name, column in columns.items()}]
