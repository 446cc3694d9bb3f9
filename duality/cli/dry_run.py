"""``duality-verify reproduce --dry-run``: what is still to be run, how long that takes, and what it could show."""

from typing import Any

from rich.console import Console

from duality.cli.tables import table
from duality.experiments.infer.power import ENOUGH


def print_dry_run(out: Console, plan: dict[str, Any]) -> None:
    """The document of `plan_document` as text."""
    left = plan["cells"]["left"]
    for name in left:
        out.print(name)
    if left:
        out.print()
    rows = table(out, "Claim", "", "Cells", "Left", "Power", "As seen", "Verdict")
    for each in plan["experiments"]:
        power, seen = each["power"], each["power_at_the_spread_seen"]
        rows.add_row(
            each["id"],
            each["title"],
            str(each["cells"]),
            str(each["left"]),
            _share(power),
            _share(seen),
            _word(power),
        )
    out.print(rows)
    out.print()
    out.print(
        "Power: how often the whole rule would say holds, were the paper right, at the declared spread over seeds "
        f"({plan['spread']['origin']}); as seen: at that of the cells that are there. Below {ENOUGH:g} nothing is "
        "judged.",
        style="dim",
    )
    for method in plan["not_tuned"]:
        out.print(f"{method} is not tuned yet: duality-verify tune {method} --scale {plan['scale']} comes first")
    out.print(
        f"{plan['scale']}: {len(left)} of {plan['cells']['total']} cells to run, {_hours(plan)}", style="bold"
    )


def _share(power: float | None) -> str:
    return "–" if power is None else f"{power:.2f}"


def _word(power: float | None) -> str:
    if power is None:
        return "not testable here: the scale lacks an arm"
    return "" if power >= ENOUGH else "not testable here: too little power"


def _hours(plan: dict[str, Any]) -> str:
    if not plan["cells"]["left"]:
        return "nothing left"
    given = f", given {plan['needs']}" if plan["needs"] else ""
    return f"{_told(plan['hours'])} ({plan['hours_origin']}){given}"


def _told(hours: float | None) -> str:
    if hours is None:
        return "nobody knows how long"
    return f"about {hours:,.1f} hours" if hours >= 1 else f"about {max(60 * hours, 1):.0f} minutes"
