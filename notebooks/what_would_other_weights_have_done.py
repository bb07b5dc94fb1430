# %% [markdown]
# # What would other weights have done?
#
# **The question.** The team argues about the weights of the rule: should use count for more? What would each proposal have
# said of the customers who left, how long before, and how many alerts would it have cost?
#
# **The answer in short**, for the simulated book that `make run` makes: with use or voice at half of the whole, 50 and 55 % of
# the churners would have been red 60 days ahead, against 42 % as it is, and alerts would have risen from 26 to 36 a month,
# of which one in twenty-five is followed by a churn within 90 days. With commercial or service at half less is found, for
# fewer alerts. So most of what a proposal finds more it pays for; the limit of red does the same without an argument. The
# data's own opinion of the weights is in section 4.
#
# **The inputs** are made by `make run`: a book with outcomes, and a registry. Others are named in the environment:
# `VITALS_BOOK` (default `data/book`), `VITALS_REGISTRY` (default `mlruns`). For one proposal there is also
# `vitals what-if --weights … --backtest`.

# %%
# %matplotlib inline
import os
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import features
import training
from training.band_backtest import replayed
from training.dataset import segments
from training.labels import read_churns
from training.plots import COLOURS
from training.registry import bundle_folder, challenger_version, tracking

if not Path("params.yaml").exists():
    os.chdir("..")  # started in notebooks/: paths count from the project's folder
params = training.AllParams.read()
registry = Path(os.environ.get("VITALS_REGISTRY", "mlruns"))
book = features.open_book(Path(os.environ.get("VITALS_BOOK", "data/book")), params.checks, training.ALL_TABLES)
churns = read_churns(book.tables)
pd.options.display.float_format = "{:,.2f}".format

# %% [markdown]
# ## 1. The proposals
#
# What stands in `params.yaml`, and one pillar at a time at half of the whole. The profile of a segment keeps its say
# only in the first: a proposal is for everybody.

# %%
now = params.rule
proposals = {"as it is": now}
for pillar in ("usage", "voice", "commercial", "service"):
    weights = {other: 50 if other == pillar else 50 / 3 for other in ("usage", "voice", "commercial", "service")}
    proposals[f"{pillar} at half"] = now.model_copy(update={"weights": type(now.weights)(**weights), "profiles": {}})
pd.DataFrame({name: rule.weights.model_dump() for name, rule in proposals.items()}).T

# %% [markdown]
# ## 2. The past, as it was known
#
# Every month start of the last year whose next 90 days are over, each with the facts known by then. Nothing is learned
# here, so nothing can leak from the future into a rule.

# %%
end = churns["at"].max().normalize()
dates = features.month_starts(end - pd.Timedelta(days=455), end - pd.Timedelta(days=90))
rows = features.build_snapshot(book.source, dates, params.features)
segment = rows["account_id"].map(segments(book))
scores = {name: features.score_by_rule(rows, rule, segment) for name, rule in proposals.items()}
bands = pd.DataFrame({name: found.band for name, found in scores.items()})
print(f"{len(rows)} rows, {len(dates)} month starts, {churns['at'].between(dates[0], end).sum()} churns")
bands.apply(pd.Series.value_counts).fillna(0).astype(int).T

# %% [markdown]
# ## 3. Who would have been red in time, at what price?
#
# Of the churners, the share that was red, and below green, at the last month start 60 days or more before they left; and
# how many alerts a month (accounts that turned red) that would have cost. `better` is the probability that a proposal
# finds more than the rule as it is, accounts resampled.

# %%
kept = rows[["account_id", "as_of", "mrr"]]
replays = {
    name: replayed(kept.assign(before=bands["as it is"], after=bands[name]), churns, dates, 200, params.training.seed)
    for name in proposals
}
told = []
for name, replay in replays.items():
    ahead = next(lead for lead in replay.leads if lead.days == 60)
    red, below = ahead.red.after, ahead.below_green.after
    told.append({
        "proposal": name, "red": red.value, "low": red.low, "high": red.high, "better": ahead.red.more,
        "below green": below.value, "alerts a month": replay.alerts.after.value, "followed by churn": replay.followed.after.value,
    })
answer = pd.DataFrame(told).set_index("proposal")
answer

# %%
figure, panel = plt.subplots(figsize=(6, 4), layout="constrained")
for (name, row), colour in zip(answer.iterrows(), COLOURS):
    panel.errorbar(
        row["alerts a month"], row["red"], yerr=[[row["red"] - row["low"]], [row["high"] - row["red"]]],
        fmt="o", color=colour, capsize=3, label=name,
    )
panel.set(xlabel="alerts a month", ylabel="churners that were red 60 days ahead", title="What is found, and what it costs")
panel.legend(frameon=False);

# %% [markdown]
# ## 4. What do the data believe?
#
# The learned member starts from the expert's weights and moves as far as pays out of fold: "usage 30 → 41 ± 6". A
# weight that lies within its error of the expert's is no reason to change anything.

# %%
with tracking(registry) as client:
    model = training.read_health_model(bundle_folder(client, challenger_version(client), registry))
pd.DataFrame(model.weights).set_index("pillar") if model.weights else "nothing was learned of the weights"

# %% [markdown]
# ## What this does not show
#
# - What the alerts would have *achieved*. A churner found in time is not yet saved, and an alert that nobody followed up
#   looks like a false one.
# - The best of many proposals is partly luck. Decide by what the team can defend, and use this to see what it costs.
