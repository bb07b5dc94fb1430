"""What `vitals watch` does for the model each night, after the book was scored."""

from __future__ import annotations

import logging
from datetime import timedelta

from features.faults import VitalsFault
from serving.closed_loop.moments import moment_text
from serving.retraining import attempts
from serving.retraining.retraining import Workshop, retrain
from serving.retraining.succession import end_shadow_if_due

logger = logging.getLogger("vitals.retraining")


def look_after_the_model(shop: Workshop) -> None:
    """Ends a shadow that is over, and trains again where that is due. It never raises: a night is scored
    whatever becomes of the next model; what failed stands in the log and in the attempt."""
    for what in (_end_shadow, _train):
        try:
            what(shop)
        except VitalsFault as fault:
            logger.error("the model could not be looked after: %s", fault.title)
        except Exception:
            logger.exception("the model could not be looked after")


def _end_shadow(shop: Workshop) -> None:
    ended = end_shadow_if_due(shop)
    if ended is not None:
        logger.info("version %s is %s: %s", ended.version, ended.state, ended.why)


def _train(shop: Workshop) -> None:
    if not shop.retraining.automatic or not _may_try(shop):
        return
    found = retrain(shop)
    for trigger in found.triggers:
        logger.info("retraining: %s", trigger.as_text())
    if found.number is not None:
        logger.info("retraining %d: version %s is in %s", found.number, found.version, found.state)
        _end_shadow(shop)


def _may_try(shop: Workshop) -> bool:
    """Whether none is open, and the pause after the last one is over."""
    paused = moment_text(shop.now() - timedelta(days=shop.retraining.pause))
    with shop.store.writing() as connection:
        attempts.end_dead(connection, shop.now())
        last = attempts.newest(connection)
        return attempts.open_one(connection) is None and (last is None or last.started_at <= paused)
