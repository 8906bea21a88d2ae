"""s2d.mask: NumPy conventions, the traps of pycocotools, bad input. Parity is in test_parity.py."""
import numpy as np
import pytest
from s2d import mask

SMALL = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]], np.uint8)
RUNS = {"size": [4, 5], "counts": b"5220003"}


def test_encode_gives_what_pycocotools_gives():
    assert mask.encode(np.asfortranarray(SMALL)) == RUNS
    stack = np.stack([SMALL, 1 - SMALL], axis=2)
    first, second = mask.encode(np.asfortranarray(stack))
    assert first == RUNS and second["counts"] != RUNS["counts"]
    assert mask.encode(stack[:, :, :0]) == []


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int32", "int64", "float32",
                                   "float64"])
def test_any_order_stride_and_element_type_is_encoded_alike(dtype):
    for made in (SMALL.astype(dtype), np.asfortranarray(SMALL.astype(dtype)),
                 np.repeat(np.repeat(SMALL, 3, 0), 2, 1).astype(dtype)[::3, ::2],
                 SMALL.astype(dtype)[::-1, ::-1][::-1, ::-1]):
        assert mask.encode(made) == RUNS
        made.setflags(write=False)
        assert mask.encode(made) == RUNS
    assert mask.encode(SMALL.astype(dtype).T)["size"] == [5, 4]


def test_other_byte_orders_and_fields_of_records_are_encoded():
    assert mask.encode(SMALL.astype(">i2")) == RUNS
    records = np.zeros(SMALL.shape, [("tag", "u1"), ("value", "i4")])
    records["value"] = SMALL
    assert mask.encode(records["value"]) == RUNS


def test_single_objects_are_lists_of_one():
    assert mask.iou(RUNS, [RUNS], [0]) == mask.iou([RUNS], RUNS, [0]) == [[1.0]]
    assert mask.merge(RUNS) == RUNS


def test_sizes_may_be_whole_floats():
    floats = {"size": [4.0, np.float64(5)], "counts": RUNS["counts"]}
    assert mask.area(floats) == mask.area(RUNS)
    box = mask.frPyObjects([[1, 1, 3, 2]], 4.0, 5.0)
    assert box == mask.frPyObjects([[1, 1, 3, 2]], 4, 5)


def test_whatever_is_not_zero_is_foreground():
    row = np.array([[0, 1, 2, 2, 1, 0, 255, 255]], np.uint8)
    assert mask.area(mask.encode(row)) == 6
    assert mask.area(mask.encode(np.array([[-0.0, np.nan, 0.5, np.inf]]))) == 3


def test_decode_gives_column_major_bytes():
    one = mask.decode(RUNS)
    assert one.dtype == np.uint8 and one.flags.f_contiguous and (one == SMALL).all()
    many = mask.decode([RUNS, RUNS])
    assert many.shape == (4, 5, 2) and many.flags.f_contiguous and (many[:, :, 1] == SMALL).all()
    assert mask.decode([]).shape == (0, 0, 0)
    many[0, 0, 0] = 7  # the array is the caller's


def test_decode_writes_into_an_array_of_the_caller():
    for out in (np.full((4, 5), 9, np.uint8), np.full((4, 5), 9, np.uint8, order="F"),
                np.full((8, 15), 9, np.uint8)[::2, ::3]):
        assert mask.decode(RUNS, out=out) is out and (out == SMALL).all()
    frozen = np.zeros((4, 5), np.uint8)
    frozen.setflags(write=False)
    for out in (frozen, np.zeros((4, 5)), np.zeros(20, np.uint8), [0]):
        with pytest.raises(TypeError, match="expected a writable uint8"):
            mask.decode(RUNS, out=out)
    with pytest.raises(ValueError, match="sizes differ"):
        mask.decode(RUNS, out=np.zeros((5, 4), np.uint8))


@pytest.mark.parametrize("counts", [b"5220003", "5220003", [5, 2, 2, 2, 2, 2, 5],
                                    (5, 2, 2, 2, 2, 2, 5), np.array([5, 2, 2, 2, 2, 2, 5])])
def test_counts_may_be_bytes_text_or_numbers(counts):
    runs = {"size": (4, 5), "counts": counts}
    assert (mask.decode(runs) == SMALL).all()
    assert mask.area(runs) == 6 and mask.frPyObjects(runs, 4, 5) == RUNS


def test_area_and_box_have_the_types_of_pycocotools():
    assert isinstance(mask.area(RUNS), np.uint32)
    assert mask.area([RUNS, RUNS]).dtype == np.uint32
    assert mask.area([]).shape == (0,)
    assert mask.toBbox(RUNS).tolist() == [1, 1, 3, 2] and mask.toBbox(RUNS).dtype == np.float64
    assert mask.toBbox([RUNS]).shape == (1, 4) and mask.toBbox([]).shape == (0, 4)


def test_the_box_of_an_empty_mask_is_zero():
    assert mask.toBbox({"size": [10, 10], "counts": [100, 0]}).tolist() == [0, 0, 0, 0]


def test_merge_of_none_one_and_many():
    assert mask.merge([]) == {"size": [0, 0], "counts": b""}
    other = mask.encode(np.roll(SMALL, 1, axis=1))
    assert mask.merge([RUNS]) == RUNS
    assert mask.area(mask.merge([RUNS, other])) == 8
    assert mask.area(mask.merge([RUNS, other, RUNS], intersect=True)) == 4


def test_iou_of_masks_crowds_and_empty_lists():
    other = mask.encode(np.roll(SMALL, 1, axis=1))
    table = mask.iou([RUNS], [RUNS, other, other], [0, 0, 1])
    assert table.dtype == np.float64 and table.shape == (1, 3)
    assert table.tolist() == [[1, 0.5, 4 / 6]]
    assert mask.iou([], [RUNS], [0]) == [] and mask.iou([RUNS], [], []) == []
    empty = {"size": [4, 5], "counts": [20]}
    assert mask.iou([empty], [empty], [0]).tolist() == [[0]]


def test_iou_of_boxes():
    table = mask.iou([[0, 0, 2, 2]], np.array([[1, 1, 2, 2], [5, 5, 1, 1], [0, 0, 4, 4]]), [0, 0, 1])
    assert table.tolist() == [[1 / 7, 0, 1]]


def test_polygons_boxes_and_runs_become_masks():
    assert mask.frPyObjects([[1, 1, 3, 2]], 4, 5) == [mask.frPyObjects([1, 1, 3, 2], 4, 5)]
    assert mask.frPyObjects(np.array([[1, 1, 3, 2]]), 4, 5) == mask.frPyObjects([[1, 1, 3, 2]], 4, 5)
    assert mask.frPyObjects([1, 1, 3, 2], 4, 5) == RUNS
    assert mask.frPyObjects([1, 1, 4, 1, 4, 3, 1, 3], 4, 5) == RUNS
    assert mask.frPyObjects([{"size": [4, 5], "counts": [5, 2, 2, 2, 2, 2, 5]}], 4, 5) == [RUNS]
    assert mask.frPyObjects([], 4, 5) == []


def test_long_runs_and_far_deltas_survive():
    lengths = [0, 2**31 - 7, 1, 2**30, 1, 2**29]
    lengths.append(2**16 * (2**16 - 1) - sum(lengths))
    runs = mask.frPyObjects({"size": [2**16, 2**16 - 1], "counts": lengths}, 0, 0)
    assert mask.area(runs) == 2**31 - 7 + 2**30 + 2**29
    assert mask.merge([runs]) == runs


def test_damaged_counts_are_refused():
    for counts in (b"5220003P", b"P", b"52200", b"5220003\x00", "5220003\u20ac", b"9", [19], [21, -1],
                   [2**40], [-20]):
        with pytest.raises(ValueError):
            mask.decode({"size": [4, 5], "counts": counts})
    for size in ([-4, -5], [4, -5]):
        with pytest.raises(ValueError):
            mask.decode({"size": size, "counts": b"5220003"})


def test_masks_of_different_sizes_are_refused():
    other = {"size": [5, 4], "counts": b"5220003"}
    for call in (lambda: mask.merge([RUNS, other]), lambda: mask.iou([RUNS], [other], [0]),
                 lambda: mask.decode([RUNS, other])):
        with pytest.raises(ValueError, match="4 x 5"):
            call()


@pytest.mark.parametrize("call, error, text", [
    (lambda: mask.encode([[0, 1]]), TypeError, "list, expected an array"),
    (lambda: mask.encode(SMALL[0]), ValueError, r"uint8 \[5\], expected an array \[h, w\]"),
    (lambda: mask.encode(SMALL.astype(complex)), TypeError, "complex128"),
    (lambda: mask.encode(SMALL.astype("S1")), TypeError, "S1"),
    (lambda: mask.encode(np.array([["a"]])), TypeError, "<U1"),
    (lambda: mask.decode(SMALL), TypeError, r"uint8 \[4, 5\], expected a list"),
    (lambda: mask.decode([SMALL]), TypeError, "expected a dictionary with size and counts"),
    (lambda: mask.decode({"size": [4, 5]}), TypeError, "counts"),
    (lambda: mask.decode({"size": [4], "counts": b""}), TypeError, "height, width"),
    (lambda: mask.decode({"size": 4, "counts": b""}), TypeError, "height, width"),
    (lambda: mask.decode({"size": ["4", 5], "counts": b""}), TypeError, "height, width"),
    (lambda: mask.decode({"size": [4, 5], "counts": 3}), TypeError, "int, expected bytes"),
    (lambda: mask.decode({"size": [4, 5], "counts": [20.0]}), TypeError, "float, expected an int"),
    (lambda: mask.area({"size": {4: 0, 5: 0}, "counts": b"3"}), TypeError, "size is"),
    (lambda: mask.area({"size": {4, 5}, "counts": b"3"}), TypeError, "size is"),
    (lambda: mask.area({"size": [4], "counts": b"3"}), TypeError, "size is"),
    (lambda: mask.area({"size": [4.5, 5], "counts": b"3"}), TypeError, "size is"),
    (lambda: mask.area({"size": [4, 5], "counts": bytearray(b"3")}), TypeError, "bytearray"),
    (lambda: mask.area([RUNS, None]), TypeError, r"rleObjs\[1\] is NoneType"),
    (lambda: mask.iou([RUNS], [[0, 0, 1, 1]], [0]), TypeError, "one kind"),
    (lambda: mask.iou([[0, 0, 1]], [[0, 0, 1, 1]], [0]), ValueError, r"boxes \[n, 4\]"),
    (lambda: mask.iou([RUNS], [RUNS], []), ValueError, r"\[0\], expected \[1\]"),
    (lambda: mask.iou([RUNS, None], [RUNS], [0]), TypeError, r"\[1\] is NoneType, expected a dict"),
    (lambda: mask.iou([None, RUNS], [RUNS], [0]), TypeError, r"\[0\] is NoneType, expected an array"),
    (lambda: mask.frPyObjects("text", 4, 5), TypeError, "str"),
    (lambda: mask.frPyObjects([[1, 1, 3, 2]], None, 5), TypeError,
     "frPyObjects: h is NoneType, expected a whole number, 0 or more"),
    (lambda: mask.frPyObjects([[1, 1, 3, 3, 4, 4]], 4, -5), ValueError,
     "frPyObjects: w is -5, expected a whole number, 0 or more"),
    (lambda: mask.frPyObjects([[1, 1, 3, 3, 4, 4]], 4.5, 5), TypeError, "h is 4.5, expected"),
    (lambda: mask.frPyObjects([[1, 1, 3]], 4, 5), ValueError, "corners"),
    (lambda: mask.frPyObjects([[1, 1, 3, 3, 4, 4, 5]], 4, 5), ValueError, "corner"),
    (lambda: mask.frPyObjects([[1, 1, 3, float("nan"), 4, 4]], 4, 5), ValueError, "-1e6"),
    (lambda: mask.frPyObjects([["a", 1, 3, 3, 4, 4]], 4, 5), TypeError, "polygon"),
])
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()
