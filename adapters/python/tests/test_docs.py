"""The example of docs/python.md runs; every call has a docstring."""
import pathlib
import re

import s2d

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "python.md"


def test_the_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    exec(compile(code, str(PAGE), "exec"), {})


def test_every_call_says_what_it_takes():
    for module in (s2d, s2d.mask):
        names = [n for n in getattr(module, "__all__", ("encode", "decode", "area", "toBbox", "merge",
                                                         "iou", "frPyObjects")) if n != "mask"]
        for name in names:
            assert len(getattr(module, name).__doc__) > 40, name
    assert "def iou" in s2d.iou.__doc__ or s2d.iou.__nb_signature__
