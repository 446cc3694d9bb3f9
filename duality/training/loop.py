"""The training loop: one step after another, saved as it goes, on one process or on several."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from duality.distributed import reduced
from duality.provenance import environment
from duality.training.batches import Batch, TrainingBatches, pixel_statistics
from duality.training.checkpoint import fitting, parse_checkpoint, read_newest, save_checkpoint
from duality.training.data import ImageFiles, Images, load_split, take_rows, with_checksum
from duality.training.encoder import Encoder, PretrainingNetwork, synchronize_batch_norm
from duality.training.errors import DataError, DivergedError, InterruptedRunError, RunError
from duality.training.features import Features, Layer, extract_features
from duality.training.monitor import MetricsLog, Reporter, collapse_warning, embedding_metrics
from duality.training.objective import build_loss
from duality.training.online_probe import OnlineProbe, learn, online_right
from duality.training.optimizer import build_optimizer, learning_rate, peak_learning_rate, set_learning_rate
from duality.training.processes import Process, any_process, emulates, from_leader
from duality.training.recipe import Recipe, recipe_from_dict
from duality.training.run_folder import locked, record_recipe, refuse_another, refuse_difference
from duality.training.signals import noticed_signals
from duality.training.tables import first_difference_of

_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_MEASURED = 1024
"""Embeddings that the logged measures look at, at most: their cost grows with the square."""


def train(recipe: Recipe, folder: Path, process: Process, reporter: Reporter) -> dict[str, float]:
    """Run a recipe to its end in a folder, from where the run there stopped.

    Returns:
        The last epoch's measures.

    Of several processes only the first one reads and writes the folder; the others' may be elsewhere.

    Raises:
        RecipeError, DataError: the recipe names a loss or images that are not there; nothing was written.
        RunError: the folder is in use, holds another run, or cannot be written; or the processes' recipes differ.
        DivergedError: the loss or a gradient is not finite.
        InterruptedRunError: SIGINT, SIGTERM or SIGHUP came; the run was saved first.
    """
    recipe = replace(recipe, data=with_checksum(recipe.data))
    if not process.leads:
        return _Run(recipe, folder, process, reporter).to_the_end()
    with locked(folder):
        refuse_another(folder, recipe)
        return _Run(recipe, folder, process, reporter).to_the_end()


class _Run:
    """A run's state: network, optimisers, and the number of steps done. All else follows from recipe and step."""

    def __init__(self, recipe: Recipe, folder: Path, process: Process, reporter: Reporter) -> None:
        self.recipe, self.folder, self.process, self.reporter = recipe, folder, process, reporter
        self._agree(recipe.to_flat())
        self.loss = build_loss(recipe.loss, process.device)
        images = load_split(recipe.data, "train")
        self._agree({"images": len(images)})
        self.test_images = load_split(recipe.data, "test")
        self.batches = TrainingBatches(images, recipe, process.device, process.rank, process.world)
        self.network = build_network(recipe, images).to(process.device)
        self.probe = build_probe(recipe, self.network.encoder, images.classes).to(process.device)
        self.parallel = self._over_processes()
        self.optimizer = build_optimizer(self.network.encoder, recipe.optimizer, self.batches.batch_size)
        self.probe_optimizer = self.probe.optimizer()
        self.scaler = torch.GradScaler(process.device.type, enabled=recipe.run.precision == "float16")
        self.step = 0
        self.last_loss = self.images_per_second = float("nan")
        self.epoch_metrics: dict[str, float] = {}

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.recipe.optimizer.epochs * self.batches.steps_per_epoch

    def to_the_end(self) -> dict[str, float]:
        precision = self.recipe.run.precision
        if emulates(_PRECISIONS[precision], self.process.device):
            self.reporter.say(f"warning: this processor only emulates {precision}: run.precision=float32 is faster")
        self._resume()
        if self.process.leads:
            record_recipe(self.folder, self.recipe)
        self.log = MetricsLog(self.folder, self.step) if self.process.leads else None
        self.reporter.start(self.steps, self.step)
        try:
            with noticed_signals() as interrupted:
                self._train_epochs(interrupted)
        finally:
            self.reporter.stop()
            if self.log is not None:
                self.log.close()
        return self.epoch_metrics

    def _agree(self, here: dict[str, Any]) -> None:
        """Check that all processes have the same values as the first one. Raises RunError on all, if not on all."""
        if self.process.world == 1:
            return
        there = json.loads(from_leader(json.dumps(here).encode(), self.process.device) or b"{}")
        difference = first_difference_of(there, here)
        if any_process(difference is not None, self.process.device):
            found = difference or "another process says in what"
            raise RunError(
                f"the processes' runs differ ({found}): start all by the same command with the same images"
            )

    def _over_processes(self) -> nn.Module:
        if self.process.world == 1:
            return self.network
        synchronize_batch_norm(self.network, self.process.device)
        synchronize_batch_norm(self.probe, self.process.device)
        devices = [self.process.device.index] if self.process.device.type == "cuda" else None
        return DistributedDataParallel(self.network, device_ids=devices)

    def _train_epochs(self, interrupted: Callable[[], bool]) -> None:
        self._saved = time.monotonic()
        per_epoch = self.batches.steps_per_epoch
        while self.step < self.steps:
            epoch, first = divmod(self.step, per_epoch)
            self._logged, self._logged_step = time.perf_counter(), self.step
            self.network.train()
            self.probe.train()
            batches = self.batches.epoch(epoch, first)
            for _ in range(first, per_epoch):
                self._log_step(self._train_step(self._next(batches)))
                self.step += 1
                self.reporter.advance(f"epoch {epoch + 1}/{self.recipe.optimizer.epochs}")
                if self.step % per_epoch == 0:
                    self._end_epoch(epoch)
                if self._checkpoint_is_due():
                    self._save()
                if any_process(interrupted(), self.process.device):
                    self._save()
                    any_process(False, self.process.device)  # all wait for the one that saves
                    raise InterruptedRunError(
                        f"interrupted after step {self.step} of {self.steps}, saved: run it again"
                    )

    def _log_step(self, values: dict[str, float]) -> None:
        if not values or self.log is None:
            return
        now, steps = time.perf_counter(), self.step + 1 - self._logged_step
        self.images_per_second = steps * self.batches.batch_size / (now - self._logged)
        self.log.write(self.step, values | {"images_per_second": self.images_per_second})
        self._logged, self._logged_step = now, self.step + 1

    def _next(self, batches: Iterator[Batch]) -> Batch:
        """The next batch; where an image cannot be read, what has been done so far is saved first."""
        try:
            return next(batches)
        except DataError:
            if self.process.world == 1:
                self._save()
            raise

    def _train_step(self, batch: Batch) -> dict[str, float]:
        """One update. Returns what is to be logged, on the steps that log."""
        rate = learning_rate(
            self.recipe.optimizer, self.batches.batch_size, self.batches.steps_per_epoch, self.step
        )
        set_learning_rate(self.optimizer, rate)
        with self._precision():
            z_a, z_b = self.parallel(batch.view_a, batch.view_b)
        try:
            loss = self.loss(z_a, z_b)
        except ValueError as error:  # of embeddings that are not finite: the settings were tried before
            raise DivergedError(self._diverged(str(error))) from None
        self.optimizer.zero_grad()
        self.scaler.scale(self.recipe.loss.scale * loss.total).backward()
        gradient_norm = self._update(loss.total)
        self.last_loss = float(loss.total.detach())
        probed = self._teach_probe(batch, rate)
        if self.step % self.recipe.run.log_steps:
            return {}
        return {
            "loss": self.last_loss,
            **{f"loss_{name}": float(term.detach()) for name, term in loss.terms.items()},
            "learning_rate": rate,
            "gradient_norm": gradient_norm,
            **probed,
            **embedding_metrics(z_a.detach()[:_MEASURED]),
        }

    def _precision(self) -> torch.autocast:
        precision = _PRECISIONS[self.recipe.run.precision]
        return torch.autocast(self.process.device.type, precision, enabled=precision != torch.float32)

    def _teach_probe(self, batch: Batch, rate: float) -> dict[str, float]:
        """On the steps that give it clean images: seen as in evaluation, so that the encoder's statistics stay."""
        if batch.clean is None:
            return {}
        encoder = self.network.encoder.eval()
        with torch.no_grad(), self._precision():
            representations = encoder.represent(batch.clean)
        encoder.train()
        share = rate / peak_learning_rate(self.recipe.optimizer, self.batches.batch_size)
        set_learning_rate(self.probe_optimizer, self.recipe.probe.online_lr * share)
        loss, accuracy = learn(
            self.probe, self.probe_optimizer, representations.float(), batch.labels, self.batches.batch_size
        )
        return {"probe_loss": loss, "probe_accuracy": accuracy}

    def _update(self, total: Tensor) -> float:
        """Step if the loss and its gradient are finite. Returns the gradient's norm."""
        self.scaler.unscale_(self.optimizer)
        norm = _gradient_norm(self.network.encoder)
        # With float16 an overflow only skips the step and lowers the scale.
        watched = total if self.scaler.is_enabled() else total + norm
        if not torch.isfinite(watched):
            numbers = f"loss {float(total.detach()):.3g}, gradient norm {float(norm):.3g}"
            raise DivergedError(self._diverged(numbers))
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return float(norm)

    def _diverged(self, reason: str) -> str:
        return f"step {self.step} diverged ({reason}): lower optimizer.base_lr, or lengthen optimizer.warmup_epochs"

    def _end_epoch(self, epoch: int) -> None:
        """Test the online probe, each process on its share of the images, look for collapse, and say so."""
        last = epoch + 1 == self.recipe.optimizer.epochs
        if (epoch + 1) % self.recipe.probe.test_every and not last:
            return
        n, rank, world = len(self.test_images), self.process.rank, self.process.world
        share = self._features(rank * n // world, (rank + 1) * n // world, "representations")
        right = reduced(torch.tensor(online_right(self.probe, share), device=self.process.device))
        if self.log is None:
            return
        accuracy, z = int(right) / n, self._features(0, min(_MEASURED, n), "embeddings").embeddings
        metrics = embedding_metrics(z)
        self.epoch_metrics = {"test_probe_accuracy": accuracy, **{f"test_{k}": v for k, v in metrics.items()}}
        speed = {"images_per_second": self.images_per_second}
        self.log.write(self.step - 1, {"epoch": epoch, **self.epoch_metrics, **speed})
        rank = metrics["effective_rank"]
        self.reporter.say(
            f"epoch {epoch + 1}/{self.recipe.optimizer.epochs}: "
            f"online probe {accuracy:.1%}, effective rank {rank:.1f}, "
            f"loss {self.last_loss:.4f}, {self.images_per_second:.0f} images/s"
        )
        warning = collapse_warning(metrics, min(z.shape))
        if warning is not None:
            self._warn(warning)

    def _features(self, first: int, end: int, layer: Layer) -> Features:
        """A layer of some of the test images."""
        images, size = take_rows(self.test_images, torch.arange(first, end)), self.recipe.views.size
        return extract_features(self.network.encoder, images, size, self.recipe.data.workers, (layer,))

    def _resume(self) -> None:
        """Go on from the newest checkpoint, which the leader alone reads and all others are given."""
        newest = read_newest(self.folder, self._warn) if self.process.leads else None
        content = from_leader(newest and newest[1], self.process.device)
        if content is None:
            return
        name = str(newest[0] if newest else self.folder)
        state = parse_checkpoint(content, name)
        with fitting(name):
            there = recipe_from_dict(state["recipe"])
        refuse_difference(self.folder, there, self.recipe)
        with fitting(name):
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.probe.load_state_dict(state["probe"])
            self.probe_optimizer.load_state_dict(state["probe_optimizer"])
            self.scaler.load_state_dict(state["scaler"])
            self.step = int(state["step"])
            self.epoch_metrics = dict(state["epoch_metrics"])
        self.reporter.say(f"resuming after step {self.step} of {self.steps}")

    @property
    def _kept_steps(self) -> int:
        """The checkpoint after every so many steps stays; 0 for none."""
        return self.recipe.run.keep_every * self.batches.steps_per_epoch

    def _warn(self, problem: str) -> None:
        self.reporter.say(f"warning: {problem}")

    def _checkpoint_is_due(self) -> bool:
        minutes = self.recipe.run.checkpoint_minutes
        if self._kept_steps and self.step % self._kept_steps == 0:
            return True
        if minutes:
            return self.step == self.steps or time.monotonic() - self._saved >= 60 * minutes
        return self.step % self.batches.steps_per_epoch == 0

    def _save(self) -> None:
        if self.process.leads:
            save_checkpoint(self.folder, self.step, self._state(), self._kept_steps)
        self._saved = time.monotonic()

    def _state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "probe": self.probe.state_dict(),
            "probe_optimizer": self.probe_optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "epoch_metrics": self.epoch_metrics,
            "recipe": self.recipe.to_dict(),
            "environment": environment(),
        }


def build_network(recipe: Recipe, images: Images | ImageFiles) -> PretrainingNetwork:
    """The recipe's network as its seed initialises it, with the pixel statistics of the images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.run.seed)
        return PretrainingNetwork(Encoder(recipe.encoder, *pixel_statistics(images)))


def build_probe(recipe: Recipe, encoder: Encoder, classes: int) -> OnlineProbe:
    """The online probe as the recipe's seed initialises it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.run.seed)
        return OnlineProbe(encoder.features, classes)


def _gradient_norm(module: nn.Module) -> Tensor:
    return torch.stack([p.grad.norm() for p in module.parameters() if p.grad is not None]).norm()
