"""The charts have one point a second and one a request, and only so many of each."""

from hypothesis import given
from hypothesis import strategies as st

from local.page.charts import POINTS, Charts, quantile
from local.page.rows import FillPoint


def test_a_seconds_lags_are_one_point() -> None:
    charts = Charts()
    for lag in range(1, 101):
        charts.delivered(1_000.0 + lag / 1_000, float(lag))

    assert [(point.p50, point.p95) for point in charts.lag()] == [(50.0, 95.0)]


def test_only_the_newest_points_are_kept_in_order() -> None:
    charts = Charts()
    for second in range(200):
        charts.delivered(float(second), 1.0)
        charts.posted(FillPoint(str(second), second, 1, 200))
    charts.delivered(3.0, 1.0)

    assert len(charts.lag()) == len(charts.fill()) == POINTS
    assert [point.at for point in charts.lag()] == sorted(point.at for point in charts.lag())
    assert [point.bytes for point in charts.fill()] == list(range(140, 200))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_one_of_the_values_and_enough_are_below(values: list[float], share: float) -> None:
    found = quantile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
