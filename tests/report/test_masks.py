"""Identifiers of people are hidden wherever they stand; ordinary numbers are left alone."""

from __future__ import annotations

import pytest

from datalect.report.masks import mask_text, personal_kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ann.lee@example.com", "email"),
        ("13812345678", "phone"),
        ("+44 20 7946 0958", "phone"),
        ("(212) 555-0147", "phone"),
        ("11010519491231002X", "resident_id"),
        ("4111 1111 1111 1111", "card"),
        ("078-05-1120", "ssn"),
        ("2024-01-31", ""),
        ("1,234.00", ""),
        ("1234567890123", ""),
        ("order 17", ""),
    ],
)
def test_what_identifies_people_is_recognised(text, kind):
    assert personal_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("write to ann.lee@example.com today", "ann.lee"),
        ("请拨打13812345678联系", "13812345678"),
        ("身份证11010519491231002X", "11010519491231002X"),
        ("card 4111-1111-1111-1111 expired", "1111-1111-1111"),
        ("call (212) 555-0147", "555-0147"),
    ],
)
def test_it_is_masked_inside_other_text(text, hidden):
    shown = mask_text(text)
    assert hidden not in shown
    assert "…" in shown


@pytest.mark.parametrize("text", ["2024-01-31 08:15", "total 1,234,567.89", "v1.2.3", "第12345号", "a@b"])
def test_ordinary_text_stays(text):
    assert mask_text(text) == text
