"""``duality-verify train``: pretrain by a recipe, on one process or, under torchrun, on several."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duality.cli.options import Json
from duality.cli.output import console, print_json
from duality.cli.runs import Overrides, Quiet, TrainingDevice, bad_input
from duality.cli.tables import table

if TYPE_CHECKING:
    from duality.training.recipe import Recipe

RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A shipped recipe by name, or a .toml file.")]
Out = Annotated[Path | None, typer.Option(help="The run's folder.", show_default="runs/RECIPE")]
Seed = Annotated[int | None, typer.Option(min=0, help="Short for --set run.seed=SEED.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan and train nothing.")]


def train(
    recipe: RecipeName,
    out: Out = None,
    overrides: Overrides = None,
    seed: Seed = None,
    device: TrainingDevice = "auto",
    dry_run: DryRun = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Pretrain a network by a recipe, and go on where a run in the folder stopped."""
    with bad_input():
        from duality.training.recipe import recipes_by_loss

        given = list(overrides or [])
        loaded, *others = recipes_by_loss(recipe, given if seed is None else [*given, f"run.seed={seed}"])
        _check_losses(loaded, *others)
        if dry_run:
            _print_plan(loaded, json)
            return
        from duality.training.loop import train as run
        from duality.training.monitor import Reporter
        from duality.training.processes import join_processes

        folder = out or Path("runs") / loaded.name
        with join_processes(device) as process:
            measures = run(loaded, folder, process, Reporter(quiet or not process.leads))
            if process.leads:
                _print_result(folder, measures, json)


def _check_losses(*recipes: "Recipe") -> None:
    """Build the loss of each, so that no argument is wrong in any table of a recipe."""
    from duality.training.objective import build_loss

    for recipe in recipes:
        build_loss(recipe.loss)


def _print_plan(recipe: "Recipe", json: bool) -> None:
    from duality.training.plan import plan_run
    from duality.training.processes import world_size

    plan = plan_run(recipe, world=world_size())
    if json:
        print_json({"recipe": recipe.to_dict(), "plan": dataclasses.asdict(plan)})
        return
    out = console()
    rows = table(out, "Plan")
    rows.add_column(recipe.name)
    rows.add_row("loss", recipe.loss.name)
    rows.add_row(
        "network", f"{recipe.encoder.name}, width {recipe.encoder.width}, projector {recipe.encoder.projector}"
    )
    rows.add_row("parameters", f"{plan.backbone_parameters:,} + projector {plan.projector_parameters:,}")
    rows.add_row("images", f"{plan.images:,} of {plan.classes:,} classes, {_size(plan.data_bytes)} as pixels")
    rows.add_row("steps", f"{plan.steps:,} = {recipe.optimizer.epochs} epochs × {plan.steps_per_epoch:,}")
    rows.add_row("views", f"{plan.views:,} of {recipe.views.size} × {recipe.views.size} pixels")
    rows.add_row("batch", f"{recipe.data.batch_size:,} images")
    rows.add_row("optimiser", f"{recipe.optimizer.name}, learning rate up to {plan.peak_learning_rate:.4g}")
    rows.add_row(
        "memory", f"{_size(plan.state_bytes)} of state, about {_size(plan.activation_bytes)} of activations"
    )
    out.print(rows)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


def _print_result(folder: Path, measures: dict[str, float], json: bool) -> None:
    if json:
        print_json({"run": str(folder), "measures": measures})
        return
    out = console()
    out.print(
        f"{folder}: online probe {measures['test_probe_accuracy']:.1%}, "
        f"effective rank {measures['test_effective_rank']:.1f}"
    )
    out.print(f"Next: duality-verify embed {folder} · duality-verify probe {folder}")
