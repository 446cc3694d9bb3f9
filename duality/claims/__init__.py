"""One file per statement: every module here that defines ``CLAIM`` is a claim, found by being here."""

import importlib
import pkgutil
from functools import cache

from duality.claims.claim import Claim, Evidence, Item, Kind, Part, Verdict
from duality.words import nearest

__all__ = ["Claim", "Evidence", "Item", "Kind", "Part", "UnknownClaimError", "Verdict", "all_claims", "find_claim"]


class UnknownClaimError(ValueError):
    """No claim has this id."""


@cache
def all_claims() -> tuple[Claim, ...]:
    """Every claim: the paper's in the paper's order, then those beyond it."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    claims = [module.CLAIM for module in modules if hasattr(module, "CLAIM")]
    return tuple(sorted(claims, key=_paper_order))


def find_claim(id: str) -> Claim:
    """The claim with this id.

    Raises:
        UnknownClaimError: there is none; the message names the nearest.
    """
    claims = {claim.id: claim for claim in all_claims()}
    if id in claims:
        return claims[id]
    near = nearest(id, claims, cutoff=0.4)
    hint = f"did you mean {near}? " if near else ""
    raise UnknownClaimError(f"no claim is called {id!r}: {hint}`duality-verify claims` lists them all")


def _paper_order(claim: Claim) -> tuple[int, str, str]:
    """Definitions, propositions, theorem, remark, lemma, corollary, equations, table; then ours, by name."""
    kinds = ("def", "prop", "thm", "remark", "lemma", "cor", "eq", "table")
    kind, _, rest = claim.id.partition("-")
    rank = kinds.index(kind) if kind in kinds and rest[:1].isdigit() else len(kinds)
    number = "".join(f"{int(part):03d}" if part.isdigit() else part for part in rest.replace("-", ".").split("."))
    return rank, number if rank < len(kinds) else "", claim.id
