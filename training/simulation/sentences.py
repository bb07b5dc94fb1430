"""Picks sentences from the stock in `sentences.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from features.text import lexicon
from training.simulation.arrays import Flags, Ints, Texts

THEMES = tuple(lexicon.THEMES)


@cache
def stock() -> dict[str, Any]:
    """The whole stock: `themes`, `negated`, `neutral`, `tickets`, `comments`, `hostile`."""
    text = files("training.simulation").joinpath("sentences.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def say(rng: np.random.Generator, subject: dict[str, list[str]], chinese: Flags, mixed: float = 0.0) -> Texts:
    """One sentence on the subject per position, in each one's language; `mixed` is the share that
    mixes both languages, where the subject has such sentences.

    >>> chinese = np.array([False, True])
    >>> list(say(np.random.default_rng(0), {"en": ["Fine."], "zh": ["好。"]}, chinese))
    ['Fine.', '好。']
    """
    said = np.where(
        chinese, _any_of(rng, subject["zh"], len(chinese)), _any_of(rng, subject["en"], len(chinese))
    )
    if mixed and "mixed" in subject:
        both = rng.random(len(chinese)) < mixed
        said = np.where(both, _any_of(rng, subject["mixed"], len(chinese)), said)
    return said


def say_each(
    rng: np.random.Generator, subjects: dict[str, dict[str, list[str]]], names: Texts, chinese: Flags
) -> Texts:
    """One sentence per position on the subject named there."""
    said = np.full(len(names), None, dtype=object)
    for name, subject in subjects.items():
        here = np.flatnonzero(names == name)
        said[here] = say(rng, subject, chinese[here])
    return said


def _any_of(rng: np.random.Generator, sentences: list[str], count: int) -> Texts:
    chosen: Ints = rng.integers(0, len(sentences), count)
    return np.array(sentences, dtype=object)[chosen]
