"""What a model says of account-dates beside what is true of them, and the figures that compare the two.

    sign      of the three families that move an account most: does the sign of the model's share agree with
              that of the true one? A family that does nothing to the account has no sign, and never agrees
    sure      the same where the true share is at least NOISE_BAND from zero: below it nobody would act
    worst     of red accounts: is the family that the model blames most the one that truly harms most?
    noise     of pure-noise features and accounts: is the feature among the account's three greatest?
    any       is any of the noise features among them?

Shares are in log-odds of churn against the portfolio's: positive harms. Every figure is a ratio of sums over
account-dates (or the root of one), so that it can be weighed again by account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from training.calibration import Matrix

Flags = NDArray[np.bool_]

TOP = 3
NOISE_BAND = 0.05  # log-odds: half a health point at a churn of 12 %, 1.25 points where it is steepest


@dataclass(frozen=True, eq=False)
class ToldAndTrue:
    """Of n account-dates and F families: `told` and `true` shares (n, F), whether `red` (n,), the `group`
    that is resampled as one (n,), and which of k noise features stand among the top three (n, k)."""

    group: NDArray[np.int64]
    told: Matrix
    true: Matrix
    red: Flags
    noise_on_top: Flags

    @classmethod
    def together(cls, parts: Sequence[ToldAndTrue]) -> ToldAndTrue:
        """All account-dates of several, which have as many families and noise features each."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def figures(self) -> tuple[Figure, ...]:
        """The figures of the explanation; a figure without any case is left out."""
        agrees, sure, worst = self._agrees(), self._sure(), self._worst()
        features = self.noise_on_top.shape[1]
        found = (
            Figure("sign", agrees.mean(axis=1), np.ones(len(agrees))),
            Figure("sure", (agrees & sure).sum(axis=1), sure.sum(axis=1)),
            Figure("worst", np.logical_and(worst, self.red), self.red),
            Figure("noise", self.noise_on_top.sum(axis=1), np.full(len(agrees), features)),
            Figure("any", np.asarray(self.noise_on_top.any(axis=1)), np.full(len(agrees), min(features, 1))),
        )
        return tuple(figure for figure in found if np.sum(figure.of) > 0)

    def _worst(self) -> Flags:
        return np.asarray(self.told.argmax(axis=1) == self.true.argmax(axis=1))

    def _top(self) -> NDArray[np.int64]:
        return top(self.told)

    def _agrees(self) -> Flags:
        """(n, 3): the model's sign is the true one, which zero has not."""
        told, true = (np.take_along_axis(shares, self._top(), axis=1) for shares in (self.told, self.true))
        return np.asarray(told * true > 0)

    def _sure(self) -> Flags:
        return np.asarray(np.abs(np.take_along_axis(self.true, self._top(), axis=1)) >= NOISE_BAND)


@dataclass(frozen=True, eq=False)
class Figure:
    """`cases` (n,) over `of` (n,), summed; with `root` the square root of that. `share`: it lies in 0–1, and
    cases are counted."""

    name: str
    cases: NDArray[np.generic]
    of: NDArray[np.generic]
    share: bool = True
    root: bool = False

    @property
    def value(self) -> float:
        """Of all account-dates."""
        ratio = float(np.sum(self.cases) / np.sum(self.of))
        return float(np.sqrt(ratio)) if self.root else ratio


def top(shares: Matrix) -> NDArray[np.int64]:
    """The columns of each row's three greatest shares, whatever their sign: (n, k) -> (n, 3).

    >>> top(np.array([[0.1, -0.9, 0.0, 0.5]])).tolist()
    [[1, 3, 0]]
    """
    return np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :TOP]


def on_top(shares: Matrix, columns: NDArray[np.int64]) -> Flags:
    """Whether each of these columns is among its row's three greatest: (n, k) -> (n, len(columns))."""
    return np.asarray((top(shares)[:, :, None] == columns).any(axis=1))


def by_family(shares: Matrix, family: NDArray[np.int64], families: int) -> Matrix:
    """Sums of the columns of each family: (n, k) -> (n, families); a column of family -1 is in none."""
    member = (family[:, None] == np.arange(families)).astype(float)
    return np.asarray(shares @ member)
