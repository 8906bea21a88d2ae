#!/usr/bin/env python3
"""What the device benchmarks are set beside, as compositions of PyTorch operations on the same card.

usage: python3 bench/cuda/peers.py     (PyTorch with CUDA; prints one line a peer)
"""
import sys

try:
    import torch
except ImportError:
    sys.exit("peers: no PyTorch")
if not torch.cuda.is_available():
    sys.exit("peers: no CUDA device")
import torch.nn.functional as F

torch.backends.cuda.matmul.allow_tf32 = False
torch.manual_seed(1)
device = torch.device("cuda")


def row(name, work, runs=5):
    """Median time of some runs, by events, after two to warm up."""
    times = []
    for i in range(runs + 2):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    times = sorted(times[2:])
    print(f"{'peer: ' + name:52} {times[len(times) // 2] * 1e3:12.1f} us", flush=True)


def ellipses(n, h, w):
    y, x = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
    masks = torch.empty(n, h, w, dtype=torch.bool, device=device)
    for i in range(n):
        masks[i] = ((x - w * 0.4 - i % 50) / (w * 0.2)) ** 2 + ((y - h * 0.5) / (h * 0.25)) ** 2 < 1
    return masks


def runs_of(masks):
    """Run lengths, columns first: changes of all masks at once, then mask by mask on the host's call,
    as mask generators in PyTorch do it."""
    n, h, w = masks.shape
    flat = masks.permute(0, 2, 1).flatten(1)
    changes = (flat[:, 1:] ^ flat[:, :-1]).nonzero()
    out = []
    for i in range(n):
        at = changes[changes[:, 0] == i, 1] + 1
        edges = torch.cat([at.new_zeros(1), at, at.new_full((1,), h * w)])
        lengths = (edges[1:] - edges[:-1]).cpu().tolist()
        out.append(lengths if not flat[i, 0] else [0] + lengths)
    return out


for n in (100, 1000):
    masks = ellipses(n, 1080, 1920)
    row(f"run lengths, {n} x 1080p", lambda: runs_of(masks), runs=3)
floats = masks.flatten(1).to(torch.float32)
row("IoU by fp32 matrix product, 1000 x 1000 x 1080p", lambda: floats @ floats.T, runs=3)
del floats, masks

picture = torch.rand(64, 1, 1080, 1920, device=device)
grid = F.affine_grid(torch.tensor([[[1, 0, 0.01], [0, 1, 0.01]]], device=device).float().repeat(64, 1, 1),
                     (64, 1, 1080, 1920), align_corners=False)
row("warp by grid_sample, 64 x 1080p floats", lambda: F.grid_sample(picture, grid, align_corners=False))
del picture, grid


def attend(value, sizes, location, attention):
    n, _, m, d = value.shape
    samples, first = [], 0
    for l, (h, w) in enumerate(sizes):
        maps = value[:, first:first + h * w].permute(0, 2, 3, 1).reshape(n * m, d, h, w)
        first += h * w
        places = (2 * location[:, :, :, l] - 1).transpose(1, 2).flatten(0, 1)
        samples.append(F.grid_sample(maps, places, align_corners=False))
    weights = attention.transpose(1, 2).flatten(0, 1).flatten(-2).unsqueeze(1)
    return (torch.stack(samples, 3).flatten(3) * weights).sum(-1)


for n, h, w in ((3, 240, 432), (6, 480, 864)):
    sizes = [(h // (8 << l), w // (8 << l)) for l in range(3)]
    tokens = sum(a * b for a, b in sizes)
    value = torch.randn(n, tokens, 8, 32, device=device, requires_grad=True)
    location = torch.rand(n, tokens, 8, 3, 4, 2, device=device, requires_grad=True)
    attention = torch.rand(n, tokens, 8, 3, 4, device=device, requires_grad=True)
    row(f"deformable attention by grid_sample, forward, {n} x {h}p",
        lambda: attend(value, sizes, location, attention))
    row(f"deformable attention by grid_sample, both ways, {n} x {h}p",
        lambda: attend(value, sizes, location, attention).sum().backward())

logits = torch.randn(100, 3, 120, 216, device=device)
targets = (torch.rand(20, 3, 480, 864, device=device) > 0.5).float()
points = torch.rand(1, 12544, 1, 2, device=device) * 2 - 1


def sampled(maps):
    q, t, h, w = maps.shape
    places = points.expand(q * t, -1, -1, -1)
    return F.grid_sample(maps.reshape(q * t, 1, h, w), places, align_corners=False).reshape(q, -1)


def costs():
    x, y = sampled(logits), sampled(targets)
    positive, negative = F.softplus(-x), F.softplus(x)
    entropy = (positive @ y.T + negative @ (1 - y).T) / x.shape[1]
    s = x.sigmoid()
    dice = 1 - (2 * s @ y.T + 1) / (s.sum(1)[:, None] + y.sum(1)[None] + 1)
    return 5 * entropy + 5 * dice


row("matching cost, 100 x 20, 3 frames, 12544 points", costs)
