"""Writes coco_cases.txt: what pycocotools (2.0.11) answers on random masks, polygons and boxes.

python tests/mask/golden/make_coco_cases.py > tests/mask/golden/coco_cases.txt
python tests/mask/golden/make_coco_cases.py FIRST COUNT       other cases; needs numpy, pycocotools

Line 1: first case, number of cases. Then one line a case: for each of ten questions the low 16 bits
of the CRC-32 of the answer as text (or bytes), 4 hexadecimal digits each. Inputs are made from the
number of the case in whole numbers, in coco_cases_test.cpp alike.
"""
import sys
import zlib

import numpy as np
from pycocotools import mask as coco

ALL = (1 << 64) - 1


def mixed(value):
    """splitmix64 of an integer or of an array of uint64."""
    if isinstance(value, np.ndarray):
        with np.errstate(over="ignore"):
            z = value + np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return z ^ (z >> np.uint64(31))
    z = (value + 0x9E3779B97F4A7C15) & ALL
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & ALL
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & ALL
    return z ^ (z >> 31)


class Numbers:
    def __init__(self, case):
        self.state = mixed(case)

    def next(self):
        self.state = mixed(self.state)
        return self.state

    def below(self, n):
        return (self.next() >> 33) % n


def make_mask(numbers, height, width):
    kind, seed = numbers.below(6), numbers.next()
    a, b, c, d = (numbers.below(1 << 20) for _ in range(4))
    y, x = np.mgrid[:height, :width].astype(np.int64)
    if kind == 0:
        index = (np.arange(height * width, dtype=np.uint64) + np.uint64(seed >> 1))
        return (mixed(index).reshape(height, width) % np.uint64(97) < np.uint64(a % 98))
    if kind == 1:
        return np.full((height, width), a % 2 == 1)
    if kind == 2:
        return (x * (a % 7) + y * (b % 7)) % (2 + c % 40) < 1 + d % 20
    cy, cx = a % height, b % width
    ry, rx = 1 + c % height, 1 + d % width
    inside = ((x - cx) * ry) ** 2 + ((y - cy) * rx) ** 2 < (rx * ry) ** 2
    return inside if kind < 5 else inside & ((x * 5 + y * 3) % 11 > 1)


def counts_of(mask):
    flat = mask.ravel(order="F").astype(np.int8)
    edges = np.flatnonzero(np.diff(flat, prepend=0))
    return [int(v) for v in np.diff(np.concatenate([[0], edges, [flat.size]]))]


def short(data):
    return f"{zlib.crc32(data) & 0xFFFF:04x}"


def bits(table):
    return "".join(f"{v:016x}" for v in np.asarray(table, np.float64).reshape(-1).view(np.uint64))


def answers(case):
    numbers = Numbers(case)
    most = 400 if case % 64 == 0 else 40
    height, width = 1 + numbers.below(most), 1 + numbers.below(most)
    n, m = 1 + numbers.below(4), 1 + numbers.below(3)
    masks = [make_mask(numbers, height, width) for _ in range(n + m)]
    runs = [coco.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in masks]
    text = [r["counts"] for r in runs]
    yield b" ".join(text)
    yield b"".join(coco.decode(r).tobytes(order="F") for r in runs)
    yield " ".join(f"{coco.area(r)} " + " ".join(str(int(v)) for v in coco.toBbox(r))
                   for r in runs).encode()
    yield coco.merge(runs)["counts"]
    yield coco.merge(runs, intersect=True)["counts"]
    yield bits(coco.iou(runs[:n], runs[n:], [0] * m)).encode()
    crowd = [numbers.below(2) for _ in range(m)]
    yield bits(coco.iou(runs[:n], runs[n:], crowd)).encode()
    # Corners on whole pixels, halves, and in between; some outside the image.
    grain = [1, 2, 5, 64, 1000][numbers.below(5)]
    corners = []
    for _ in range(3 + numbers.below(7)):
        for size in (width, height):
            corners.append((numbers.below((2 * size + 8) * grain) - (size // 2 + 4) * grain) / grain)
    yield coco.frPyObjects([corners], height, width)[0]["counts"]
    box = [(numbers.below((size + 8) * grain) - 4 * grain) / grain
           for size in (width, height, width, height)]
    box[2:] = [abs(v) for v in box[2:]]
    yield coco.frPyObjects(np.array([box]), height, width)[0]["counts"]
    counts = []
    for count in counts_of(masks[0]):
        if numbers.below(3) == 0:
            part = numbers.below(count + 1)
            counts += [part, 0, count - part]
        else:
            counts.append(count)
    plain = coco.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    yield plain["counts"] + b" " + coco.decode(plain).tobytes(order="F")


first, count = (int(v) for v in sys.argv[1:3]) if len(sys.argv) > 2 else (0, 10000)
print(first, count)
for case in range(first, first + count):
    print("".join(short(answer) for answer in answers(case)))
