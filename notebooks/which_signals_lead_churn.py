# %% [markdown]
# # Which signals lead churn?
#
# **The question.** Of all that is measured, what tells a customer who is about to leave from one who stays, and how long
# before? A signal that speaks a week ahead is an obituary; one that speaks half a year ahead can be worked with.
#
# **The answer in short**, for the simulated book that `make run` makes: depth and breadth of use (sticky features 0.68, seats
# 0.67, modules 0.66) and what decision makers answer (0.63) tell leavers from stayers half a year ahead; a renewal that is
# marked at risk speaks in the last months only, tickets hardly at all. No single signal ranks better than about 0.7: it is
# their sum that is worth having. On thin books most of these differences are within noise, and the intervals say so.
#
# **The inputs** are made by `make run`: a book with outcomes. Another one is named in the environment: `VITALS_BOOK`
# (default `data/book`).

# %%
# %matplotlib inline
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import features
import training
from features.rule_score import measures
from training.bootstrap import account_draws
from training.labels import read_churns
from training.plots import COLOURS

if not Path("params.yaml").exists():
    os.chdir("..")  # started in notebooks/: paths count from the project's folder
params = training.AllParams.read()
book = features.open_book(Path(os.environ.get("VITALS_BOOK", "data/book")), params.checks, training.ALL_TABLES)
churns = read_churns(book.tables)
entries = {feature.name: feature for feature in features.load_catalog(params.features.windows)}
pd.options.display.float_format = "{:,.2f}".format

# %% [markdown]
# ## 1. Rows from the past, and what happened next
#
# One row per account at month starts, every third one, with what was known then and nothing else. The last of them lies
# 180 days before the last churn that the book knows of, so that every row's next half year is over.

# %%
end = churns["at"].max().normalize()
dates = features.month_starts(end - pd.Timedelta(days=720), end - pd.Timedelta(days=180))[::3]
rows = features.build_snapshot(book.source, dates, params.features)
left = churns.rename(columns={"at": "left_at"}).drop_duplicates("account_id", keep="last")
rows = rows.merge(left[["account_id", "left_at"]], on="account_id", how="left")
ahead = (rows["left_at"] - rows["as_of"]).dt.days
rows = rows[~(ahead < 0)].assign(ahead=ahead)
print(f"{len(rows)} rows, {rows['account_id'].nunique()} accounts, {len(dates)} dates to {dates[-1]:%Y-%m-%d}")
leads = {"30 days": (0, 30), "30 to 90": (30, 90), "90 to 180": (90, 180)}
pd.Series({name: int(rows["ahead"].between(*ends, inclusive="left").sum()) for name, ends in leads.items()}, name="leave in")

# %% [markdown]
# ## 2. Each signal alone, by how long before
#
# The measures of the expert's rule. The figure is the AUC: the chance that an account that leaves in that stretch looks
# worse by this measure alone than one that stays for 180 days. 0.5 is a coin. Which side is worse is the catalogue's
# word and is not fitted; of measures that are *not monotone* the distance from the median counts.

# %%
signals = [m.feature for m in measures(params.rule) if m.feature in entries]
stay = ~(rows["ahead"] < 180)
codes = pd.factorize(rows["account_id"])[0]
drawn = np.concatenate([block for block in account_draws(codes, 100, params.training.seed)])
found = []
for name in signals:
    worse = {"better": -1, "worse": 1}.get(entries[name].direction)
    value = rows[name] * worse if worse else (rows[name] - rows[name].median()).abs()
    for lead, ends in leads.items():
        leaves = rows["ahead"].between(*ends, inclusive="left")
        kept = (leaves | stay) & value.notna()
        if leaves[kept].sum() < 5:
            continue
        order = value[kept].rank().to_numpy()
        lost, account = leaves[kept].to_numpy(), codes[kept]
        weights = np.concatenate([np.ones((1, drawn.shape[1])), drawn])[:, account]
        levels = np.unique(order, return_inverse=True)[1]
        stayed = np.stack([np.bincount(levels, w * ~lost) for w in weights])
        gone = np.stack([np.bincount(levels, w * lost) for w in weights])
        below = (gone * (stayed.cumsum(axis=1) - stayed / 2)).sum(axis=1)
        pairs = gone.sum(axis=1) * stayed.sum(axis=1)
        auc = below / np.where(pairs > 0, pairs, np.nan)  # a draw may hold nobody who left
        low, high = np.nanquantile(auc[1:], [0.05, 0.95])
        found.append({"signal": name, "lead": lead, "auc": auc[0], "low": low, "high": high, "churns": int(lost.sum())})
alone = pd.DataFrame(found)
ranked = alone.pivot(index="signal", columns="lead", values="auc")[list(leads)].sort_values("90 to 180", ascending=False)
ranked

# %% [markdown]
# With 90 % intervals, accounts resampled. An interval that holds 0.5 says: on this book it cannot be told whether the
# signal leads at all.

# %%
figure, panels = plt.subplots(1, 3, figsize=(13, 6), sharey=True, sharex=True, layout="constrained")
for panel, lead, colour in zip(panels, leads, COLOURS):
    shown = alone[alone["lead"] == lead].set_index("signal").reindex(ranked.index[::-1])
    panel.errorbar(
        shown["auc"], range(len(shown)), xerr=[shown["auc"] - shown["low"], shown["high"] - shown["auc"]],
        fmt="o", color=colour, capsize=2,
    )
    panel.axvline(0.5, color="0.6", linestyle="--", linewidth=1)
    panel.set(title=f"leaves in {lead}", xlabel="AUC of the signal alone")
panels[0].set_yticks(range(len(ranked)), ranked.index[::-1]);

# %% [markdown]
# ## 3. Which speak early, which late?
#
# The AUC 90 to 180 days ahead minus that of the last 30 days. Far below 0: the signal comes when it is too late.

# %%
early = (ranked["90 to 180"] - ranked["30 days"]).dropna().sort_values()
titles = pd.Series({name: entries[name].title.en for name in early.index})
pd.DataFrame({"early minus late": early, "what": titles})

# %% [markdown]
# ## What this does not show
#
# - A signal that goes before churn need not cause it. What happens when it is changed is another question.
# - Signals overlap. How much each adds beside the others is told by the drivers, and by the model's comparison.
# - Twenty signals and three leads are sixty figures: the highest of them is partly luck.
