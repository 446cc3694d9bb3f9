"""The measurements of an audit in plain sentences. Thresholds here are reading aids: nothing is judged by them."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duality.numeric.audit import Audit, Norms

_NEAR = 0.01
"""Norms this close to each other, relative to the largest, are called equal."""
_NEGLIGIBLE = 1e-3
"""Parts of a sum below this, relative to its largest part, are left out."""
_COLLAPSED = 1e-6
"""Embeddings whose spread holds less than this part of their energy are called one point."""
_FEW = 0.1
"""An effective rank below this part of what is possible is called dimensional collapse."""


def summary(result: "Audit") -> list[str]:
    """What a researcher would want to know first, one sentence each."""
    sentences = [_collapse(result)]
    if result.energy:
        sentences += [_norms(result), _difference(result), _fourth_powers(result), _repulsion(result)]
    return [*sentences, *_defects(result), _cost(result)]


def _collapse(result: "Audit") -> str:
    if not result.energy:
        return "Collapsed: every embedding is zero."
    rank, spread = result.centered_spectrum.effective_rank, 1 - result.mean_share
    if spread < _COLLAPSED or not rank:
        return "Collapsed: every embedding is the same point, or nearly."
    if spread < result.rounding_share:
        return f"Collapsed, as far as {result.dtype} can tell: embeddings differ by no more than its rounding."
    possible = min(result.dimensions, result.samples - 1)
    prefix = "Dimensional collapse: uses" if rank < _FEW * possible else "Uses"
    empty = possible - result.centered_spectrum.numerical_rank - result.centered_spectrum.undetermined
    more = f"; {empty:,} of {possible:,} possible directions are empty" if empty else ""
    return (
        f"{prefix} {rank:.0f} of {result.dimensions:,} dimensions (effective rank of the centred embeddings){more}."
    )


def _norms(result: "Audit") -> str:
    samples = _spread(result.sample_norms, {1.0: "1 (unit embeddings)"})
    if result.mean_share > _NEAR**2:
        dimensions = _spread(result.dimension_norms, {})
        place = f"not centred (the mean embedding holds {result.mean_share:.1%} of ‖K‖²)"
    else:
        standard = {
            math.sqrt(result.samples / result.dimensions): "√(N/M), as in equation 14",
            math.sqrt(result.samples): "√N, as with unit standard deviation",
        }
        dimensions, place = _spread(result.dimension_norms, standard), "centred"
    return f"Embeddings have {samples}; dimensions are {place} and have {dimensions}."


def _spread(norms: "Norms", names: dict[float, str]) -> str:
    """Extremes to two digits: all that half precision holds of a norm with few large entries."""
    if norms.largest - norms.smallest > _NEAR * norms.largest:
        return f"norms from {norms.smallest:.2g} to {norms.largest:.2g}"
    name = next((name for norm, name in names.items() if abs(norms.largest - norm) < _NEAR * norm), None)
    return f"norm {name or f'{norms.largest:.2g}'}"


def _difference(result: "Audit") -> str:
    """L_c − L_nc = T²/M − T²/N + excess of the dimensions − excess of the samples."""
    parts = {
        "because N and M differ": result.shape_difference,
        "from uneven dimension energies": result.dimension_norms.excess,
        "from uneven sample norms": -result.sample_norms.excess,
    }
    largest = max(map(abs, parts.values()))
    named = [f"{part:+.3g} {name}" for name, part in parts.items() if abs(part) > _NEGLIGIBLE * largest]
    difference = result.dimension_norms.fourth_powers - result.sample_norms.fourth_powers
    return f"L_c − L_nc = {difference:.3g}{': ' if named else ''}{', '.join(named)}."


def _fourth_powers(result: "Audit") -> str:
    factor = result.dimension_norms.factor
    if factor < 1 + _NEAR:
        return "Σ‖K_j·‖⁴ sits at the lower bound of Lemma 3.4: the dimensions share the energy evenly."
    position = f"{result.dimension_norms.position:.2%} of the way to the upper"
    share = "fairly evenly" if factor < 1 / _FEW else "very unevenly"
    return (
        f"Σ‖K_j·‖⁴ is {factor:.3g} times the lower bound of Lemma 3.4, {position}: "
        f"the dimensions share the energy {share}."
    )


def _repulsion(result: "Audit") -> str:
    measured, least = result.unit_sample_contrastive, result.welch_bound
    random = f"{_times(measured / result.random_expectation)} that of random directions, N(N − 1)/M"
    bound = f"{_times(measured / least)} the least possible (Welch)" if least else "the least possible is 0"
    return f"With every embedding scaled to norm 1, L_c is {random}, and {bound}."


def _defects(result: "Audit") -> Iterator[str]:
    counts = {
        "samples are zero": (result.sample_norms.zeros, result.samples),
        "samples repeat an earlier one": (result.sample_norms.repeated, result.samples),
        "dimensions are constant": (result.constant_dimensions, result.dimensions),
        "dimensions repeat an earlier one": (result.dimension_norms.repeated, result.dimensions),
    }
    for name, (count, total) in counts.items():
        if count:
            yield f"{count:,} of {total:,} {name} ({count / total:.1%})."


def _cost(result: "Audit") -> str:
    if result.samples == result.dimensions:
        return "N = M: the Gram matrix and the covariance cost the same."
    name, dual = ("Gram matrix", "L_nc") if result.cheaper_side == "gram" else ("covariance", "L_c")
    if result.bits_lost == math.inf:
        loss = "cancels completely: take the other side for it"
    else:
        loss = "loses less than a bit" if result.bits_lost < 1 else f"loses {result.bits_lost:.1f} bits"
    saving = f"{_times(result.saving)} fewer multiplications, {_times(result.saving**2)} less memory"
    return f"The {name} is the cheaper side: {saving}. {dual} from it {loss}."


def _times(factor: float) -> str:
    return f"{factor:,.0f} times" if factor >= 100 else f"{factor:.3g} times"
