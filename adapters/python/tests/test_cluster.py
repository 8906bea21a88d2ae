"""DBSCAN on rows of bits: by hand, and scikit-learn's labels where it is installed."""
import numpy as np
import pytest
import s2d


def test_two_groups_and_noise_by_hand():
    rows = np.array([[1, 1, 0, 0]] * 3 + [[0, 0, 1, 1]] * 3 + [[1, 0, 1, 0]], bool)
    labels = s2d.dbscan(rows, 0.25, min_samples=3)
    assert labels.dtype == np.int64 and labels.tolist() == [0, 0, 0, 1, 1, 1, -1]
    assert s2d.dbscan(rows.astype(np.float32), 0.25, 3).tolist() == labels.tolist()
    assert s2d.dbscan(np.asfortranarray(rows)[::-1], 0.25, 3).tolist() == [-1, 0, 0, 0, 1, 1, 1]


def test_no_rows_and_no_columns():
    assert s2d.dbscan(np.zeros((0, 4)), 0.5).shape == (0,)
    assert s2d.dbscan(np.zeros((3, 0)), 0.5, min_samples=3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("metric", ["hamming", "jaccard"])
@pytest.mark.parametrize("seed", range(4))
def test_scikit_learn_gives_the_same(metric, seed):
    cluster = pytest.importorskip("sklearn.cluster")
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(1, 150))
    centres = rng.random((5, columns)) < 0.5
    rows = centres[rng.integers(0, 5, 120)] ^ (rng.random((120, columns)) < 0.08)
    for eps in (0.05, 0.2, 0.35):
        for least in (1, 5):
            theirs = cluster.DBSCAN(eps=eps, min_samples=least, metric=metric).fit_predict(rows)
            assert np.array_equal(s2d.dbscan(rows, eps, least, metric), theirs)


@pytest.mark.parametrize("call, error, text", [
    (lambda: s2d.dbscan([[1]], 0.2), TypeError, r"list, expected an array \[n, columns\]"),
    (lambda: s2d.dbscan(np.zeros(3), 0.2), ValueError, r"float64 \[3\]"),
    (lambda: s2d.dbscan(np.zeros((3, 3)), 2), ValueError, "eps is 2"),
    (lambda: s2d.dbscan(np.zeros((3, 3)), float("nan")), ValueError, "eps is nan"),
    (lambda: s2d.dbscan(np.zeros((3, 3)), 0.2, metric="l2"), ValueError, "'hamming', 'jaccard'"),
])
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()
