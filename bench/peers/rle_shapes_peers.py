"""pycocotools and OpenCV on the masks of bench_rle_shapes, one thread.

python bench/peers/rle_shapes_peers.py
needs numpy, pycocotools, opencv-python-headless, Pillow; reads the DAVIS masks of the folder S2D_DATA names
(default ../shared/data). Prints the least processor time of several repetitions, for 100 masks. The string
functions are called in pycocotools' own library through ctypes, less the cost of such calls.
"""
import cv2
import numpy as np
from pycocotools import mask as coco

from peer_masks import real_masks, seconds, string_seconds

cv2.setNumThreads(1)


def show(name, best, height, width):
    print(f"{name:32} {height:5} x {width:<5} {best * 1e6:12.1f} us", flush=True)


def star(i, height, width):
    k = np.arange(60)
    radius = height * (0.25 + 0.05 * ((k * 37 + i * 11) % 7) / 7)
    angle = k * 6.2831853 / 60
    return np.stack([width * 0.45 + i % 24 * 3 + radius * np.cos(angle),
                     height * 0.5 + radius * np.sin(angle)], 1).ravel().tolist()


for height, width in ((480, 854), (720, 1280), (1080, 1920)):
    masks = list(real_masks(100, height, width))
    runs = [coco.encode(np.asfortranarray(mask)) for mask in masks]

    def timed(name, work, repetitions=7):
        show(name, seconds(work, repetitions), height, width)

    write, parse, _ = string_seconds([one["counts"] for one in runs], height, width, 50)
    show("to string", write, height, width)
    show("from string", parse, height, width)
    timed("union of 100", lambda: coco.merge(runs))
    timed("intersection of 100", lambda: coco.merge(runs, intersect=True))
    outlines = [star(i, height, width) for i in range(100)]
    timed("polygon of 60 corners", lambda: [coco.frPyObjects([one], height, width) for one in outlines])
    disk = np.hypot(*np.mgrid[-8:9, -8:9]) <= 8
    timed("dilate by a disk of 8", lambda: [cv2.dilate(mask, disk.astype(np.uint8)) for mask in masks], 3)
    timed("the same, from runs to runs", lambda: [
        coco.encode(np.asfortranarray(cv2.dilate(coco.decode(one), disk.astype(np.uint8))))
        for one in runs], 3)
    timed("components with statistics", lambda: [cv2.connectedComponentsWithStats(mask) for mask in masks], 3)
    timed("contours", lambda: [cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
                              for mask in masks], 3)
