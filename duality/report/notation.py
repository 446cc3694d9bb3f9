"""Which words of a sentence are formulas: the claims speak of ``L_nc ≤ N² a⁴`` in the midst of English."""

import re
from collections.abc import Iterator
from typing import Literal

Part = tuple[Literal["text", "maths", "code", "emphasis"], str]

FUNCTIONS = ("log", "exp", "det", "diag", "tr", "rank", "Var", "cos", "sin", "max", "min", "ones", "fl")
OPERATORS = "=≤≥≠≈<>∈→+−±×·∘/"

_MARKUP = re.compile(r"`([^`]+)`|\*([^*\s][^*]*)\*")
_FUNCTION = "|".join(FUNCTIONS)
_SYMBOL = re.compile(
    rf"[{OPERATORS.replace('/', '')}_^√∇∂∞Σ∀⟨⟩‖|…α-ωΓ-Ω²³⁰¹⁴-⁹⁺⁻₀-₉ᵀᴴᴺᴹᵏ]|^(?:\d+\)?|[A-Za-z]{{1,2}})/[\w(]|^\w\)\w"
)
_ENGLISH = re.compile(
    rf"(?<![A-Za-z])(?!(?:{_FUNCTION})(?![a-z]))[A-Za-z][a-z]{{2,}}|[A-Z]{{3,}}|[a-z]{{2,}}-|-[a-z]{{2,}}"
)
_SUBSCRIPT = re.compile(r"_\{[^}]*\}|_[A-Za-z]+")
_LETTER = re.compile(r"(?:[B-Zb-z]|[A-Z]{2}|[a-z][A-Z]|d[tx])'*")
_CALL = re.compile(rf"\(*(?:(?:[A-Za-z]|\d+|{_FUNCTION})[(\[]|\[\[)")
_WEAK = re.compile(rf"[+−]?\d[\d,]*(?:\.\d+)?|\d+[A-Za-z]{{1,3}}|[aA]|{_FUNCTION}")
"""Numbers, names of functions, and ``a``, which may be an article: formulas only next to an operator."""

_OPENING, _CLOSING, _PUNCTUATION = "([⟨", ")]⟩", ".,;:?"


def parts(text: str) -> Iterator[Part]:
    """The text cut into formulas, ``code`` between backticks, *emphasis* between stars, and the rest.

    The parts without their backticks and stars, put together, are the text.
    """
    end = 0
    for found in _MARKUP.finditer(text):
        yield from _formulas(text[end : found.start()])
        yield ("code", found[1]) if found[1] else ("emphasis", found[2])
        end = found.end()
    yield from _formulas(text[end:])


def _formulas(text: str) -> Iterator[Part]:
    pieces = re.findall(r"\S+|\s+", text)
    plain, place = "", 0
    while place < len(pieces):
        end = _end_of_formula(pieces, place)
        before, formula, after = _trim("".join(pieces[place:end]))
        if not formula:
            end = max(end, place + 1)
            plain += "".join(pieces[place:end])
        else:
            if plain + before:
                yield "text", plain + before
            yield "maths", formula
            plain = after
        place = end
    if plain:
        yield "text", plain


def _end_of_formula(pieces: list[str], start: int) -> int:
    """Where the formula that begins with this piece ends; ``start`` if none does."""
    end, depth = start, 0
    for place in range(start, len(pieces), 2):
        word = pieces[place]
        if not (_is_maths(word) or (_is_weak(word) and (depth > 0 or _beside_operator(pieces, place)))):
            break
        depth += sum(map(word.count, _OPENING)) - sum(map(word.count, _CLOSING))
        end = place + 1
        if depth <= 0 and word[-1] in _PUNCTUATION:
            break
    return end


def _core(word: str) -> str:
    """A word without the brackets and marks around it."""
    return word.lstrip("([“").rstrip(")].,;:?”")


def _is_maths(word: str) -> bool:
    core = _core(word)
    if _WEAK.fullmatch(core) or _ENGLISH.search(_SUBSCRIPT.sub("_", core)):
        return False
    return bool(_SYMBOL.search(core) or _LETTER.fullmatch(core) or _CALL.match(word))


def _is_weak(word: str) -> bool:
    return bool(_WEAK.fullmatch(_core(word)))


def _beside_operator(pieces: list[str], place: int) -> bool:
    """Whether the word next to this one makes it a formula: an operator; for a function, its argument."""
    word, core = pieces[place], _core(pieces[place])
    ends_clause = word[-1] in _PUNCTUATION
    previous = pieces[place - 2] if place >= 2 else " "
    following = " " if ends_clause or place + 2 >= len(pieces) else pieces[place + 2]
    if core in FUNCTIONS:
        return _is_maths(following) or _is_weak(following)
    if core == "a" and ends_clause:
        return True
    if core == "A" and following in ("of", "and"):
        return True
    if core != "a" and _is_maths(following):
        return True
    return previous in FUNCTIONS or previous[-1] in OPERATORS or following[0] in OPERATORS


def _trim(run: str) -> tuple[str, str, str]:
    """What of a run of words is the formula, and the marks and unpaired brackets before and after it."""
    formula = run.rstrip().removesuffix("'s")
    while formula and (formula[-1] in _PUNCTUATION or _is_unpaired(formula, formula[-1])):
        formula = formula[:-1].rstrip()
    while formula and formula.split()[-1] in OPERATORS:
        formula = formula[:-1].rstrip()
    opened = bool(formula) and _is_unpaired(formula, formula[0])
    before, formula = formula[:opened], formula[opened:]
    if not re.search(r"\w", formula):
        return run, "", ""
    return before, formula, run[len(before + formula) :]


def _is_unpaired(formula: str, bracket: str) -> bool:
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        opened, closed = formula.count(opening), formula.count(closing)
        if (bracket == opening and opened > closed) or (bracket == closing and closed > opened):
            return True
    return False
