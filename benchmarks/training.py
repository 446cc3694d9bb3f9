"""Images per second of this harness next to the same training written with lightly's transforms and a DataLoader.

    python benchmarks/training.py [--recipe fashion-mnist] [--rounds 5] [--steps 20] [--out results/benchmarks]

Both train the same network, batch size, loss and optimiser on the same images with the same augmentations. Rounds
alternate, so that both meet the same machine; numbers are medians over rounds. lightly's side runs with each number
of workers asked for, and its best counts.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import measuring
import torch
from lightly.transforms.simclr_transform import SimCLRTransform
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from duality.training.batches import TrainingBatches, pixel_statistics
from duality.training.data import Images, load_split
from duality.training.loop import build_network
from duality.training.objective import build_loss
from duality.training.optimizer import build_optimizer
from duality.training.recipe import Recipe, load_recipe

CPU = torch.device("cpu")


class Pictures(Dataset):
    """The images as lightly's users hold them: PIL images and a transform per image."""

    def __init__(self, images: Images, recipe: Recipe) -> None:
        arrays = images.images.permute(0, 2, 3, 1).numpy()
        self.pictures = [Image.fromarray(array.squeeze()) for array in arrays]
        views, (mean, deviation) = recipe.views, pixel_statistics(images)
        brightness, contrast, saturation, hue = views.jitter
        self.transform = SimCLRTransform(
            input_size=views.size,
            cj_prob=views.jitter_probability,
            cj_strength=1.0,
            cj_bright=brightness,
            cj_contrast=contrast,
            cj_sat=saturation,
            cj_hue=hue,
            min_scale=views.crop_scale[0],
            random_gray_scale=views.gray,
            gaussian_blur=views.blur[0],
            hf_prob=views.flip,
            normalize={"mean": mean.tolist(), "std": deviation.tolist()},
        )

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> list[Tensor]:
        return self.transform(self.pictures[index])


def ours(images: Images, recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
    batches = TrainingBatches(images, recipe, CPU)
    for epoch in range(10**6):
        for batch in batches.epoch(epoch):
            yield batch.view_a, batch.view_b


def lightly(images: Images, recipe: Recipe, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
    loader = DataLoader(
        Pictures(images, recipe),
        batch_size=recipe.data.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    while True:
        yield from loader


def trainer(
    images: Images, recipe: Recipe, source: Iterator[tuple[Tensor, Tensor]]
) -> Callable[[int], list[float]]:
    """A function that trains so many steps. It returns the seconds of them all, and those spent on the views."""
    network = build_network(recipe, images).train()
    optimizer = build_optimizer(network.encoder, recipe.optimizer, recipe.data.batch_size)
    loss = build_loss(recipe.loss)

    def train(steps: int) -> list[float]:
        begun, on_views = time.perf_counter(), 0.0
        for _ in range(steps):
            asked = time.perf_counter()
            view_a, view_b = next(source)
            on_views += time.perf_counter() - asked
            z_a, z_b, _ = network(view_a, view_b)
            optimizer.zero_grad()
            loss(z_a, z_b).total.backward()
            optimizer.step()
        return [time.perf_counter() - begun, on_views]

    return train


def measure(recipe: Recipe, rounds: int, steps: int, workers: list[int]) -> dict[str, dict[str, float]]:
    images = load_split(recipe.data, "train")
    if not isinstance(images, Images):
        raise SystemExit(f"{recipe.name} does not hold its images in memory: choose another --recipe")
    sources = {"ours": ours(images, recipe)}
    sources |= {f"lightly, {count} workers": lightly(images, recipe, count) for count in workers}
    trainers = {name: trainer(images, recipe, source) for name, source in sources.items()}
    for train in trainers.values():
        train(3)
    seconds: dict[str, list[list[float]]] = {name: [] for name in trainers}
    for _ in range(rounds):
        for name, train in trainers.items():
            seconds[name].append(train(steps))
    seen = steps * recipe.data.batch_size
    return {
        name: {
            "images_per_second": statistics.median(seen / whole for whole, _ in each),
            "share_of_views": statistics.median(views / whole for whole, views in each),
        }
        for name, each in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Images per second next to lightly's transforms and a DataLoader.")
    parser.add_argument("--recipe", default="fashion-mnist")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    arguments = parser.parse_args()
    recipe = load_recipe(arguments.recipe)
    measured = measure(recipe, arguments.rounds, arguments.steps, arguments.workers)
    rivals = [each["images_per_second"] for name, each in measured.items() if name != "ours"]
    result = {
        "provenance": measuring.provenance("training.py", recipe=recipe.to_dict()),
        "measured": measured,
        "ours_over_best_rival": measured["ours"]["images_per_second"] / max(rivals),
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "training.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for name, each in measured.items():
        print(f"{name:<20} {each['images_per_second']:8.0f} images/s, views {each['share_of_views']:.1%} of a step")
    print(f"ours over the best of lightly's: {result['ours_over_best_rival']:.2f}")


if __name__ == "__main__":
    main()
