"""pycocotools and OpenCV on the masks of bench_rle_shapes, one thread.

python bench/peers/rle_shapes_peers.py
needs numpy, pycocotools, opencv-python-headless, Pillow; reads the DAVIS masks of the folder S2D_DATA names
(default ../shared/data). Prints the least processor time of several repetitions, for 100 masks. The string
functions are called in pycocotools' own library through ctypes, less the cost of such calls.
"""
import ctypes
import glob
import os
import time

import cv2
import numpy as np
import pycocotools._mask
from PIL import Image
from pycocotools import mask as coco

cv2.setNumThreads(1)
root = os.environ.get("S2D_DATA", "../shared/data")
names = ("blackswan", "car-roundabout", "libby", "soapbox")
files = [sorted(glob.glob(f"{root}/davis2016-480p/Annotations/{name}/*.png")) for name in names]


def real_masks(count, height, width):
    for i in range(count):
        sequence = files[i % len(files)]
        ids = np.array(Image.open(sequence[i // len(files) % len(sequence)]))
        y = np.arange(height) * ids.shape[0] // height
        x = np.arange(width) * ids.shape[1] // width
        yield (ids[np.ix_(y, x)] != 0).astype(np.uint8)


def seconds(work, repetitions):
    best = 1e9
    for _ in range(repetitions):
        begin = time.thread_time()
        work()
        best = min(best, time.thread_time() - begin)
    return best


def show(name, work, repetitions=7, less=0.0):
    best = seconds(work, repetitions) - less
    print(f"{name:32} {height:5} x {width:<5} {best * 1e6:12.1f} us", flush=True)


class Runs(ctypes.Structure):
    _fields_ = [("h", ctypes.c_ulong), ("w", ctypes.c_ulong), ("m", ctypes.c_ulong),
                ("counts", ctypes.c_void_p)]


library = ctypes.CDLL(pycocotools._mask.__file__)
library.rleToString.restype = ctypes.c_void_p
library.rleFrString.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
free = ctypes.CDLL(None).free
free.argtypes = [ctypes.c_void_p]


def show_strings(texts):
    made = [Runs() for _ in texts]
    pointers = [ctypes.byref(one) for one in made]
    for pointer, text in zip(pointers, texts):
        library.rleFrString(pointer, text, height, width)
    scratch = Runs()
    target = ctypes.byref(scratch)

    def parse():
        for text in texts:
            library.rleFrString(target, text, height, width)
            library.rleFree(target)

    calls = 2 * seconds(lambda: [library.rleFree(target) for _ in texts], 50)
    show("to string", lambda: [free(library.rleToString(one)) for one in pointers], 50, calls)
    show("from string", parse, 50, calls)


def star(i, height, width):
    k = np.arange(60)
    radius = height * (0.25 + 0.05 * ((k * 37 + i * 11) % 7) / 7)
    angle = k * 6.2831853 / 60
    return np.stack([width * 0.45 + i % 24 * 3 + radius * np.cos(angle),
                     height * 0.5 + radius * np.sin(angle)], 1).ravel().tolist()


for height, width in ((480, 854), (720, 1280), (1080, 1920)):
    masks = list(real_masks(100, height, width))
    runs = [coco.encode(np.asfortranarray(mask)) for mask in masks]
    show_strings([one["counts"] for one in runs])
    show("union of 100", lambda: coco.merge(runs))
    show("intersection of 100", lambda: coco.merge(runs, intersect=True))
    outlines = [star(i, height, width) for i in range(100)]
    show("polygon of 60 corners", lambda: [coco.frPyObjects([one], height, width) for one in outlines])
    disk = np.hypot(*np.mgrid[-8:9, -8:9]) <= 8
    show("dilate by a disk of 8", lambda: [cv2.dilate(mask, disk.astype(np.uint8)) for mask in masks], 3)
    show("the same, from runs to runs", lambda: [
        coco.encode(np.asfortranarray(cv2.dilate(coco.decode(one), disk.astype(np.uint8))))
        for one in runs], 3)
    show("components with statistics", lambda: [cv2.connectedComponentsWithStats(mask) for mask in masks], 3)
    show("contours", lambda: [cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
                              for mask in masks], 3)
