"""The command line. It holds no logic: each command stands in its room, in a file named after it.

Imports stand inside the commands, so that `vitals --help` does not load a learner.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from serving import (
    audit_command,
    demo_command,
    doctor_command,
    explain_command,
    serve_command,
    up_command,
)
from serving.access.keys_command import keys_app
from serving.batch import score_command
from serving.changes import change_command
from serving.closed_loop import overrides_command, watch_command
from serving.delivery.webhooks_command import app as webhooks
from serving.disagreement import disagreement_command
from serving.evidence import evidence_command
from serving.gaming import gaming_command
from serving.kpis import kpis_command
from serving.lineage import lineage_command
from serving.monitoring import monitor_command
from serving.path_to_green import command as path_command
from serving.plays import plays_command
from serving.retraining import retrain_command, rollback_command, shadow_command
from serving.review import verdicts_command
from serving.themes import themes_command
from serving.what_ifs import what_if_command
from training import (
    card_command,
    catalog_command,
    check_command,
    compare_command,
    features_command,
    import_command,
    init_command,
    nps_command,
    promote_command,
    simulate_command,
    train_command,
    words_command,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"vitals {version('vitals')}")
        raise typer.Exit


@app.callback(epilog="Example: vitals demo")
def _every_command(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="the version")
    ] = False,
) -> None:
    """Customer health for B2B companies that can be checked. Start with: vitals demo"""


app.command("simulate", epilog=simulate_command.EXAMPLE)(simulate_command.simulate)
app.command("init", epilog=init_command.EXAMPLE)(init_command.init)
app.command("doctor", epilog=doctor_command.EXAMPLE)(doctor_command.doctor)
app.command("import", epilog=import_command.EXAMPLE)(import_command.import_)
app.command("check", epilog=check_command.EXAMPLE)(check_command.check)
app.command("features", epilog=features_command.EXAMPLE)(features_command.features)
app.command("words", epilog=words_command.EXAMPLE)(words_command.words)
app.command("catalog", epilog=catalog_command.EXAMPLE)(catalog_command.catalog)
app.command("train", epilog=train_command.EXAMPLE)(train_command.train)
app.add_typer(keys_app, name="keys")
app.command("up", epilog=up_command.EXAMPLE)(up_command.up)
app.command("compare", epilog=compare_command.EXAMPLE)(compare_command.compare)
app.command("promote", epilog=promote_command.EXAMPLE)(promote_command.promote)
app.command("retrain", epilog=retrain_command.EXAMPLE)(retrain_command.retrain)
app.command("shadow", epilog=shadow_command.EXAMPLE)(shadow_command.shadow)
app.command("rollback", epilog=rollback_command.EXAMPLE)(rollback_command.rollback)
app.command("card", epilog=card_command.EXAMPLE)(card_command.card)
app.command("score", epilog=score_command.EXAMPLE)(score_command.score)
app.command("explain", epilog=explain_command.EXAMPLE)(explain_command.explain)
app.command("disagreement", epilog=disagreement_command.EXAMPLE)(disagreement_command.disagreement)
app.command("change", epilog=change_command.EXAMPLE)(change_command.change)
app.command("lineage", epilog=lineage_command.EXAMPLE)(lineage_command.lineage)
app.command("path-to-green", epilog=path_command.EXAMPLE)(path_command.path_to_green)
app.command("themes", epilog=themes_command.EXAMPLE)(themes_command.themes)
app.command("kpis", epilog=kpis_command.EXAMPLE)(kpis_command.kpis)
app.command("plays", epilog=plays_command.EXAMPLE)(plays_command.plays)
app.command("what-if", epilog=what_if_command.EXAMPLE)(what_if_command.what_if)
app.command("nps", epilog=nps_command.EXAMPLE)(nps_command.nps)
app.command("evidence", epilog=evidence_command.EXAMPLE)(evidence_command.evidence)
app.command("monitor", epilog=monitor_command.EXAMPLE)(monitor_command.monitor)
app.command("gaming", epilog=gaming_command.EXAMPLE)(gaming_command.gaming)
app.command("audit", epilog=audit_command.EXAMPLE)(audit_command.audit)
app.command("serve", epilog=serve_command.EXAMPLE)(serve_command.serve)
app.command("watch", epilog=watch_command.EXAMPLE)(watch_command.watch)
app.command("overrides", epilog=overrides_command.EXAMPLE)(overrides_command.overrides)
app.command("verdicts", epilog=verdicts_command.EXAMPLE)(verdicts_command.verdicts)
app.add_typer(webhooks, name="webhooks")
app.command("demo", epilog=demo_command.EXAMPLE)(demo_command.demo)


def main() -> None:
    """The entry point of the `vitals` command."""
    app()


if __name__ == "__main__":
    main()
