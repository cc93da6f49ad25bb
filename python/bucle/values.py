"""Values as they travel: JSON has no NaN, no infinities and no integers beyond 2^53, so these are words."""

import base64
import datetime
import math

WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
SAFE = 2**53 - 1


def to_wire(value):
    """Any Python, numpy or pandas value as plain JSON; NaN stays apart from a missing value."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if -SAFE <= value <= SAFE else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else number_word(value)
    if isinstance(value, (list, tuple)):
        return [to_wire(one) for one in value]
    if isinstance(value, dict):
        return {str(name): to_wire(one) for name, one in value.items()}
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    return _library_value(value)


def number_word(value):
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def from_wire(value):
    """Words back into numbers, for values whose type nobody declared."""
    if isinstance(value, str):
        return WORDS.get(value, value)
    if isinstance(value, list):
        return [from_wire(one) for one in value]
    if isinstance(value, dict):
        return {name: from_wire(one) for name, one in value.items()}
    return value


def array_to_wire(array):
    """A numpy array as nested lists; quick when every number is finite."""
    import numpy as np

    if array.dtype.kind == "f":
        # float16 and float32 become the double of the same value.
        return array.tolist() if np.isfinite(array).all() else to_wire(array.tolist())
    if array.dtype.kind in "iu" and array.size and (array.max() > SAFE or array.min() < -SAFE):
        return to_wire(array.tolist())
    if array.dtype.kind in "iub":
        return array.tolist()
    if array.dtype.kind == "M":
        return to_wire(array.astype("datetime64[us]").tolist())
    return to_wire(array.tolist())


def _library_value(value):
    import numpy as np
    import pandas as pd

    if isinstance(value, np.ndarray):
        return array_to_wire(value)
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[us]").item().isoformat()
    if isinstance(value, np.generic):
        return to_wire(value.item())
    raise TypeError(f"the model answered with a {type(value).__name__}, which has no JSON form")
