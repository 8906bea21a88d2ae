"""Accuracy of our flow beside OpenCV's DIS on the same inputs.

    python flow_table.py PROGRAM DATA [--preset medium] [--every 3] [OPTION=VALUE...]

PROGRAM: the built table_flow. DATA: a folder that holds davis2016-240p and davis2016-480p.
Needs numpy and OpenCV (a peer here, not a dependency). Prints three tables:
warped     real frames warped by 20 known fields up to 12 pixels (10 affine, 10 smooth): mean
           end-point error over the pixels that stay in the frame
moved      the same background fields, with the annotated object moving on its own in front:
           mean end-point error over unoccluded pixels, and over those within 5 px of the object
propagated IoU of the annotation of one frame, warped with the flow, with that of the next
"""
import argparse
import pathlib
import subprocess
import tempfile
import time

import cv2
import numpy as np

cv2.setNumThreads(1)
H, W = 240, 428


def grid(h, w):
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    return x, y


def affine_field(random, h, w, limit):
    x, y = grid(h, w)
    x, y = (x - w / 2) / (w / 2), (y - h / 2) / (w / 2)
    a = random.normal(size=6)
    u = a[0] + a[1] * x + a[2] * y
    v = a[3] + a[4] * x + a[5] * y
    scale = limit * random.uniform(0.3, 1) / np.sqrt(u * u + v * v).max()
    return np.dstack([u * scale, v * scale]).astype(np.float32)


def smooth_field(random, h, w, limit):
    x, y = grid(h, w)
    out = []
    for _ in range(2):
        f = random.normal() * np.ones((h, w))
        for _ in range(4):
            p, q = random.uniform(-2.5, 2.5, 2)
            f = f + random.normal() * np.sin(2 * np.pi * (p * x + q * y) / w + random.uniform(0, 6.28))
        out.append(f)
    f = np.dstack(out)
    return (f * limit * random.uniform(0.3, 1) / np.linalg.norm(f, axis=2).max()).astype(np.float32)


def fields(h, w, limit):
    random = np.random.default_rng(1)
    return [(affine_field if k % 2 == 0 else smooth_field)(random, h, w, limit) for k in range(20)]


def sample(picture, field, interpolation=cv2.INTER_CUBIC):
    x, y = grid(*picture.shape[:2])
    return cv2.remap(picture, x + field[..., 0], y + field[..., 1], interpolation,
                     borderMode=cv2.BORDER_REFLECT_101)


def stays(field):
    x, y = grid(*field.shape[:2])
    x, y = x + field[..., 0], y + field[..., 1]
    return (x >= 0) & (y >= 0) & (x <= field.shape[1] - 1) & (y <= field.shape[0] - 1)


def shrink(picture):
    return cv2.resize(picture, (W, H), interpolation=cv2.INTER_AREA)


def frames(folder):
    return sorted(p for p in folder.iterdir() if p.suffix in ('.jpg', '.png'))


def warped_pairs(data):
    """(first, second, true field, evaluated pixels) of frames of both folders."""
    for name in ('davis2016-480p', 'davis2016-240p'):
        root = data / name / 'JPEGImages'
        sequences = sorted(p for p in root.iterdir() if p.is_dir())
        for k in range(20):
            files = frames(sequences[k % len(sequences)])
            second = cv2.imread(str(files[(7 * k) % len(files)]), 0)
            h, w = second.shape
            field = fields(h, w, 12.0 * w / W)[k]
            first, inside = sample(second, field), stays(field)
            scaled = shrink(field) * np.float32([W / w, H / h])
            yield shrink(first), shrink(second), scaled, shrink(inside.astype(np.float32)) > 0.999


def moved_pairs(data):
    root = data / 'davis2016-480p'
    sequences = sorted(p.name for p in (root / 'JPEGImages').iterdir() if p.is_dir())
    random = np.random.default_rng(2)
    for k in range(20):
        name = sequences[k % len(sequences)]
        files = frames(root / 'JPEGImages' / name)
        masks = frames(root / 'Annotations' / name)
        n = (7 * k) % len(files)
        second = cv2.imread(str(files[n]), 0)
        mask = (cv2.imread(str(masks[n]), 0) > 0).astype(np.uint8)
        h, w = second.shape
        far = fields(h, w, 6.0 * w / W)[k]
        near = far + (affine_field(random, h, w, 8.0 * w / W))
        behind = cv2.inpaint(cv2.resize(second, (W, H), interpolation=cv2.INTER_AREA),
                             cv2.dilate(cv2.resize(mask, (W, H)), np.ones((3, 3))), 3, cv2.INPAINT_TELEA)
        behind = np.where(mask > 0, cv2.resize(behind, (w, h)), second)
        here = sample(mask.astype(np.float32), near, cv2.INTER_LINEAR)
        first = np.clip(here * sample(second, near) + (1 - here) * sample(behind, far).astype(np.float32),
                        0, 255).astype(np.uint8)
        on = here > 0.5
        field = np.where(on[..., None], near, far)
        hidden = ~on & (sample(mask, far, cv2.INTER_NEAREST) > 0)
        good = shrink((stays(field) & ~hidden).astype(np.float32)) > 0.999
        cover = shrink(on.astype(np.float32))
        good &= (cover < 0.001) | (cover > 0.999)
        edge = cv2.morphologyEx((cover > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((11, 11))) > 0
        small = cv2.resize(field, (W, H), interpolation=cv2.INTER_NEAREST)
        yield shrink(first), shrink(second), small * np.float32([W / w, H / h]), good, good & edge


def annotated_pairs(data, every):
    """(later, earlier, mask of earlier, mask of later, sequence)."""
    root = data / 'davis2016-240p'
    for folder in sorted(p for p in (root / 'JPEGImages').iterdir() if p.is_dir()):
        files, masks = frames(folder), frames(root / 'Annotations' / folder.name)
        for t in range(0, len(files) - 1, every):
            pair = [cv2.resize(cv2.imread(str(files[i]), 0), (W, H), interpolation=cv2.INTER_AREA)
                    for i in (t + 1, t)]
            truth = [cv2.resize((cv2.imread(str(masks[i]), 0) > 0).astype(np.uint8), (W, H),
                                interpolation=cv2.INTER_NEAREST) for i in (t, t + 1)]
            yield pair[0], pair[1], truth[0], truth[1], folder.name


class estimators:
    def __init__(self, program, preset, options):
        self.command = [program, preset, *options]
        self.preset = dict(fast=cv2.DISOPTICAL_FLOW_PRESET_FAST,
                           medium=cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)[preset]

    def ours(self, pairs):
        with tempfile.TemporaryDirectory() as folder:
            lines = []
            for k, (a, b) in enumerate(pairs):
                a.tofile(f'{folder}/{k}a'), b.tofile(f'{folder}/{k}b')
                lines.append(f'{a.shape[0]} {a.shape[1]} {folder}/{k}a {folder}/{k}b {folder}/{k}f')
            done = subprocess.run(self.command, input='\n'.join(lines), text=True, check=True,
                                  capture_output=True)
            flows = [np.fromfile(f'{folder}/{k}f', np.float32).reshape(2, *a.shape).transpose(1, 2, 0)
                     for k, (a, _) in enumerate(pairs)]
        return flows, float(done.stdout)

    def peer(self, pairs):
        dis = cv2.DISOpticalFlow_create(self.preset)
        best = 1e30
        for _ in range(2):
            start = time.perf_counter()
            flows = [dis.calc(a, b, None) for a, b in pairs]
            best = min(best, time.perf_counter() - start)
        return flows, 1e3 * best / len(pairs)


def error(flow, truth, where):
    return float(np.linalg.norm(flow - truth, axis=2)[where].mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('data', type=pathlib.Path)
    parser.add_argument('--preset', default='medium', choices=('fast', 'medium'))
    parser.add_argument('--every', type=int, default=3, help='take every n-th pair of a sequence')
    parser.add_argument('--verbose', action='store_true', help='a line per field and sequence')
    parser.add_argument('options', nargs='*', metavar='OPTION=VALUE')
    a = parser.parse_args()
    run = estimators(a.program, a.preset, a.options)
    print(f'{a.preset}, {W} x {H}, one thread', *a.options)
    print(f'{"":34s}{"OpenCV":>9s}{"ours":>9s}')

    pairs = list(warped_pairs(a.data))
    images = [(p[0], p[1]) for p in pairs]
    (peer, peer_ms), (ours, ours_ms) = run.peer(images), run.ours(images)
    rows = [[error(f[k], p[2], p[3]) for f in (peer, ours)] for k, p in enumerate(pairs)]
    if a.verbose:
        for k, row in enumerate(rows): print(f'  field {k % 20:2d} of {"480p" if k < 20 else "240p"}'
                                             f'{"":17s}{row[0]:9.4f}{row[1]:9.4f}')
    for label, part in (('affine', rows[0::2]), ('smooth', rows[1::2]), ('all', rows)):
        mean = np.mean(part, axis=0)
        print(f'{"warped, EPE, " + label:34s}{mean[0]:9.4f}{mean[1]:9.4f}')
    print(f'{"  fields not worse than OpenCV":34s}{"":9s}{sum(r[1] <= r[0] for r in rows):6d}/{len(rows)}')
    print(f'{"  ms a direction":34s}{peer_ms:9.2f}{ours_ms:9.2f}')

    pairs = list(moved_pairs(a.data))
    images = [(p[0], p[1]) for p in pairs]
    peer, ours = run.peer(images)[0], run.ours(images)[0]
    for label, where in (('unoccluded', 3), ('near the object', 4)):
        mean = [np.mean([error(f[k], p[2], p[where]) for k, p in enumerate(pairs)]) for f in (peer, ours)]
        print(f'{"moved, EPE, " + label:34s}{mean[0]:9.4f}{mean[1]:9.4f}')

    pairs = list(annotated_pairs(a.data, a.every))
    images = [(p[0], p[1]) for p in pairs]
    (peer, peer_ms), (ours, ours_ms) = run.peer(images), run.ours(images)
    x, y = grid(H, W)
    scores = {}
    for k, (_, _, before, after, name) in enumerate(pairs):
        row = []
        for flow in (peer[k], ours[k]):
            moved = cv2.remap(before, x + flow[..., 0], y + flow[..., 1], cv2.INTER_NEAREST) > 0
            union = (moved | (after > 0)).sum()
            row.append((moved & (after > 0)).sum() / union if union else 1.0)
        scores.setdefault(name, []).append(row)
    means = {name: np.mean(rows, axis=0) for name, rows in scores.items()}
    if a.verbose:
        for name, mean in means.items(): print(f'  {name:32s}{mean[0]:9.4f}{mean[1]:9.4f}')
    mean = np.mean(list(means.values()), axis=0)
    print(f'{"propagated, mean IoU of sequences":34s}{mean[0]:9.4f}{mean[1]:9.4f}')
    print(f'{"  ms a direction":34s}{peer_ms:9.2f}{ours_ms:9.2f}')


if __name__ == '__main__':
    main()
