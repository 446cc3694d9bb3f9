"""The ranges of the losses' settings: a name means the same in every loss that has it.

- ``invariance_weight``, ``variance_weight``, ``covariance_weight``, ``redundancy_weight``: finite, 0 or more
- ``temperature``, ``distortion``: finite, above 0
- ``max_norm``: finite, above 0, or None
- ``side``, ``normalization``: one of those that `Side` and `Normalization` list
"""

import math
from numbers import Real
from typing import Any, Literal, get_args

from duality.criteria import Side

Normalization = Literal["embeddings", "centered embeddings", "dimensions"]
Similarity = Literal["plain", "square", "absolute"]

_CHOICES = {"side": Side, "normalization": Normalization, "similarity": Similarity}
_ABOVE_ZERO = ("temperature", "distortion", "max_norm")
_ZERO_OR_MORE = ("invariance_weight", "variance_weight", "covariance_weight", "redundancy_weight")


def check_settings(**settings: Any) -> None:
    """Accept settings that are in their ranges.

    Raises:
        ValueError: one is not; the message says what may be given.
    """
    for name, value in settings.items():
        wanted = _wanted(name, value)
        if wanted:
            raise ValueError(f"{name} is {value!r}: {wanted}")


def _wanted(name: str, value: object) -> str:
    """What should have been given instead of this; nothing where it is right."""
    if name in _CHOICES:
        choices = get_args(_CHOICES[name])
        right = isinstance(value, str) and value in choices
        return "" if right else f"choose one of {', '.join(map(repr, choices))}"
    if name == "max_norm" and value is None:
        return ""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if name in _ABOVE_ZERO:
        unlimited = ", or None for no limit" if name == "max_norm" else ""
        return "" if 0 < number < math.inf else f"give a positive, finite number{unlimited}"
    if name in _ZERO_OR_MORE:
        return "" if 0 <= number < math.inf else "give a finite number, 0 or more"
    raise KeyError(name)
