"""Which rows make good golden requests: real ones over the whole range of answers, and edges of each column."""

import math
import time

from .schema import WHOLE_BITS, type_name
from .values import to_wire

CANDIDATES = 2_000
READ_SECONDS = 20
BATCH = 50_000
EDGE_COLUMNS = 60
EDGE_REQUESTS = 240
UNSEEN = "bucle-unseen-category"
SEED = 20_130_301
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".csv.zip", ".jsonl", ".ndjson", ".jsonl.gz")


def read_candidates(paths, columns, notes):
    """A uniform sample of the rows of the files that have all columns, as a DataFrame; None when none has."""
    import numpy as np
    import pandas as pd

    generator = np.random.default_rng(SEED)
    kept, keys, deadline = None, None, time.monotonic() + READ_SECONDS
    for path in paths:
        for batch in _batches(path, columns):
            new_keys = generator.random(len(batch))
            kept = batch if kept is None else pd.concat([kept, batch], ignore_index=True)
            keys = new_keys if keys is None else np.concatenate([keys, new_keys])
            if len(kept) > CANDIDATES:
                best = np.sort(np.argpartition(keys, CANDIDATES)[:CANDIDATES])
                kept, keys = kept.iloc[best].reset_index(drop=True), keys[best]
            if time.monotonic() > deadline:
                notes.append(f"reading rows stopped after {READ_SECONDS} s")
                return kept
    return kept


def covers(path, columns):
    """Whether a file of rows has all columns."""
    try:
        return set(columns) <= set(_column_names(path))
    except Exception:
        return False


def _column_names(path):
    import pandas as pd

    if path.endswith(".parquet"):
        import pyarrow.parquet

        return pyarrow.parquet.read_schema(path).names
    if ".csv" in path:
        return pd.read_csv(path, nrows=0).columns
    return next(iter(pd.read_json(path, lines=True, chunksize=100))).columns


def _batches(path, columns):
    import pandas as pd

    if path.endswith(".parquet"):
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH, columns=list(columns)):
                yield batch.to_pandas()[list(columns)]
    elif ".csv" in path:
        for batch in pd.read_csv(path, usecols=list(columns), chunksize=BATCH):
            yield batch[list(columns)]
    else:
        for batch in pd.read_json(path, lines=True, chunksize=BATCH):
            yield batch[list(columns)]


def wire_rows(frame, specs):
    """Rows as a request says them. Rows that lack a whole number are left out: they would be refused."""
    columns = [_wire_column(frame[name].tolist(), type_name(spec)) for name, spec in specs.items()]
    whole = [at for at, spec in enumerate(specs.values()) if type_name(spec) in WHOLE_BITS]
    rows = [list(row) for row in zip(*columns)]
    return [row for row in rows if all(row[at] is not None for at in whole)]


def _wire_column(values, kind):
    return [_wire_cell(value, kind) for value in values]


def _wire_cell(value, kind):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    value = to_wire(value)
    if kind in WHOLE_BITS and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "string" and value is not None and not isinstance(value, str):
        return str(value)
    return value


def stratify(rows, outputs, limit):
    """Positions of at most `limit` rows, spread evenly over the answers: each class, each part of the range."""
    groups = {}
    for at, output in enumerate(outputs):
        label, score = _place(output)
        groups.setdefault(str(label), []).append((score, at))
    chosen = []
    share, extra = divmod(limit, len(groups))
    for number, name in enumerate(sorted(groups, key=lambda one: (len(groups[one]), one))):
        members = sorted(groups[name])
        want = min(len(members), share + (1 if number < extra else 0))
        if want == 1:
            chosen.append(members[len(members) // 2][1])
        else:
            chosen += [members[round(k * (len(members) - 1) / (want - 1))][1] for k in range(want)]
    return sorted(set(chosen))


def _place(output):
    if isinstance(output, bool) or isinstance(output, str) or output is None:
        return output, 0.0
    if isinstance(output, (int, float)):
        # Few whole answers are classes as likely as counts; either way each is worth a row.
        return "number", float(output)
    if isinstance(output, list) and output and all(isinstance(one, (int, float)) for one in output):
        best = max(range(len(output)), key=lambda at: output[at])
        return f"class {best}", float(output[best])
    if isinstance(output, dict) and output:
        return _place(list(output.values()))
    return "other", 0.0


def edge_rows(specs, base, pool):
    """(name, row) pairs: one column of a usual row set to an edge. `pool` are the rows that are known."""
    found = []
    for at, (name, spec) in enumerate(list(specs.items())[:EDGE_COLUMNS]):
        known = [row[at] for row in pool if row[at] is not None]
        for edge, value in _edges(type_name(spec), known):
            found.append((f"edge:{edge}:{name}", [*base[:at], value, *base[at + 1 :]]))
    missing = [None if type_name(spec) not in WHOLE_BITS else base[at] for at, spec in enumerate(specs.values())]
    return [*found[: EDGE_REQUESTS - 1], ("edge:null:*", missing)]


def _edges(kind, known):
    numbers = [value for value in known if isinstance(value, (int, float)) and not isinstance(value, bool)]
    edges = [("null", None)]
    if kind == "string":
        edges += [("unseen", UNSEEN), ("empty", "")]
    elif kind == "boolean":
        edges += [("true", True), ("false", False)]
    elif kind in ("double", "float", *WHOLE_BITS) and numbers:
        low, high = min(numbers), max(numbers)
        edges += [("min", low), ("max", high), ("zero", 0), ("negative", -max(1, abs(high)))]
    return edges
