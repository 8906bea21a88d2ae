"""Linear assignment: small cases by hand, and SciPy's answers where SciPy is installed."""
import numpy as np
import pytest
import s2d

INF = float("inf")


def test_a_small_table_by_hand():
    rows, columns = s2d.hungarian([[4, 1, 3], [2, 0, 5], [3, 2, 2]])
    assert rows.dtype == columns.dtype == np.int64
    assert rows.tolist() == [0, 1, 2] and columns.tolist() == [1, 0, 2]
    assert s2d.hungarian([[1, 2], [3, 5]], maximize=True)[1].tolist() == [0, 1]


def test_forbidden_pairs_and_infeasible_tables():
    assert s2d.hungarian([[INF, 1], [1, INF]])[1].tolist() == [1, 0]
    with pytest.raises(ValueError, match="no matching"):
        s2d.hungarian([[INF, INF], [1, 2]])
    assert s2d.hungarian_batch([[[INF]], [[1.0]]])[0] is None


def test_nan_is_refused_or_worst():
    table = [[float("nan"), 1.0], [2.0, 9.0]]
    with pytest.raises(ValueError, match=r"cost\(0, 0\) is not a number"):
        s2d.hungarian(table)
    assert s2d.hungarian(table, nan="worst")[1].tolist() == [1, 0]


def test_empty_tables():
    for shape in ((0, 0), (0, 3), (3, 0)):
        rows, columns = s2d.hungarian(np.zeros(shape))
        assert rows.shape == columns.shape == (0,)
    assert s2d.hungarian_batch([]) == []


@pytest.mark.parametrize("call, error, text", [
    (lambda: s2d.hungarian([1, 2]), ValueError, r"\[2\], expected numbers \[n, m\]"),
    (lambda: s2d.hungarian([["a"]]), TypeError, "list, expected numbers"),
    (lambda: s2d.hungarian([[-INF]]), ValueError, "-inf"),
    (lambda: s2d.hungarian([[1]], nan="best"), ValueError, "'refuse', 'worst'"),
    (lambda: s2d.hungarian_batch(3), TypeError, "int"),
    (lambda: s2d.hungarian_batch([[[1.0]], [[float("nan")]]]), ValueError, "table 1"),
])
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "int64", "uint8"])
def test_scipy_gives_the_same(dtype):
    solve = pytest.importorskip("scipy.optimize").linear_sum_assignment
    rng = np.random.default_rng(1)
    tables = []
    for _ in range(100):
        n, m = rng.integers(1, 30, 2)
        table = (rng.random((n, m)) * 200).astype(dtype)
        for view in (table, np.asfortranarray(table), table[::-1, ::-1]):
            for maximize in (False, True):
                theirs = solve(view, maximize)
                ours = s2d.hungarian(view, maximize)
                assert len(ours[0]) == len(theirs[0])
                if dtype.startswith("float"):  # no ties: the matching itself
                    assert [p.tolist() for p in ours] == [p.tolist() for p in theirs]
                assert view[ours].sum(dtype=float) == pytest.approx(view[theirs].sum(dtype=float))
        tables.append(table)
    for threads in (1, 2):
        for table, pairs in zip(tables, s2d.hungarian_batch(tables, threads=threads)):
            assert [p.tolist() for p in pairs] == [p.tolist() for p in s2d.hungarian(table)]
