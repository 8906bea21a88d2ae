"""Makes scipy.txt: what SciPy's linear_sum_assignment gives for 10,000 random tables.

python tests/assign/golden/make_scipy_table.py      needs numpy, scipy

Tables are not stored: cell i of table number c comes from output i of splitmix64 seeded with c (tests/assign/
scipy_test.cpp makes the same ones). A line holds the total and, where the best matching is unique or all costs are
equal, the FNV-1a hash of the columns of the rows (else 0); x stands for a table without a matching.
"""
import os

import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment

CASES = 10000


def outputs(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def table(case):
    shape = outputs(case, 2)
    largest = 64 if case % 50 == 0 else 14
    rows, columns = 1 + int(shape[0] >> np.uint64(32)) % largest, 1 + int(shape[1] >> np.uint64(32)) % largest
    bits = outputs(case + 10**6, rows * columns)
    unit = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    low = (bits & np.uint64(0x7FF)).astype(np.int64)
    kind = case % 6
    if kind == 0:
        cost = unit
    elif kind == 1:
        cost = np.floor(unit * 4)
    elif kind == 2:
        cost = np.floor(unit * 2000) - 1000
    elif kind == 3:
        cost = np.where(low < 512, np.inf, unit * 10)
    elif kind == 4:
        cost = (unit - 0.5) * 2.0 ** (low % 60 - 30)
    else:
        cost = np.where(low < 1200, np.inf, np.floor(unit * 6)) if case % 60 != 5 else np.full_like(unit, 2.5)
    cost = cost.reshape(rows, columns)
    return -cost if case % 7 == 0 else cost, case % 7 == 0  # the second: maximise


def solve(cost, maximize):
    try:
        rows, columns = linear_sum_assignment(cost, maximize=maximize)
    except ValueError:
        return None
    return rows, columns, cost[rows, columns].sum()


def fnv(numbers):
    h = 2166136261
    for number in numbers:
        h = ((h ^ (number & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
    return h


def line(case):
    cost, maximize = table(case)
    found = solve(cost, maximize)
    if found is None:
        return "x"
    rows, columns, total = found
    unique = True
    if not (cost == cost.flat[0]).all():
        for r, c in zip(rows, columns):
            without = cost.copy()
            without[r, c] = -np.inf if maximize else np.inf
            other = solve(without, maximize)
            if other is not None and abs(other[2] - total) <= 1e-9 * max(1, abs(total)):
                unique = False
                break
    column_of = np.full(cost.shape[0], -1)
    column_of[rows] = columns
    text = repr(float(total)).removesuffix(".0")
    return f"{text} {fnv(int(c) for c in column_of) if unique else 0:x}"


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scipy.txt"), "w") as file:
    file.write(f"scipy {scipy.__version__}\n")
    for case in range(CASES):
        file.write(line(case) + "\n")
