"""Keymask discovery: the golden cases of the official program through Python's own tracker."""
import json
import os
import pathlib

import numpy as np
import pytest
import s2d
from s2d import mask

GOLDEN = pathlib.Path(os.environ.get("S2D_GOLDEN", "../shared/golden")) / "keymask"
CASES = {folder.name: json.loads((folder / "case.json").read_text())
         for folder in sorted(GOLDEN.iterdir())} if GOLDEN.is_dir() else {}


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["official"] == "ok"])
def test_compat_equals_the_official_program(name):
    folder, case = GOLDEN / name, CASES[name]
    asked = []

    def tracks(points, frame, index, purpose):
        stem = f"{purpose[:3] if purpose == 'visibility' else 'match'}_f{frame:02}_k{index + 1:02}"
        positions = np.load(folder / f"{stem}_tracks.npy")
        asked.append((stem, points.shape))
        return positions.astype(np.float32) / 16, np.load(folder / f"{stem}_visible.npy")

    masks = [[one["rle"] for one in frame] for frame in case["frames"]]
    found = s2d.discover(masks, tracks=tracks, frame_size=case["image_size"], compat=True)
    assert [[m["frame"], m["id"] - 1] for m in case["masks"]] == found["masks"].tolist()
    assert [m["n_points"] for m in case["masks"]] == found["points"].tolist()
    assert [m["visible"] for m in case["masks"]] == found["visible"].tolist()
    assert [m["label"] for m in case["masks"]] == found["label"].tolist()
    assert ["".join(str(int(b)) for b in row) for row in found["seen"]] == [
        m["binary"] for m in case["masks"]]
    expected = json.loads((folder / "expected_ytvis.json").read_text())["annotations"]
    assert len(found["objects"]) == len(expected)
    for one, annotation in zip(found["objects"], expected):
        frames = [t for t, m in enumerate(annotation["segmentations"]) if m is not None]
        assert sorted({key["frame"] for key in one["keymasks"]}) == frames
    assert len(asked) == len(set(asked))


def test_the_golden_cases_are_there():
    if not CASES:
        pytest.skip(f"SKIPPED: no folder {GOLDEN} (set S2D_GOLDEN to its parent)")


def moving_square(frames=12):
    rng = np.random.default_rng(1)
    ground = rng.integers(0, 255, (90, 140, 3), np.uint8)
    thing = rng.integers(0, 255, (30, 30, 3), np.uint8)
    # Smooth enough for flow.
    for _ in range(4):
        ground = ((ground.astype(int) + np.roll(ground, 1, 0) + np.roll(ground, 1, 1)) // 3).astype(np.uint8)
        thing = ((thing.astype(int) + np.roll(thing, 1, 0) + np.roll(thing, 1, 1)) // 3).astype(np.uint8)
    pictures, masks = np.stack([ground] * frames), np.zeros((frames, 1, 90, 140), bool)
    for t in range(frames):
        pictures[t, 30:60, 20 + 4 * t:50 + 4 * t] = thing
        masks[t, 0, 30:60, 20 + 4 * t:50 + 4 * t] = True
    return pictures, masks


def test_a_moving_square_is_one_object_by_frames_and_by_flow():
    pictures, masks = moving_square()
    by_frames = s2d.discover(masks, frames=pictures)
    by_flow = s2d.discover(list(masks), flow=s2d.estimate_video_flow(pictures), frame_size=(90, 140))
    for found in (by_frames, by_flow):
        assert len(found["objects"]) == 1
        keys = found["objects"][0]["keymasks"]
        assert len(keys) >= 10 and all(0 <= key["coherence"] <= 1 for key in keys)
    assert by_frames["label"].tolist() == by_flow["label"].tolist()


def test_grids_of_small_masks_are_finer_in_videos_of_small_things():
    masks = np.zeros((6, 1, 480, 640), bool)
    for t in range(6):
        masks[t, 0, 201:212, 100 + 3 * t:111 + 3 * t] = True
    still = [np.full((480, 640, 2), (3, 0), np.float32)] * 5
    flow = (still + [None], [None] + [-field for field in still])
    points = {least: s2d.discover(masks, flow=flow, least_points=least)["points"].min()
              for least in (0, 10)}
    assert points[10] >= 4 * max(points[0], 1)
    assert s2d.discover(masks, flow=flow)["points"].tolist() == \
        s2d.discover(masks, flow=flow, least_points=25)["points"].tolist()


def test_nothing_gives_nothing():
    for masks in ([], [None, None], [[], np.zeros((0, 9, 9))]):
        none = [None] * len(masks)
        found = s2d.discover(masks, flow=(none, none))
        assert found["objects"] == [] and found["masks"].shape == (0, 2)


@pytest.mark.parametrize("options, error, text", [
    ({}, TypeError, "expected one of tracks, flow and frames"),
    ({"flow": 3}, TypeError, r"flow is int, expected \(forward, backward\)"),
    ({"flow": ([None], [None])}, ValueError, "frame 1 of 1"),
    ({"frames": np.zeros((12, 90, 140), np.uint8)}, ValueError, r"frames\[0\] is uint8 \[90, 140\]"),
    ({"tracks": lambda *a: 3}, TypeError, "tracks gave int"),
    ({"tracks": lambda p, *a: (np.zeros((12, len(p), 3)), np.zeros((12, len(p)), bool))}, ValueError,
     r"expected \[T, N, 2\]"),
    ({"tracks": lambda p, *a: (np.zeros((5, len(p), 2)), np.zeros((5, len(p)), bool))},
     ValueError, "12"),
    ({"tracks": lambda p, *a: (np.zeros((12, len(p), 2)), np.full((12, len(p)), 0.9))}, TypeError,
     r"visible that tracks gave is float64 \[12, \d+\], expected bool"),
    ({"tracks": lambda *a: 1 / 0}, ZeroDivisionError, "division"),
    ({"tracks": lambda *a: 3, "frame_size": (0, 3)}, ValueError, "frame_size"),
])
def test_bad_input_is_named(options, error, text):
    with pytest.raises(error, match=text):
        s2d.discover(moving_square()[1], **options)
