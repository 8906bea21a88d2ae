"""Writes ap.txt: random data sets of masks and tubes and the figures that pycocotools (2.0.11) gives.

python tests/eval/golden/make_ap.py > tests/eval/golden/ap.txt      needs numpy, pycocotools

A data set: "kind height width frames truths detections", then a line for each truth ("group category
crowd area string ..."), each detection ("group category score string ..."), one string a frame ("-"
where there is no mask), then the figures by category, those of each category (number, AP, AP50,
AR100), and the class-agnostic figures. Kinds: masks, tubes. A tube is judged by pycocotools as the one
mask that its frames make side by side, with the mean area of the frames that have pixels: so the IoU
is that of YouTube-VIS, and its area classes are set.
"""
import contextlib
import io

import numpy as np
from pycocotools import mask as coco
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random = np.random.default_rng(4)


def blot(height, width):
    y, x = np.mgrid[:height, :width]
    cy, cx = random.uniform(0, height), random.uniform(0, width)
    ry, rx = np.exp(random.uniform(np.log(4), np.log(height), 2)) / 2
    return ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1


def near(mask):
    """A detection of a truth: moved, or cut."""
    moved = np.roll(mask, random.integers(-6, 7, 2), (-2, -1))
    if random.random() < 0.3:
        moved[..., : mask.shape[-1] // 2] = False
    return moved


def figures(truth, results, by_category, tubes):
    with contextlib.redirect_stdout(io.StringIO()):
        data = COCO()
        data.dataset = truth
        data.createIndex()
        found = data.loadRes([dict(r) for r in results])
        for annotation, result in zip(found.dataset["annotations"], results):
            if tubes:
                annotation["area"] = result["mean_area"]
        run = COCOeval(data, found, "segm")
        run.params.useCats = by_category
        if tubes:
            run.params.areaRng = [[0, 1e10], [0, 128**2], [128**2, 256**2], [256**2, 1e10]]
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


def mean(values):
    values = values[values > -1]
    return float(values.mean()) if values.size else -1.0


for case in range(10):
    tubes = case >= 6
    height, width = ((120, 160), (40, 56), (300, 400))[case % 3] if not tubes else (
        ((300, 300), (60, 80))[case % 2])
    frames = int(random.integers(2, 6)) if tubes else 1
    truths, results, lines = [], [], []
    truth_lines, result_lines = [], []

    def add(group, category, masks):
        present = masks.any((-2, -1))
        text = [coco.encode(np.asfortranarray(m.astype(np.uint8)))["counts"].decode() if p else "-"
                for m, p in zip(masks, present)]
        joined = np.concatenate(list(masks), 1).astype(np.uint8)
        areas = masks.sum((-2, -1))[present]
        area = float(areas.mean()) if areas.size else 0.0
        return text, coco.encode(np.asfortranarray(joined)), area

    groups = int(random.integers(3, 9))
    for group in range(1, groups + 1):
        for _ in range(int(random.integers(0, 5))):
            category = int(random.integers(1, 4))
            masks = np.stack([blot(height, width)] * frames)
            for t in range(frames):
                masks[t] = np.roll(masks[t], (t, 2 * t), (0, 1))
                if tubes and random.random() < 0.2:
                    masks[t] = False
            crowd = int(not tubes and random.random() < 0.15)
            text, runs, area = add(group, category, masks)
            if not tubes and random.random() < 0.3:
                area += 0.5  # stated areas need not be those of the masks
            truths.append({"id": len(truths) + 1, "image_id": group, "category_id": category,
                           "iscrowd": crowd, "area": area, "segmentation": runs,
                           "bbox": [0, 0, 1, 1]})
            truth_lines.append(" ".join([str(group), str(category), str(crowd), repr(area), *text]))
            for _ in range(int(random.integers(0, 4))):
                guess = near(masks)
                text, runs, area = add(group, category, guess)
                kind = category if random.random() < 0.8 else int(random.integers(1, 5))
                score = round(float(random.random()), 1)
                results.append({"image_id": group, "category_id": kind, "score": score,
                                "segmentation": runs, "mean_area": area})
                result_lines.append(" ".join([str(group), str(kind), repr(score), *text]))
        for _ in range(int(random.integers(0, 4)) if case != 4 else 120):
            kind = int(random.integers(1, 4))
            text, runs, area = add(group, kind, np.stack([blot(height, width)] * frames))
            score = round(float(random.random()), 2)
            results.append({"image_id": group, "category_id": kind, "score": score,
                            "segmentation": runs, "mean_area": area})
            result_lines.append(" ".join([str(group), str(kind), repr(score), *text]))
    truth = {"images": [{"id": g, "height": height, "width": width * frames}
                        for g in range(1, groups + 1)],
             "annotations": truths, "categories": [{"id": c} for c in range(1, 5)], "info": {}}
    print("tubes" if tubes else "masks", height, width, frames, len(truths), len(results))
    print("\n".join(truth_lines + result_lines))
    run = figures(truth, results, 1, tubes)
    print(*(repr(float(v)) for v in run.stats))
    precision, recall = run.eval["precision"], run.eval["recall"]
    kept = [k for k in range(4) if (precision[:, :, k, 0, 2] > -1).any()]
    print(len(kept))
    for k in kept:
        print(run.params.catIds[k], repr(mean(precision[:, :, k, 0, 2])),
              repr(mean(precision[0, :, k, 0, 2])), repr(mean(recall[:, k, 0, 2])))
    print(*(repr(float(v)) for v in figures(truth, results, 0, tubes).stats))
