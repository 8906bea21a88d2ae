"""What bench_iou measures, by pycocotools and by float matrix products, one thread.

OPENBLAS_NUM_THREADS=1 python bench/peers/iou_peers.py
needs numpy, pycocotools, Pillow; reads the DAVIS masks of the folder S2D_DATA names (default ../shared/data).
Prints the least processor time of several repetitions.
"""
import numpy as np
from pycocotools import mask as coco

from peer_masks import real_masks, seconds


def split(masks):
    a = [m for i, m in enumerate(masks) if (i + i // 4) % 2 == 0]
    return a, [m for i, m in enumerate(masks) if (i + i // 4) % 2 == 1]


def show(name, time_, pairs):
    print(f"{name:40} {time_ * 1e3:10.3f} ms {time_ / pairs * 1e9:10.1f} ns a pair", flush=True)


for count, height, width in ((1, 720, 1280), (10, 720, 1280), (100, 480, 854), (100, 720, 1280),
                             (100, 1080, 1920)):
    a, b = split([coco.encode(np.asfortranarray(m)) for m in real_masks(2 * count, height, width)])
    show(f"iou of runs {count} x {count}, {height} x {width}",
         seconds(lambda: coco.iou(a, b, [0] * len(b))), count * count)


def by_matrix_product(a, b):
    a = np.stack(a).reshape(len(a), -1).astype(np.float32)
    b = np.stack(b).reshape(len(b), -1).astype(np.float32)
    common = a @ b.T
    either = a.sum(1)[:, None] + b.sum(1)[None] - common
    return common / np.maximum(either, 1)


def ready_matrix_product(a, b):
    return a @ b.T


random = np.random.default_rng(1)
for kind in ("real", "random"):
    masks = (list(real_masks(512, 480, 854)) if kind == "real"
             else list((random.random((512, 480, 854)) < 0.5).astype(np.uint8)))
    a, b = split(masks)
    show(f"iou of dense 256 x 256, 480 x 854, {kind}", seconds(lambda: by_matrix_product(a, b), 3),
         256 * 256)
    flat_a = np.stack(a).reshape(256, -1).astype(np.float32)
    flat_b = np.stack(b).reshape(256, -1).astype(np.float32)
    show(f"  the product alone, {kind}", seconds(lambda: ready_matrix_product(flat_a, flat_b), 3),
         256 * 256)


def tube_ious(a, b):
    """As the YouTube-VIS evaluator sums it up."""
    table = np.zeros((len(a), len(b)))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            common = either = 0.0
            for p, q in zip(one, other):
                common += coco.area(coco.merge([p, q], True))
                either += coco.area(coco.merge([p, q], False))
            table[i, j] = common / either
    return table


for height, width in ((480, 854), (720, 1280)):
    runs = [coco.encode(np.asfortranarray(m)) for m in real_masks(200, height, width)]
    tubes = [[runs[(i % 4) + 4 * ((t + i) % 50)] for t in range(36)] for i in range(20)]
    show(f"iou of tubes 10 x 10 x 36, {height} x {width}",
         seconds(lambda: tube_ious(tubes[:10], tubes[10:]), 3), 3600)
