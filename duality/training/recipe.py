"""Recipes: everything that decides a training run, as typed values read from a TOML file.

A recipe has the sections below. A table ``[with.NAME]`` holds the same sections and is laid over them when
``loss.name`` is NAME, so that one file can give each method its own temperature or learning rate. Overrides
(``optimizer.base_lr=0.3``) come last and win. Every table is checked, whichever loss is chosen.
"""

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from duality.training.errors import RecipeError
from duality.training.tables import build, first_difference_of, flattened, merged, plain
from duality.words import did_you_mean

LossName = Literal[
    "BarlowTwins",
    "DCL",
    "DCLAbs",
    "DCLSq",
    "SimCLR",
    "SimCLRAbs",
    "SimCLRSq",
    "SpectralContrastive",
    "TCR",
    "VICReg",
    "VICRegCtr",
    "VICRegExp",
]
"""The classes of `duality.losses` without their ending "Loss"."""


@dataclass(frozen=True)
class DataRecipe:
    """Which images, and how many at a time.

    ``name`` is a known set; ``arrays`` for a ``file`` that ``pack-images`` made, whose SHA-256 is ``checksum``
    (empty: taken from the file when a run begins, so that the run's record has it); or ``folder`` for
    ``root``/train/CLASS/* and ``root``/val/CLASS/* or ``root``/test/CLASS/*. An empty ``root`` leaves the search to
    `duality.training.data`. ``batch_size`` counts images over all processes. ``workers`` decode images of a folder;
    sets in memory need none. ``images`` and ``classes`` say what a folder or file should hold, for a plan made
    where it is not.

    The training images have three disjoint parts, the same for every seed. ``train_size`` are trained on (0: all
    others). ``extra_size`` are never trained on and are scored beside the test images. ``validation_size`` are
    scored *in place of* the test images, to choose settings by. With ``stratified`` each part has every class in
    proportion to its share, to one image.
    """

    name: Literal["digits", "fashion-mnist", "cifar10", "cifar100", "arrays", "folder"]
    batch_size: int
    root: str = ""
    file: str = ""
    checksum: str = ""
    train_size: int = 0
    extra_size: int = 0
    validation_size: int = 0
    stratified: bool = False
    workers: int = 0
    images: int = 0
    classes: int = 0

    def __post_init__(self) -> None:
        _require(self.batch_size >= 2, f"data.batch_size is {self.batch_size}: give 2 or more")
        _require(self.train_size >= 0, f"data.train_size is {self.train_size}: give 0 for all images, or a number")
        for name in ("extra_size", "validation_size", "workers", "images", "classes"):
            _require(getattr(self, name) >= 0, f"data.{name} is {getattr(self, name)}: give 0 or more")
        if self.name == "arrays":
            _require(self.file.endswith(".safetensors"), f"data.file is {self.file!r}: name a .safetensors file")
        _require(
            not self.checksum or _is_sha256(self.checksum), f"data.checksum is {self.checksum!r}: give a SHA-256"
        )

    @property
    def title(self) -> str:
        """The set's name; of arrays, their file's without its ending."""
        return Path(self.file).stem if self.name == "arrays" else self.name


@dataclass(frozen=True)
class ViewRecipe:
    """The augmentations. Each pair holds the first and the second view's probability (equal: symmetric).

    ``size`` is the side of a view in pixels, ``crop_scale`` the range of a crop's area over the image's.
    ``jitter`` is the strength of brightness, contrast, saturation, hue.
    """

    size: int
    crop_scale: tuple[float, float] = (0.08, 1.0)
    flip: float = 0.5
    jitter: tuple[float, float, float, float] = (0.4, 0.4, 0.2, 0.1)
    jitter_probability: float = 0.8
    gray: float = 0.2
    blur: tuple[float, float] = (0.0, 0.0)
    solarize: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        _require(self.size >= 1, f"views.size is {self.size}: give a side in pixels")
        low, high = self.crop_scale
        _require(0 < low <= high <= 1, f"views.crop_scale is {[low, high]}: give a range within (0, 1]")
        _require(all(s >= 0 for s in self.jitter) and self.jitter[3] <= 0.5, "views.jitter: hue is at most 0.5")
        for name in ("flip", "jitter_probability", "gray", "blur", "solarize"):
            value = getattr(self, name)
            for p in value if isinstance(value, tuple) else (value,):
                _require(0 <= p <= 1, f"views.{name} is {p}: give a probability")


@dataclass(frozen=True)
class EncoderRecipe:
    """A torchvision ResNet and its projector.

    ``width`` is the first stage's number of channels (64 as published). The ``cifar`` stem is a 3 × 3 convolution
    of stride 1 without pooling, ``small`` the same at stride 2, ``imagenet`` the published one. ``projector`` is
    the paper's X-Y-Z. ``zero_init_residual`` starts every block as the identity: the last batch norm of each begins
    with weights of zero, as VICReg and Barlow Twins have it. ``float32_projector`` computes the projector, and so
    the loss, in float32 whatever ``run.precision`` is.
    """

    name: Literal["resnet18", "resnet34", "resnet50", "resnet101"]
    projector: str
    width: int = 64
    stem: Literal["imagenet", "cifar", "small"] = "imagenet"
    zero_init_residual: bool = False
    float32_projector: bool = False

    def __post_init__(self) -> None:
        _require(self.width >= 1, f"encoder.width is {self.width}: give 1 or more channels")
        try:
            valid = all(width >= 1 for width in self.projector_widths)
        except ValueError:
            valid = False
        _require(valid, f"encoder.projector is {self.projector!r}: write widths such as 2048-2048-256")

    @property
    def projector_widths(self) -> tuple[int, ...]:
        """The widths of X-Y-Z."""
        return tuple(int(width) for width in self.projector.split("-"))


@dataclass(frozen=True)
class LossRecipe:
    """The loss, and its class's arguments. Its gradient is multiplied by ``scale``, as some codes publish it."""

    name: LossName
    arguments: dict[str, Any] = field(default_factory=dict)
    scale: float = 1.0

    def __post_init__(self) -> None:
        _require(self.scale > 0, f"loss.scale is {self.scale}: give a positive number")


@dataclass(frozen=True)
class OptimizerRecipe:
    """The optimiser and its rate's course.

    The rate, ``base_lr`` × batch size / 256, is warmed up linearly, then falls as a cosine to ``end_factor`` of
    itself. One-dimensional parameters (biases, batch norm), which LARS does not scale, have the rate ``vector_lr``
    in place of ``base_lr``; 0 means the same. ``trust`` is LARS's η. With ``clip`` LARS is that of Lightning Bolts
    and solo-learn (`duality.training.optimizer.LARS`).
    """

    name: Literal["lars", "sgd", "adamw"]
    base_lr: float
    epochs: int
    warmup_epochs: float = 0.0
    weight_decay: float = 1e-6
    momentum: float = 0.9
    vector_lr: float = 0.0
    end_factor: float = 0.0
    trust: float = 1e-3
    clip: bool = False

    def __post_init__(self) -> None:
        _require(self.base_lr > 0, f"optimizer.base_lr is {self.base_lr}: give a positive rate")
        _require(self.epochs >= 1, f"optimizer.epochs is {self.epochs}: give 1 or more")
        warmup = self.warmup_epochs
        _require(0 <= warmup <= self.epochs, f"optimizer.warmup_epochs is {warmup}: give 0 to optimizer.epochs")
        for name in ("weight_decay", "vector_lr"):
            _require(getattr(self, name) >= 0, f"optimizer.{name} is {getattr(self, name)}: give 0 or more")
        _require(0 <= self.momentum < 1, f"optimizer.momentum is {self.momentum}: give 0 or more, less than 1")
        _require(0 <= self.end_factor <= 1, f"optimizer.end_factor is {self.end_factor}: give 0 to 1")
        _require(self.trust > 0, f"optimizer.trust is {self.trust}: give a positive number")
        lars = self.name == "lars" or (self.trust == 1e-3 and not self.clip)
        _require(lars, "optimizer.trust and optimizer.clip are for lars: leave them out")


@dataclass(frozen=True)
class ProbeRecipe:
    """The probes that tell what representations are worth.

    The online probe learns on images that are not augmented, every ``online_every`` steps of the run, by SGD whose
    rate is ``online_lr`` times the share of its peak that the run's own rate has. It is tested after every
    ``test_every`` epochs, and after the last. ``weight_decay`` is the offline linear probe's; 0 means: chosen on
    held-out training images. ``neighbours`` are those of the kNN evaluation.
    """

    online_lr: float = 0.1
    online_every: int = 2
    weight_decay: float = 0.0
    neighbours: int = 20
    test_every: int = 1

    def __post_init__(self) -> None:
        _require(self.online_lr > 0, f"probe.online_lr is {self.online_lr}: give a positive rate")
        _require(self.weight_decay >= 0, f"probe.weight_decay is {self.weight_decay}: give 0 to choose it, or more")
        for name in ("online_every", "neighbours", "test_every"):
            _require(getattr(self, name) >= 1, f"probe.{name} is {getattr(self, name)}: give 1 or more")


@dataclass(frozen=True)
class RunRecipe:
    """What does not change the result but for rounding: seed aside, precision, logging, saving.

    A checkpoint is written every ``checkpoint_minutes`` and at the end; 0 means at the end of every epoch. The two
    newest are kept, and with ``keep_every`` those after every so many epochs. Metrics are logged every
    ``log_steps`` steps.
    """

    seed: int = 0
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    log_steps: int = 10
    checkpoint_minutes: float = 0.0
    keep_every: int = 0

    def __post_init__(self) -> None:
        _require(self.seed >= 0, f"run.seed is {self.seed}: give 0 or more")
        _require(self.log_steps >= 1, f"run.log_steps is {self.log_steps}: give 1 or more")
        _require(self.keep_every >= 0, f"run.keep_every is {self.keep_every}: give a number of epochs, or 0")
        _require(self.checkpoint_minutes >= 0, "run.checkpoint_minutes is negative: give 0 or more")


@dataclass(frozen=True)
class Recipe:
    """A whole run. ``name`` is the file's name without its ending."""

    name: str
    data: DataRecipe
    views: ViewRecipe
    encoder: EncoderRecipe
    loss: LossRecipe
    optimizer: OptimizerRecipe
    probe: ProbeRecipe = field(default_factory=ProbeRecipe)
    run: RunRecipe = field(default_factory=RunRecipe)

    def to_dict(self) -> dict[str, Any]:
        """Plain nested values, with lists for tuples, as JSON would give them back."""
        return plain(dataclasses.asdict(self))

    def to_flat(self) -> dict[str, Any]:
        """The values of `to_dict` by ``section.key``."""
        return flattened(self.to_dict())

    def overrides(self) -> list[str]:
        """The ``section.key=value`` that make this recipe from the shipped one of its name.

        Raises:
            RecipeError: none of that name is shipped.
        """
        loss = f"loss.name={self.loss.name}"
        shipped, here = load_recipe(self.name, [loss]).to_flat(), self.to_flat()
        changed = [f"{key}={json.dumps(value)}" for key, value in here.items() if shipped.get(key) != value]
        default = load_recipe(self.name).loss.name == self.loss.name
        return changed if default else [loss, *changed]


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(_shipped())


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    """The shipped recipes' tables by name, read once: a grid asks for them hundreds of times."""
    folder = files("duality.training") / "recipes"
    paths = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return {path.name.removesuffix(".toml"): tomllib.loads(path.read_text("utf-8")) for path in paths}


def load_recipe(source: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read a shipped recipe by name, or a TOML file by path, and lay ``section.key=value`` overrides over it.

    Raises:
        RecipeError: no such recipe, not TOML, an unknown key, a wrong type or a value out of range; also where only
            another loss's table in a file has it.
    """
    if source in _shipped():
        return next(_by_loss(source, overrides))  # all their tables are tested
    return recipes_by_loss(source, overrides)[0]


def recipes_by_loss(source: str, overrides: Iterable[str] = ()) -> list[Recipe]:
    """The recipe as `load_recipe` gives it, and then as it would be with each other loss that has a table in it."""
    return [*_by_loss(source, overrides)]


def _by_loss(source: str, overrides: Iterable[str]) -> Iterator[Recipe]:
    name, table = _read(source)
    sections = {key: value for key, value in table.items() if key != "with"}
    given, layers = [_parse_override(item) for item in overrides], _checked_layers(table.get("with", {}))
    loss = _resolve(sections, {}, given).get("loss", {})
    chosen = str(loss.get("name")) if isinstance(loss, dict) else ""
    yield build(Recipe, {"name": name} | _resolve(sections, layers.get(chosen, {}), given), "")
    for other in (each for each in layers if each != chosen):
        resolved = _resolve(sections, layers[other], [*given, {"loss": {"name": other}}])
        try:
            yield build(Recipe, {"name": name} | resolved, "")
        except RecipeError as error:
            raise RecipeError(f"[with.{other}]: {error}") from None


def _read(source: str) -> tuple[str, dict[str, Any]]:
    """A recipe's name and what its file holds."""
    if source in _shipped():
        return source, deepcopy(_shipped()[source])  # what is read belongs to the reader
    path = Path(source)
    if path.suffix != ".toml":
        raise RecipeError(
            f"no recipe {source!r}{did_you_mean(source, shipped_recipes())}: "
            f"name one of {', '.join(shipped_recipes())}, or a file that ends in .toml"
        )
    try:
        return path.stem, tomllib.loads(_read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(f"{source} is not TOML: {error}") from None


def recipe_from_dict(table: Mapping[str, Any]) -> Recipe:
    """The recipe that `Recipe.to_dict` wrote. Raises RecipeError as `load_recipe` does."""
    return build(Recipe, table, "")


def first_difference(there: Recipe, here: Recipe) -> str | None:
    """The first ``section.key`` in which two recipes differ, with both values; None where they are equal."""
    return first_difference_of(there.to_flat(), here.to_flat())


def _resolve(sections: Mapping[str, Any], layer: Any, overrides: list[dict[str, Any]]) -> dict[str, Any]:
    """Sections, then a loss's own table, then the overrides."""
    resolved = merged(sections, layer)
    for override in overrides:
        resolved = merged(resolved, override)
    return resolved


def _checked_layers(layers: Any) -> dict[str, dict[str, Any]]:
    """The tables ``[with.NAME]``, once their names are losses."""
    if not isinstance(layers, dict):
        raise RecipeError(f"with is {layers!r}: write tables [with.LOSS]")
    known = get_args(LossName)
    for name, layer in layers.items():
        if name not in known:
            raise RecipeError(f"unknown loss [with.{name}]{did_you_mean(name, known)}: choose {', '.join(known)}")
        if not isinstance(layer, dict):
            raise RecipeError(f"with.{name} is {layer!r}: give it sections, such as [with.{name}.loss]")
        if isinstance(loss := layer.get("loss"), dict) and loss.get("name", name) != name:
            raise RecipeError(f"with.{name}.loss.name is {loss['name']!r}: leave it out, it is {name}")
    return layers


def _parse_override(item: str) -> dict[str, Any]:
    key, separator, value = item.partition("=")
    path = key.strip().split(".")
    if not separator or len(path) < 2 or not all(path):
        raise RecipeError(f"override {item!r}: write section.key=value, such as optimizer.base_lr=0.3")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        parsed = value.strip()  # a bare word is a string
    for part in reversed(path[1:]):
        parsed = {part: parsed}
    return {path[0]: parsed}


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # editors on Windows begin a file with a byte-order mark
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read ({error}): give the path of a TOML file") from None


def _is_sha256(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RecipeError(message)
