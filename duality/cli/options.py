"""Options that several commands share, and what the words of a command line stand for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from duality.claims import Claim, Kind, UnknownClaimError, all_claims, find_claim

if TYPE_CHECKING:
    import torch

Precision = Literal["float16", "bfloat16", "float32", "float64"]
DEFAULT_TRIALS = 60
"""Every ensemble three times, each time at another size; 260 trials meet every ensemble at every size."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document; everything else goes to stderr.")]
Trials = Annotated[int, typer.Option(min=1, help="Random matrices of each precision.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the random matrices.")]
Device = Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:1, mps ...")]
Dtype = Annotated[Precision | None, typer.Option(help="Precision of the random matrices.", show_default="all four")]
ClaimIds = Annotated[list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Claims by id; all by default.")]


class BadInputError(typer.TyperException):
    """Input that cannot be used. The message is one line that names the fix."""

    exit_code = 2


def chosen_claims(ids: Sequence[str] | None, kind: Kind | None = None) -> tuple[Claim, ...]:
    """The claims asked for, or all. With ``kind``, those that have such evidence.

    Raises:
        BadInputError: no claim has this id, or the one asked for has no such evidence.
    """
    from duality.claims.evidence import kinds

    if not ids:
        return tuple(claim for claim in all_claims() if kind is None or kind in kinds(claim))
    try:
        claims = tuple(find_claim(id) for id in dict.fromkeys(ids))
    except UnknownClaimError as error:
        raise BadInputError(str(error)) from None
    for claim in claims:
        if kind is not None and kind not in kinds(claim):
            has = ", ".join(kinds(claim)) or "none yet"
            raise BadInputError(f"{claim.id} has no {kind} evidence: leave it out (its evidence: {has})")
    return claims


def chosen_precisions(dtype: Precision | None, device: str) -> "tuple[torch.device, list[torch.dtype]]":
    """The device and the data types asked for, once a number of each type has been put there.

    Raises:
        BadInputError: there is no such device here, or it lacks the data type.
    """
    import torch

    try:
        place = torch.device(device)
        torch.zeros(1, device=place).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise BadInputError(f"device {device!r} is not there: this machine has {', '.join(_devices())}") from None
    names = get_args(Precision) if dtype is None else (dtype,)
    dtypes = [getattr(torch, name) for name in names]
    for candidate in dtypes:
        try:
            torch.zeros(1, device=place, dtype=candidate)
        except (RuntimeError, TypeError):
            raise BadInputError(f"{device} has no {candidate}: choose another with --dtype") from None
    return place, dtypes


def _devices() -> list[str]:
    import torch

    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return ["cpu"] if accelerator is None else ["cpu", accelerator.type]
