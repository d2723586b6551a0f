"""Is one search better than another, seed by seed?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasray.core.errors import DataError, require

_EXACT_LIMIT = 14  # 2**14 sign patterns take a few milliseconds


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A two-sided sign-flip permutation test of a mean difference.

    Attributes:
        mean: Mean difference.
        p_value: Share of sign patterns whose mean is at least as far from zero.
        minimum_p: The smallest p that this many pairs can give; above 0.05 the test could not have found anything.
        n: Number of pairs.
        exact: Whether all sign patterns were counted; otherwise they were sampled.
    """

    mean: float
    p_value: float
    minimum_p: float
    n: int
    exact: bool


def sign_flip_test(differences: ArrayLike, rng: np.random.Generator, n_samples: int = 10_000) -> PairedTest:
    """Test whether paired differences are symmetric around zero (Fisher's randomisation test).

    Args:
        differences: ``(n,)`` differences between two searches with the same seed.
        rng: Draws sign patterns when there are too many to count (n > 14).
        n_samples: How many are drawn then.

    Raises:
        DataError: There is no pair, or a difference is not finite.
    """
    pairs = np.asarray(differences, dtype=np.float64)
    n = len(pairs)
    require(n > 0, "sign_flip_test got no pair; give runs that share seeds", DataError)
    require(bool(np.isfinite(pairs).all()), "sign_flip_test got a difference that is not finite", DataError)
    exact = n <= _EXACT_LIMIT
    signs = _all_signs(n) if exact else rng.choice([-1.0, 1.0], size=(n_samples, n))
    # NOTE: sums of the same numbers in another order differ in the last bits; they must still count as equal.
    slack = 1e-12 * float(np.abs(pairs).sum())
    extreme = int((np.abs(signs @ pairs) >= abs(pairs.sum()) - slack).sum())
    if exact:
        return PairedTest(float(pairs.mean()), extreme / len(signs), 2 / len(signs), n, exact)
    # The observed pattern is one of the sampled ones, so that p is never zero (Phipson and Smyth 2010).
    return PairedTest(float(pairs.mean()), (extreme + 1) / (n_samples + 1), 1 / (n_samples + 1), n, exact)


def _all_signs(n: int) -> NDArray[np.float64]:
    """``(2**n, n)`` every pattern of plus and minus one."""
    bits = np.arange(2**n)[:, None] >> np.arange(n)[None, :] & 1
    return np.where(bits == 1, 1.0, -1.0)
