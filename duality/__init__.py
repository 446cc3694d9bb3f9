"""The duality between contrastive and non-contrastive self-supervised learning, proved, certified and usable.

For embeddings K (M dimensions × N samples), L_c = ‖KᵀK − diag‖²_F and L_nc = ‖KKᵀ − diag‖²_F obey
L_nc + Σ_j‖K_j·‖⁴ = L_c + Σ_i‖K_·i‖⁴ (Garrido et al., ICLR 2023, Theorem 3.3). Names load on first use.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duality.criteria import (
        cross_covariance_norm,
        cross_dimension_contrastive,
        cross_gram_norm,
        cross_sample_contrastive,
        dimension_contrastive,
        dimension_energies,
        dimension_fourth_powers,
        duality_residual,
        gram_norm,
        sample_contrastive,
        sample_energies,
        sample_fourth_powers,
    )
    from duality.normalization import center, double_normalize, standardize_dimensions, unit_embeddings

__version__ = "0.1.0"

__all__ = [
    "center",
    "cross_covariance_norm",
    "cross_dimension_contrastive",
    "cross_gram_norm",
    "cross_sample_contrastive",
    "dimension_contrastive",
    "dimension_energies",
    "dimension_fourth_powers",
    "double_normalize",
    "duality_residual",
    "gram_norm",
    "sample_contrastive",
    "sample_energies",
    "sample_fourth_powers",
    "standardize_dimensions",
    "unit_embeddings",
]

_NORMALIZATION = {"center", "double_normalize", "standardize_dimensions", "unit_embeddings"}


def __getattr__(name: str) -> object:
    # The command line imports this package before it knows whether it needs torch at all.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "duality.normalization" if name in _NORMALIZATION else "duality.criteria"
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
