"""An import mapping: how the files of one system become canonical tables, written as YAML.

    about: Help desk of the example                # what this is, for people
    time_zone: Asia/Shanghai                       # of times that carry no zone; a date is midnight there
    sources:
      tickets:                                     # a name of your choice
        file: tickets.csv                          # CSV (UTF-8, commas, a header) or Parquet, in --from
        time_zone: UTC                             # optional, where this file differs from the above
        date_format: DD.MM.YYYY                    # optional, where dates are not written as 2026-10-31
        decimal: ","                               # optional, where numbers are written as 1.234,50
        empty: [N/A, "-"]                          # optional, texts that mean "nothing is known"
        ignore: [internal_flag]                    # optional, columns left out on purpose
        optional: true                             # optional, the file may be missing: it has no rows then
        may_lack: [external_id]                    # optional, columns that may be missing: empty then
        encoding: gb18030                          # optional, where the file is not UTF-8
        delimiter: ";"                             # optional, where cells are not separated by commas
      events:                                      # or a table of a warehouse, in place of a file:
        warehouse: VITALS_WAREHOUSE                # the environment variable that holds its URL
        table: analytics.events
    tables:
      tickets:                                     # a canonical table: a list, its parts are appended
        - source: tickets
          where: [...]  lookup: [...]  unpivot: {...}  columns: {...}

`file` may also be a list of names of which one is there. `remarks` is a list of texts that every import
with this mapping says. What no renaming can tell is a derivation of `features/imports/derivations`:

    derived:
      ticket_story: {derive: zendesk_tickets, from: {tickets: tickets, history: field_history}}

`ticket_story` is then a source like any other. Where several systems make one book, an account of this
one is found again by what `identities` and a contact by what `people` says of it:

    identities: [{source: organizations, key: id, external_id: external_id, domain: website}]
    people: [{source: users, key: id, email: email}]

Keys of a part, in the order in which they are applied:

- `lookup`: adds columns from another source, found by a column that both have:
  `{source: subscriptions, by: subscription_id, take: [account_id]}`. Times taken count as the part's own.
- `where`: keeps the rows for which all conditions hold. `{column: units, equals: users}`,
  `{column: units, one_of: [users, seats]}`, `{column: end_date, present: true}` (false: is empty),
  `{column: end_date, differs_from: start_date}` (an empty cell differs from a filled one).
  Values are compared as the text that stands in the file.
- `unpivot`: turns columns into rows, and leaves empty cells out:
  `{columns: [nps, csat], name: question, value: answer}`. `question` and `answer` are then columns.
- `in_place: true`: of use in a warehouse: it is not copied, the book says where it is.
- `columns`: canonical column: where it comes from, which is one of
  `opened_at: submitted_at`, a column of the export (short for `{column: submitted_at}`);
  `{text: "{account_id}-{product}"}`, a text with columns put in (empty where one of them is empty);
  `{constant: question}`, the same on every row.
  A `column` may be followed by
  `values: {urgent: critical, none: null}`, a translation that must name every value there is;
  `otherwise: low`, what a value stands for that `values` does not name; counted and told;
  `if_empty: medium`, what stands where the export has nothing; counted and told;
  `plus_minutes: first_response_minutes`, for a time: that many minutes later;
  `date_format: MM/DD/YYYY`, for a time, where this column differs from its file (`ISO`: as 2026-10-31);
  `decimal: "."`, for a number, where this column differs from its file;
  `scale: [1, 7]` with `higher_is: worse` (or `better`), for a score: fills `scale_min` and
  `scale_max`, and turns the score around where high is bad, so that higher is always better.

A mapping runs no code and reads no file outside the export.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr, model_validator

from features.imports.date_formats import Spelling
from features.imports.number_formats import Decimal


def _as_in_file(value: object) -> str:
    """The text that stands in the export. YAML turns an unquoted no into false, so that is refused."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("a text or a whole number; put true, false, yes, no and dates in quotes")
    return str(value)


def _as_written(value: object) -> str:
    """A value to write, as text: it is read again according to the kind of the canonical column."""
    if not isinstance(value, str | int | float):
        raise ValueError("a text, a number, true or false; put dates in quotes")
    return str(value).lower() if isinstance(value, bool) else str(value)


Name = Annotated[StrictStr, Field(min_length=1)]
InFile = Annotated[str, BeforeValidator(_as_in_file)]
Written = Annotated[str, BeforeValidator(_as_written)]
PUT_IN = re.compile(r"\{([^{}]+)\}")


class Entry(BaseModel):
    """A part of a mapping: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Entry):
    """One file of the export, or one table of a warehouse."""

    file: Name | Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    warehouse: Name | None = None
    table: Name | None = None
    time_zone: Name | None = None
    date_format: Name | None = None
    decimal: Decimal = "."
    empty: tuple[InFile, ...] = ()
    ignore: tuple[Name, ...] = ()
    optional: StrictBool = False
    may_lack: tuple[Name, ...] = ()
    encoding: Name | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.warehouse is None) or (self.warehouse is None) != (
            self.table is None
        ):
            raise ValueError("either file, or warehouse and table")
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """The names under which the file may lie in the export, the first that is there counts."""
        if self.file is None:
            return (f"{self.warehouse}:{self.table}",)
        return (self.file,) if isinstance(self.file, str) else self.file


class Derived(Entry):
    """A source that a derivation makes of other sources; `inputs` (in the file: `from`) names them.

    Where the first input has no file, the derivation has nothing to tell, and is left out.
    """

    derive: Name
    inputs: Annotated[dict[Name, Name], Field(min_length=1, alias="from")]


class Identity(Entry):
    """By what the accounts of this system are found again in another: `key` is the account_id here."""

    source: Name
    key: Name
    external_id: Name | None = None
    domain: Name | None = None


class Person(Entry):
    """By what the contacts of this system are found again in another: `key` is the contact_id here."""

    source: Name
    key: Name
    email: Name


class Lookup(Entry):
    """Columns taken from another source, in which `by` names one row."""

    source: Name
    by: Name
    take: Annotated[tuple[Name, ...], Field(min_length=1)]


class Condition(Entry):
    """What a row must fulfil to be kept."""

    column: Name
    equals: InFile | None = None
    one_of: tuple[InFile, ...] | None = None
    present: StrictBool | None = None
    differs_from: Name | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.equals, self.one_of, self.present, self.differs_from)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("exactly one of equals, one_of, present, differs_from")
        return self


class Unpivot(Entry):
    """Columns turned into rows: `name` holds the column's name, `value` what stood in it."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    name: Name
    value: Name


class Cell(Entry):
    """Where a canonical column comes from."""

    column: Name | None = None
    text: Name | None = None
    constant: Written | None = None
    values: Annotated[dict[InFile, Written | None], Field(min_length=1)] | None = None
    otherwise: Written | None = None
    if_empty: Written | None = None
    plus_minutes: Name | None = None
    date_format: Name | None = None
    decimal: Decimal | None = None
    scale: tuple[float, float] | None = None
    higher_is: Literal["better", "worse"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.column, self.text, self.constant)) != 1:
            raise ValueError("exactly one of column, text, constant")
        beside = (self.values, self.plus_minutes, self.scale, self.date_format, self.decimal)
        if self.column is None and any(key is not None for key in beside):
            raise ValueError("values, plus_minutes, date_format, decimal and scale only after column")
        if self.otherwise is not None and self.values is None:
            raise ValueError("otherwise only after values")
        if self.if_empty is not None and self.column is None:
            raise ValueError("if_empty only after column")
        if (self.scale is None) != (self.higher_is is None):
            raise ValueError("scale and higher_is together")
        if self.scale is not None and not self.scale[0] < self.scale[1]:
            raise ValueError("a scale from its lowest to its highest value, such as [1, 7]")
        return self

    def columns_read(self) -> tuple[str, ...]:
        """The columns of the export that this one needs.

        >>> Cell(text="{account_id}-{product}").columns_read()
        ('account_id', 'product')
        """
        if self.text is not None:
            return tuple(PUT_IN.findall(self.text))
        return tuple(name for name in (self.column, self.plus_minutes) if name is not None)


class Part(Entry):
    """Rows of one source on their way into one canonical table."""

    source: Name
    lookup: tuple[Lookup, ...] = ()
    where: tuple[Condition, ...] = ()
    unpivot: Unpivot | None = None
    in_place: StrictBool = False
    columns: Annotated[dict[Name, Cell], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        scales = [cell.scale for cell in self.columns.values() if cell.scale is not None]
        if len(scales) > 1 or (scales and {"scale_min", "scale_max"} & set(self.columns)):
            raise ValueError("one scale only: it fills scale_min and scale_max itself")
        return self

    @model_validator(mode="after")
    def _unpivoted_columns_are_gone(self) -> Self:
        gone = set() if self.unpivot is None else set(self.unpivot.columns)
        if read := sorted(gone & {name for cell in self.columns.values() for name in cell.columns_read()}):
            raise ValueError(f"columns that are still there: the unpivot made rows of {', '.join(read)}")
        return self

    def cells(self) -> dict[str, Cell]:
        """The canonical columns this part fills, those that a scale fills included."""
        scale = next((cell.scale for cell in self.columns.values() if cell.scale is not None), None)
        if scale is None:
            return self.columns
        ends = {"scale_min": Cell(constant=str(scale[0])), "scale_max": Cell(constant=str(scale[1]))}
        return {**self.columns, **ends}


class ImportMapping(Entry):
    """A whole mapping file."""

    about: Name
    time_zone: Name
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    tables: Annotated[dict[Name, Annotated[tuple[Part, ...], Field(min_length=1)]], Field(min_length=1)]
    derived: dict[Name, Derived] = Field(default_factory=dict)
    identities: tuple[Identity, ...] = ()
    people: tuple[Person, ...] = ()
    remarks: tuple[Name, ...] = ()

    def spelling(self, source: str) -> Spelling:
        """How a source writes times and numbers; a derived one has them as such."""
        own = self.sources.get(source)
        if own is None:
            return Spelling(self.time_zone)
        return Spelling(own.time_zone or self.time_zone, own.date_format, own.decimal)

    def file_of(self, source: str) -> str:
        """The file of a source; of a derived one, the file of its first input."""
        return self.sources[self.base_of(source)].files[0]

    def base_of(self, source: str) -> str:
        """The source itself; of a derived one, what its first input goes back to."""
        derived = self.derived.get(source)
        return source if derived is None else self.base_of(next(iter(derived.inputs.values())))
