"""What MLflow's client has no words for: labels, dataset versions, predictions by id, quality and windows.

    from bucle.client import Client

    bucle = Client()  # BUCLE_URL, else an http(s) MLFLOW_TRACKING_URI, else http://127.0.0.1:7070
    bucle.label("flights", prediction="0193….0", value=1)
"""

from .client import Client
from .errors import BucleError, Unreachable
from .records import (
    Dataset,
    DatasetVersion,
    Label,
    LabelReceipt,
    Metric,
    Prediction,
    PredictionRow,
    QualityWindow,
    Refusal,
    Window,
)

__all__ = [
    "BucleError",
    "Client",
    "Dataset",
    "DatasetVersion",
    "Label",
    "LabelReceipt",
    "Metric",
    "Prediction",
    "PredictionRow",
    "QualityWindow",
    "Refusal",
    "Unreachable",
    "Window",
]
