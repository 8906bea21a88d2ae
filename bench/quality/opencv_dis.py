#!/usr/bin/env python3
"""Writes OpenCV's DIS flow (medium preset) of a data folder, for bench/quality.sh --flow.

usage: opencv_dis.py DATA OUT; needs numpy and opencv-python. OUT/SEQUENCE/FRAME_forward.npy and
FRAME_backward.npy, [height, width, 2] at the size of the frames, 8 bytes a pixel.
"""
import pathlib
import sys

import cv2
import numpy as np

data, out = map(pathlib.Path, sys.argv[1:])
cv2.setNumThreads(1)
dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
for sequence in sorted((data / "JPEGImages").iterdir()):
    files = sorted(sequence.glob("*.jpg"))
    gray = [cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2GRAY) for file in files]
    folder = out / sequence.name
    folder.mkdir(parents=True, exist_ok=True)
    for t, file in enumerate(files):
        if t + 1 < len(files):
            np.save(folder / f"{file.stem}_forward.npy", dis.calc(gray[t], gray[t + 1], None))
        if t > 0:
            np.save(folder / f"{file.stem}_backward.npy", dis.calc(gray[t], gray[t - 1], None))
