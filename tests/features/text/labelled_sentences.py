"""The labelled sentences beside this file, and the macro F1 of what is read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from sklearn.metrics import f1_score

from features.text.themes import THEMES, read_mentions

HERE = Path(__file__).parent


def sentences(name: str) -> Any:
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))


def themes_said(texts: Sequence[str]) -> list[set[str]]:
    """The themes that count, text by text."""
    mentions = read_mentions(pd.Series(texts))
    said = mentions[mentions["polarity"] == 1]
    return [set(said.loc[said["row"] == place, "theme"]) for place in range(len(texts))]


def macro_f1(labelled: Sequence[Mapping[str, Any]]) -> float:
    """Mean over the themes of F1, each theme a yes or no for every sentence."""
    want = [[theme in one["themes"] for theme in THEMES] for one in labelled]
    got = [[theme in said for theme in THEMES] for said in themes_said([one["text"] for one in labelled])]
    return float(f1_score(want, got, average="macro", zero_division=0))
