"""s2d.mask beside pycocotools.mask itself, where that is installed."""
import numpy as np
import pytest
from masks import blob, blobs, sizes
from s2d import mask

coco = pytest.importorskip("pycocotools.mask")


def same(ours, theirs):
    assert type(ours) is type(theirs), (type(ours), type(theirs))
    if isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        assert np.array_equal(ours, theirs)
    else:
        assert ours == theirs


@pytest.mark.parametrize("seed", range(20))
def test_fifty_random_cases_of_every_function(seed):
    rng = np.random.default_rng(seed)
    for _ in range(50):
        h, w = sizes(rng)
        n = int(rng.integers(1, 6))
        dense = blobs(rng, n, h, w)
        runs = coco.encode(dense)
        same(mask.encode(dense), runs)
        same(mask.encode(dense[:, :, 0]), coco.encode(dense[:, :, 0]))
        for given in (runs, runs[0]):
            same(mask.decode(given), coco.decode(given))
            same(mask.area(given), coco.area(given))
            same(mask.toBbox(given), coco.toBbox(given))
        for intersect in (0, 1, True):
            same(mask.merge(runs, intersect), coco.merge(runs, intersect))
        other = coco.encode(blobs(rng, int(rng.integers(1, 4)), h, w))
        crowd = rng.integers(0, 2, len(other)).tolist()
        same(mask.iou(runs, other, crowd), coco.iou(runs, other, crowd))


@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_random_polygons_boxes_and_run_lengths(seed):
    rng = np.random.default_rng(seed)
    for _ in range(100):
        h, w = sizes(rng)
        corners = int(rng.integers(3, 9))
        polygons = [(rng.normal(0.5, 0.5, 2 * corners) * max(h, w)).tolist() for _ in range(3)]
        polygons.append([float(v) for v in rng.integers(0, 30, 2 * corners)])
        same(mask.frPyObjects(polygons, h, w), coco.frPyObjects(polygons, h, w))
        boxes = rng.normal(0.3, 0.4, (4, 4)) * max(h, w)
        boxes[:, 2:] = abs(boxes[:, 2:])
        same(mask.frPyObjects(boxes, h, w), coco.frPyObjects(boxes, h, w))
        others = rng.integers(0, 12, (5, 4)).astype(float)
        crowd = rng.integers(0, 2, 5).tolist()
        same(mask.iou(boxes, others, crowd), coco.iou(boxes, others, crowd))
        same(mask.iou(boxes.tolist(), others.tolist(), crowd),
             coco.iou(boxes.tolist(), others.tolist(), crowd))
        column = blob(rng, h, w).ravel(order="F")
        changes = np.flatnonzero(np.diff(np.concatenate([[0], column])))
        lengths = np.diff(np.concatenate([[0], changes, [h * w]])).tolist()
        plain = {"size": [h, w], "counts": lengths}
        same(mask.frPyObjects(plain, h, w), coco.frPyObjects(plain, h, w))
        same(mask.frPyObjects([plain], h, w), coco.frPyObjects([plain], h, w))


def test_results_of_one_are_read_by_the_other():
    rng = np.random.default_rng(3)
    dense = blobs(rng, 4, 48, 37)
    assert np.array_equal(coco.decode(mask.encode(dense)), dense)
    assert np.array_equal(mask.decode(coco.encode(dense)), dense)


def test_degenerate_shapes():
    for shape in ((0, 5), (5, 0), (1, 1), (4, 5, 0)):
        dense = np.zeros(shape, np.uint8, order="F")
        same(mask.encode(dense), coco.encode(dense))
    same(mask.merge([]), coco.merge([]))
    same(mask.area([]), coco.area([]))
    same(mask.toBbox([]), coco.toBbox([]))
    assert mask.iou([], [], []) == coco.iou([], [], []) == []
