"""The word that was meant: what messages about a wrong name suggest."""

import difflib
from collections.abc import Iterable


def nearest(word: str, options: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The option most like the word, whatever the case of either; None where none comes close.

    ``cutoff`` is the least likeness, from 0 to 1, as `difflib.get_close_matches` measures it.
    """
    folded = {option.casefold(): option for option in reversed(list(options))}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """``" (did you mean OPTION?)"``, or nothing where no option comes close."""
    near = nearest(word, options)
    return f" (did you mean {near}?)" if near else ""
