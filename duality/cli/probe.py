"""``duality-verify probe``: what frozen representations are worth to nearest neighbours and a linear classifier."""

import dataclasses

from duality.cli.options import Json
from duality.cli.output import console, print_json
from duality.cli.runs import Run, TrainingDevice, Untrained, bad_input

_SPLITS = {"test": "test images ", "extra": "extra images"}


def probe(run: Run, untrained: Untrained = False, device: TrainingDevice = "auto", json: Json = False) -> None:
    """Fit probes to the training split's representations and score them on images that it has not seen."""
    with bad_input():
        from duality.training.embed import evaluate, load_network
        from duality.training.monitor import Reporter

        evaluation = evaluate(load_network(run, Reporter(), untrained, device))
    if json:
        print_json(dataclasses.asdict(evaluation))
        return
    out, linear = console(), evaluation.linear
    for split, accuracy in evaluation.accuracy.items():
        scores = "  ".join(f"{name} {share:.2%}" for name, share in accuracy.items())
        out.print(f"{_SPLITS[split]}  {scores}")
    setting = f"weight decay {linear.weight_decay:g}"
    if linear.learning_rate is not None:
        setting += f", learning rate {linear.learning_rate:g}"
    chosen = "" if linear.held_out_accuracy is None else ", chosen on held-out training images"
    out.print(f"linear probe by {linear.solver}, {setting}{chosen}; gradient norm {linear.gradient_norm:.1e}")
    out.print(f"after step {evaluation.step:,}; neither training nor any choice has seen these images")
