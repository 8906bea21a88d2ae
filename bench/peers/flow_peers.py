"""OpenCV on the inputs of bench_flow and bench_warp, one thread: DIS and remap.

python bench/peers/flow_peers.py      needs numpy, opencv-python-headless
Prints the least processor time of many repetitions, in milliseconds.
"""
import time

import cv2
import numpy as np

cv2.setNumThreads(1)


def frame_at(t, h, w):
    y, x = np.mgrid[:h, :w].astype(float)
    left = x < w // 2
    x, y = x - t * np.where(left, 3, -2), y - t * np.where(left, 1, 2)
    total = 128 + sum(14 * np.sin(0.09 * k * (x * np.cos(k * k) + y * np.sin(k * k)) + k) for k in range(1, 9))
    return np.clip(total, 0, 255).astype(np.uint8)


def least(call, repetitions=20):
    best = 1e30
    for _ in range(repetitions):
        start = time.thread_time()
        call()
        best = min(best, time.thread_time() - start)
    return 1e3 * best


for h, w in ((240, 428), (480, 854), (1080, 1920)):
    a, b = frame_at(0, h, w), frame_at(1, h, w)
    for name in ('FAST', 'MEDIUM'):
        dis = cv2.DISOpticalFlow_create(getattr(cv2, 'DISOPTICAL_FLOW_PRESET_' + name))
        print(f'DIS {name.lower():8s} {h:4d} x {w:4d} {least(lambda: dis.calc(a, b, None)):9.3f}')
for h, w in ((240, 428), (480, 854), (1080, 1920)):
    y, x = np.mgrid[:h, :w].astype(np.float32)
    map_x, map_y = x + 6 * np.sin(0.01 * x + 0.003 * y), y + 5 * np.cos(0.012 * y)
    random = np.random.default_rng(1)
    for label, picture in (('bytes', random.integers(0, 256, (h, w), np.uint8)),
                           ('floats', random.uniform(0, 256, (h, w)).astype(np.float32)),
                           ('colour', random.integers(0, 256, (h, w, 3), np.uint8))):
        out = picture.copy()
        for name in ('NEAREST', 'LINEAR'):
            flag = getattr(cv2, 'INTER_' + name)
            ms = least(lambda: cv2.remap(picture, map_x, map_y, flag, dst=out))
            print(f'remap {label:7s} {name.lower():8s} {h:4d} x {w:4d} {ms:9.3f}')
