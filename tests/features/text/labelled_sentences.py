"""The labelled sentences beside this file, and how well they are read.

`python -m tests.features.text.labelled_sentences` prints every figure of every set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from sklearn.metrics import f1_score, precision_score, recall_score

from features.text.themes import THEMES, read_mentions
from features.text.tone import read_tone

HERE = Path(__file__).parent
LANGUAGES = ("en", "zh")


def sentences(name: str) -> Any:
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))


def by_language(name: str) -> dict[str, list[dict[str, Any]]]:
    """The sentences of a file of pairs and mixed ones: text, themes and tone, by language."""
    found = sentences(name)
    return {
        language: [{**pair, "text": pair[language]} for pair in found["pairs"]] for language in LANGUAGES
    } | {"mixed": found["mixed"]}


def themes_said(texts: Sequence[str]) -> list[set[str]]:
    """The themes that count, text by text."""
    mentions = read_mentions(pd.Series(texts))
    said = mentions[mentions["polarity"] == 1]
    return [set(said.loc[said["row"] == place, "theme"]) for place in range(len(texts))]


def _matrices(labelled: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """What is labelled and what is read: each theme a yes or no for every sentence."""
    said = themes_said([one["text"] for one in labelled])
    want = [[theme in one["themes"] for theme in THEMES] for one in labelled]
    return np.array(want), np.array([[theme in one for theme in THEMES] for one in said])


def macro_f1(labelled: Sequence[Mapping[str, Any]]) -> float:
    """Mean over the themes of F1."""
    return float(f1_score(*_matrices(labelled), average="macro", zero_division=0))


def tones_told(labelled: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The labelled and the read sign of the tone, sentence by sentence: positive, negative or none."""
    tones = read_tone(pd.Series([one["text"] for one in labelled])).fillna(0.0)
    read = np.select([tones > 0, tones < 0], ["positive", "negative"], "none").tolist()
    return [(one["tone"], sign) for one, sign in zip(labelled, read, strict=True)]


def tone_accuracy(labelled: Sequence[Mapping[str, Any]]) -> float:
    """Share of the sentences whose sign of the tone is read as labelled."""
    return float(np.mean([want == got for want, got in tones_told(labelled)]))


def same_themes(pairs: Sequence[Mapping[str, Any]]) -> float:
    """Share of the pairs whose two languages give the same themes."""
    english, chinese = (themes_said([pair[language] for pair in pairs]) for language in LANGUAGES)
    return float(np.mean([e == c for e, c in zip(english, chinese, strict=True)]))


def figures(name: str) -> str:
    """A line per language of one set, and its pairs."""
    lines = [name]
    for language, labelled in by_language(name).items():
        want, got = _matrices(labelled)
        shown = {
            "F1": macro_f1(labelled),
            "precision": float(precision_score(want, got, average="micro", zero_division=0)),
            "recall": float(recall_score(want, got, average="micro", zero_division=0)),
            "tone": tone_accuracy(labelled),
        }
        told = "  ".join(f"{measure} {value:.3f}" for measure, value in shown.items())
        lines.append(f"  {language:<6}{len(labelled):>4} sentences  {told}")
    pairs = sentences(name)["pairs"]
    lines.append(f"  pairs {len(pairs):>4}            same themes in {same_themes(pairs):.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    for each in ("held_back_half", "tuning_half", "later_sentences"):
        print(figures(each))
    older = sentences("held_back_sentences")
    print("held_back_sentences F1", {one: round(macro_f1(older[one]), 3) for one in LANGUAGES})
