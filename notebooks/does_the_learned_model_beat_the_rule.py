# %% [markdown]
# # Does the learned model beat the rule?
#
# **The question.** A customer-success team already has an expert's rule. Is the learned model better than it on the
# same accounts and dates, by how much, how sure is that, and how much is left to gain?
#
# **The answer in short**, for the simulated book that `make run` makes:
#
# - **On outcomes alone: yes, by a little.** The learned model, a pool of the rule re-weighted by the data and of small
#   trees, ranks better (AUC 0.029 higher, 90 % interval 0.001 to 0.058) and has the lower log loss (in 99 of 100
#   resamples of the accounts). On 179 churns the gain could still be next to nothing, or twice as large.
# - **Against the planted truth: yes.** Its probabilities are nearer to the true ones, most clearly where the two models
#   differ most: there it is the nearer one in two of three rows.
# - **There is room above both.** It attains two thirds of the AUC that is attainable above chance (the rule 0.56), and a
#   third of the log loss: much of what decides a renewal leaves no trace in the exports.
#
# **The inputs** are made by `make run`: a simulated book, and a registry with a challenger trained on it. Other
# places are named in the environment: `VITALS_BOOK` (default `data/book`) and `VITALS_REGISTRY` (default `mlruns`).
# The first four sections run on a book of your own too; the last two need the planted truth of a simulated one.

# %%
# %matplotlib inline
import os
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from features.faults import Fault, WrongUse
from features.params_file import read_section
from training.bootstrap import compare
from training.health_model import read_health_model
from training.out_of_time import outcomes_of
from training.params import TrainingParams
from training.plots import COLOURS, comparison_figure, gain_figure, reliability_figure
from training.registry import bundle_folder, challenger_comparison, challenger_version, predictions, tracking

if not Path("params.yaml").exists():
    os.chdir("..")  # started in notebooks/: paths count from the project's folder
book = Path(os.environ.get("VITALS_BOOK", "data/book"))
registry = Path(os.environ.get("VITALS_REGISTRY", "mlruns"))
pd.options.display.float_format = "{:,.3f}".format

# %% [markdown]
# ## 1. What was recorded when the challenger was trained
#
# Every model was fitted on dates whose outcome was known before the first tested date, and judged on the tested
# dates. The rule is no probability by itself: it is mapped to one by a line in log-odds that was fitted on the same
# training rows, so it is compared at its best.

# %%
recorded, text = challenger_comparison(registry)
print(text)

# %% [markdown]
# ### What the intervals mean
#
# Accounts were drawn with replacement, each with all its dates, and everything was measured again on each draw. The
# interval holds 90 % of what came out: **how far the figure could move if other accounts of the same kind had been
# in the book.**
#
# - To compare two models, read the **difference** and its interval, never whether two intervals overlap. Both models
#   see the same draws, so what makes a draw easy or hard drops out of the difference.
# - The percentage at the end is the share of draws in which the first model was better. Near 50 % is a tie.
# - Rows are not evidence of their own: one account at three dates is one customer. An interval that counted rows
#   would be too narrow.
# - What it does not hold: another year, another market, or the luck of the training rows (the models stay as they
#   are on every draw). With fewer than about 30 churned accounts, read it as rough.

# %%
member = read_section(Path("params.yaml"), "training", TrainingParams).member
differences = pd.DataFrame(recorded["differences"]).query("model == @member and against == 'rule'")
differences.set_index("measure")[["value", "low", "high", "better"]]

# %% [markdown]
# ## 2. The tested predictions side by side
#
# One row per account and tested date: what each model foretold, and what happened (`churned`). In the figure, a row
# below the diagonal is one that the learned model thinks safer than the rule does. Where many rows share one
# probability of the rule, a hard exception caps their scores at the same value: there the rule cannot rank them.

# %%
with tracking(registry) as client:
    version = challenger_version(client)
    tested = predictions(client, version).rename(columns={"answer": "learned"})
    horizon = read_health_model(bundle_folder(client, version, registry)).facts["horizon_days"]
outcomes = outcomes_of(tested, calls=read_section(Path("params.yaml"), "training", TrainingParams).calls)
print(f"version {version}: {len(tested)} rows, churn within {horizon} days")
tested.sample(8, random_state=1).sort_values("learned", ascending=False)

# %%
figure, panel = plt.subplots(figsize=(5.6, 5.2), layout="constrained")
for churned, colour, label in ((0, "0.75", "stayed"), (1, COLOURS[1], "churned")):
    shown = tested[tested["churned"] == churned]
    panel.scatter(shown["rule"], shown["learned"], s=9, color=colour, label=label)
panel.axline((0, 0), slope=1, color="0.5", linestyle="--", linewidth=1)
panel.set(xlabel="churn probability, rule", ylabel="churn probability, learned", title="Each tested row")
panel.legend(frameon=False);

# %% [markdown]
# ## 3. Does what is foretold happen, and who is found first?
#
# **Reliability.** The rows in ten groups from low to high risk. A point on the dashed line says that of the accounts
# given 20 %, 20 % left. A curve flatter than the line is too sure of itself, a steeper one too timid. The bars count
# accounts, so a group of few accounts has a long one.

# %%
told = {"rule": tested["rule"], "learned": tested["learned"]}
reliability_figure(told, outcomes)

# %% [markdown]
# **Gain.** Call the accounts from the highest risk down: what share of the churns has been reached? The steeper the
# start, the better; the diagonal is calling at random. The second panel counts the churned revenue instead: neither
# model was trained on revenue, and a few large accounts decide this curve, so its interval in section 1 is wide.

# %%
gain_figure(told, outcomes)

# %% [markdown]
# ## 4. Where do rule and model differ most?
#
# The accounts at the newest tested date whose two probabilities lie furthest apart, with what happened. These are the
# ones to read one by one: single outcomes prove nothing, but a pattern in them (a segment, a signal that the rule does
# not weigh) is what a CSM can check.

# %%
tested["gap"] = tested["learned"] - tested["rule"]
newest = tested[tested["as_of"] == tested["as_of"].max()]
furthest = newest.loc[newest["gap"].abs().nlargest(12).index]
furthest[["account_id", "mrr", "rule", "learned", "gap", "churned"]].sort_values("gap")

# %% [markdown]
# ## 5. How far are both from the truth?
#
# The book is simulated, so the true churn probability of every row is known: the world's own chance, given states that
# no export shows (adoption, goodwill, stress on payment). Not even the truth ranks perfectly, because who leaves is
# partly luck: **the AUC of the truth is the most that any model could reach.**

# %%
truth = pd.read_parquet(book / "truth" / "probabilities.parquet").rename(columns={"p_churn_365d": "truth"})
known = tested.merge(truth, on=["account_id", "as_of"], how="left", validate="one_to_one")
if known["truth"].isna().any() or horizon != 365:
    found = f"{book}: {known['truth'].notna().mean():.0%} of the tested rows, horizon {horizon} days"
    allowed = "the simulated book that the challenger was trained on, with a horizon of 365 days"
    raise WrongUse("this is not its truth", [Fault("VITALS_BOOK", found, allowed, "run vitals train BOOK")])
names = ["base_rate", "rule", "logistic", "learned", "truth"]
with_truth = compare({name: known[name] for name in names}, outcomes)
comparison_figure(with_truth)

# %% [markdown]
# **Attained** is what a model gains over knowing nothing, as a share of what the truth gains: AUC above 0.5, and log
# loss below that of the base rate. **Distance** is the mean distance of the foretold from the true probability, in
# percentage points; the **rank correlation** is with the truth, so no luck of single outcomes is in these two.

# %%
measured = with_truth.as_frame().query("against.isna()")
measured = measured.pivot(index="model", columns="measure", values="value").loc[names]
saved = measured.loc["base_rate", "log_loss"] - measured["log_loss"]
gained = pd.DataFrame({"AUC": measured["auc"] - 0.5, "log loss": saved})
attained = (gained / gained.loc["truth"]).add_prefix("attained, ")
attained["distance, points"] = 100 * known[names].sub(known["truth"], axis=0).abs().mean()
attained["rank correlation"] = known[names].rank().corr()["truth"]
attained

# %% [markdown]
# A point on the dashed line is a row whose probability is right. A cloud that is flatter than the line gives the
# safe too much risk and the endangered too little: that is what shrinking towards the average looks like, and with few
# accounts it is the honest thing to do.

# %%
figure, panels = plt.subplots(1, 2, figsize=(9.6, 4.6), sharex=True, sharey=True, layout="constrained")
for panel, name, colour in zip(panels, ("rule", "learned"), COLOURS):
    panel.scatter(known["truth"], known[name], s=6, alpha=0.35, color=colour)
    panel.axline((0, 0), slope=1, color="0.5", linestyle="--", linewidth=1)
    panel.set(title=name, xlabel="true churn probability")
panels[0].set_ylabel("foretold churn probability");

# %% [markdown]
# ## 6. Where they differ, which one is nearer to the truth?
#
# The tenth of all tested rows in which rule and model lie furthest apart, against the rest.

# %%
nearer = (known["learned"] - known["truth"]).abs() < (known["rule"] - known["truth"]).abs()
apart = known["gap"].abs() >= known["gap"].abs().quantile(0.9)
summary = known.assign(nearer=nearer).groupby(apart.map({True: "furthest tenth", False: "the rest"}))
summary.agg(rows=("nearer", "size"), accounts=("account_id", "nunique"), learned_is_nearer=("nearer", "mean"))

# %% [markdown]
# ## What this does not show
#
# - One simulated book is one draw of a world in which the expert's signals do matter.
#   `benchmarks/quality.py` repeats the comparison over several worlds and sizes.
# - A better forecast saves no account. What the calls achieve is measured by the cases that they close.
