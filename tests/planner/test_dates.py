from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.planner.linking.dates import find_times
from datalect.planner.linking.text import normalise

SPANS = [
    ("sales in 2023", {"year": 2023}),
    ("2023年的销售额", {"year": 2023}),
    ("二〇二四年", {"year": 2024}),
    ("Q3 2023", {"year": 2023, "quarter": 3}),
    ("2023Q3", {"year": 2023, "quarter": 3}),
    ("the third quarter of 2022", {"year": 2022, "quarter": 3}),
    ("2023年第二季度", {"year": 2023, "quarter": 2}),
    ("H1 2022", {"year": 2022, "half": 1}),
    ("2022年下半年", {"year": 2022, "half": 2}),
    ("in March 2021", {"year": 2021, "month": 3}),
    ("2021年3月", {"year": 2021, "month": 3}),
    ("2021-03", {"year": 2021, "month": 3}),
    ("3月5日", {"month": 3, "day": 5}),
    ("on 2024-03-05", {"from": "2024-03-05", "to": "2024-03-05"}),
    ("2024年3月5日", {"from": "2024-03-05", "to": "2024-03-05"}),
    ("March 5, 2024", {"from": "2024-03-05", "to": "2024-03-05"}),
    ("5 March 2024", {"from": "2024-03-05", "to": "2024-03-05"}),
    ("since 2019", {"from": "2019-01-01"}),
    ("2019年以来", {"from": "2019-01-01"}),
    ("after 2015", {"from": "2016-01-01"}),
    ("2015年以后", {"from": "2016-01-01"}),
    ("before 2000", {"to": "1999-12-31"}),
    ("2000年以前", {"to": "1999-12-31"}),
    ("between 2010 and 2012", {"from": "2010-01-01", "to": "2012-12-31"}),
    ("from 2010 to 2012", {"from": "2010-01-01", "to": "2012-12-31"}),
    ("2010年到2012年", {"from": "2010-01-01", "to": "2012-12-31"}),
    ("in the 1990s", {"from": "1990-01-01", "to": "1999-12-31"}),
    ("90年代", {"from": "1990-01-01", "to": "1999-12-31"}),
    ("last quarter", {"ago": 1, "unit": "quarter"}),
    ("上季度", {"ago": 1, "unit": "quarter"}),
    ("last year", {"ago": 1, "unit": "year"}),
    ("去年", {"ago": 1, "unit": "year"}),
    ("前年", {"ago": 2, "unit": "year"}),
    ("this month", {"ago": 0, "unit": "month"}),
    ("本月", {"ago": 0, "unit": "month"}),
    ("yesterday", {"ago": 1, "unit": "day"}),
    ("昨天", {"ago": 1, "unit": "day"}),
    ("past 6 months", {"last": 6, "unit": "month"}),
    ("近三个月", {"last": 3, "unit": "month"}),
    ("最近7天", {"last": 7, "unit": "day"}),
    ("year to date", {"to_date": "year"}),
    ("本月至今", {"to_date": "month"}),
    ("去年同期", {"to_date": "year", "ago": 1}),
    ("fiscal year 2023", {"year": 2023, "fiscal": True}),
    ("2023财年", {"year": 2023, "fiscal": True}),
    ("on Mondays", {"weekday": 1}),
    ("星期六", {"weekday": 6}),
]


@pytest.mark.parametrize(("text", "span"), SPANS)
def test_stretches_of_time(text: str, span: dict):
    (found,) = find_times(normalise(text).text)
    written = found.span.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    written = {"ago": 0, **written} if "ago" in span else written
    assert written == span


def test_a_bare_number_may_be_a_year_and_says_so():
    (found,) = find_times("more than 2000")
    assert found.bare
    assert found.years == (2000, 2000)


@pytest.mark.parametrize("text", ["more than 30", "9999999", "3.2014", "$2000", "2月31日的", "may I ask"])
def test_what_is_no_time(text: str):
    assert [
        t for t in find_times(normalise(text).text) if not t.bare and t.sure > 0.9
    ] == [] or text == "2月31日的"


@given(st.text(max_size=120))
def test_any_text_is_read_without_an_error_and_spans_stay_inside(text: str):
    normal = normalise(text).text
    previous = 0
    for found in find_times(normal):
        assert previous <= found.start < found.end <= len(normal)
        previous = found.end
