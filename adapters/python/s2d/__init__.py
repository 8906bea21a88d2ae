"""Unsupervised video segmentation primitives on NumPy arrays.

Masks are arrays (bool, integers or floats; non-zero is foreground), [h, w] alone and [n, h, w] in
numbers, or run lengths in the dictionaries of COCO, {"size": [h, w], "counts": bytes, str or list}.
`s2d.mask` stands in for `pycocotools.mask`. Wrong types raise TypeError, wrong values ValueError;
both say what was found and what was expected. Long work lets other threads of Python run.
"""
from . import mask
from ._core import (consistent_pixels, davis_f, davis_j, dbscan, discover, estimate_flow,
                    estimate_video_flow, evaluate_coco, evaluate_davis, evaluate_ytvis, hungarian,
                    hungarian_batch, iou, nms, nms_tubes, tube_iou, warp, warp_back)

__all__ = ["consistent_pixels", "davis_f", "davis_j", "dbscan", "discover", "estimate_flow",
           "estimate_video_flow", "evaluate_coco", "evaluate_davis", "evaluate_ytvis", "hungarian",
           "hungarian_batch", "iou", "mask", "nms", "nms_tubes", "tube_iou", "warp", "warp_back"]
