"""DAVIS and average precision: by hand, and pycocotools' COCOeval where it is installed."""
import contextlib
import io

import numpy as np
import pytest
import s2d
from masks import blob
from s2d import mask


def test_j_and_f_by_hand():
    truth, found = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    truth[5:15, 5:15], found[5:15, 10:20] = True, True
    assert s2d.davis_j(truth, found) == 50 / 150
    assert s2d.davis_j(truth * False, found * False) == 1
    assert s2d.davis_f(truth, truth) == 1 and s2d.davis_f(truth, found * False) == 0
    assert s2d.davis_f(truth, found, tolerance=5) > s2d.davis_f(truth, found, tolerance=1) > 0


def test_a_video_of_two_objects():
    rng = np.random.default_rng(1)
    truth = np.zeros((2, 5, 40, 50), bool)
    truth[0, :, 5:20, 5:20], truth[1, :, 20:35, 25:45] = True, True
    found = truth ^ (rng.random(truth.shape) < 0.02)
    semi = s2d.evaluate_davis(truth, found)
    for i, one in enumerate(semi["objects"]):
        assert one["J"]["per_frame"] == pytest.approx(
            [(a & b).sum() / (a | b).sum() for a, b in zip(truth[i], found[i])], abs=1e-12)
        assert one["F"]["per_frame"].tolist() == [
            s2d.davis_f(a, b) for a, b in zip(truth[i], found[i])]
        assert one["J"]["mean"] == pytest.approx(one["J"]["per_frame"].mean())
    assert semi["J&F"] == pytest.approx((semi["J"] + semi["F"]) / 2)
    swapped = s2d.evaluate_davis(truth, found[::-1], protocol="unsupervised")
    assert [one["proposal"] for one in swapped["objects"]] == [1, 0]
    assert swapped["J&F"] == pytest.approx(semi["J&F"])
    lists = s2d.evaluate_davis([[mask.encode(m) for m in one] for one in truth], list(found))
    assert lists["J&F"] == semi["J&F"]
    ignored = s2d.evaluate_davis(truth, found, void_pixels=(truth ^ found).any(0))
    assert ignored["J"] == 1


def tube_annotations():
    square = np.zeros((40, 60), np.uint8)
    square[5:25, 5:25] = 1
    tube = [mask.encode(np.roll(square, t, 1)) for t in range(4)] + [None]
    truths = [{"video_id": 1, "category_id": 3, "iscrowd": 0, "segmentations": tube}]
    return truths, {"video_id": 1, "category_id": 3, "score": 0.9, "segmentations": tube}


def test_tubes_that_are_right_and_wrong():
    truths, right = tube_annotations()
    wrong = dict(right, score=0.95, segmentations=[None] + right["segmentations"][:4])
    perfect = s2d.evaluate_ytvis([right], truths)
    assert perfect["AP"] == pytest.approx(1) and perfect["AR1"] == pytest.approx(1)
    assert perfect["categories"][3]["AP"] == perfect["AP"]
    both = s2d.evaluate_ytvis([right, wrong], truths, by_category=False)
    assert both["AR10"] == pytest.approx(1) and both["AP"] < 1
    assert s2d.evaluate_ytvis([], truths)["AP"] == 0 and s2d.evaluate_ytvis([], [])["AP"] == -1


@pytest.mark.parametrize("crowd", [True, 1, 1.0, np.bool_(True), np.uint8(1)])
def test_crowds_may_be_flags_of_any_kind(crowd):
    square = np.zeros((40, 60), bool)
    square[5:25, 5:25] = True
    truth = {"image_id": 1, "category_id": 3, "segmentation": square}
    found = dict(truth, score=0.9)
    counted = s2d.evaluate_coco([found], [dict(truth, iscrowd=type(crowd)(0))])
    assert counted["AP"] == pytest.approx(1)
    assert s2d.evaluate_coco([found], [dict(truth, iscrowd=crowd)])["AP"] == -1


@pytest.mark.parametrize("size, error", [
    (None, TypeError), (-1, ValueError), ("2", TypeError), (0.5, TypeError), (1j, TypeError)])
def test_sizes_are_named(size, error):
    t, f = tube_annotations()
    dense = np.zeros((1, 2, 3, 4))
    for name, call in (
            ("evaluate_ytvis: threads", lambda: s2d.evaluate_ytvis([f], t, threads=size)),
            ("evaluate_coco: threads", lambda: s2d.evaluate_coco([], [], threads=size)),
            ("evaluate_davis: threads", lambda: s2d.evaluate_davis(dense, dense, threads=size)),
            ("evaluate_davis: max_proposals",
             lambda: s2d.evaluate_davis(dense, dense, max_proposals=size)),
            ("hungarian_batch: threads", lambda: s2d.hungarian_batch([], threads=size)),
            ("dbscan: min_samples", lambda: s2d.dbscan(dense[0, 0], 0.5, min_samples=size)),
            ("estimate_video_flow: longer_side",
             lambda: s2d.estimate_video_flow([], longer_side=size)),
            ("estimate_video_flow: threads", lambda: s2d.estimate_video_flow([], threads=size)),
            ("discover: grid", lambda: s2d.discover([], flow=([], []), grid=size)),
            ("discover: min_samples", lambda: s2d.discover([], flow=([], []), min_samples=size)),
            ("discover: threads", lambda: s2d.discover([], flow=([], []), threads=size))):
        with pytest.raises(error, match=f"{name} is .*, expected a whole number, 0 or more"):
            call()


@pytest.mark.parametrize("seed", range(3))
def test_cocoeval_gives_the_same(seed):
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    rng = np.random.default_rng(seed)
    truths, found = [], []
    for image in range(1, 13):
        for _ in range(int(rng.integers(0, 6))):
            dense = blob(rng, 100, 120)
            truths.append({"id": len(truths) + 1, "image_id": image,
                           "category_id": int(rng.integers(1, 4)), "segmentation": mask.encode(dense),
                           "area": float(dense.sum()), "iscrowd": int(rng.random() < 0.1)})
            for _ in range(int(rng.integers(0, 4))):
                moved = np.asfortranarray(np.roll(dense, tuple(rng.integers(-9, 9, 2)), (0, 1)))
                found.append({"image_id": image, "category_id": truths[-1]["category_id"],
                              "segmentation": mask.encode(moved), "score": float(rng.random())})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": [{"id": i, "height": 100, "width": 120} for i in range(1, 13)],
                         "categories": [{"id": c} for c in range(1, 4)], "annotations": truths}
        truth.createIndex()
        theirs = COCOeval(truth, truth.loadRes([dict(one) for one in found]), "segm")
        theirs.evaluate()
        theirs.accumulate()
        theirs.summarize()
    ours = s2d.evaluate_coco(found, truths)
    names = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
    assert [ours[name] for name in names] == pytest.approx(theirs.stats.tolist(), abs=1e-12)


@pytest.mark.parametrize("call, error, text", [
    (lambda t, f: s2d.evaluate_ytvis([dict(f, score="x")], t), TypeError, r"found\[0\]: score is str"),
    (lambda t, f: s2d.evaluate_ytvis([{"video_id": 1}], t), TypeError, "has no category_id"),
    (lambda t, f: s2d.evaluate_ytvis([f], [{"video_id": 1, "category_id": 1}]), TypeError,
     r"truths\[0\] has no segmentations"),
    (lambda t, f: s2d.evaluate_ytvis([f], [dict(t[0], iscrowd="1")]), TypeError,
     r"truths\[0\]: iscrowd is str, expected a boolean or a number"),
    (lambda t, f: s2d.evaluate_ytvis(f, t), TypeError, "expected a list of dictionaries"),
    (lambda t, f: s2d.evaluate_ytvis([dict(f, score=float("nan"))], t), ValueError, "not a number"),
    (lambda t, f: s2d.davis_j(np.zeros((3, 4)), np.zeros((4, 3))), ValueError, "sizes differ"),
    (lambda t, f: s2d.evaluate_davis([], []), ValueError, "no object"),
    (lambda t, f: s2d.evaluate_davis(np.zeros((1, 2, 3, 4)), np.zeros((1, 3, 3, 4))), ValueError,
     "3 frames, expected 2"),
    (lambda t, f: s2d.evaluate_davis(np.zeros((1, 2, 3, 4)), [], protocol="x"), ValueError,
     "'semi_supervised', 'unsupervised'"),
])
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call(*tube_annotations())
