"""Writes rle_strings.txt with pycocotools: python make_rle_strings.py > rle_strings.txt

One mask a line: height width string area x y box_width box_height count count ...
The box of a mask without foreground is 0 0 0 0.
"""
import numpy as np
from pycocotools import mask as coco


def masks():
    yield np.zeros((1, 1))
    yield np.ones((1, 1))
    yield np.zeros((10, 10))
    yield np.ones((10, 10))
    yield np.eye(7)
    yield np.arange(48 * 31).reshape(48, 31) % 5 < 2
    yield np.arange(48 * 31).reshape(48, 31) % 97 < 40
    y, x = np.mgrid[:240, :427]
    yield (x - 200) ** 2 + 2 * (y - 130) ** 2 < 70**2
    yield ((x - 200) ** 2 + 2 * (y - 130) ** 2 < 70**2) & ((x * 7 + y * 3) % 11 > 1) & (x > 180)
    y, x = np.mgrid[:1080, :1920]
    yield (x == 3) & (y == 1000) | (x == 1919) & (y < 500)
    wide = np.zeros((1000, 40000), bool)
    wide[999, 39999] = wide[0, 20000] = wide[1, 20000] = True
    yield wide


for mask in masks():
    mask = np.asfortranarray(mask, dtype=np.uint8)
    runs = coco.encode(mask)
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=0))
    counts = np.diff(np.concatenate([[0], edges, [flat.size]]))
    box = coco.toBbox(runs).astype(int) if mask.any() else [0, 0, 0, 0]
    print(*mask.shape, runs["counts"].decode(), coco.area(runs), *box, *counts)
