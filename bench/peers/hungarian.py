"""SciPy and lapx on the tables of bench_hungarian, one thread.

python bench/peers/hungarian.py      needs numpy, scipy, lapx
Prints the least processor time of many repetitions, in microseconds.
"""
import time

import lap
import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment


def table(rows, columns, levels, seed):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, rows * columns + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    u = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (np.floor(u * levels) if levels else u).reshape(rows, columns)


def best(call, seconds=1.0):
    least, end = 1e9, time.process_time() + seconds
    while time.process_time() < end:
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
    return least * 1e6


print(f"scipy {scipy.__version__}, lapx {lap.__version__}")
for rows, columns, levels in [(10, 10, 0), (100, 20, 0), (100, 20, 10), (100, 100, 0), (300, 100, 0), (300, 300, 0), (300, 300, 100), (1000, 1000, 0), (1000, 1000, 100)]:
    cost = table(rows, columns, levels, 1)
    r, c = linear_sum_assignment(cost)
    print(f"{rows:5} x {columns:<5} levels {levels:3}: scipy {best(lambda: linear_sum_assignment(cost)):9.1f}  "
          f"lapx {best(lambda: lap.lapjv(cost, extend_cost=True)):9.1f}  total {cost[r, c].sum():.9f}")
tables = [table(100, 20, 0, seed) for seed in range(160)]
print(f"160 of 100 x 20: scipy {best(lambda: [linear_sum_assignment(t) for t in tables]):9.1f}  "
      f"lapx {best(lambda: [lap.lapjv(t, extend_cost=True) for t in tables]):9.1f}")
