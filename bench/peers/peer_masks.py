"""What the programs beside it share: real masks, the least processor time of some work, pycocotools' own library.

Needs numpy, pycocotools, Pillow; reads the DAVIS masks of the folder S2D_DATA names (default ../shared/data).
"""
import ctypes
import glob
import os
import time

import numpy as np
import pycocotools._mask
from PIL import Image

ROOT = os.environ.get("S2D_DATA", "../shared/data")
NAMES = ("blackswan", "car-roundabout", "libby", "soapbox")


def real_masks(count, height, width):
    """As bench/real_masks.hpp takes them: one of each sequence in turn, nearest to the size."""
    files = [sorted(glob.glob(f"{ROOT}/davis2016-480p/Annotations/{name}/*.png")) for name in NAMES]
    for i in range(count):
        sequence = files[i % len(files)]
        ids = np.array(Image.open(sequence[i // len(files) % len(sequence)]))
        y = np.arange(height) * ids.shape[0] // height
        x = np.arange(width) * ids.shape[1] // width
        yield (ids[np.ix_(y, x)] != 0).astype(np.uint8)


def seconds(work, repetitions=7):
    """The least processor time of several repetitions."""
    best = 1e9
    for _ in range(repetitions):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


class Runs(ctypes.Structure):
    _fields_ = [("h", ctypes.c_ulong), ("w", ctypes.c_ulong), ("m", ctypes.c_ulong),
                ("counts", ctypes.c_void_p)]


library = ctypes.CDLL(pycocotools._mask.__file__)
library.rleToString.restype = ctypes.c_void_p
library.rleFrString.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
free = ctypes.CDLL(None).free
free.argtypes = [ctypes.c_void_p]


def string_seconds(texts, height, width, repetitions):
    """To write and to read all strings by pycocotools' own functions, less the cost of such calls; their runs."""
    made = [Runs() for _ in texts]
    pointers = [ctypes.byref(one) for one in made]
    for pointer, text in zip(pointers, texts):
        library.rleFrString(pointer, text, height, width)
    target = ctypes.byref(Runs())

    def parse():
        for text in texts:
            library.rleFrString(target, text, height, width)
            library.rleFree(target)

    calls = 2 * seconds(lambda: [library.rleFree(target) for _ in texts], repetitions)
    write = seconds(lambda: [free(library.rleToString(one)) for one in pointers], repetitions)
    return write - calls, seconds(parse, repetitions) - calls, sum(one.m for one in made)
