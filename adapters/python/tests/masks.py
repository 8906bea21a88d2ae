"""Masks for the tests: random blots, noise, and what is awkward."""
import numpy as np


def blob(rng, h, w):
    """A rough ellipse, noise, or nothing: uint8 [h, w] in column-major order."""
    kind = rng.integers(6)
    if kind == 0 or h * w == 0:
        mask = np.zeros((h, w))
    elif kind == 1:
        mask = np.ones((h, w))
    elif kind == 2:
        mask = rng.random((h, w)) < rng.random()
    else:
        y, x = np.mgrid[:h, :w]
        cy, cx = rng.random(2) * (h, w)
        radius = rng.random() * max(h, w)
        mask = np.hypot(y - cy, x - cx) + rng.random((h, w)) * 2 < radius
    return np.asfortranarray(mask.astype(np.uint8))


def blobs(rng, n, h, w):
    return np.asfortranarray(np.stack([blob(rng, h, w) for _ in range(n)], axis=2))


def sizes(rng):
    return (int(v) for v in rng.integers(1, 70, 2))
