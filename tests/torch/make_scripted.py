"""Makes the small TorchScript modules in scripted/: python make_scripted.py [FOLDER], with torch 2.11."""
import pathlib
import sys
from typing import Tuple

import torch
from torch import Tensor

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "scripted")
folder.mkdir(parents=True, exist_ok=True)


class Features(torch.nn.Module):
    """Mean colour of patches of 8 x 8, and its red doubled."""

    def forward(self, picture: Tensor) -> Tensor:
        mean = torch.nn.functional.avg_pool2d(picture, 8)
        return torch.cat([mean, 2 * mean[:, :1]], 1)


class Flow(torch.nn.Module):
    """One vector for all pixels: how far the centre of brightness moves."""

    def centre(self, picture: Tensor) -> Tensor:
        weight = picture.sum(1)[0]
        total = weight.sum().clamp_min(1e-6)
        y = torch.arange(weight.size(0), dtype=torch.float32)
        x = torch.arange(weight.size(1), dtype=torch.float32)
        return torch.stack([(weight.sum(0) * x).sum(), (weight.sum(1) * y).sum()]) / total

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        moved = self.centre(b) - self.centre(a)
        return moved.view(1, 2, 1, 1).expand(1, 2, a.size(2), a.size(3))


class Tracker(torch.nn.Module):
    """Points move one pixel to the right a frame from their query on and rest before it, where they
    are not visible; later ones are, until they leave."""

    def forward(self, video: Tensor, queries: Tensor) -> Tuple[Tensor, Tensor]:
        t = torch.arange(video.size(1), dtype=torch.float32).view(1, -1, 1)
        since = t - queries[:, None, :, 0]
        x = queries[:, None, :, 1] + since.clamp_min(0)
        y = queries[:, None, :, 2].expand_as(x)
        seen = (since >= 0) & (x < video.size(4))
        return torch.stack([x, y], 3), seen.to(torch.float32) * 0.95


class Segmenter(torch.nn.Module):
    """What is bright in red and what is bright in green, at half the size, as logits; green scores
    higher, and a third, empty map scores low."""

    def forward(self, picture: Tensor) -> Tuple[Tensor, Tensor]:
        small = torch.nn.functional.avg_pool2d(picture, 2)[0]
        maps = torch.stack([small[0] - 0.5, small[1] - 0.5, -torch.ones_like(small[0])])
        return maps, torch.tensor([0.6, 0.9, 0.1])


class Failing(torch.nn.Module):
    def forward(self, picture: Tensor) -> Tensor:
        assert picture.size(0) == 7, "seven pictures are needed"
        return picture


for name, module in [
    ("features", Features()),
    ("flow", Flow()),
    ("tracker", Tracker()),
    ("segmenter", Segmenter()),
    ("failing", Failing()),
]:
    torch.jit.script(module).save(str(folder / f"{name}.pt"))
