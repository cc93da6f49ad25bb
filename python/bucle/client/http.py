"""One request after the other over urllib, tried again where that does no harm."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException, HTTPResponse
from typing import Any, Mapping, Optional

from .errors import BucleError, Unreachable, to_error

RETRIED_STATUS = frozenset({429, 502, 503, 504})
LONGEST_PAUSE_SECONDS = 20.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the address that was named, and to no other."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class Connection:
    """Speaks to one server."""

    def __init__(self, url: str, token: Optional[str], timeout: float, tries: int) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._tries = max(1, tries)
        self._opener = urllib.request.build_opener(_NoRedirect())

    def get(self, path: str, query: Mapping[str, Any] = {}) -> Any:
        """The answer, from JSON."""
        with self.open("GET", path, query=query) as answer:
            return self._parse(answer.read())

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Only for what the server takes twice as once: it may be sent again."""
        with self.open("POST", path, body=body, headers=headers) as answer:
            return self._parse(answer.read())

    def open(self, method: str, path: str, query: Mapping[str, Any] = {}, body: Optional[bytes] = None,
             headers: Mapping[str, str] = {}) -> HTTPResponse:  # fmt: skip
        """The answer, to be read and closed; refusals are raised."""
        told = {name: _text(value) for name, value in query.items() if value is not None}
        url = f"{self.url}{path}" + (f"?{urllib.parse.urlencode(told)}" if told else "")
        all_headers = {"accept": "application/json", **headers}
        if self._token:
            all_headers["authorization"] = f"Bearer {self._token}"
        for attempt in range(1, self._tries + 1):
            request = urllib.request.Request(url, data=body, headers=all_headers, method=method)
            try:
                return self._opener.open(request, timeout=self._timeout)  # type: ignore[no-any-return]
            except urllib.error.HTTPError as error:
                with error:
                    refusal = to_error(error.code, error.read())
                if error.code not in RETRIED_STATUS or attempt == self._tries:
                    raise refusal from None
                self._pause(attempt, error.headers.get("retry-after"))
            except (OSError, HTTPException) as error:
                if attempt == self._tries:
                    raise Unreachable(self.url, getattr(error, "reason", error)) from error
                self._pause(attempt, None)
        raise AssertionError("unreachable")

    def _parse(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise BucleError(200, "CLIENT_NO_BUCLE", f"{self.url} did not answer with JSON.", "Is it a Bucle?", {},
                             None) from None  # fmt: skip

    @staticmethod
    def _pause(attempt: int, asked: Optional[str]) -> None:
        seconds = float(asked) if asked is not None and asked.isdigit() else 0.2 * 2**attempt
        time.sleep(min(LONGEST_PAUSE_SECONDS, seconds))


def segment(text: object) -> str:
    """A part of a path."""
    return urllib.parse.quote(str(text), safe="")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
