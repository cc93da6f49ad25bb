"""Frames over a pipe: a 4-byte little-endian length, then UTF-8 JSON."""

import json
import os

MAX_FRAME_BYTES = 256 * 1024 * 1024
CHUNK = 1024 * 1024


class FrameTooLarge(Exception):
    """Nothing after such a frame can be read."""


def read_frame(descriptor):
    """The next request, or None when the other side has closed the pipe (in the middle of a frame as well)."""
    header = _read_exactly(descriptor, 4)
    if header is None:
        return None
    length = int.from_bytes(header, "little")
    if length > MAX_FRAME_BYTES:
        raise FrameTooLarge(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES} are allowed")
    body = _read_exactly(descriptor, length)
    return None if body is None else json.loads(body)


def encode_frame(message):
    """Bytes of one answer. Raises FrameTooLarge, and ValueError for a NaN that was not turned into a word."""
    body = json.dumps(message, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    data = body.encode("utf-8", "replace")
    if len(data) > MAX_FRAME_BYTES:
        raise FrameTooLarge(f"an answer of {len(data)} bytes; at most {MAX_FRAME_BYTES} are allowed")
    return len(data).to_bytes(4, "little") + data


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view[:CHUNK]) :]


def _read_exactly(descriptor, length):
    parts = bytearray()
    while len(parts) < length:
        part = os.read(descriptor, min(CHUNK, length - len(parts)))
        if not part:
            return None
        parts += part
    return bytes(parts)
