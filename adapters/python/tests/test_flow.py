"""Flow and warping: a moved picture, the definition of the warp, bad input."""
import numpy as np
import pytest
import s2d
from s2d import mask


def picture(h=64, w=90):
    y, x = np.mgrid[:h, :w]
    return (128 + 60 * np.sin(0.3 * x + 0.1 * y) + 50 * np.cos(0.2 * y - 0.15 * x)).astype(np.uint8)


def shift(h, w, u, v):
    return np.broadcast_to(np.float32([u, v]), (h, w, 2))


@pytest.mark.parametrize("preset", ["fast", "medium"])
def test_flow_finds_a_shift(preset):
    first = picture()
    second = np.roll(first, (1, 2), (0, 1))
    flow = s2d.estimate_flow(first, second, preset)
    assert flow.shape == (64, 90, 2) and flow.dtype == np.float32
    assert np.median(flow, axis=(0, 1)) == pytest.approx([2, 1], abs=0.2)
    colour = [np.repeat(p[..., None], 3, axis=2) for p in (first, second)]
    assert np.median(s2d.estimate_flow(*colour, preset), axis=(0, 1)) == pytest.approx([2, 1], abs=0.2)


def test_flow_of_a_video_is_absent_at_the_ends():
    first = np.repeat(picture()[..., None], 3, axis=2)
    frames = np.stack([first, np.roll(first, 2, 1), np.roll(first, 4, 1)])
    seen = []
    forward, backward = s2d.estimate_video_flow(
        frames, longer_side=0, progress=lambda *a: seen.append(a))
    assert forward[2] is None and backward[0] is None and seen[-1] == ("flow", 3, 3)
    assert np.median(forward[1][..., 0]) == pytest.approx(2, abs=0.2)
    assert np.median(backward[1][..., 0]) == pytest.approx(-2, abs=0.2)
    good = s2d.consistent_pixels(forward[0], backward[1])
    assert good.dtype == bool and good.mean() > 0.8


def test_work_ends_where_progress_says_so():
    frames = np.zeros((3, 20, 20, 3), np.uint8)
    with pytest.raises(RuntimeError, match="cancelled"):
        s2d.estimate_video_flow(frames, progress=lambda *a: False)
    with pytest.raises(ZeroDivisionError):
        s2d.estimate_video_flow(frames, progress=lambda *a: 1 / 0)


def test_whole_shifts_move_whole_pixels_in_every_type():
    gray = picture(20, 30)
    flow = shift(20, 30, 3, 2)
    expected = np.zeros_like(gray)
    expected[:18, :27] = gray[2:, 3:]
    for x in (gray, gray.astype(np.float32), np.repeat(gray[..., None], 3, 2), gray[::-1][::-1]):
        warped = s2d.warp_back(x, flow)
        assert warped.dtype == x.dtype and warped.shape == x.shape
        assert np.array_equal(warped[..., 0] if x.ndim == 3 else warped, expected)
    dense = gray > 128
    assert np.array_equal(s2d.warp_back(dense, flow), expected > 128)
    assert np.array_equal(mask.decode(s2d.warp_back(mask.encode(dense), flow)), expected > 128)
    moved, covered = s2d.warp(gray, flow, filter="nearest")
    assert np.array_equal(moved[2:, 3:], gray[:18, :27]) and covered[2:, 3:].all()
    assert covered.dtype == bool and not covered[:2].any() and not covered[:, :3].any()
    assert np.array_equal(s2d.warp(dense, flow, filter="nearest")[2:, 3:], dense[:18, :27])


def test_bilinear_is_the_mean_of_neighbours():
    x = np.float32([[0, 10], [20, 30]])
    assert s2d.warp_back(x, shift(2, 2, 0.5, 0.5))[0, 0] == 15
    assert s2d.warp_back(x, shift(2, 2, 5, 0), border="replicate")[0, 0] == 10
    assert s2d.warp_back(x, shift(2, 2, 5, 0), fill=7)[0, 0] == 7


@pytest.mark.parametrize("call, error, text", [
    (lambda x: s2d.estimate_flow(x, x[:5]), ValueError, "sizes differ"),
    (lambda x: s2d.estimate_flow(x, x.astype(float)), TypeError, "second is float64"),
    (lambda x: s2d.estimate_flow(x, x, "slow"), ValueError, "'fast', 'medium'"),
    (lambda x: s2d.estimate_flow(x, 3), TypeError, "second is int"),
    (lambda x: s2d.estimate_video_flow(x), ValueError, r"frames\[0\] is uint8 \[30\]"),
    (lambda x: s2d.warp_back(x, x), ValueError, r"flow is float32 \[20, 30\]"),
    (lambda x: s2d.warp_back(x, shift(20, 29, 0, 0)), ValueError, "20 x 29, expected 20 x 30"),
    (lambda x: s2d.warp_back(x.astype(np.int32), shift(20, 30, 0, 0)), TypeError, "x is int32"),
    (lambda x: s2d.warp_back(x, shift(20, 30, 0, 0), filter="cubic"), ValueError, "'nearest'"),
    (lambda x: s2d.warp_back(x, shift(20, 30, 0, 0), fill=300), ValueError, "fill is 300"),
])
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call(picture(20, 30))
