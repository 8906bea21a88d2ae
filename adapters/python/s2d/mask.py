"""Run-length masks with the names, arguments and results of pycocotools.mask.

    from s2d import mask          # instead of: from pycocotools import mask

R is a dictionary {"size": [h, w], "counts": bytes}; a list of them, Rs, gives a list or an array.
Taken besides: arrays of any order and of bool, integers or floats (what is not zero is foreground,
where pycocotools compares bytes: a picture of 0 and 255 or of 0, 1 and 2 is encoded right), counts
as str or as plain run lengths, single objects wherever lists are. Refused with ValueError, where
pycocotools answers nonsense or crashes: damaged counts, masks of different sizes in iou and merge,
polygons of fewer than three corners or half a corner.
"""
import numpy as np

from . import _core


def encode(bimask):
    """The runs of a mask [h, w], or the list of those of n masks [h, w, n]."""
    return _core.encode(bimask)


def decode(rleObjs, out=None):
    """uint8 [h, w] of one R, [h, w, n] of a list, in column-major order; 1 is foreground.

    out  uint8 [h, w] of the caller in any order, for one R: written to and returned; making no new
         array saves more time than decoding takes
    """
    if out is not None:
        _core.decode_into(rleObjs, out)
        return out
    if isinstance(rleObjs, dict):
        return _core.decode([rleObjs])[:, :, 0]
    return _core.decode(rleObjs)


def area(rleObjs):
    """Number of foreground pixels: uint32, or an array [n] of them."""
    return _core.area([rleObjs])[0] if isinstance(rleObjs, dict) else _core.area(rleObjs)


def toBbox(rleObjs):
    """x, y, width and height of the smallest box: float64 [4], or [n, 4]; all 0 where empty."""
    if isinstance(rleObjs, dict):
        return _core.bounding_boxes([rleObjs])[0]
    return _core.bounding_boxes(rleObjs)


def merge(rleObjs, intersect=0):
    """The union of the masks of a list, or what is common to all of them."""
    if len(rleObjs) == 0:
        return {"size": [0, 0], "counts": b""}
    return _core.merge(_listed(rleObjs), bool(intersect))


def iou(dt, gt, pyiscrowd):
    """Intersection over union of n detections and m truths: float64 [n, m], [] if one has none.

    dt, gt     two lists of R, or boxes x, y, width, height: arrays [n, 4] or lists of four
    pyiscrowd  [m] flags; the overlap with a crowd is the share of the detection that lies in it
    """
    dt, gt = _listed(dt), _listed(gt)
    if len(dt) == 0 or len(gt) == 0:
        return []
    crowd = np.asarray(pyiscrowd).astype(bool)
    if crowd.shape != (len(gt),):
        raise ValueError(f"iou: pyiscrowd is {list(crowd.shape)}, expected [{len(gt)}] as gt")
    if _are_runs(dt) and _are_runs(gt):
        return np.asfortranarray(_core.iou(dt, gt, crowd=crowd))
    if _are_runs(dt) or _are_runs(gt):
        raise TypeError("iou: one of dt and gt holds masks and the other boxes, expected one kind")
    return _box_iou(_boxes("dt", dt), _boxes("gt", gt), crowd)


def frPyObjects(pyobj, h, w):
    """Polygons, boxes or uncompressed run lengths as R.

    pyobj  a list of polygons [x0, y0, x1, y1, ...], of boxes [x, y, width, height] or of
           {"size": [h, w], "counts": [...]}, an array [n, 4] of boxes, or one of them
    h, w   size of the mask; run lengths bring their own
    """
    if isinstance(pyobj, dict):
        return _core.from_runs(pyobj)
    if not isinstance(pyobj, (list, tuple, np.ndarray)):
        raise TypeError(f"frPyObjects: pyobj is {type(pyobj).__name__}, expected polygons, boxes "
                        "or dictionaries with size and counts")
    if len(pyobj) > 0 and np.isscalar(pyobj[0]):
        return _from_numbers(pyobj, h, w)
    return [_core.from_runs(one) if isinstance(one, dict) else _from_numbers(one, h, w)
            for one in pyobj]


def _listed(objects):
    return [objects] if isinstance(objects, dict) else objects


def _from_numbers(numbers, h, w):
    return (_core.from_box if len(numbers) == 4 else _core.from_polygon)(numbers, h, w)


def _are_runs(objects):
    return not isinstance(objects, np.ndarray) and any(isinstance(one, dict) for one in objects)


def _boxes(name, objects):
    try:
        boxes = np.array(objects, dtype=np.float64)
    except (TypeError, ValueError):
        boxes = np.empty(0)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"iou: {name} is {type(objects).__name__} {list(np.shape(boxes))}, "
                         "expected dictionaries with size and counts, or boxes [n, 4]")
    return boxes


def _box_iou(dt, gt, crowd):
    dt, gt = dt[:, None], gt[None]
    ends = np.minimum(dt[..., :2] + dt[..., 2:], gt[..., :2] + gt[..., 2:])
    sides = np.maximum(ends - np.maximum(dt[..., :2], gt[..., :2]), 0)
    common = sides[..., 0] * sides[..., 1]
    own, other = dt[..., 2] * dt[..., 3], gt[..., 2] * gt[..., 3]
    whole = np.where(crowd, own, own + other - common)
    return np.asfortranarray(np.divide(common, whole, out=np.zeros_like(common), where=common > 0))
