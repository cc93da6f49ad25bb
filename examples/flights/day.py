"""Writes the flights of one day as a caller of the model knows them, one JSON object a line.

`features` is a record for `dataframe_records`; `late` is the truth, which nobody knows before the flight arrives.

    python day.py --date 2013-03-01 --out day.jsonl
"""

import argparse
import json
import math
import os
import sys

import pandas as pd

from features import FEATURES, LABEL, flights_between


def day_of_flights(date, labelled=True):
    table = flights_between(date, pd.Timestamp(date) + pd.Timedelta(days=1), labelled)
    for row in table.to_dict(orient="records"):
        yield {
            "key": row["flight_key"],
            "event_time": row["event_time"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "features": {name: plain(row[name]) for name in FEATURES},
            "late": None if pd.isna(row[LABEL]) else bool(row[LABEL]),
        }


def plain(value):
    if isinstance(value, str):
        return value
    return None if math.isnan(value) else float(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes the flights of one day as requests.")
    parser.add_argument("--date", default="2013-03-01")
    parser.add_argument("--out", help="file; without it, standard output")
    parser.add_argument("--with-cancelled", action="store_true", help="also flights that never arrived")
    given = parser.parse_args()
    text = "".join(f"{json.dumps(one)}\n" for one in day_of_flights(given.date, not given.with_cancelled))
    if given.out is None:
        sys.stdout.write(text)
    else:
        os.makedirs(os.path.dirname(os.path.abspath(given.out)), exist_ok=True)
        with open(f"{given.out}.tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{given.out}.tmp", given.out)
