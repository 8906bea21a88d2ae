"""Long work lets other threads of Python run."""
import threading

import numpy as np
import s2d


def test_other_threads_run_while_a_table_is_solved():
    rng = np.random.default_rng(1)
    cost = rng.random((1200, 1200))
    done = threading.Event()
    worker = threading.Thread(target=lambda: (s2d.hungarian(cost), done.set()))
    worker.start()
    ticks = 0
    while not done.wait(0.0005):
        ticks += 1
    worker.join()
    assert ticks > 2
