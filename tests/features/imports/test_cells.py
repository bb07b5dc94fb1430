"""How one cell of an export becomes a canonical value, and what cannot."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault, WrongUse
from features.imports.cells import translate
from features.imports.date_formats import Spelling
from features.imports.mapping import Cell
from features.imports.number_formats import with_point
from features.source_tables import maybe_number, maybe_text, maybe_time
from tests.features.imports.conftest import Export, firms


def translated(values: list[Any], cell: Cell, kind: str = "text", zone: str = "UTC") -> list[Any]:
    """The values of one column `came`, translated; an instant as its UTC text."""
    column = {"text": maybe_text, "number": maybe_number, "time": maybe_time}[kind]("made")
    rows = ibis.memtable({"came": values, "n": range(len(values))}, schema={"came": "string", "n": "int64"})
    made = rows.select("n", made=translate(rows, column, cell, Spelling(zone)).value).order_by("n")
    found = made.made.to_pyarrow().to_pylist()
    return [f"{v:%Y-%m-%d %H:%M:%S}" if kind == "time" and v is not None else v for v in found]


CAME = Cell(column="came")


@pytest.mark.parametrize(
    ("came", "utc"),
    [
        ("2026-10-31", "2026-10-30 16:00:00"),
        ("2026-10-31 07:00:00", "2026-10-30 23:00:00"),
        ("2026-10-31T07:00", "2026-10-30 23:00:00"),
        ("2026-10-31T07:00:00Z", "2026-10-31 07:00:00"),
        ("2026-10-31 07:00:00 UTC", "2026-10-31 07:00:00"),
        ("2026-10-31 07:00:00.250 UTC", "2026-10-31 07:00:00"),
        ("2026-10-31 07:00:00+01:00", "2026-10-31 06:00:00"),
        ("2026-10-31 07:00:00-05", "2026-10-31 12:00:00"),
        ("2026-10-31T07:00:00.000+0000", "2026-10-31 07:00:00"),
        ("2026-10-31 07:00:00 gmt", "2026-10-31 07:00:00"),
        ("2026-10-31 07:00:00 America/Argentina/Buenos_Aires", "2026-10-31 10:00:00"),
        ("2026/10/31 7:05", "2026-10-30 23:05:00"),
        ("2026-10-31 07:00:00 Europe/Berlin", "2026-10-31 06:00:00"),
        (None, None),
    ],
)
def test_a_zone_that_is_written_holds_and_a_missing_one_is_the_mappings(
    came: str | None, utc: str | None
) -> None:
    assert translated([came], CAME, "time", "Asia/Shanghai") == [utc]


@pytest.mark.parametrize(
    "came",
    [
        *("01/02/26", "31-10-26", "26-10-31", "2026-10-31 (BC)", "12026-10-31", "1-2-2026"),
        *("2026-10-31 09:00:00 BST", "2026-10-31 09:00:00 CST", "2026-10-31 09:00:00 Japan"),
        *("2026-10-31 09:00:00 Nowhere/None", "2026-02-30", "2026-10-31 09:00:00 (BC)"),
    ],
)
def test_years_of_two_digits_eras_and_zones_of_several_meanings_are_no_times(came: str) -> None:
    assert translated([came], CAME, "time") == [None]


@pytest.mark.parametrize("word", ["BST", "CST", "IST"])
def test_a_zone_of_several_meanings_is_named_with_what_to_write(export: Export, word: str) -> None:
    export.csv("firms.csv", "id,since", f"7,2026-10-31 09:00:00 {word}")
    with pytest.raises(DataFault, match=f"Next: {word} is said in several zones: write its offset"):
        export.run(firms())


@pytest.mark.parametrize("came", ["31.10.2026", "10/31/2026", "epoch", "infinity", "1793404800", "tomorrow"])
def test_what_is_no_time_is_named_and_never_guessed(export: Export, came: str) -> None:
    export.csv("firms.csv", "id,since", f"7,{came}", "8,2026-10-31")
    with pytest.raises(DataFault) as refused:
        export.run(firms())
    assert f"firms.csv, column since for accounts.created_at (1 rows) is '{came}'" in str(refused.value)
    assert "allowed: a time such as 2026-10-31 or 2026-10-31T07:00:00+08:00" in str(refused.value)
    assert "list it under the source's empty if it means nothing" in str(refused.value)


def priced(decimal: str | None = None, own: str | None = None) -> dict[str, Any]:
    """A mapping whose invoices have the amounts of `price`, and how they are written."""
    amount = "price" if own is None else {"column": "price", "decimal": own}
    columns = {"invoice_id": "id", "account_id": "id", "currency": "money", "amount": amount}
    columns |= {"issued_at": "since", "due_at": "since"}
    source = {"file": "bills.csv", "delimiter": ";"} | ({} if decimal is None else {"decimal": decimal})
    return firms() | {
        "sources": {"bills": source},
        "tables": {"invoices": [{"source": "bills", "columns": columns}]},
    }


def bills(export: Export, *prices: str) -> Export:
    lines = (f"{n};EUR;{price};2026-10-31" for n, price in enumerate(prices))
    return export.csv("bills.csv", "id;money;price;since", *lines)


PRICES = ["1.234,50", "1234,5", "-0,5", "12", "1 234 567,89", "1'234,5", "1\u00a0234,5", "1,5E+03"]


@pytest.mark.parametrize(("decimal", "own"), [(",", None), (None, ","), (".", ",")])
def test_a_decimal_comma_is_read_where_the_mapping_says_so(
    export: Export, decimal: str | None, own: str | None
) -> None:
    bills(export, *PRICES).run(priced(decimal=decimal, own=own))
    assert [row["amount"] for row in export.table("invoices")] == [
        *(1234.5, 1234.5, -0.5, 12.0, 1234567.89, 1234.5, 1234.5, 1500.0)
    ]


@pytest.mark.parametrize("price", ["1.5", "12.34", "1.23.456,7", "1,234,567", "1,2.3", "1_000", "1.234,5 €"])
def test_what_is_no_number_with_a_decimal_comma_is_refused(export: Export, price: str) -> None:
    bills(export, price)
    with pytest.raises(DataFault, match=r"allowed: a number such as 1\.234,50"):
        export.run(priced(decimal=","))


@pytest.mark.parametrize("price", ["1_000", "1.234,50", "9,5"])
def test_without_a_word_a_number_has_a_point_and_nothing_between_its_digits(
    export: Export, price: str
) -> None:
    bills(export, price)
    with pytest.raises(DataFault, match=r"allowed: a number such as 1234\.5") as refused:
        export.run(priced())
    assert ('say that the comma is the decimal mark, decimal: ","' in str(refused.value)) == ("," in price)


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["", ".", " ", "'"]))
@settings(max_examples=30, deadline=None)
def test_a_number_written_in_german_is_the_number(number: Decimal, apart: str) -> None:
    text = f"{number:,.2f}".replace(",", "#").replace(".", ",").replace("#", apart)
    assert with_point(ibis.literal(text), ",").cast("float64").to_pyarrow().as_py() == float(number)


def test_minutes_have_the_decimal_mark_of_their_file(export: Export) -> None:
    mapping = firms({"recorded_at": {"column": "since", "plus_minutes": "wait"}})
    mapping["sources"]["firms"]["decimal"] = ","
    export.csv("firms.csv", "id,since,wait", '7,2026-10-31,"0,5"').run(mapping)
    assert export.table("accounts")[0]["recorded_at"] == "2026-10-31T00:00:30+0000"


def test_a_decimal_mark_stands_only_on_numbers_and_is_a_point_or_a_comma(export: Export) -> None:
    bills(export, "1")
    with pytest.raises(WrongUse, match="only on a number"):
        export.run(firms({"name": {"column": "id", "decimal": ","}}))
    with pytest.raises(WrongUse, match=r"sources\.bills\.decimal is ';'"):
        export.run(priced(decimal=";"))


def test_an_id_that_pandas_made_a_float_is_the_whole_number_that_it_was(export: Export) -> None:
    frame = pd.DataFrame({"id": [7.0, 8.5, float("nan")], "since": ["2026-10-31"] * 3, "n": [1.0, None, 2.0]})
    mapping = firms({"name": {"text": "firm {n}"}}, where=[{"column": "id", "present": True}])
    mapping["sources"]["firms"]["file"] = "firms.parquet"
    export.parquet("firms.parquet", frame).run(mapping)
    assert [(row["account_id"], row["name"]) for row in export.table("accounts")] == [
        ("7", "firm 1"),
        ("8.5", None),
    ]


def test_times_of_parquet_keep_their_zone_or_get_the_mappings(export: Export) -> None:
    moments = pd.to_datetime(["2026-10-31 07:00:00"])
    frame = pd.DataFrame({"id": [7], "since": moments, "known": moments.tz_localize("Europe/Berlin")})
    mapping = firms({"recorded_at": "known"}, time_zone="Asia/Shanghai")
    mapping["sources"]["firms"]["file"] = "firms.parquet"
    export.parquet("firms.parquet", frame).run(mapping)
    assert export.table("accounts") == [
        {
            "account_id": "7",
            "created_at": "2026-10-30T23:00:00+0000",
            "recorded_at": "2026-10-31T06:00:00+0000",
        }
    ]


def test_a_text_with_columns_put_in_is_empty_where_one_of_them_is() -> None:
    cell = Cell(text="A-{came}/{came} {")
    assert translated(["1", None, "x y"], cell) == ["A-1/1 {", None, "A-x y/x y {"]


def test_a_value_map_translates_every_value_and_leaves_nothing_as_nothing() -> None:
    cell = Cell(column="came", values={"p1": "urgent", 2: 7, "none": None})
    assert translated(["p1", "2", "none", None], cell) == ["urgent", "7", None, None]


def test_a_translated_score_is_scaled_after_its_translation() -> None:
    cell = Cell(column="came", values={"easy": 1, "hard": 7}, scale=(1, 7), higher_is="worse")
    assert translated(["easy", "hard"], cell, "number") == [7.0, 1.0]


def test_minutes_are_added_to_the_instant_and_no_minutes_give_no_instant(export: Export) -> None:
    export.csv("firms.csv", "id,since,wait", "7,2026-10-31,74", "8,2026-10-31,0.5", "9,2026-10-31,")
    export.run(firms({"recorded_at": {"column": "since", "plus_minutes": "wait"}}, time_zone="Asia/Shanghai"))
    times = [row["recorded_at"] for row in export.table("accounts")]
    assert times == ["2026-10-30T17:14:00+0000", "2026-10-30T16:00:30+0000", None]


@pytest.mark.parametrize("wait", ["soon", "nan", "inf"])
def test_minutes_that_are_none_are_named(export: Export, wait: str) -> None:
    export.csv("firms.csv", "id,since,wait", f"7,2026-10-31,{wait}")
    with pytest.raises(
        DataFault, match=f"column wait for accounts.recorded_at .* is '{wait}'; allowed: a number of"
    ):
        export.run(firms({"recorded_at": {"column": "since", "plus_minutes": "wait"}}))


def test_what_is_no_flag_is_named(export: Export) -> None:
    export.csv("firms.csv", "id,since,vip", "7,2026-10-31,true", "8,2026-10-31,perhaps")
    with pytest.raises(
        DataFault, match=r"column vip for accounts.is_key \(1 rows\) is 'perhaps'; allowed: true or"
    ):
        export.run(firms({"is_key": "vip"}))


def test_unmapped_values_are_named_with_their_number_and_the_nearest(export: Export) -> None:
    export.csv("firms.csv", "id,since,size", *[f"{i},2026-10-31,smal" for i in range(3)], "9,2026-10-31,huge")
    mapping = firms({"segment": {"column": "size", "values": {"small": "S", "large": "L"}}})
    with pytest.raises(DataFault) as refused:
        export.run(mapping)
    assert str(refused.value).splitlines() == [
        "the export holds values that the mapping cannot translate",
        "  - firms.csv, column size for accounts.segment (3 rows) is 'smal'; "
        "allowed: a value that the mapping names under values. "
        "Next: add it to the column's values, with what it means; did you mean 'small'?",
        "  - firms.csv, column size for accounts.segment (1 rows) is 'huge'; "
        "allowed: a value that the mapping names under values. "
        "Next: add it to the column's values, with what it means; use one of: 'large', 'small'",
    ]


def test_a_value_outside_the_allowed_set_asks_for_a_value_map(export: Export) -> None:
    export.csv("people.csv", "id,firm,role,since", "1,7,user,2026-10-31", "2,7,finances,2026-10-31")
    columns = {"contact_id": "id", "account_id": "firm", "role": "role", "valid_from": "since"}
    mapping = firms() | {"sources": {"people": {"file": "people.csv"}}}
    mapping["tables"] = {"contacts": [{"source": "people", "columns": columns}]}
    with pytest.raises(DataFault) as refused:
        export.run(mapping)
    assert "is 'finances'; allowed: one of decision_maker, manager, user, it_manager, finance" in str(
        refused.value
    )
    assert "Next: add it to the column's values, with what it means; did you mean 'finance'?" in str(
        refused.value
    )


@given(st.lists(st.floats(1, 7), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_turning_a_score_around_stays_on_its_scale_and_reverses_the_order(scores: list[float]) -> None:
    texts = [repr(score) for score in scores]
    turned = translated(texts, Cell(column="came", scale=(1, 7), higher_is="worse"), "number")
    kept = translated(texts, Cell(column="came", scale=(1, 7), higher_is="better"), "number")
    assert kept == scores
    assert turned == [8 - score for score in scores]
    assert all(1 <= score <= 7 for score in turned)


@given(st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=5)), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_texts_pass_unchanged(texts: list[str | None]) -> None:
    clean = [None if text is None else text.replace("\x00", "") for text in texts]
    assert translated(clean, CAME) == clean
