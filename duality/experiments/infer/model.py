"""One model for all that seeds repeat: value = arm + seed + noise, with contrasts of arms estimated from it.

Least squares over arms and seeds as two factors, one residual variance for all arms. Seeds may be missing from some
arms. Where arms differ in spread by their nature, contrasts take each arm's own variance (Welch, Satterthwaite)
instead; which of the two is settled for each measure before there are data. `Spread` tells how well one variance
fits.

Everything here works on one world or on many at once: the values' last axis runs over the cells.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import special, stats

Array = np.ndarray | np.floating
"""One number for each world; of a single world, a number."""
Values = Float[np.ndarray, "*worlds cells"]
Cell = tuple[Hashable, int]
"""An arm and a seed."""


@dataclass(frozen=True)
class Estimate:
    """A contrast as estimated, Student-distributed about the true one.

    Attributes:
        value: in the measure's unit.
        se: its standard error.
        df: degrees of freedom of ``se``.
        n: how many values the contrast's arms have.
    """

    value: Array
    se: Array
    df: Array
    n: int

    def interval(self, level: float) -> tuple[Array, Array]:
        """The confidence interval."""
        reach = special.stdtrit(self.df, (1 + level) / 2) * self.se
        return self.value - reach, self.value + reach

    def p_above(self, limit: float) -> Array:
        """The one-sided p-value of "the true contrast lies above the limit"."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return special.stdtr(self.df, -np.nan_to_num((self.value - limit) / self.se, nan=0.0))

    def p_below(self, limit: float) -> Array:
        """The one-sided p-value of "the true contrast lies below the limit"."""
        return 1 - self.p_above(limit)


@dataclass(frozen=True)
class Correlation:
    """Pearson's r of n independent points.

    By Fisher, atanh r is about normal about atanh ρ + ρ/(2(n − 1)), with variance 1/(n − 3).
    """

    value: Array
    n: int

    def interval(self, level: float) -> tuple[Array, Array]:
        """The confidence interval; all of [−1, 1] for fewer than four points."""
        if self.n < 4:
            return np.full_like(self.value, -1.0), np.ones_like(self.value)
        reach = special.ndtri((1 + level) / 2) / math.sqrt(self.n - 3)
        return np.tanh(self._center - reach), np.tanh(self._center + reach)

    def p_above(self, limit: float) -> Array:
        """The one-sided p-value of "the true correlation lies above the limit"."""
        if not -1 < limit < 1 or self.n < 4:
            return np.full_like(self.value, float(limit > -1))
        return special.ndtr(-(self._center - math.atanh(limit)) * math.sqrt(self.n - 3))

    def p_below(self, limit: float) -> Array:
        """The one-sided p-value of "the true correlation lies below the limit"."""
        return 1 - self.p_above(limit)

    @property
    def _center(self) -> Array:
        return np.arctanh(self.value) - self.value / (2 * (self.n - 1))


@dataclass(frozen=True)
class Spread:
    """How far values scatter about the model, and whether the arms scatter alike.

    Attributes:
        sd: the residual standard deviation.
        df: its degrees of freedom.
        bartlett, levene: p-values of "all arms have the same variance"; NaN where no two arms can be compared.
    """

    sd: float
    df: int
    bartlett: float
    levene: float


class Model:
    """The two factors laid over given cells.

    Raises:
        ValueError: no cell, one given twice, or too few for a residual variance.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        if not cells:
            raise ValueError("no cell is given: give each arm some seeds")
        if len(set(cells)) < len(cells):
            raise ValueError("a cell is given twice: give each arm and seed once")
        self.cells = tuple(cells)
        self.arms = list(dict.fromkeys(arm for arm, _ in cells))
        self.seeds = sorted({seed for _, seed in cells})
        self._place = {arm: place for place, arm in enumerate(self.arms)}
        self._arm_of = np.array([self._place[arm] for arm, _ in cells])
        seed_of = np.searchsorted(self.seeds, [seed for _, seed in cells])
        arm_columns, seed_columns = np.eye(len(self.arms))[self._arm_of], np.eye(len(self.seeds))[seed_of]
        self._design = np.hstack([arm_columns, seed_columns[:, 1:]])
        u, sizes, _ = np.linalg.svd(self._design, full_matrices=False)
        self._space = u[:, sizes > 1e-9 * sizes[0]]
        self.df = len(cells) - self._space.shape[1]
        if self.df < 1:
            raise ValueError(f"{len(cells)} cells leave no residual: give each arm more seeds")

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.linalg.pinv(self._design)

    def contrast(self, weights: Mapping[Any, float], values: Values, pooled: bool = True) -> Estimate:
        """Σ weight × arm's mean, with its standard error.

        Args:
            weights: of some of the arms.
            values: one for each cell, on the last axis.
            pooled: with one variance for all arms; else with each arm's own, seeds unpaired.

        Raises:
            KeyError: an arm that the model lacks.
        """
        absent = [arm for arm in weights if arm not in self._place]
        if absent:
            raise KeyError(f"no cell of {absent[0]}")
        places = [self._place[arm] for arm in weights]
        n = int(np.isin(self._arm_of, places).sum())
        if not pooled:
            return self._welch(weights, values, n)
        wanted = np.zeros(self._design.shape[1])
        wanted[places] = list(weights.values())
        coefficients = wanted @ self._inverse
        se = np.sqrt(self._variance(values) * (coefficients @ coefficients))
        return Estimate(values @ coefficients, se, np.full_like(se, self.df), n)

    def _welch(self, weights: Mapping[Any, float], values: Values, n: int) -> Estimate:
        value = np.zeros(values.shape[:-1])
        squares, fourths = np.zeros_like(value), np.zeros_like(value)
        for arm, weight in weights.items():
            own = values[..., self._arm_of == self._place[arm]]
            k = own.shape[-1]
            value = value + weight * own.mean(-1)
            share = weight**2 * own.var(-1, ddof=1) / k if k > 1 else np.full_like(value, np.nan)
            squares, fourths = squares + share, fourths + share**2 / max(k - 1, 1)
        return Estimate(value, np.sqrt(squares), squares**2 / fourths, n)

    def _variance(self, values: Values) -> Array:
        along = values @ self._space
        return np.maximum((values**2).sum(-1) - (along**2).sum(-1), 0.0) / self.df

    def spread(self, values: Float[np.ndarray, "cells"]) -> Spread:
        """The residual spread of one world, with the tests of one variance for all arms.

        These take the values as they are: to remove the seeds' effects first would deal one arm's noise to all.
        """
        groups = [values[self._arm_of == place] for place in range(len(self.arms))]
        # Two runs lie equally far from their median: Levene's test has nothing to divide by.
        several = [group for group in groups if len(group) > 2 and np.ptp(group) > 0]
        tested: list[Any] = [stats.bartlett(*several), stats.levene(*several)] if len(several) > 1 else []
        bartlett, levene = [float(each.pvalue) for each in tested] or [math.nan, math.nan]
        return Spread(float(np.sqrt(self._variance(values))), self.df, bartlett, levene)
