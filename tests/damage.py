"""Files as disks, networks and enemies leave them: a good file, damaged in a seeded way."""

import random
import re
from collections.abc import Iterator


def damaged(good: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many damaged copies; the same ones for the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        data = bytearray(good)
        for _ in range(draw.choice((1, 1, 2, 5))):
            draw.choice(_DAMAGES)(data, draw)
        yield bytes(data)


def _flip(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.randint(1, 8)):
        if data:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _flip_in_head(data: bytearray, draw: random.Random) -> None:
    if data:
        data[draw.randrange(min(len(data), 128))] = draw.randrange(256)


def _cut(data: bytearray, draw: random.Random) -> None:
    del data[draw.randint(0, len(data)) :]


def _lengthen(data: bytearray, draw: random.Random) -> None:
    data.extend(draw.randbytes(draw.randint(1, 200)))


def _remove(data: bytearray, draw: random.Random) -> None:
    start = draw.randint(0, len(data))
    del data[start : start + draw.randint(1, 60)]


def _insert(data: bytearray, draw: random.Random) -> None:
    start = draw.randint(0, len(data))
    data[start:start] = draw.randbytes(draw.randint(1, 60))


def _copy_over(data: bytearray, draw: random.Random) -> None:
    source, target, length = (draw.randint(0, len(data)) for _ in range(3))
    piece = data[source : source + length]
    data[target : target + len(piece)] = piece


def _change_number(data: bytearray, draw: random.Random) -> None:
    """Another number in the text of a header, such as a shape or an offset."""
    numbers = list(re.finditer(rb"\d+", bytes(data)))
    if numbers:
        found = draw.choice(numbers)
        written = str(draw.choice((0, 1, 3, 7, 2**16, 2**31, 2**33, 10**12, 2**63, 2**64, 10**40)))
        data[found.start() : found.end()] = draw.choice(("", "-", "0x", "9")).encode() + written.encode()


_DAMAGES = (_flip, _flip_in_head, _cut, _lengthen, _remove, _insert, _copy_over, _change_number)
