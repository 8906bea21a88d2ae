"""pycocotools and OpenCV on the masks of bench_rle and bench_components, one thread.

python bench/peers/mask_peers.py      needs numpy, pycocotools, opencv-python-headless
Prints the least processor time of many repetitions, per mask. The string functions are called in pycocotools' own
library through ctypes, less the cost of such a call.
"""
import ctypes
import time

import cv2
import numpy as np
import pycocotools._mask
from pycocotools import mask as coco

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
    best = 1e9
    for _ in range(repetitions):
        begin = time.thread_time()
        for item in items:
            work(item)
        best = min(best, (time.thread_time() - begin) / len(items))
    return best


class Runs(ctypes.Structure):
    _fields_ = [("h", ctypes.c_ulong), ("w", ctypes.c_ulong), ("m", ctypes.c_ulong),
                ("counts", ctypes.c_void_p)]


library = ctypes.CDLL(pycocotools._mask.__file__)
library.rleToString.restype = ctypes.c_void_p
library.rleFrString.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
free = ctypes.CDLL(None).free
free.argtypes = [ctypes.c_void_p]


def string_seconds(texts, height, width):
    made = [Runs() for _ in texts]
    for runs, text in zip(made, texts):
        library.rleFrString(ctypes.byref(runs), text, height, width)
    pointers = [ctypes.byref(runs) for runs in made]
    scratch = Runs()
    target = ctypes.byref(scratch)

    def parse(text):
        library.rleFrString(target, text, height, width)
        library.rleFree(target)

    call = seconds(lambda _: library.rleFree(target), texts, 100)
    write = seconds(lambda p: free(library.rleToString(p)), pointers, 100)
    return write - 2 * call, seconds(parse, texts, 100) - 2 * call, sum(r.m for r in made)


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
    write, parse, total = string_seconds([r["counts"] for r in runs], height, width)
    characters = sum(len(r["counts"]) for r in runs)
    print(f"{total / len(runs):.0f} runs a mask, {characters / total:.2f} characters a run")
    show("to_string", write, height, width)
    show("from_string", parse, height, width)
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
