"""Makes the ONNX graph of a scikit-learn model with skl2onnx, from a copy prepared for float32."""

import copy
import math

from .onnx_inputs import TOKEN
from .onnx_trees import floor_thresholds, set_missing_directions, walk_estimators

OPSET = {"": 21, "ai.onnx.ml": 3}


def make_graph(native, plan, function):
    """(bytes of the ONNX model, `output` of conversion.json). Raises whatever the converter raises."""
    from skl2onnx import convert_sklearn

    model = copy.deepcopy(native)
    floor_thresholds(model)
    _name_columns(model, plan)
    _use_token(model)
    classifier = hasattr(native, "classes_")
    options = {id(model): {"zipmap": False}} if hasattr(native, "predict_proba") else None
    onnx_model = convert_sklearn(
        model, name="bucle", initial_types=plan.initial_types(), target_opset=OPSET, options=options
    )
    set_missing_directions(onnx_model.graph, model)
    plan.used = {one.name for one in onnx_model.graph.input}
    names = [one.name for one in onnx_model.graph.output]
    return onnx_model.SerializeToString(), _describe_output(native, function, names, classifier)


def _describe_output(native, function, names, classifier):
    if not classifier:
        return {"name": names[0], "kind": "value", "classes": None}
    classes = native.classes_
    listed = classes.tolist() if hasattr(classes, "tolist") else list(classes)
    if function == "predict_proba":
        return {"name": names[1], "kind": "probability", "classes": listed}
    return {"name": names[0], "kind": "label", "classes": listed}


def _name_columns(model, plan):
    """Column transformers choose by name, place, mask or function: make it the names of the ONNX inputs."""
    if plan.single:
        return
    names = {name: f"c{at}" for at, name in enumerate(plan.columns)}
    for one in walk_estimators(model):
        if type(one).__name__ != "ColumnTransformer" or not hasattr(one, "feature_names_in_"):
            continue
        seen = [str(name) for name in one.feature_names_in_]
        one.transformers_ = [
            (label, inner, _renamed(one, label, chosen, seen, names)) for label, inner, chosen in one.transformers_
        ]


def _renamed(transformer, label, chosen, seen, names):
    if isinstance(chosen, str):
        return names[chosen]
    return [names[seen[at]] for at in transformer._transformer_to_input_indices[label]]


def _use_token(model):
    """A missing text reaches ONNX as a token: it must mean there what NaN or None means to the encoder."""
    import numpy as np

    for one in walk_estimators(model):
        if type(one).__name__ in ("OneHotEncoder", "OrdinalEncoder") and hasattr(one, "categories_"):
            one.categories_ = [
                np.array([TOKEN if _is_missing(value) else value for value in known], dtype=object)
                if known.dtype == object
                else known
                for known in one.categories_
            ]
        if type(one).__name__ == "SimpleImputer" and getattr(getattr(one, "statistics_", None), "dtype", None) == object:
            if _is_missing(one.missing_values):
                one.missing_values = TOKEN


def _is_missing(value):
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"
