"""What was declared before anything ran: which cells, what is of no interest, when there is a look, at what level.

One ``preregistration.toml`` for each scale, next to its ``scale.toml``. The SHA-256 of the file stands in every
result that is made under it. Judging looks at the declared seeds and no others.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from duality.experiments.plan.arm import Arm


@dataclass(frozen=True)
class Look:
    """A moment at which is judged.

    Attributes:
        level: the nominal one-sided level of every test at this look.
    """

    level: float


@dataclass(frozen=True)
class Block:
    """Arms that are run together, and their seeds.

    Attributes:
        name: ``A``.
        title: a few words.
        arms: in the order in which they are run.
        seeds: how many of the seeds 0, 1, … each arm has at each look; ascending, one number for each look.
        optional: run only if time allows; no statement rests on it.
    """

    name: str
    title: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    optional: bool = False

    def seeds_at(self, look: int) -> range:
        """The seeds at a look, the first being 1."""
        return range(self.seeds[min(look, len(self.seeds)) - 1])


@dataclass(frozen=True)
class Preregistration:
    """A scale's declaration.

    Attributes:
        sha256: of the file.
        declared: the date.
        seen: what was known of the data by then.
        after_data: whether the data themselves had been seen: then it is a description, and binds nobody.
        share: δ as a share of the room between the untrained network and the best arm.
        delta: δ in points, a number that no result moves.
        delta_origin: where it comes from.
        spread: by measure, the standard deviation over seeds that the design counts on.
        spread_origin: where these come from.
        looks: at least one.
        blocks: in the order in which they are run.
        trials: of tuning, over all methods.
        earlier: SHA-256 of declarations that this one replaced, whose results it takes over.
        statements: by experiment, its parts as they were declared (`duality.experiments.claims.declared`).
    """

    sha256: str
    declared: str
    seen: str
    after_data: bool
    share: float
    delta: float
    delta_origin: str
    spread: Mapping[str, float]
    spread_origin: str
    looks: tuple[Look, ...]
    blocks: tuple[Block, ...]
    trials: int = 0
    earlier: tuple[str, ...] = ()
    statements: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every arm, in the order of the blocks."""
        return tuple(dict.fromkeys(arm for block in self.blocks for arm in block.arms))

    def block_of(self, arm: Arm) -> Block | None:
        """The block that runs an arm; None for an arm that this scale does not have."""
        return next((block for block in self.blocks if arm in block.arms), None)


def preregistration_from(text: str) -> Preregistration:
    """A declaration from its file's text.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    table = tomllib.loads(text)
    blocks = tuple(
        Block(
            name,
            each["title"],
            tuple(Arm(method, projector) for projector, method in product(each["projectors"], each["methods"])),
            tuple(each["seeds"]),
            each.get("optional", False),
        )
        for name, each in table["blocks"].items()
    )
    looks = tuple(Look(float(level)) for level in table["looks"]["levels"])
    arms = [arm for block in blocks for arm in block.arms]
    if len(set(arms)) < len(arms):
        raise ValueError("an arm stands in two blocks: leave it in the first")
    if any(list(block.seeds) != sorted(block.seeds) or len(block.seeds) != len(looks) for block in blocks):
        raise ValueError(f"each block gives its seeds for {len(looks)} looks, ascending")
    return Preregistration(
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        declared=str(table["declared"]),
        seen=table["seen"],
        after_data=table["after_data"],
        share=table["delta"]["share"],
        delta=table["delta"]["points"],
        delta_origin=table["delta"]["origin"],
        spread={key: float(value) for key, value in table["spread"].items() if key != "origin"},
        spread_origin=table["spread"]["origin"],
        looks=looks,
        blocks=blocks,
        trials=table.get("trials", 0),
        earlier=tuple(table.get("earlier", ())),
        statements=table.get("statements", {}),
    )
