"""Writes flights as a caller of the model knows them, one JSON object a line, in the order of departure.

`features` is a record for `dataframe_records`; `late` is the truth, which nobody knows before the flight arrives.

    python traffic.py --from 2013-03-01 --to 2013-03-02 --out day.jsonl
    python traffic.py --from 2013-03-04 --to 2014-01-01 --per-week 1000 --out year.jsonl
"""

import argparse
import json
import math
import os
import sys

import pandas as pd

from features import FEATURES, LABEL, flights_between

SEED = 20130101


def traffic(start, end, per_week=None, labelled=True):
    table = flights_between(start, end, labelled)
    if per_week is not None:
        table = sample_weeks(table, per_week)
    for row in table.to_dict(orient="records"):
        yield {
            "key": row["flight_key"],
            "event_time": row["event_time"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "features": {name: plain(row[name]) for name in FEATURES},
            "late": None if pd.isna(row[LABEL]) else bool(row[LABEL]),
        }


def sample_weeks(table, per_week):
    """So many flights of each week (Monday to Sunday, UTC), drawn once and for all; a part of a week gives its part."""
    day = table["event_time"].dt.tz_localize(None).dt.normalize()
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    parts = [
        rows.sample(min(len(rows), round(per_week * day[rows.index].nunique() / 7)), random_state=SEED)
        for _, rows in table.groupby(week)
    ]
    return pd.concat(parts).sort_values(["event_time", "flight_key"])


def plain(value):
    if isinstance(value, str):
        return value
    return None if math.isnan(value) else float(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes flights as requests.")
    parser.add_argument("--from", dest="start", default="2013-03-01", help="first day")
    parser.add_argument("--to", dest="end", default="2013-03-02", help="day after the last")
    parser.add_argument("--per-week", type=int, help="draw so many of each week; without it, all of them")
    parser.add_argument("--out", help="file; without it, standard output")
    parser.add_argument("--with-cancelled", action="store_true", help="also flights that never arrived")
    given = parser.parse_args()
    flights = traffic(given.start, given.end, given.per_week, not given.with_cancelled)
    text = "".join(f"{json.dumps(one)}\n" for one in flights)
    if given.out is None:
        sys.stdout.write(text)
    else:
        os.makedirs(os.path.dirname(os.path.abspath(given.out)), exist_ok=True)
        with open(f"{given.out}.tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{given.out}.tmp", given.out)
