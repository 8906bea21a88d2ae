"""Makes the small checkpoints beside it: python make_checkpoints.py [FOLDER], with torch and numpy."""
import pathlib
import pickle
import sys
from collections import OrderedDict

import numpy as np
import torch

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "checkpoints")
folder.mkdir(parents=True, exist_ok=True)
base = torch.arange(12, dtype=torch.float32)
model = OrderedDict()
model["plain"] = base.view(3, 4) / 8
model["turned"] = model["plain"].t()
model["part"] = base[4:10].view(2, 3)
model["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.0]))
model["double"] = torch.tensor([0.1], dtype=torch.float64)
model["half"] = torch.tensor([0.5, 65504.0], dtype=torch.float16)
model["brain"] = torch.tensor([1.0, -3.0], dtype=torch.bfloat16)
model["long"] = torch.tensor(-7)
model["byte"] = torch.tensor([0, 255], dtype=torch.uint8)
model["truth"] = torch.tensor([True, False, True])
model["none"] = torch.zeros(0, 3)
optimizer = torch.optim.AdamW([model["parameter"]], lr=0.1)
model["parameter"].grad = torch.ones(2)
optimizer.step()
model["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.0]))
whole = {"model": model, "optimizer": optimizer.state_dict(), "iteration": 31999, "loss": float("nan"), "big": 1 << 80}
torch.save(whole, folder / "zip.pth")
torch.save(whole, folder / "legacy.pth", _use_new_zipfile_serialization=False)
torch.save(dict(model), folder / "bare.pth")
arrays = {
    "model": {
        "plain": np.arange(12, dtype=np.float32).reshape(3, 4) / 8,
        "turned": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4).T / 8),
        "long": np.array([-7], dtype=np.int64),
    },
    "__author__": "nobody",
    "matching_heuristics": True,
}
for protocol in (2, 4):
    with open(folder / f"arrays{protocol}.pkl", "wb") as file:
        pickle.dump(arrays, file, protocol=protocol)


class Hostile:
    def __reduce__(self):
        import os

        return os.system, ("touch hostile_was_executed",)


with open(folder / "hostile.pkl", "wb") as file:
    pickle.dump({"model": {"a": Hostile()}}, file, protocol=2)
torch.save({"model": {"a": Hostile()}}, folder / "hostile.pth")
