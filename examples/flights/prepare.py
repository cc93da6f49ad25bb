"""Writes the feature table of some months: python prepare.py --from 2013-01-01 --to 2013-03-01 --out data/flights.parquet"""

import argparse
import os
from pathlib import Path

from features import LABEL, flights_between


def prepare(start, end, out):
    """Writes a Parquet file, whole or not at all."""
    table = flights_between(start, end)
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.tmp")
    table.to_parquet(temporary, index=False, compression="zstd")
    os.replace(temporary, out)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prepares the flights of some months.")
    parser.add_argument("--from", dest="start", default="2013-01-01", help="first day")
    parser.add_argument("--to", dest="end", default="2013-03-01", help="day after the last")
    parser.add_argument("--out", default=str(Path(__file__).parent / "data" / "flights.parquet"))
    given = parser.parse_args()
    rows = prepare(given.start, given.end, given.out)
    print(f"{len(rows)} flights, {rows[LABEL].mean():.1%} late, in {given.out}")
