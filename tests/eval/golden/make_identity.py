"""Writes identity.txt: random tracks and the identity figures that TrackEval (1.3.0) gives for them.

python tests/eval/golden/make_identity.py > tests/eval/golden/identity.txt     needs numpy, trackeval

A case: "frames IDTP IDFN IDFP", then for every frame a line "true found", one with the true identities,
one with the found ones and a line of overlaps for each true one.
"""
import numpy as np

if not hasattr(np, "float"):  # names of NumPy that TrackEval still uses
    np.float, np.int = float, int
from trackeval.metrics import Identity

random = np.random.default_rng(11)


def case():
    frames = []
    names = random.permutation(12)
    for _ in range(random.integers(1, 12)):
        truth = random.choice(6, random.integers(0, 6), replace=False)
        found = random.choice(7, random.integers(0, 6), replace=False)
        # What belongs together overlaps more often than by chance.
        overlap = random.uniform(0, 0.7, (len(truth), len(found)))
        for i, t in enumerate(truth):
            for j, f in enumerate(found):
                if names[t] % 7 == f and random.random() < 0.8:
                    overlap[i, j] = random.uniform(0.4, 1)
        frames.append((truth, found, overlap.round(3)))
    return frames


def compact(lists):
    known = {name: k for k, name in enumerate(sorted({n for names in lists for n in names}))}
    return [np.array([known[n] for n in names], int) for names in lists], len(known)


for _ in range(60):
    frames = case()
    gt, gt_count = compact([f[0] for f in frames])
    tracker, tracker_count = compact([f[1] for f in frames])
    data = {
        "gt_ids": gt, "num_gt_ids": gt_count, "num_gt_dets": sum(map(len, gt)),
        "tracker_ids": tracker, "num_tracker_ids": tracker_count,
        "num_tracker_dets": sum(map(len, tracker)),
        "similarity_scores": [f[2] for f in frames],
    }
    figures = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    print(len(frames), int(figures["IDTP"]), int(figures["IDFN"]), int(figures["IDFP"]))
    for truth, found, overlap in frames:
        print(len(truth), len(found))
        print(*truth)
        print(*found)
        for row in overlap:
            print(*row)
