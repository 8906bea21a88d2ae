"""scikit-learn's DBSCAN on the rows of bench_dbscan: python3 bench/peers/dbscan.py [ROWS FRAMES FLIPS]"""
import sys, time
import numpy as np
from sklearn.cluster import DBSCAN

n, t, flips = (int(a) for a in sys.argv[1:4]) if len(sys.argv) > 3 else (10000, 100, 2)
r = np.arange(n)[:, None]
first = (r % 4) * t // 8
rows = (np.arange(t) >= first) & (np.arange(t) < first + t // 2)
rows ^= np.random.RandomState(7).rand(n, t) * 100 < flips
best = float('inf')
for _ in range(3):
    begin = time.process_time()
    labels = DBSCAN(eps=0.2, min_samples=5, metric='hamming').fit_predict(rows)
    best = min(best, time.process_time() - begin)
print(f'{n} x {t}, {flips} % flips: {best * 1e3:.1f} ms of processor time, {labels.max() + 1} clusters')
