"""IoU of lists and tubes, non-maximum suppression: against the definitions."""
import numpy as np
import pytest
import s2d
from masks import blobs
from s2d import mask


def stack(seed, n, h=37, w=70):
    return np.ascontiguousarray(blobs(np.random.default_rng(seed), n, h, w).transpose(2, 0, 1))


def definition(a, b, over, when_empty):
    common = np.einsum("ihw,jhw->ij", a.astype(int), b.astype(int))
    left, right = a.sum((1, 2), dtype=int)[:, None], b.sum((1, 2), dtype=int)[None]
    whole = {"either": left + right - common, "smaller": np.minimum(left, right),
             "first": left + 0 * right}[over]
    return np.where(whole == 0, when_empty, common / np.maximum(whole, 1))


@pytest.mark.parametrize("over", ["either", "smaller", "first"])
@pytest.mark.parametrize("when_empty", [0, 1])
def test_iou_is_the_definition_in_every_form(over, when_empty):
    a, b = stack(1, 7), stack(2, 5)
    expected = definition(a, b, over, when_empty)
    runs = [mask.encode(m) for m in a], [mask.encode(m) for m in b]
    for left, right in ((a, b), (a.astype(bool), list(b)), runs, (runs[0], b.astype(np.float32)),
                        (np.asfortranarray(a), b.astype(np.int64)), (a[:, ::-1], b[:, ::-1])):
        table = s2d.iou(left, right, over=over, when_empty=when_empty)
        assert table.dtype == np.float64 and np.array_equal(table, expected)


def test_crowds_are_divided_by_the_first():
    a, b = stack(3, 4), stack(4, 3)
    table = s2d.iou(a, b, crowd=[False, True, False])
    assert (s2d.iou(a, b, crowd=np.array([0, 256, 0])) == table).all()
    assert np.array_equal(table[:, 1], definition(a, b, "first", 0)[:, 1])
    assert np.array_equal(table[:, 0], definition(a, b, "either", 0)[:, 0])


def test_empty_lists_give_empty_tables():
    a = stack(1, 2)
    assert s2d.iou(a[:0], a).shape == (0, 2) and s2d.iou(a, []).shape == (2, 0)
    assert s2d.nms(a[:0], []).shape == (0,) and s2d.tube_iou([], []).shape == (0, 0)


def tubes(seed, n, frames):
    dense = stack(seed, n * frames).reshape(n, frames, 37, 70)
    absent = np.random.default_rng(seed).random((n, frames)) < 0.3
    return dense, absent, [[None if absent[i, t] else mask.encode(dense[i, t])
                            for t in range(frames)] for i in range(n)]


def test_tube_iou_sums_over_frames():
    a, no_a, left = tubes(5, 3, 4)
    b, no_b, right = tubes(6, 2, 4)
    for absent in ("ignored", "empty"):
        table = s2d.tube_iou(left, right, absent=absent)
        for i in range(3):
            for j in range(2):
                common = whole = 0
                for t in range(4):
                    p, q = a[i, t] * (not no_a[i, t]), b[j, t] * (not no_b[j, t])
                    if absent == "empty" or not (no_a[i, t] or no_b[j, t]):
                        common, whole = common + (p & q).sum(), whole + (p | q).sum()
                assert table[i, j] == (common / whole if whole else 0)
    whole = s2d.tube_iou(a, b)
    assert np.array_equal(whole, s2d.tube_iou([[mask.encode(m) for m in tube] for tube in a], list(b)))


def test_nms_keeps_the_best():
    a = stack(7, 9)
    scores = np.array([3, 9, 9, 1, 5, 5, 2, 8, 0], np.float32)
    table = definition(a, a, "either", 0)
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if all(table[k, i] <= 0.4 for k in kept):
            kept.append(i)
    for masks in (a, [mask.encode(m) for m in a]):
        found = s2d.nms(masks, scores, threshold=0.4)
        assert found.dtype == np.int64 and found.tolist() == kept
    assert s2d.nms_tubes(a[:, None], scores, threshold=0.4).tolist() == kept


@pytest.mark.parametrize("call, error, text", [
    (lambda a: s2d.iou(a, a[:, :5]), ValueError, "sizes differ, 37 x 70 and 5 x 70"),
    (lambda a: s2d.iou(a[0], a), ValueError, r"a is uint8 \[37, 70\], expected an array \[n, h, w\]"),
    (lambda a: s2d.iou(a, "x"), TypeError, "b is str"),
    (lambda a: s2d.iou(a, [a[0], None]), TypeError, r"b\[1\] is NoneType"),
    (lambda a: s2d.iou([mask.encode(a[0]), None], a), TypeError,
     r"a\[1\] is NoneType, expected a dictionary with size and counts"),
    (lambda a: s2d.iou([None, mask.encode(a[0])], a), TypeError,
     r"a\[0\] is NoneType, expected an array \[h, w\] or a dictionary"),
    (lambda a: s2d.iou(a, a, over="both"), ValueError, "'both', expected one of 'either'"),
    (lambda a: s2d.iou(a, a, crowd=[1]), ValueError, "1 crowd flags, expected 2"),
    (lambda a: s2d.iou(a, a, crowd=[0.5, 0]), TypeError, "expected bool or integer"),
    (lambda a: s2d.nms(a, [1]), ValueError, "1 scores, expected 2"),
    (lambda a: s2d.nms(a, [1, float("nan")]), ValueError, "not a number"),
    (lambda a: s2d.nms(a, [1, 2], threshold=2), ValueError, "threshold is 2"),
    (lambda a: s2d.nms(a, ["x", "y"]), TypeError, "scores"),
    (lambda a: s2d.tube_iou([a], 3), TypeError, "b is int, expected a list of tubes"),
    (lambda a: s2d.tube_iou([[3]], [a]), TypeError, r"a\[0\]\[0\] is int"),
    (lambda a: s2d.tube_iou([a], [a[:, :5]]), ValueError, "sizes differ"),
])
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call(stack(1, 2))
