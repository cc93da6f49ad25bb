"""What is known to convert wrongly, refused before it is tried."""

from .onnx_trees import walk_estimators
from .schema import type_name
from .onnx_inputs import NUMERIC

FUNCTIONS = ("predict", "predict_proba")


def find_refusal(metadata, specs, native):
    """Why this model must not be converted, for a person; None when it may be tried."""
    return (
        _signature_refusal(specs)
        or _function_refusal(metadata, native)
        or next((reason for one in walk_estimators(native) if (reason := _estimator_refusal(one))), None)
    )


def flavor_refusal(metadata):
    flavors = metadata.flavors
    if "sklearn" not in flavors:
        native = ", ".join(name for name in flavors if name != "python_function") or "python_function"
        return f"only scikit-learn models are converted, and this is one of the flavour {native}"
    import sklearn

    trained = flavors["sklearn"].get("sklearn_version")
    if trained != sklearn.__version__:
        return f"it was trained with scikit-learn {trained}, and {sklearn.__version__} is installed here"
    return None


def _signature_refusal(specs):
    if not specs:
        return "the model has no signature with named columns: log it with signature=infer_signature(X, y)"
    odd = [name for name, spec in specs.items() if type_name(spec) not in (*NUMERIC, "string")]
    if odd:
        return f"the column {odd[0]} is of the type {type_name(specs[odd[0]])}, which has no ONNX input"
    return None


def _function_refusal(metadata, native):
    function = metadata.flavors["python_function"].get("predict_fn", "predict")
    if function not in FUNCTIONS:
        return f"the model answers with {function}; only predict and predict_proba have an ONNX form"
    if metadata.signature is not None and metadata.signature.params is not None and metadata.signature.params.params:
        return "the model takes parameters, which an ONNX form has not"
    if not hasattr(native, "predict"):
        return f"a {type(native).__name__} is not a scikit-learn model that predicts"
    return None


def _estimator_refusal(one):
    name = type(one).__name__
    categorical = getattr(one, "is_categorical_", None)
    if categorical is not None and any(categorical):
        return (
            f"{name} was trained with categorical_features, which ONNX cannot express: nearly every answer would be "
            "wrong. Use an OrdinalEncoder or OneHotEncoder in a pipeline instead"
        )
    if getattr(one, "_infrequent_enabled", False):
        return f"{name} groups infrequent categories, and one unseen value would then fail a whole batch"
    if name == "FunctionTransformer" and (one.func is not None) and not _is_identity(one.func):
        return "a FunctionTransformer runs Python code of its own, which has no ONNX form"
    if name in ("MultiOutputClassifier", "ClassifierChain"):
        return f"{name} answers several classes at once"
    return None


def _is_identity(function):
    return getattr(function, "__module__", "").startswith("sklearn.")
