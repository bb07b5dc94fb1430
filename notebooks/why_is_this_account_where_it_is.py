# %% [markdown]
# # Why is this account where it is?
#
# **The question.** One account stands out on the list. What moved its health away from the portfolio's, does the
# expert's rule agree, which values stand behind it, and what is not known?
#
# **The answer in short.** Health starts from the portfolio's base, and each driver adds or takes points until the
# account's own health is reached: the waterfall below adds up exactly, to the tenth. A driver says what the forecast
# *rests on*, not what would happen if it were changed, so the last question is always: what do the records say?
#
# **The inputs** are made by `make run`: a score history with at least one snapshot (`vitals score BOOK` adds one).
# Another one is named in the environment: `VITALS_STORE` (default `sqlite:///data/vitals.db`). Another account:
# set `account_id` in the second cell.

# %%
# %matplotlib inline
import os
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from features.catalog import load_catalog
from features.params import FeatureParams, RuleParams
from features.params_file import read_section
from serving.wording.account_words import in_words
from serving.history.history_answers import snapshot_for
from serving.api.request_queries import PortfolioQuery
from serving.history.store import DEFAULT_URL, ScoreStore
from serving.wording.words import written
from training.plots import COLOURS

if not Path("params.yaml").exists():
    os.chdir("..")  # started in notebooks/: paths count from the project's folder
store = ScoreStore(os.environ.get("VITALS_STORE", DEFAULT_URL))
store.prepare()
windows = read_section(Path("params.yaml"), "features", FeatureParams).windows
entries = {feature.name: feature for feature in load_catalog(windows)}
bands = read_section(Path("params.yaml"), "rule", RuleParams).bands
pd.options.display.max_colwidth = None

# %% [markdown]
# ## 1. Which account?
#
# The one with the most yearly revenue at risk: churn probability × 12 × monthly recurring revenue (MRR). The list is
# the top of the newest snapshot.

# %%
snapshot = snapshot_for(store, as_of=None)
accounts = store.portfolio_page(snapshot, PortfolioQuery(limit=1_000_000)).accounts
portfolio = pd.DataFrame([account.details | account.payload for account in accounts]).set_index("account_id")
# The rule gives no probability; what its score lacks to 100 then stands for it.
risk = portfolio["churn_probability"].astype(float).fillna(1 - portfolio["health"] / 100)
portfolio["revenue_at_risk"] = risk * 12 * portfolio["mrr"].astype(float).fillna(0)
account_id = portfolio["revenue_at_risk"].idxmax()
print(f"as of {snapshot.as_of}, scored by {snapshot.model}")
shown = ["name", "segment", "mrr", "health", "band", "revenue_at_risk"]
portfolio.nlargest(5, "revenue_at_risk")[shown].round(1)

# %% [markdown]
# ## 2. In words
#
# The first line says who, how healthy, and how sure: the interval says how far the *estimate* would have moved had
# other accounts been there to learn from, not what the account will do, which is to stay or to leave. Where the rule
# answers it is the range under missing evidence. Every number is as the API shows it, and the column of points adds up
# from the base to the health.

# %%
account = store.scores_of(snapshot, [account_id])[account_id]
health = account.payload
print(in_words(account, "en"), in_words(account, "zh"), sep="\n\n")

# %% [markdown]
# ## 3. From the base to the health
#
# Left by pillar, right by driver. Blue bars raise the health, orange ones lower it; the upper dot is where the
# portfolio stands, the lower one is this account with its interval; the grey lines are the limits of yellow and green.
# Read the pillars first: credit between two measures that move together is split somewhat arbitrarily, and their sum
# is steadier.

# %%
by_pillar = health["pillar_points"]
by_driver = {textwrap.fill(driver["text"]["en"], 42): driver["points"] for driver in health["drivers"]}
by_driver["everything else"] = health["other_points"]

figure, panels = plt.subplots(1, 2, figsize=(13, 5), sharex=True, layout="constrained")
for panel, steps, title in zip(panels, (by_pillar, by_driver), ("by pillar", "by driver")):
    points = np.array(list(steps.values()))
    ends = health["base_health"] + points.cumsum()
    places = np.arange(1, len(steps) + 1)
    colours = np.where(points < 0, COLOURS[1], COLOURS[0])
    panel.use_sticky_edges = False  # a bar may touch the frame; its label needs room
    panel.margins(x=0.12)
    bars = panel.barh(places, points, left=ends - points, color=colours, height=0.6)
    panel.bar_label(bars, [f"{step:+.1f}" for step in points], padding=4)
    edges = np.abs(np.array(health["interval"]) - health["health"])[:, None]
    panel.plot(health["base_health"], 0, "o", color="0.3")
    panel.errorbar(health["health"], len(steps) + 1, xerr=edges, fmt="o", color="0.3", capsize=4)
    panel.set_yticks(range(len(steps) + 2), ["the portfolio's base", *steps, "this account's health"])
    panel.invert_yaxis()
    panel.set(title=title, xlabel="health")
    for limit in (bands.yellow, bands.green):
        panel.axvline(limit, color="0.8", linewidth=1, zorder=0)
figure.suptitle(f"{account_id}: from {health['base_health']:.1f} to {health['health']:.1f}");

# %% [markdown]
# The same in numbers: both columns end at the health, exactly.

# %%
sums = pd.DataFrame(
    {
        "base": health["base_health"],
        "all steps": [round(sum(steps.values()), 1) for steps in (by_pillar, by_driver)],
        "health": health["health"],
    },
    index=["by pillar", "by driver"],
)
assert np.allclose(sums["base"] + sums["all steps"], sums["health"], atol=1e-9), "the points do not add up"
sums

# %% [markdown]
# ## 4. What does the rule say?
#
# The expert's score knows nothing of past churn. Where the two point at the same pillar, there are two reasons to look
# at it; where they differ, look at what the rule does not weigh. `range` is the score with everything missing at its
# worst and at its best: an account is green only if it stays green at the worst.

# %%
rule = health["rule"]
print(f"the rule: {rule['score']:.1f} ({rule['band']}), range {rule['range']}")
print(f"the model: {health['health']:.1f} ({health['band']}), interval {health['interval']}")
typical_score = pd.DataFrame([one.payload["rule"]["pillars"] for one in accounts]).astype(float).median()
pd.DataFrame(
    {
        "rule, sub-score of 100": rule["pillars"],
        "rule, portfolio's median": typical_score.round(1),
        "model, points": health["pillar_points"],
    }
)

# %% [markdown]
# ## 5. The values behind the drivers
#
# `typical` is the median over the newest training date. `more is` says which way the model was allowed to use the
# measure: for one that is *not monotone*, both too much and too little can be bad. What the team can change is marked
# `actionable`; the rest explains, and calls for no work.

# %%
values = pd.DataFrame(health["drivers"]).set_index("feature").astype({"value": float, "typical": float})
features = [entries[name] for name in values.index]
pd.DataFrame(
    {
        "measure": [feature.title.en for feature in features],
        "指标": [feature.title.zh for feature in features],
        "value": [
            written(f, x, "en") if pd.notna(x) else "missing" for f, x in zip(features, values["value"])
        ],
        "typical": [
            written(f, x, "en") if pd.notna(x) else "unknown" for f, x in zip(features, values["typical"])
        ],
        "more is": [feature.direction.replace("_", " ") for feature in features],
        "actionable": values["actionable"],
        "points": values["points"],
    }
)

# %% [markdown]
# ## 6. What is missing?
#
# Each missing measure with what its absence means. Missing is not neutral: silence of a decision maker who was asked
# says something, a table that was never connected says nothing. `coverage` is the weight of the rule's measures that are
# known.

# %%
print(f"coverage {health['coverage']:.0%}; late tables: {', '.join(health['stale']) or 'none'}")
lacking = [entries[name] for name in health["missing"]]
pd.DataFrame(
    {
        "pillar": [feature.pillar for feature in lacking],
        "measure": [feature.title.en for feature in lacking],
        "what that means": [feature.missing.en for feature in lacking],
        "含义": [feature.missing.zh for feature in lacking],
    },
    index=health["missing"],
)

# %% [markdown]
# ## Before acting
#
# - **Read the records.** The notes, tickets, answers and invoices behind a driver say more than its points.
# - **A driver is no lever.** Points say what the forecast rests on. Whether a training lifts the use, and the use the
#   renewal, is another question.
# - **Mind the interval.** Where it spans two bands, the band is not settled; the call is worth it all the same when
#   the revenue is.
