"""Makes the files of this folder with other tools (Pillow, OpenCV, NumPy, pycocotools).

python3 make_files.py   writes into the folder of this script
"""
import json
import os
import struct
import zlib

import cv2
import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

os.chdir(os.path.dirname(os.path.abspath(__file__)))

# A picture whose pixel (y, x) is (8 x, 16 y, 128): 9 x 14.
y, x = np.mgrid[0:9, 0:14]
picture = np.stack([8 * x, 16 * y, np.full_like(x, 128)], -1).astype(np.uint8)
Image.fromarray(picture).save("pillow.png")
Image.fromarray(picture).save("pillow.bmp")
Image.fromarray(picture).save("pillow.jpg", quality=95, subsampling=0)
Image.fromarray(picture).save("progressive.jpg", quality=95, subsampling=0, progressive=True)
Image.fromarray(picture).convert("L").save("gray.jpg", quality=95)
cv2.imwrite("opencv.png", picture[:, :, ::-1])
cv2.imwrite("opencv.jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
Image.fromarray(np.dstack([picture, np.full((9, 14), 7, np.uint8)])).save("alpha.png")

# Masks of 5 x 7: id (x + y) % 3 unless said otherwise.
y, x = np.mgrid[0:5, 0:7]
ids = ((x + y) % 3).astype(np.uint8)
indexed = Image.fromarray(ids, "P")
indexed.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
indexed.save("indexed.png")  # Pillow packs few ids into 2 bits
indexed.save("indexed_8bit.png", bits=8)
Image.fromarray((ids > 0).astype(np.uint8) * 255, "L").save("gray_255.png")
Image.fromarray(ids, "L").save("gray_ids.png")
Image.fromarray(ids > 0).save("one_bit.png")
Image.fromarray(ids.astype(np.uint16) * 100).save("gray_16bit.png")
Image.fromarray(ids.astype(np.uint16) * 300).save("gray_16bit_large.png")
colours = np.array([[0, 0, 0], [200, 10, 10], [10, 200, 10]], np.uint8)[ids]
Image.fromarray(colours).save("colours.png")
Image.fromarray(np.dstack([colours, np.full((5, 7), 255, np.uint8)])).save("colours_alpha.png")


def chunk(kind, body):
    data = kind + body
    return struct.pack(">I", len(body)) + data + struct.pack(">I", zlib.crc32(data))


# Pillow writes no interlaced files: the seven passes of Adam7, one filter byte a row.
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
          (1, 0, 2, 1)]
rows = b"".join(b"\0" + row.tobytes() for y0, x0, dy, dx in passes if ids[y0::dy, x0::dx].size
                for row in ids[y0::dy, x0::dx])
with open("interlaced.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 7, 5, 8, 3, 0, 0, 1))
               + chunk(b"PLTE", bytes([0, 0, 0, 128, 0, 0, 0, 128, 0]))
               + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
many = np.zeros((20, 20, 3), np.uint8)
many[:, :, 0] = np.arange(400).reshape(20, 20) % 256
many[:, :, 1] = np.arange(400).reshape(20, 20) // 256
Image.fromarray(many).save("too_many_colours.png")

np.save("c_order.npy", np.arange(24, dtype=np.int16).reshape(2, 3, 4))
np.save("fortran_order.npy", np.asfortranarray(np.arange(24, dtype=np.float64).reshape(2, 3, 4)))
np.save("number.npy", np.float32(2.5))
np.save("empty.npy", np.zeros((0, 3), np.int64))
np.save("flags.npy", np.array([True, False, True]))
np.save("half.npy", np.zeros(3, np.float16))
np.save("big_endian.npy", np.zeros(3, ">i4"))
np.save("objects.npy", np.array([{}, None], object))
np.save("fields.npy", np.zeros(2, [("a", "i4"), ("b", "f4")]))
with open("version_3.npy", "wb") as file:
    np.lib.format.write_array(file, np.arange(5, dtype=np.uint8), version=(3, 0))

# One object as pycocotools and common exporters write it: a 6 x 8 video of 3 frames.
mask = np.zeros((6, 8), np.uint8)
mask[1:4, 2:5] = 1
compressed = coco_mask.encode(np.asfortranarray(mask))
compressed["counts"] = compressed["counts"].decode()
flat = mask.flatten(order="F").tolist()
counts, value, run = [], 0, 0
for pixel in flat:
    if pixel != value:
        counts.append(run)
        value, run = pixel, 0
    run += 1
counts.append(run)
polygon = [2, 1, 5, 1, 5, 4, 2, 4]
from_polygon = coco_mask.merge(coco_mask.frPyObjects([polygon], 6, 8))
assert coco_mask.area(from_polygon) == 9
json.dump({
    "info": {"description": "quote \" and ü", "year": 2026.0},
    "licenses": [],
    "annotations": [
        {"id": 1.0, "video_id": 7, "category_id": 3, "iscrowd": False, "occlusion": ["none", 1],
         "height": 6, "width": 8, "length": 1,
         "segmentations": [compressed, None, {"counts": [float(c) for c in counts],
                                              "size": [6, 8]}],
         "bboxes": [[2.0, 1.0, 3.0, 3.0], None, None], "areas": [9, None, None]},
        {"id": 2, "video_id": 7, "segmentations": [None, [polygon], polygon]},
    ],
    "videos": [{"id": 7, "width": 8.0, "height": 6, "length": 3, "date_captured": None,
                "file_names": ["a b/0 \u00e4.jpg", "a b/1.jpg", "a b/2.jpg"]}],
    "categories": [{"id": 3, "name": "caf\u00e9", "color": [1, 2, 3]}],
}, open("exporter_ytvis.json", "w"))
json.dump([{"video_id": 7, "score": 0.5, "category_id": 3, "segmentations": [compressed, None]}],
          open("results_ytvis.json", "w"))
json.dump({
    "images": [{"id": 4, "file_name": "x y.jpg", "height": 6, "width": 8, "license": 2}],
    "annotations": [
        {"id": 1, "image_id": 4, "category_id": 1, "segmentation": [polygon], "iscrowd": 0},
        {"id": 2, "image_id": 4, "category_id": 1, "segmentation": {"size": [6, 8],
                                                                     "counts": counts},
         "iscrowd": 1, "bbox": [2, 1, 3, 3], "area": 9.0},
        {"id": 3, "image_id": 4, "category_id": 1, "bbox": [1.5, 1, 3, 3], "keypoints": [1, 2, 2]},
    ],
    "categories": [{"id": 1, "name": "a", "supercategory": None}],
}, open("exporter_coco.json", "w"))

# Random polygons, self-crossing and partly outside, as pycocotools draws them.
rng = np.random.default_rng(777)
cases = []
for _ in range(40):
    h, w = int(rng.integers(3, 50)), int(rng.integers(3, 50))
    n = int(rng.integers(3, 8))
    corners = rng.uniform(-5, 55, 2 * n).round(2).tolist()
    counts = coco_mask.frPyObjects([corners], h, w)[0]["counts"].decode()
    cases.append({"id": len(cases), "image_id": len(cases), "segmentation": [corners],
                  "expected": {"size": [h, w], "counts": counts}})
json.dump({"images": [{"id": c["id"], "height": c["expected"]["size"][0],
                       "width": c["expected"]["size"][1], "file_name": ""} for c in cases],
           "annotations": cases}, open("polygons_coco.json", "w"))
