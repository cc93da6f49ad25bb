"""What a call may raise."""

from __future__ import annotations

import json
from typing import Any, Mapping, Optional


class BucleError(Exception):
    """The server refused a request: what is wrong, and what to do next."""

    def __init__(self, status: int, code: str, title: str, next_step: Optional[str], details: Mapping[str, Any],
                 request: Optional[str]) -> None:  # fmt: skip
        super().__init__(title if next_step is None else f"{title} {next_step}")
        self.status = status
        self.code = code
        self.title = title
        self.next_step = next_step
        self.details = dict(details)
        self.request = request
        """Names the request in the log of the server."""


class Unreachable(BucleError):
    """Nobody answered at the address, or the answer broke off."""

    def __init__(self, url: str, reason: object) -> None:
        next_step = "Start it with `bucle up`, or name another address: Client(url=…) or BUCLE_URL."
        super().__init__(0, "CLIENT_UNREACHABLE", f"No Bucle answers at {url}: {reason}.", next_step, {"url": url}, None)


def to_error(status: int, body: bytes) -> BucleError:
    """Of problem+json; of anything else, what a proxy may say, its beginning."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "title" not in problem:
        text = body[:200].decode("utf-8", "replace").strip()
        return BucleError(status, "CLIENT_NO_BUCLE", f"Something answered {status}: {text}", "Is it a Bucle?", {}, None)
    details = problem.get("details")
    return BucleError(
        status,
        str(problem.get("code", "")),
        str(problem["title"]),
        problem.get("next"),
        details if isinstance(details, dict) else {},
        problem.get("request"),
    )
