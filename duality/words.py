"""The word that was meant: what messages about a wrong name suggest."""

import difflib
from collections.abc import Iterable


def nearest(word: str, options: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The option most like the word, else the one most like it whatever the case; None where none comes close.

    ``cutoff`` is the least likeness, from 0 to 1, as `difflib.get_close_matches` measures it.
    """
    options = list(options)
    exact = difflib.get_close_matches(word, options, n=1, cutoff=cutoff)
    if exact:
        return exact[0]
    folded = {option.casefold(): option for option in reversed(options)}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """``" (did you mean OPTION?)"``, or nothing where no option comes close."""
    near = nearest(word, options)
    return f" (did you mean {near}?)" if near else ""
