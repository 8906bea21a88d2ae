"""Writes ious.txt: lists of random masks and the overlaps that pycocotools (2.0.11) gives.

python tests/mask/golden/make_ious.py > tests/mask/golden/ious.txt      needs numpy, pycocotools

A case: "height width n m", n + m counts strings, m crowd flags, n rows of m overlaps. pycocotools
answers 0 where the divisor is 0.
"""
import numpy as np
from pycocotools import mask as coco


def random_mask(random, height, width):
    kind = random.integers(0, 5)
    if kind == 0:
        return random.random((height, width)) < 0.5
    if kind == 1:
        return random.random((height, width)) < 0.03
    mask = np.zeros((height, width), bool)
    if kind > 2:
        y, x = np.mgrid[:height, :width]
        cy, cx = random.integers(0, height), random.integers(0, width)
        ry, rx = random.integers(1, height + 1), random.integers(1, width + 1)
        mask = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 0.5
    return mask


random = np.random.default_rng(1)
for case in range(120):
    height, width = (int(v) for v in random.integers(1, [31, 81][case % 2], 2))
    n, m = (int(v) for v in random.integers(1, 5, 2))
    masks = [coco.encode(np.asfortranarray(random_mask(random, height, width).astype(np.uint8)))
             for _ in range(n + m)]
    crowd = [int(v) for v in random.integers(0, 2, m)]
    table = coco.iou(masks[:n], masks[n:], crowd)
    print(height, width, n, m)
    for mask in masks:
        print(mask["counts"].decode())
    print(*crowd)
    for row in table:
        print(*(repr(float(v)) for v in row))
