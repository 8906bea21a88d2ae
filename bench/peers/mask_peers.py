"""pycocotools and OpenCV on the masks of bench_rle and bench_components, one thread.

python bench/peers/mask_peers.py      needs numpy, pycocotools, opencv-python-headless, Pillow
Prints the least processor time of many repetitions, per mask. The string functions are called in pycocotools' own
library through ctypes, less the cost of such a call.
"""
import cv2
import numpy as np
from pycocotools import mask as coco

import peer_masks

cv2.setNumThreads(1)


def blobs(height, width):
    y, x = np.mgrid[:height, :width].astype(np.int64)
    for s in range(24):
        cx, cy = width * (350 + 13 * s) // 1000, height * (400 + 7 * s) // 1000
        radius = height * (800 + 20 * s) // 1000
        dx, dy = (x - cx) * 5, (y - cy) * 3
        fine = (x * (37 + 2 * s) + y * 91) % 61 * radius // 4
        coarse = (x // 9 * 13 + y // 7 * (29 + s)) % 37 * radius // 2
        yield (dx * dx + dy * dy < radius * radius + fine + coarse).astype(np.uint8)


def dots(height, width):
    y, x = np.mgrid[:height, :width].astype(np.int64) // 3
    for s in range(24):
        yield ((x * 7919 + y * 104729 + x * y * 31 + s) % 97 < 38).astype(np.uint8)


def seconds(work, items, repetitions=15):
    return peer_masks.seconds(lambda: [work(item) for item in items], repetitions) / len(items)


def show(name, time_each, height, width):
    print(f"{name:26} {height:5} x {width:<5} {time_each * 1e6:9.2f} us "
          f"{height * width / time_each / 1e9:8.2f} Gpixel/s")


for height, width in ((480, 854), (1080, 1920)):
    masks = list(blobs(height, width))
    columns = [np.asfortranarray(mask) for mask in masks]
    runs = [coco.encode(mask) for mask in columns]
    pairs = list(zip(runs, runs[1:] + runs[:1]))
    show("encode", seconds(coco.encode, columns), height, width)
    show("encode, from rows", seconds(lambda m: coco.encode(np.asfortranarray(m)), masks), height, width)
    show("decode", seconds(coco.decode, runs), height, width)
    write, parse, total = peer_masks.string_seconds([r["counts"] for r in runs], height, width, 100)
    characters = sum(len(r["counts"]) for r in runs)
    print(f"{total / len(runs):.0f} runs a mask, {characters / total:.2f} characters a run")
    show("to_string", write / len(runs), height, width)
    show("from_string", parse / len(runs), height, width)
    show("area", seconds(coco.area, runs), height, width)
    show("toBbox", seconds(coco.toBbox, runs), height, width)
    show("merge, intersect", seconds(lambda p: coco.merge(p, intersect=True), pairs), height, width)
    show("iou", seconds(lambda p: coco.iou([p[0]], [p[1]], [0]), pairs), height, width)
    for name, pictures in (("blobs", masks), ("dots", list(dots(height, width)))):
        show(f"components, {name}", seconds(cv2.connectedComponentsWithStats, pictures, 4),
             height, width)
        kernel = np.ones((9, 9), np.uint8)
        show(f"dilate 9 x 9, {name}", seconds(lambda p: cv2.dilate(p, kernel), pictures, 4),
             height, width)
