"""What bench_eval measures, by TrackEval (its metric classes), one thread.

OPENBLAS_NUM_THREADS=1 python bench/peers/eval_peers.py
needs numpy, scipy, pycocotools, opencv, scikit-image, Pillow, trackeval; S2D_DATA as bench_eval.
Prints the least processor time of the repetitions and the figure that both must agree on. Reading files and
making masks is not measured; TrackEval gets masks in the form it works on (COCO run lengths).
"""
import contextlib
import copy
import glob
import io
import os
import time

import cv2
import numpy as np
from PIL import Image
from pycocotools import mask as coco
from trackeval.metrics import JAndF, TrackMAP

cv2.setNumThreads(1)
root = os.environ.get("S2D_DATA", "../shared/data")


def best_of(work, inputs):
    best = 1e9
    for each in inputs:
        begin = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            result = work(each)
        best = min(best, time.process_time() - begin)
    return best, result


def encoded(mask):
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))


def sequence(folder):
    files = sorted(glob.glob(f"{root}/davis2017-evaluation/{folder}/soapbox/*.png"))
    ids = [np.array(Image.open(file)) for file in files]
    return [[encoded(frame == n) for n in (1, 2, 3)] for frame in ids]


truth, found = sequence("osvos"), sequence("rvos")
data = {"num_timesteps": len(truth), "num_gt_ids": 3, "num_tracker_ids": 3, "gt_dets": truth,
        "tracker_dets": found, "gt_ids": [np.arange(3)] * len(truth),
        "tracker_ids": [np.arange(3)] * len(truth)}
seconds, result = best_of(JAndF().eval_sequence, [copy.deepcopy(data) for _ in range(3)])
print(f"J&F of soapbox: {seconds * 1e3:.1f} ms, J&F {result['J&F']:.6f}", flush=True)

for height, width, radius in ((480, 854, 8), (720, 1280, 12), (1080, 1920, 18)):
    y, x = np.mgrid[:height, :width]
    edges = (np.abs((y - height / 2) ** 2 + (x - width / 2) ** 2 - (height / 4) ** 2)
             < height / 2).astype(np.uint8)
    offsets = np.arange(-radius, radius + 1)
    disk = (offsets[:, None] ** 2 + offsets**2 <= radius**2).astype(np.uint8)
    seconds, _ = best_of(lambda _: cv2.dilate(edges, disk), range(20))
    print(f"dilate by a disk of {radius}, {height} x {width}: {seconds * 1e6:.0f} us", flush=True)

state = 1


def below(n):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % n


def make(x, y, w, h, dx, skip):
    track = {}
    for t in range(30):
        if (t + skip) % 6 == 0:
            continue
        mask = np.zeros((180, 320), np.uint8)
        mask[y:y + h, (np.arange(x, x + w) + dx * t) % 320] = 1
        track[t] = encoded(mask)
    return track


videos = []
for v in range(300):
    ways, gt, dt, scores = [], [], [], []
    for _ in range(3):
        x, y, w, h, dx, skip = (below(200), below(60), 20 + below(100), 20 + below(80), below(4),
                                below(6))
        ways.append((x, y, w, h, dx))
        gt.append(make(x, y, w, h, dx, skip))
    for d in range(10):
        x, y, w, h, dx = ways[d % 3]
        x, y, skip = x + below(12), y + below(12), below(6)
        scores.append(below(1000) / 1000)
        dt.append(make(x, y, w, h, dx, skip))
    order = np.argsort(-np.array(scores), kind="mergesort")
    area = lambda track: float(np.mean([coco.area(m) for m in track.values()]))
    videos.append({
        "gt_track_ids": [1, 2, 3], "dt_track_ids": list(range(1, 11)), "gt_tracks": gt,
        "dt_tracks": [dt[i] for i in order], "dt_track_scores": [scores[i] for i in order],
        "gt_track_areas": [area(t) for t in gt], "dt_track_areas": [area(dt[i]) for i in order],
        "gt_track_iscrowd": [0] * 3, "iou_type": "mask"})

metric = TrackMAP({"USE_AREA_RANGES": True, "AREA_RANGES": [[0, 128**2], [128**2, 256**2],
                                                            [256**2, 1e5**2]],
                   "USE_TIME_RANGES": False, "MAX_DETECTIONS": 100, "PRINT_CONFIG": False})


def evaluate(_):
    return metric.combine_sequences({str(i): metric.eval_sequence(v)
                                     for i, v in enumerate(videos)})


seconds, result = best_of(evaluate, range(1))
print(f"YouTube-VIS AP of 300 videos: {seconds * 1e3:.0f} ms, AP {np.mean(result['AP_all']):.6f}")
