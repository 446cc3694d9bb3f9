"""``duality-verify probe``: what frozen representations are worth to nearest neighbours and a linear classifier."""

import dataclasses

from duality.cli.options import Json
from duality.cli.output import console, print_json
from duality.cli.runs import Run, TrainingDevice, Untrained, bad_input


def probe(run: Run, untrained: Untrained = False, device: TrainingDevice = "auto", json: Json = False) -> None:
    """Fit probes to the training split's representations and score them on the test split."""
    with bad_input():
        from duality.training.embed import evaluate, load_network
        from duality.training.monitor import Reporter

        evaluation = evaluate(load_network(run, Reporter(), untrained, device))
    if json:
        print_json(dataclasses.asdict(evaluation))
        return
    out = console()
    linear = evaluation.linear
    out.print(
        f"linear probe  {linear.accuracy:.2%}  ({linear.solver}, chosen {linear.chosen:g} on held-out images)"
    )
    out.print(f"kNN           {evaluation.knn:.2%}")
    out.print(
        f"after step {evaluation.step:,}, on the test split, which neither training nor the choices have seen"
    )
