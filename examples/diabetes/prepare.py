"""Writes the patients that are learnt from, and the others as requests: python prepare.py --weeks 5 --out data

The measurements and the label are real. When and who is made up: the source gives neither, and monitors need both.
"""

import argparse
import json
import os
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_diabetes

FEATURES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
LABEL = "progression"
FIRST_DAY = "2020-01-06"  # A Monday.
PATIENTS_A_DAY = 6


def patients():
    """All 442, in the order of the source: 6 a day from 8:00 on, every two hours."""
    table = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": LABEL})
    # float32: the model then reads the same numbers wherever it runs.
    table[FEATURES] = table[FEATURES].astype("float32")
    number = pd.Series(table.index)
    time = pd.to_timedelta(number // PATIENTS_A_DAY, unit="D") + pd.to_timedelta(
        8 + 2 * (number % PATIENTS_A_DAY), unit="h"
    )
    table.insert(0, "patient", [f"patient-{one + 1:03}" for one in number])
    table.insert(1, "event_time", (pd.Timestamp(FIRST_DAY, tz="UTC") + time).dt.as_unit("ms"))
    return table


def requests(table):
    """Patients as a caller of the model knows them; `progression` is the truth, which is known later."""
    for row in table.to_dict(orient="records"):
        yield {
            "patient": row["patient"],
            "event_time": row["event_time"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "features": {name: float(row[name]) for name in FEATURES},
            "progression": float(row[LABEL]),
        }


def prepare(weeks, out):
    """Writes `patients.parquet` (the first weeks) and `traffic.jsonl` (the rest), each whole or not at all."""
    table = patients()
    known = table["event_time"] < pd.Timestamp(FIRST_DAY, tz="UTC") + pd.Timedelta(weeks=weeks)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    table[known].to_parquet(out / ".patients.tmp", index=False, compression="zstd")
    os.replace(out / ".patients.tmp", out / "patients.parquet")
    lines = [f"{json.dumps(one)}\n" for one in requests(table[~known])]
    (out / ".traffic.tmp").write_text("".join(lines), encoding="utf-8")
    os.replace(out / ".traffic.tmp", out / "traffic.jsonl")
    return int(known.sum()), len(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prepares the patients.")
    parser.add_argument("--weeks", type=int, default=5, help="how many weeks are learnt from")
    parser.add_argument("--out", default=str(Path(__file__).parent / "data"))
    given = parser.parse_args()
    learnt, left = prepare(given.weeks, given.out)
    print(f"{learnt} patients to learn from, {left} as traffic, in {given.out}")
