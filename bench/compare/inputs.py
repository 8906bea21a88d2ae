"""Makes the inputs of the comparison: .npy files that both sides read.

Real masks and frames come from DAVIS (folder S2D_DATA, default ../shared/data), scaled up by nearest
neighbour to 720p and 1080p; the rest is random with fixed seeds.
"""
import glob
import os
import sys

import numpy as np
from PIL import Image

DATA = os.environ.get("S2D_DATA", "../shared/data")
KINDS = ("real 240", "real 480", "real 720", "real 1080", "random1 1080", "random10 1080",
         "random50 1080")
SIZES = {240: (240, 427), 480: (480, 854), 720: (720, 1280), 1080: (1080, 1920)}


def picture(file, size, resample):
    image = Image.open(file)
    return np.array(image if image.size == size[::-1] else image.resize(size[::-1], resample))


def real_masks(count, height):
    """Masks of different sequences in turn, frame after frame."""
    source = "240p" if height == 240 else "480p"
    folders = sorted(glob.glob(f"{DATA}/davis2016-{source}/Annotations/*"))
    files = [sorted(glob.glob(f"{folder}/*.png")) for folder in folders]
    if not files:
        sys.exit(f"compare: no masks in {DATA}/davis2016-{source}/Annotations: set S2D_DATA")
    chosen = [files[i % len(files)][i // len(files) % len(files[i % len(files)])]
              for i in range(count)]
    made = {f: (picture(f, SIZES[height], Image.NEAREST) > 0).astype(np.uint8) for f in set(chosen)}
    return np.stack([made[f] for f in chosen])


def masks(rng):
    for kind in KINDS:
        name, height = kind.split()
        if name == "real":
            yield f"masks_{name}_{height}", real_masks(100, int(height))
        else:
            density = int(name[6:]) / 100
            yield f"masks_{name}_{height}", (rng.random((10, 1080, 1920)) < density).astype(np.uint8)


def overlap(rng):
    yield "iou_720", real_masks(200, 720)
    yield "iou_real_480", real_masks(512, 480)
    yield "iou_random_480", (rng.random((512, 480, 854)) < 0.5).astype(np.uint8)
    for height in (480, 720):
        frames = real_masks(200, height)
        order = [[(i % 4) + 4 * ((t + i) % 50) for t in range(36)] for i in range(20)]
        yield f"tubes_{height}", frames[np.ravel(order)]


def evaluation(rng):
    ways = []
    for _ in range(300):
        objects = [[*rng.integers((200, 60, 100, 80, 4, 6)), 0] for _ in range(3)]
        for one in objects:
            one[2] += 20
            one[3] += 20
        ways += objects
        for d in range(10):
            x, y, w, h, dx, _, _ = objects[d % 3]
            ways.append([x + rng.integers(12), y + rng.integers(12), w, h, dx, rng.integers(6),
                         rng.integers(1000)])
    yield "ytvis", np.array(ways, np.int64)
    for name, folder in (("davis_truth", "osvos"), ("davis_found", "rvos")):
        files = sorted(glob.glob(f"{DATA}/davis2017-evaluation/{folder}/soapbox/*.png"))
        if files:
            yield name, np.stack([np.array(Image.open(file)) for file in files]).astype(np.uint8)


def tables(rng):
    for n, m in ((100, 20), (300, 300), (1000, 1000)):
        yield f"cost_{n}x{m}", rng.random((n, m))
    yield "costs_160x100x20", rng.random((160, 100, 20))
    for n in (1000, 10000):
        first = (np.arange(n)[:, None] % 4) * 12
        rows = (np.arange(100) >= first) & (np.arange(100) < first + 50)
        yield f"rows_{n}", (rows ^ (rng.random((n, 100)) < 0.02)).astype(np.uint8)


def smooth_field(h, w, limit):
    """A turn, a growth and waves, at most `limit` pixels."""
    y, x = np.mgrid[:h, :w].astype(np.float32)
    y, x = (y - h / 2) / w, (x - w / 2) / w
    field = np.stack([0.5 - y + 0.4 * x + 0.3 * np.sin(6 * y + 1), x - 0.4 + 0.3 * np.cos(5 * x)])
    return (field * limit / np.linalg.norm(field, axis=0).max()).astype(np.float32)


def flow(rng):
    import cv2
    h, w = SIZES[1080]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    yield "warp_flow", np.stack([6 * np.sin(0.01 * x + 0.003 * y), 5 * np.cos(0.012 * y)])
    yield "warp_mask", real_masks(1, 1080)[0]
    yield "warp_gray", rng.integers(0, 256, (h, w), np.uint8)
    yield "warp_colour", rng.integers(0, 256, (h, w, 3), np.uint8)
    file = sorted(glob.glob(f"{DATA}/davis2016-480p/JPEGImages/*/*.jpg"))[10]
    for height in (480, 1080):
        second = cv2.resize(cv2.imread(file, 0), SIZES[height][::-1], interpolation=cv2.INTER_CUBIC)
        h, w = second.shape
        field = smooth_field(h, w, w / 40)
        y, x = np.mgrid[:h, :w].astype(np.float32)
        x, y = x + field[0], y + field[1]
        first = cv2.remap(second, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        field[:, (x < 0) | (y < 0) | (x > w - 1) | (y > h - 1)] = np.nan
        yield f"frames_{height}", np.stack([first, second])
        yield f"flow_{height}", field


GROUPS = {"masks": masks, "overlap": overlap, "evaluation": evaluation, "tables": tables,
          "flow": flow}


def make(group, folder):
    """Writes the files of a group, unless they are there."""
    done = os.path.join(folder, f"{group}.done")
    if os.path.exists(done):
        return
    for name, array in GROUPS[group](np.random.default_rng(1)):
        np.save(os.path.join(folder, name + ".npy"), np.ascontiguousarray(array))
    open(done, "w").close()


def load(folder, name):
    return np.load(os.path.join(folder, name + ".npy"))
