"""Trees inside a model: their thresholds, and what ONNX needs changed on a copy of the model.

ONNX compares in float32. A float32 value lies at or below a threshold exactly when it lies at or below the largest
float32 that is not above the threshold: with thresholds floored like that, no float32 row goes another way.
"""

import numpy as np

DEEPEST = 12


def walk_estimators(root):
    """Every estimator inside a model, itself first."""
    seen, stack, found = set(), [(root, 0)], []
    while stack:
        one, depth = stack.pop()
        if id(one) in seen or depth > DEEPEST:
            continue
        seen.add(id(one))
        if hasattr(one, "get_params") and not isinstance(one, type):
            found.append(one)
            stack += [(inner, depth + 1) for inner in vars(one).values()]
        elif isinstance(one, dict):
            stack += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, (list, tuple)) and len(one) < 100_000:
            stack += [(inner, depth + 1) for inner in one if not isinstance(inner, (str, int, float))]
        elif isinstance(one, np.ndarray) and one.dtype == object and one.size < 100_000:
            stack += [(inner, depth + 1) for inner in one.flat if not isinstance(inner, (str, int, float))]
    return found


def decision_trees(model):
    return [one for one in walk_estimators(model) if hasattr(one, "tree_")]


def boosted_predictors(model):
    """The trees of histogram gradient boosting, which scikit-learn keeps in a private attribute."""
    rounds = [one._predictors for one in walk_estimators(model) if hasattr(one, "_predictors")]
    return [predictor for one in rounds for trees in one for predictor in trees]


def thresholds_by_feature(model):
    """{feature index: sorted thresholds} over all trees."""
    found = {}
    for tree in (one.tree_ for one in decision_trees(model)):
        inner = tree.children_left != -1
        for feature, threshold in zip(tree.feature[inner], tree.threshold[inner]):
            found.setdefault(int(feature), set()).add(float(threshold))
    for predictor in boosted_predictors(model):
        nodes = predictor.nodes[predictor.nodes["is_leaf"] == 0]
        for feature, threshold in zip(nodes["feature_idx"], nodes["num_threshold"]):
            if np.isfinite(threshold):
                found.setdefault(int(feature), set()).add(float(threshold))
    return {feature: sorted(values) for feature, values in found.items()}


def floor_thresholds(model):
    """On a copy: each finite threshold becomes the largest float32 that is not above it."""
    for predictor in boosted_predictors(model):
        predictor.nodes = predictor.nodes.copy()
        predictor.nodes["num_threshold"] = floor32(predictor.nodes["num_threshold"])


def floor32(values):
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        near = values.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(np.isfinite(values) & (near > values), below, near).astype(np.float64)


def set_missing_directions(graph, model):
    """Tells ONNX where each decision tree sends missing values, which the converter leaves out."""
    trees = [one.tree_ for one in _ordered_trees(model)]
    nodes = [node for node in graph.node if node.op_type in ("TreeEnsembleClassifier", "TreeEnsembleRegressor")]
    if not trees or len(nodes) != 1 or boosted_predictors(model):
        return
    attributes = {one.name: one for one in nodes[0].attribute}
    left = [bool(one) for tree in trees for one in tree.missing_go_to_left]
    features = [int(one) for tree in trees for one in np.where(tree.children_left != -1, tree.feature, 0)]
    if list(attributes["nodes_featureids"].ints) != features:
        return
    branches = [mode != b"LEAF" for mode in attributes["nodes_modes"].strings]
    tracks = attributes["nodes_missing_value_tracks_true"]
    del tracks.ints[:]
    tracks.ints.extend(int(go and branch) for go, branch in zip(left, branches))


def _ordered_trees(model):
    """Decision trees in the order in which the converter writes them."""
    final = model.steps[-1][1] if hasattr(model, "steps") else model
    if hasattr(final, "tree_"):
        return [final]
    return [one for one in np.ravel(getattr(final, "estimators_", [])).tolist() if hasattr(one, "tree_")]
