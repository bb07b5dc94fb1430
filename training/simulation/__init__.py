"""A simulated book of business customers whose true churn probabilities are known.

Read in this order: `params` (what can be set), `timeline` (months), `customers` (who they are),
`latents` (what is going on inside them), `hazard` (what that does to churn), `outcomes` (who leaves),
then one module per source (`use`, `support_tickets`, …) that shows the latents through a keyhole, and
`truth` (what nobody in the trade would ever see). `book` puts it together.

It lives in `training` because it makes outcomes, which `features` must never reach.
"""
