"""The accounts of the simulated book: who they are, how large, who looks after them, since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulation.arrays import Columns, Flags, Floats, Ints, Texts, Times, generator, only
from training.simulation.params import LEAD, SimulationParams, moment

SEGMENTS = np.array(["smb", "mid", "enterprise"], dtype=object)
SHARES = (0.55, 0.33, 0.12)
MEDIAN_SEATS = np.array([12.0, 45.0, 140.0])
SEAT_PRICE = np.array([60.0, 50.0, 42.0])  # a month, in the account's currency
INDUSTRIES = np.array(
    ["logistics", "retail", "manufacturing", "finance", "health", "education"], dtype=object
)
REGIONS = np.array(["north", "south", "east", "west"], dtype=object)
FIRST_EN = "Alder Birch Cedar Delta Ember Fjord Granite Harbor Indigo Juniper Kestrel Lumen Meridian Nimbus"
LAST_EN = "Logistics Foods Systems Labs Mobility Retail Energy Partners Health Works Textiles Marine"
FIRST_ZH = "华远 中启 博联 晨光 东海 金泰 宏图 新锐 瑞丰 天衡 云帆 星河 长青 万象"
LAST_ZH = "物流 食品 科技 能源 零售 制造 医疗 教育 软件 纺织 海运 金融"
ACCOUNTS_PER_CSM = 50  # ever; about 40 of them at a time


@dataclass(frozen=True)
class Customers:
    """One position per account. Months count from the start of the timeline (see `params`).

    `start` is the month of the first contract (negative where it lies before the timeline) and
    `renewal_day` the day of the month (2–28) on which it began and is renewed.
    """

    ids: Texts
    segment: Ints
    seats: Floats
    seat_price: Floats
    chinese: Flags
    is_key: Flags
    start: Ints
    renewal_day: Ints
    created_at: Times
    csm: Ints
    surveyed: Flags  # has a survey programme at all
    tracked: Flags  # product analytics is connected
    loud: Flags  # writes ticket after ticket about the loud harmless theme

    @property
    def count(self) -> int:
        """The number of accounts."""
        return len(self.ids)

    def renews(self, month: int) -> Flags:
        """Which accounts' contracts come up for renewal in that month."""
        return self.begins(month) & (month > self.start)

    def begins(self, month: int) -> Flags:
        """Which accounts' yearly contracts begin in that month, the first or a renewed one."""
        return np.asarray((month >= self.start) & ((month - self.start) % 12 == 0))


def draw_customers(params: SimulationParams) -> Customers:
    """The accounts of the book: about 60 % are there when it begins, the others arrive during it."""
    rng, n = generator(params.seed, "customers"), params.accounts
    segment = rng.choice(3, n, p=SHARES)
    start = _starts(rng, params)
    day = rng.integers(2, 29, n)
    return Customers(
        ids=numbered("A", n),
        segment=segment,
        seats=np.clip(np.round(MEDIAN_SEATS[segment] * np.exp(rng.normal(0, 0.5, n))), 5, 400),
        seat_price=SEAT_PRICE[segment] * np.exp(rng.normal(0, 0.15, n)),
        chinese=rng.random(n) < 0.5,
        is_key=rng.random(n) < np.array([0.05, 0.2, 0.45])[segment],
        start=start,
        renewal_day=day,
        created_at=moment(params, start, day),
        csm=rng.permutation(n) // ACCOUNTS_PER_CSM,
        surveyed=rng.random(n) > 0.12,
        tracked=rng.random(n) > 0.04,
        loud=rng.random(n) < 0.2,
    )


def _starts(rng: np.random.Generator, params: SimulationParams) -> Ints:
    there = rng.integers(LEAD - 48, LEAD, params.accounts)
    arriving = rng.integers(LEAD, LEAD + params.months, params.accounts)
    return np.where(rng.random(params.accounts) < 0.6, there, arriving)


def numbered(letter: str, count: int) -> Texts:
    """Identifiers such as A-000001, in order.

    >>> list(numbered("A", 2))
    ['A-000001', 'A-000002']
    """
    return np.array([f"{letter}-{i:06d}" for i in range(1, count + 1)], dtype=object)


def accounts_table(params: SimulationParams, customers: Customers) -> Columns:
    """The rows of `accounts`. Industry and region are drawn independently of everything: pure noise."""
    rng, n = generator(params.seed, "accounts"), customers.count
    return {
        "account_id": customers.ids,
        "name": _names(rng, customers.chinese),
        "segment": SEGMENTS[customers.segment],
        "industry": rng.choice(INDUSTRIES, n),
        "region": rng.choice(REGIONS, n),
        "language": np.where(customers.chinese, "zh", "en").astype(object),
        "owner": _titled("csm", customers.csm),
        "director": _titled("director", customers.csm // 5),
        "vp": _titled("vp", customers.csm // 25),
        "is_key": customers.is_key,
        "created_at": customers.created_at,
        "parent_account_id": _parents(rng, customers),
    }


def _titled(title: str, number: Ints) -> Texts:
    return np.array([f"{title}-{i + 1:02d}" for i in number], dtype=object)


def _names(rng: np.random.Generator, chinese: Flags) -> Texts:
    n = len(chinese)
    words = [rng.choice(stock.split(), n) for stock in (FIRST_EN, LAST_EN, FIRST_ZH, LAST_ZH)]
    names = [f"{c}{d}" if zh else f"{a} {b}" for zh, a, b, c, d in zip(chinese, *words, strict=True)]
    return np.array(names, dtype=object)


def _parents(rng: np.random.Generator, customers: Customers) -> Texts:
    """About 8 % belong to a group: their parent is an enterprise that has no parent itself."""
    parents = np.flatnonzero(customers.segment == 2)
    child = (customers.segment < 2) & (rng.random(customers.count) < 0.09) & (len(parents) > 0)
    chosen = customers.ids[rng.choice(parents, customers.count)] if len(parents) else customers.ids
    return only(child, chosen)
