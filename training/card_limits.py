"""From when on a model card warns. A module of its own: a service reads it without loading a learner."""

FEW = 10  # churned accounts of a segment below which no order of its accounts can be judged
FRESH = 90  # days of new outcomes after which it is worth learning again
