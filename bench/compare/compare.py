"""Runs both sides of the comparison and writes the tables of docs/performance.md.

    compare.py PROGRAM FOLDER PAGE [GROUP...]

PROGRAM: the built `compare`. FOLDER: for inputs and results.json. GROUP: masks, overlap, evaluation,
tables, flow, python, compile; default all. Of groups that are not named the last results stand. Each group is one
sitting: our side, then the other, on the same inputs.
"""
import datetime
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

import inputs
import peers

HD = 1080 * 1920
# work, peer's name, input, our case, the peer's case, goal (times), amount a call, its unit
ROWS = [
    ("RLE encode, columns", "pycocotools", "100 real, 1080p", "encode columns real 1080 100", "", 5,
     100 * HD, "GB/s"),
    ("RLE encode, columns", "faster-coco-eval", "100 real, 1080p", "encode columns real 1080 100",
     "encode columns faster", 5, 100 * HD, "GB/s"),
    ("RLE encode, rows", "pycocotools, asfortranarray", "100 real, 1080p",
     "encode rows real 1080 100", "", 10, 100 * HD, "GB/s"),
    ("RLE decode into a buffer", "pycocotools", "100 real, 1080p", "decode columns real 1080 100", "",
     25, 100 * HD, "GB/s"),
    ("RLE decode into a buffer", "faster-coco-eval", "100 real, 1080p",
     "decode columns real 1080 100", "decode columns faster", 25, 100 * HD, "GB/s"),
    ("RLE merge of 100", "pycocotools", "real, 1080p", "merge", "", 8, 100, "masks/s"),
    ("RLE merge of 100", "faster-coco-eval", "real, 1080p", "merge", "merge faster", 8, 100, "masks/s"),
    ("RLE to string", "pycocotools (C)", "100 real, 1080p", "to_string", "", 2, 100, "masks/s"),
    ("RLE from string", "pycocotools (C)", "100 real, 1080p", "from_string", "", 2, 100, "masks/s"),
    ("RLE IoU 100 x 100", "pycocotools", "real, 720p", "iou of runs", "", 3, 10**4, "pairs/s"),
    ("RLE IoU 100 x 100", "faster-coco-eval", "real, 720p", "iou of runs", "iou of runs faster", 3, 10**4,
     "pairs/s"),
    ("IoU 256 x 256 from dense", "float32 product, OpenBLAS", "real, 480p", "iou of dense real", "", 20,
     256**2, "pairs/s"),
    ("IoU 256 x 256 from dense", "float32 product, OpenBLAS", "random, 480p", "iou of dense random", "",
     5, 256**2, "pairs/s"),
    ("IoU 256 x 256 from dense", "float32 product, Eigen", "real, 480p", "iou of dense real",
     "our product real", 20, 256**2, "pairs/s"),
    ("IoU 256 x 256 from dense", "float32 product, Eigen", "random, 480p", "iou of dense random",
     "our product random", 5, 256**2, "pairs/s"),
    ("tube IoU 10 x 10, 36 frames", "loop over pycocotools", "real, 480p", "tubes 480", "", 50, 100,
     "pairs/s"),
    ("tube IoU 10 x 10, 36 frames", "loop over pycocotools", "real, 720p", "tubes 720", "", 50, 100,
     "pairs/s"),
    ("tube IoU 10 x 10, 36 frames", "TrackEval", "real, 480p", "tubes 480", "tubes 480 trackeval", 50,
     100, "pairs/s"),
    ("tube IoU 10 x 10, 36 frames", "TrackEval", "real, 720p", "tubes 720", "tubes 720 trackeval", 50,
     100, "pairs/s"),
    ("YouTube-VIS evaluation", "TrackEval", "300 videos, 3 truths, 10 tubes, 30 frames", "ytvis", "",
     100, 300, "videos/s"),
    ("Hungarian", "SciPy", "100 x 20", "hungarian 100x20", "", 2, 1, "tables/s"),
    ("Hungarian", "lapx", "100 x 20", "hungarian 100x20", "hungarian 100x20 lapx", 3, 1, "tables/s"),
    ("Hungarian", "SciPy", "300 x 300", "hungarian 300x300", "", 2, 1, "tables/s"),
    ("Hungarian", "lapx", "300 x 300", "hungarian 300x300", "hungarian 300x300 lapx", 0.8, 1,
     "tables/s"),
    ("Hungarian", "SciPy", "1000 x 1000", "hungarian 1000x1000", "", 2, 1, "tables/s"),
    ("Hungarian", "lapx", "1000 x 1000", "hungarian 1000x1000", "hungarian 1000x1000 lapx", 0.8, 1,
     "tables/s"),
    ("Hungarian, batch", "SciPy", "160 of 100 x 20", "hungarian 160", "", 2, 160, "tables/s"),
    ("Hungarian, batch", "lapx", "160 of 100 x 20", "hungarian 160", "hungarian 160 lapx", 3, 160,
     "tables/s"),
    ("DBSCAN Hamming", "scikit-learn", "1,000 x 100", "dbscan 1000", "", 50, 10**6, "pairs/s"),
    ("DBSCAN Hamming", "scikit-learn", "10,000 x 100", "dbscan 10000", "", 50, 10**8, "pairs/s"),
    ("warp a mask, packed", "cv2.remap nearest, bytes", "1080p", "warp mask", "", 1.5, HD, "Gpixel/s"),
    ("warp a mask, packed", "the same from a field", "1080p", "warp mask", "warp mask field", 1.5, HD,
     "Gpixel/s"),
    ("warp a mask, bytes", "cv2.remap nearest", "1080p", "warp mask of bytes", "warp mask", 1.5, HD,
     "Gpixel/s"),
    ("warp a mask, bytes", "the same from a field", "1080p", "warp mask of bytes", "warp mask field", 1.5,
     HD, "Gpixel/s"),
    ("warp an image, gray", "cv2.remap linear", "1080p", "warp gray", "", 1.5, HD, "Gpixel/s"),
    ("warp an image, gray", "the same from a field", "1080p", "warp gray", "warp gray field", 1.5, HD,
     "Gpixel/s"),
    ("warp an image, colour", "cv2.remap linear", "1080p", "warp colour", "", 1.5, HD, "Gpixel/s"),
    ("warp an image, colour", "the same from a field", "1080p", "warp colour", "warp colour field", 1.5,
     HD, "Gpixel/s"),
    ("guided filter, of a picture", "OpenCV ximgproc", "1080p, windows of 55", "guided filter, picture",
     "", 1, HD, "Gpixel/s"),
    ("guided filter, of a map", "OpenCV ximgproc", "1080p, windows of 55", "guided filter, map", "", 1, HD,
     "Gpixel/s"),
    ("flow, fast", "OpenCV DIS fast", "480p", "flow fast 480", "", 1, 480 * 854, "Gpixel/s"),
    ("flow, fast", "OpenCV DIS fast", "1080p", "flow fast 1080", "", 1, HD, "Gpixel/s"),
    ("flow, medium", "OpenCV DIS medium", "480p", "flow medium 480", "", 1, 480 * 854, "Gpixel/s"),
    ("flow, medium", "OpenCV DIS medium", "1080p", "flow medium 1080", "", 1, HD, "Gpixel/s"),
    ("components with statistics", "OpenCV", "24 real, 1080p", "components real 1080", "", 3, 24 * HD,
     "Gpixel/s"),
    ("the same and a picture of labels", "OpenCV", "24 real, 1080p",
     "components with labels real 1080", "", 3, 24 * HD, "Gpixel/s"),
    ("components with statistics", "OpenCV", "noise of one half, 1080p", "components random50 1080", "",
     1.5, 10 * HD, "Gpixel/s"),
    ("the same and a picture of labels", "OpenCV", "noise of one half, 1080p",
     "components with labels random50 1080", "", 1.5, 10 * HD, "Gpixel/s"),
    ("J&F of a DAVIS sequence", "TrackEval", "soapbox, 3 objects, 99 frames, 480p", "davis", "", 20, 99,
     "frames/s"),
]
# Figures that both sides give, and how far they may differ.
AGREE = [("AP", 1e-9), ("J&F", 1e-6), ("total 100x20", 1e-9), ("total 300x300", 1e-9),
         ("total 1000x1000", 1e-9), ("sum real", 1e-5), ("sum random", 1e-5), ("sum guided", 1e-4),
         ("clusters 1000", 0), ("clusters 10000", 0)]
PACKAGES = ("numpy", "pycocotools", "faster-coco-eval", "scipy", "lapx", "scikit-learn",
            "opencv-contrib-python-headless", "trackeval")


def ours(program, group, folder):
    done = subprocess.run([program, group, folder], check=True, capture_output=True, text=True)
    return {name: float(value) for name, value in (line.split("\t") for line in
                                                   done.stdout.splitlines())}


def compile_seconds():
    """Seconds of each public header alone, and of all together, by bench/compile_time.sh."""
    script = pathlib.Path(__file__).resolve().parents[1] / "compile_time.sh"
    done = subprocess.run(["bash", script], check=True, capture_output=True, text=True)
    return {line[:44].strip(): float(line[44:]) for line in done.stdout.splitlines()[1:]}


def run(program, folder, group):
    print(f"compare: {group}", flush=True)
    if group == "compile":
        return {"ours": compile_seconds(), "theirs": {}}
    if group == "python":
        inputs.make("masks", folder)
        cases = list(peers.python(folder))
        return {"ours": {f"python {case}": ours for case, ours, _ in cases},
                "theirs": {f"python {case}": theirs for case, _, theirs in cases}}
    inputs.make(group, folder)
    return {"ours": ours(program, group, folder), "theirs": dict(peers.GROUPS[group](folder))}


def amount(seconds):
    for limit, factor, unit in ((1e-3, 1e6, "us"), (1, 1e3, "ms"), (1e9, 1, "s")):
        if seconds < limit:
            value = seconds * factor
            return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def rate(value, unit):
    if unit.startswith("G"):
        return f"{value / 1e9:.2f} {unit}"
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (0, "")):
        if value >= factor:
            return f"{value / (factor or 1):.3g} {prefix}{unit}"


def goal_table(us, them):
    yield "| work | input | beside | s2d | peer | ratio | goal | s2d, rate |"
    yield "|---|---|---|---|---|---|---|---|"
    for work, peer, given, case, other, goal, units, unit in ROWS:
        theirs = us.get(other[4:]) if other.startswith("our ") else them.get(other or case)
        if case not in us or theirs is None:
            continue
        ratio = theirs / us[case]
        mark = "" if ratio >= goal else " **missed**"
        yield (f"| {work} | {given} | {peer} | {amount(us[case])} | {amount(theirs)} | "
               f"{ratio:.{1 if ratio < 100 else 0}f} | {goal}{mark} | {rate(units / us[case], unit)} |")


def form_tables(us, them):
    """Encode and decode for every kind and number of masks."""
    worst = {}
    for what, title in (("encode columns", "encode, column-major"), ("encode rows", "encode, row-major"),
                        ("decode columns", "decode into a buffer, column-major"),
                        ("decode rows", "decode into a buffer, row-major"),
                        ("decode fresh", "decode to a new array")):
        yield f"\nRLE {title}: GB/s of dense mask (times pycocotools)\n"
        yield "| masks | 1 | 10 | 100 | 1000 |\n|---|---|---|---|---|"
        for kind in inputs.KINDS:
            cells = []
            for count in (1, 10, 100, 1000):
                case = f"{what} {kind} {count}"
                if case not in us or case not in them:
                    cells.append("")
                    continue
                h, w = inputs.SIZES[int(kind.split()[1])]
                ratio = them[case] / us[case]
                worst[what] = min(worst.get(what, (1e9, "")), (ratio, f"{kind}, {count}"))
                cells.append(f"{h * w * count / us[case] / 1e9:.1f} ({ratio:.1f})")
            name = kind.replace("random50", "random 50 %").replace("random10", "random 10 %").replace(
                "random1 ", "random 1 % ")
            yield f"| {name}p | {' | '.join(cells)} |"
    if worst:
        yield "\nWorst ratios: " + "; ".join(f"{what} {ratio:.1f} ({where})"
                                            for what, (ratio, where) in worst.items()) + "."


def error_table(us, them):
    yield "\n| mean end-point error, pixels | s2d | OpenCV DIS |\n|---|---|---|"
    for name in ("fast", "medium"):
        for size in ("480", "1080"):
            case = f"error {name} {size}"
            if case in us and case in them:
                yield f"| {name}, {size}p | {us[case]:.4f} | {them[case]:.4f} |"


def compile_table(us):
    headers = {name: s for name, s in us.items() if name.startswith("s2d/")}
    if not headers:
        return
    slowest = max(headers, key=headers.get)
    within = sum(s <= 0.5 for s in headers.values())
    yield "\n| compile time, processor time | s2d | goal |\n|---|---|---|"
    yield f"| headers but those of s2d/io within 0.5 s | {within} of {len(headers)} | all primitives |"
    yield f"| the slowest, `{slowest}` | {headers[slowest]:.2f} s | 0.5 s |"
    yield f"| the whole core in one unit | {us['all of them']:.2f} s | 6 s |"


def python_table(us, them):
    cases = [name for name in us if name.startswith("python ")]
    if not cases:
        return
    yield "\n| from Python, 24 real masks of 1080p | s2d.mask | pycocotools.mask | ratio |"
    yield "|---|---|---|---|"
    for case in cases:
        yield (f"| {case[7:]} | {amount(us[case])} | {amount(them[case])} | "
               f"{them[case] / us[case]:.1f} |")


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    compiler = subprocess.run([os.environ.get("CXX", "c++"), "--version"], capture_output=True,
                              text=True).stdout.splitlines()[0]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (f"{datetime.date.today()}, {model}, {os.cpu_count()} processors, one thread; {compiler}, "
            f"-O3 -march=native; {versions}.")


def main():
    program, folder, page, *groups = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    stored = pathlib.Path(folder) / "results.json"
    for group in groups or [*inputs.GROUPS, "python", "compile"]:
        measured = run(program, folder, group)
        results = json.loads(stored.read_text()) if stored.exists() else {}
        results[group] = measured
        stored.write_text(json.dumps(results))
    us = {name: s for group in results.values() for name, s in group["ours"].items()}
    them = {name: s for group in results.values() for name, s in group["theirs"].items()}
    for name, tolerance in AGREE:
        if name in us and name in them and abs(us[name] - them[name]) > tolerance * max(1, us[name]):
            sys.exit(f"compare: {name} differs: s2d {us[name]!r}, the peer {them[name]!r}")
    lines = [machine(), "", *goal_table(us, them), *error_table(us, them), *python_table(us, them),
             *compile_table(us),
             *form_tables(us, them)]
    text = "\n".join(lines)
    print(text)
    begin, end = "<!-- compare: begin -->\n", "<!-- compare: end -->"
    old = pathlib.Path(page).read_text()
    head, tail = old.split(begin)[0], old.split(end)[1]
    pathlib.Path(page).write_text(head + begin + text + "\n" + end + tail)


if __name__ == "__main__":
    main()
