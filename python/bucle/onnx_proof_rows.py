"""Rows on which the ONNX form is compared: mixtures of known rows, and rows at every threshold of every tree."""

import math

import numpy as np

from .golden_rows import UNSEEN
from .schema import WHOLE_BITS, type_name

MIXED_ROWS = 1_000
ADVERSARIAL_ROWS = 12_000
SEED = 20_130_301


def mixed_rows(specs, pool, nullable, unseeable):
    """Known values of each column shuffled apart, some numbers in between, missing and unseen where allowed."""
    generator = np.random.default_rng(SEED)
    columns = []
    for at, (name, spec) in enumerate(specs.items()):
        known = [row[at] for row in pool]
        values = [known[pick] for pick in generator.integers(0, len(known), MIXED_ROWS)]
        kind = type_name(spec)
        numbers = [one for one in known if isinstance(one, (int, float)) and not isinstance(one, bool)]
        for row, chance in enumerate(generator.random(MIXED_ROWS)):
            if chance < 0.05 and name in nullable:
                values[row] = None
            elif chance < 0.1 and name in unseeable:
                values[row] = UNSEEN
            elif chance < 0.35 and kind in ("double", "float") and numbers:
                values[row] = _as_kind(kind, generator.uniform(min(numbers), max(numbers) + 1e-6))
        columns.append([values[row] if values[row] is not None or name in nullable else known[0] for row in range(MIXED_ROWS)])
    return [list(row) for row in zip(*columns)]


def adversarial_rows(native, specs, columns, pool, thresholds):
    """(rows whose values float32 can hold, rows that differ from a threshold by less than that)."""
    slots = _slots(native, specs, columns, pool, thresholds)
    if not slots:
        return [], []
    generator = np.random.default_rng(SEED)
    # About ten neighbours each, on as many usual rows as there is room for: only some reach the node.
    most = ADVERSARIAL_ROWS // 10
    if len(slots) > most:
        slots = [slots[at] for at in sorted(generator.choice(len(slots), most, replace=False))]
    around = [(at, *_neighbours(kind, threshold)) for at, kind, threshold in slots]
    coarse, fine = [], []
    for at, held, finer in around * max(1, most // len(around)):
        base = pool[int(generator.integers(0, len(pool)))]
        coarse += [[*base[:at], value, *base[at + 1 :]] for value in held]
        fine += [[*base[:at], value, *base[at + 1 :]] for value in finer]
    coarse += [_all_at_once(generator, pool, [(at, held) for at, held, _ in around]) for _ in range(MIXED_ROWS)]
    return coarse, fine


def _all_at_once(generator, pool, around):
    """A usual row with several of its columns beside thresholds."""
    row = list(pool[int(generator.integers(0, len(pool)))])
    for pick in generator.integers(0, len(around), 2 * len(row)):
        at, held = around[int(pick)]
        row[at] = held[int(generator.integers(0, len(held)))]
    return row


def _neighbours(kind, threshold):
    if kind in WHOLE_BITS:
        middle = math.floor(threshold)
        return [middle - 1, middle, middle + 1], []
    near = np.float32(threshold)
    held = {float(near)}
    held |= {float(np.nextafter(near, np.float32(way))) for way in (-np.inf, np.inf)}
    held |= {float(np.float32(threshold + step)) for step in (-1e-9, 1e-9, -1e-3, 1e-3)}
    if kind == "float":
        return sorted(held), []
    finer = {threshold, threshold - 1e-9, threshold + 1e-9}
    finer |= {float(np.nextafter(threshold, way)) for way in (-np.inf, np.inf)}
    return sorted(held), sorted(finer - held)


def _slots(native, specs, columns, pool, thresholds):
    """(place of a column, its type, value) for each threshold that a single column reaches by a straight line."""
    if not thresholds:
        return []
    found = []
    for at, name in enumerate(columns):
        kind = type_name(specs[name])
        if kind in ("string", "boolean"):
            continue
        for feature, (slope, offset) in _lines(native, specs, columns, pool, at).items():
            for threshold in thresholds.get(feature, []):
                value = (threshold - offset) / slope
                if math.isfinite(value):
                    found.append((at, kind, value))
    return found


def _lines(native, specs, columns, pool, at):
    """{feature: (slope, offset)} of the features that depend on the column by a straight line."""
    from .schema import build_table

    base = next((row for row in pool if row[at] is not None), None)
    if base is None:
        return {}
    points = [0, 1, 2] if type_name(specs[columns[at]]) in WHOLE_BITS else [0.0, 1.0, 2.0]
    rows = [[*base[:at], value, *base[at + 1 :]] for value in points]
    schema = _Schema(specs)
    table = build_table(schema, columns, rows)
    before = native[:-1] if hasattr(native, "steps") and len(native.steps) > 1 else None
    seen = before.transform(table) if before is not None else table
    values = np.asarray(seen.toarray() if hasattr(seen, "toarray") else seen, dtype=np.float64)
    lines = {}
    for feature in range(values.shape[1]):
        first, second, third = values[:, feature]
        slope = second - first
        if slope != 0 and np.isfinite(slope) and math.isclose(third - second, slope, rel_tol=1e-9):
            lines[feature] = (slope, first)
    return lines


class _Schema:
    """The specs as the input schema that build_table reads."""

    def __init__(self, specs):
        self.inputs = list(specs.values())

    def is_tensor_spec(self):
        return False

    def has_input_names(self):
        return True

    def input_names(self):
        return [spec.name for spec in self.inputs]


def _as_kind(kind, value):
    return float(np.float32(value)) if kind == "float" else float(value)
