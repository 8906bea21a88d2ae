"""The other side of the comparison: the same cases by the libraries that people use today.

Each function yields (case, seconds): the least processor time of a call.
"""
import contextlib
import copy
import ctypes
import io
import os
import time

import numpy as np

from inputs import KINDS, load


def least(work, budget=0.5, repetitions=3):
    """As compare::measure: once without being counted, then for `budget` seconds."""
    work()
    best, end, i = 1e300, time.process_time() + budget, 0
    while i < repetitions or time.process_time() < end:
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
        i += 1
    return best


def masks(folder):
    import cv2
    from faster_coco_eval.core import mask as faster
    from pycocotools import mask as coco
    cv2.setNumThreads(1)
    for kind in KINDS:
        rows = load(folder, "masks_" + kind.replace(" ", "_"))
        columns = [np.asfortranarray(m) for m in rows]
        runs = [coco.encode(m) for m in columns]
        real = kind.startswith("real")
        for count in (1, 10, 100, 1000):
            if not real and count > 10:
                continue
            turn = [i % len(rows) for i in range(count)]
            repetitions = 3 if count < 100 else 1
            seconds = least(lambda: [coco.encode(columns[i]) for i in turn], 0.15, repetitions)
            yield f"encode columns {kind} {count}", seconds
            seconds = least(lambda: [coco.encode(np.asfortranarray(rows[i])) for i in turn], 0.15,
                            repetitions)
            yield f"encode rows {kind} {count}", seconds

            def decode(order):
                for i in turn:
                    dense = coco.decode(runs[i])
                    if order == "rows":
                        np.ascontiguousarray(dense)
            seconds = least(lambda: decode("columns"), 0.15, repetitions)
            yield f"decode columns {kind} {count}", seconds
            yield f"decode fresh {kind} {count}", seconds
            yield f"decode rows {kind} {count}", least(lambda: decode("rows"), 0.15, repetitions)
        if kind.endswith("1080"):
            seconds = least(lambda: [cv2.connectedComponentsWithStats(m) for m in rows[:24]], 0.3)
            yield f"components {kind}", seconds
            yield f"components with labels {kind}", seconds
        if kind == "real 1080":
            yield "merge", least(lambda: coco.merge(runs))
            yield "merge faster", least(lambda: faster.merge(runs))
            for case, work in (("encode columns", lambda: [faster.encode(m) for m in columns]),
                               ("decode columns", lambda: [faster.decode(r) for r in runs])):
                yield f"{case} faster", least(work)
            write, parse = string_seconds([r["counts"] for r in runs], *rows[0].shape)
            yield "to_string", write
            yield "from_string", parse


class Runs(ctypes.Structure):
    _fields_ = [("h", ctypes.c_ulong), ("w", ctypes.c_ulong), ("m", ctypes.c_ulong),
                ("counts", ctypes.c_void_p)]


def string_seconds(texts, height, width):
    """pycocotools' own functions called straight, less what such a call costs."""
    import pycocotools._mask
    library = ctypes.CDLL(pycocotools._mask.__file__)
    library.rleToString.restype = ctypes.c_void_p
    library.rleFrString.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
    free = ctypes.CDLL(None).free
    free.argtypes = [ctypes.c_void_p]
    made = [Runs() for _ in texts]
    for runs, text in zip(made, texts):
        library.rleFrString(ctypes.byref(runs), text, height, width)
    pointers = [ctypes.byref(runs) for runs in made]
    scratch = ctypes.byref(Runs())

    def parse():
        for text in texts:
            library.rleFrString(scratch, text, height, width)
            library.rleFree(scratch)

    def write():
        for pointer in pointers:
            free(library.rleToString(pointer))

    def call():
        for _ in texts:
            library.rleFree(scratch)
            library.rleFree(scratch)
    nothing = least(call)
    return least(write) - nothing, least(parse) - nothing


def overlap(folder):
    from faster_coco_eval.core import mask as faster
    from pycocotools import mask as coco
    from trackeval.metrics import TrackMAP
    runs = [coco.encode(np.asfortranarray(m)) for m in load(folder, "iou_720")]
    a, b = runs[::2], runs[1::2]
    yield "iou of runs", least(lambda: coco.iou(a, b, [0] * len(b)))
    yield "iou of runs faster", least(lambda: faster.iou(a, b, [0] * len(b)))
    for kind in ("real", "random"):
        dense = load(folder, f"iou_{kind}_480")

        def product():
            left = dense[::2].reshape(256, -1).astype(np.float32)
            right = dense[1::2].reshape(256, -1).astype(np.float32)
            common = left @ right.T
            whole = left.sum(1)[:, None] + right.sum(1)[None] - common
            return common / np.maximum(whole, 1)
        yield f"iou of dense {kind}", least(product)
        yield f"sum {kind}", float(product().sum(dtype=float))
    quiet = {"USE_TIME_RANGES": False, "PRINT_CONFIG": False}
    metric = TrackMAP(quiet)
    for height in ("480", "720"):
        runs = [coco.encode(np.asfortranarray(m)) for m in load(folder, f"tubes_{height}")]
        tubes = [runs[36 * i:36 * i + 36] for i in range(20)]

        def loop():
            table = np.zeros((10, 10))
            for i, one in enumerate(tubes[:10]):
                for j, other in enumerate(tubes[10:]):
                    common = whole = 0.0
                    for p, q in zip(one, other):
                        common += coco.area(coco.merge([p, q], True))
                        whole += coco.area(coco.merge([p, q], False))
                    table[i, j] = common / whole
            return table
        yield f"tubes {height}", least(loop)
        tracks = [dict(enumerate(tube)) for tube in tubes]
        yield f"tubes {height} trackeval", least(lambda: metric._compute_track_ious(
            tracks[:10], tracks[10:], iou_function="mask", boxformat="xywh"))


def silent(work):
    with contextlib.redirect_stdout(io.StringIO()):
        return work()


def evaluation(folder):
    from pycocotools import mask as coco
    from trackeval.metrics import JAndF, TrackMAP

    def track(way):
        x, y, w, h, dx, skip, _ = way
        masks = {}
        for t in range(30):
            if (t + skip) % 6 == 0:
                continue
            dense = np.zeros((180, 320), np.uint8, order="F")
            dense[y:y + h, (np.arange(x, x + w) + dx * t) % 320] = 1
            masks[t] = coco.encode(dense)
        return masks

    def area(masks):
        return float(np.mean([coco.area(m) for m in masks.values()]))
    ways, videos = load(folder, "ytvis"), {}
    for v in range(300):
        mine = ways[13 * v:13 * v + 13]
        gt = [track(way) for way in mine[:3]]
        dt = [track(way) for way in mine[3:][np.argsort(-mine[3:, 6], kind="stable")]]
        scores = np.sort(mine[3:, 6])[::-1] / 1000
        videos[str(v)] = {
            "gt_track_ids": [1, 2, 3], "dt_track_ids": list(range(1, 11)), "gt_tracks": gt,
            "dt_tracks": dt, "dt_track_scores": list(scores), "iou_type": "mask",
            "gt_track_areas": [area(t) for t in gt], "dt_track_areas": [area(t) for t in dt],
            "gt_track_iscrowd": [0] * 3}
    metric = TrackMAP({"AREA_RANGES": [[0, 128**2], [128**2, 256**2], [256**2, 1e5**2]],
                       "IOU_THRESHOLDS": np.linspace(0.5, 0.95, 10), "USE_TIME_RANGES": False,
                       "MAX_DETECTIONS": 100, "PRINT_CONFIG": False})
    figures = []

    def ytvis():
        result = metric.combine_sequences({k: metric.eval_sequence(v) for k, v in videos.items()})
        figures.append(float(np.mean(result["AP_all"])))
    yield "ytvis", silent(lambda: least(ytvis, 0, 1))
    yield "AP", figures[0]
    if not os.path.exists(os.path.join(folder, "davis_truth.npy")):
        return
    truth, found = ([[coco.encode(np.asfortranarray((ids == n).astype(np.uint8))) for n in (1, 2, 3)]
                     for ids in load(folder, name)] for name in ("davis_truth", "davis_found"))
    data = {"num_timesteps": len(truth), "num_gt_ids": 3, "num_tracker_ids": 3, "gt_dets": truth,
            "tracker_dets": found, "gt_ids": [np.arange(3)] * len(truth),
            "tracker_ids": [np.arange(3)] * len(truth)}

    def davis():
        figures[0] = float(JAndF().eval_sequence(copy.deepcopy(data))["J&F"])
    yield "davis", silent(lambda: least(davis, 0, 2))
    yield "J&F", figures[0]


def tables(folder):
    import lap
    from scipy.optimize import linear_sum_assignment
    from sklearn.cluster import DBSCAN
    for size in ("100x20", "300x300", "1000x1000"):
        cost = load(folder, f"cost_{size}")
        yield f"hungarian {size}", least(lambda: linear_sum_assignment(cost))
        yield f"hungarian {size} lapx", least(lambda: lap.lapjv(cost, extend_cost=True))
        yield f"total {size}", float(cost[linear_sum_assignment(cost)].sum())
    costs = load(folder, "costs_160x100x20")
    yield "hungarian 160", least(lambda: [linear_sum_assignment(c) for c in costs])
    yield "hungarian 160 lapx", least(lambda: [lap.lapjv(c, extend_cost=True) for c in costs])
    for n in ("1000", "10000"):
        rows = load(folder, f"rows_{n}").astype(bool)
        labels = []

        def cluster():
            labels[:] = DBSCAN(eps=0.2, min_samples=5, metric="hamming").fit_predict(rows)
        yield f"dbscan {n}", least(cluster, 0.5, 1)
        yield f"clusters {n}", float(max(labels) + 1)


def flow(folder):
    import cv2
    cv2.setNumThreads(1)
    field = load(folder, "warp_flow")
    h, w = field.shape[1:]
    rows, columns = np.mgrid[:h, :w].astype(np.float32)
    x, y = columns + field[0], rows + field[1]
    map_x, map_y = x.copy(), y.copy()
    for name, file, flag in (("mask", "mask", cv2.INTER_NEAREST), ("gray", "gray", cv2.INTER_LINEAR),
                             ("colour", "colour", cv2.INTER_LINEAR)):
        picture = load(folder, f"warp_{file}")
        out = picture.copy()
        seconds = least(lambda: cv2.remap(picture, x, y, flag, dst=out))
        yield f"warp {name}", seconds

        def from_field():
            np.add(columns, field[0], out=map_x)
            np.add(rows, field[1], out=map_y)
            cv2.remap(picture, map_x, map_y, flag, dst=out)
        yield f"warp {name} field", least(from_field)
    guide = load(folder, "warp_colour").astype(np.float32) / 255
    soft = (load(folder, "warp_mask") > 0).astype(np.float32)
    yield "guided filter, picture", least(lambda: cv2.ximgproc.createGuidedFilter(guide, 27, 1e-3))
    guided = cv2.ximgproc.createGuidedFilter(guide, 27, 1e-3)
    yield "guided filter, map", least(lambda: guided.filter(soft))
    weight = np.add.outer(np.arange(soft.shape[0]), np.arange(soft.shape[1])) % 7
    yield "sum guided", float((guided.filter(soft) * weight.astype(float))[60:-60, 60:-60].sum())
    for size in ("480", "1080"):
        first, second = load(folder, f"frames_{size}")
        truth = load(folder, f"flow_{size}")
        for name in ("fast", "medium"):
            dis = cv2.DISOpticalFlow_create(getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{name.upper()}"))
            yield f"flow {name} {size}", least(lambda: dis.calc(first, second, None))
            error = np.linalg.norm(dis.calc(first, second, None) - truth.transpose(1, 2, 0), axis=2)
            yield f"error {name} {size}", float(np.nanmean(error))


def python(folder):
    """Both sides from Python: (case, seconds of s2d.mask, seconds of pycocotools.mask)."""
    from pycocotools import mask as coco
    from s2d import mask
    rows = load(folder, "masks_real_1080")[:24]
    columns = [np.asfortranarray(m) for m in rows]
    runs = [coco.encode(m) for m in columns]
    out = np.empty_like(columns[0])
    flags = [0] * len(runs)
    for case, ours, theirs in (
            ("encode, column-major", lambda: [mask.encode(m) for m in columns],
             lambda: [coco.encode(m) for m in columns]),
            ("encode, row-major", lambda: [mask.encode(m) for m in rows],
             lambda: [coco.encode(np.asfortranarray(m)) for m in rows]),
            ("decode", lambda: [mask.decode(r) for r in runs], lambda: [coco.decode(r) for r in runs]),
            ("decode, out=", lambda: [mask.decode(r, out=out) for r in runs],
             lambda: [coco.decode(r) for r in runs]),
            ("area", lambda: mask.area(runs), lambda: coco.area(runs)),
            ("toBbox", lambda: mask.toBbox(runs), lambda: coco.toBbox(runs)),
            ("merge", lambda: mask.merge(runs), lambda: coco.merge(runs)),
            ("iou, 24 x 24", lambda: mask.iou(runs, runs, flags),
             lambda: coco.iou(runs, runs, flags))):
        yield case, least(ours, 0.3), least(theirs, 0.3)


GROUPS = {"masks": masks, "overlap": overlap, "evaluation": evaluation, "tables": tables,
          "flow": flow}
