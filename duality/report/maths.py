"""Formulas as MathML: the claims' Unicode notation, ``Σ_j‖K_j·‖⁴``, becomes what browsers set and read aloud."""

import re
import unicodedata
from collections.abc import Iterator
from html import escape

from duality.report.notation import FUNCTIONS, OPERATORS, parts

_RAISED, _LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᴴᴺᴹᵏ", "₀₁₂₃₄₅₆₇₈₉"
_PLAIN = str.maketrans(_RAISED + _LOWERED, "0123456789+−⊤HNMk0123456789")
_WORDS = (*FUNCTIONS, "reg")
_INDEX = r"[a-z]+|[A-Z]+|\d+"
_PRIME = '<mo lspace="0" rspace="0">′</mo>'
_PLACEHOLDER = '<mo lspace="0" rspace="0">·</mo>'
_PAIRS = {"(": ")", "[": "]", "⟨": "⟩", "‖": "‖", "|": "|"}
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    | (?P<matrix>\[\[.*?\]\])
    | (?P<raised>[{_RAISED}]+)
    | (?P<lowered>[{_LOWERED}]+)
    | (?P<primes>'+)
    | \^ (?: \{{(?P<power>[^}}]*)\}} | \((?P<exponent>(?:[^()]|\([^()]*\))*)\) | (?P<superscript>\w+) )
    | _ (?: \{{(?P<indices>[^}}]*)\}} | (?P<index> ·[a-z] | [a-z]·(?![A-Za-z]) | (?:\([^)]*\))+ | (?:{_INDEX})'* ) )
    | (?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?)
    | (?P<word>{"|".join(_WORDS)})(?![a-z])
    | (?P<letter>(?!Σ)[^\W\d_]\u0302?)
    | (?P<sign>.)""",
    re.VERBOSE,
)
_LOWER = ("lowered", "indices", "index")
_SCRIPTS = (*_LOWER, "raised", "power", "exponent", "superscript")


def to_html(text: str) -> str:
    """A sentence of a claim as HTML: formulas as MathML, ``code`` and *emphasis* as elements, the rest escaped."""
    as_element = {
        "text": escape,
        "maths": formula,
        "code": lambda part: f"<code>{escape(part)}</code>",
        "emphasis": lambda part: f"<em>{escape(part)}</em>",
    }
    return "".join(as_element[kind](part) for kind, part in parts(text))


def formula(text: str) -> str:
    """A formula in the claims' notation as an inline ``<math>`` element."""
    return f"<math>{_row(text)}</math>"


def _row(text: str) -> str:
    tokens = [(found.lastgroup or "sign", found[found.lastgroup or 0]) for found in _TOKEN.finditer(text)]
    return "".join(_Parser(tokens).items())


class _Parser:
    """Recursive descent over the tokens of a formula: items, brackets that contain items, scripts on either."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.place = tokens, 0

    def items(self, closing: str = "") -> Iterator[str]:
        """Elements up to this closing bracket, or to the end."""
        after_operand = False
        while self.place < len(self.tokens) and self.tokens[self.place] != ("sign", closing):
            if self.tokens[self.place][0] == "space":
                self.place += 1
                if after_operand and self._operand_follows():
                    yield '<mspace width="0.2em"></mspace>'
                continue
            after_operand = self._operand_follows()
            yield self._scripted()

    def _operand_follows(self) -> bool:
        kind, text = self.tokens[self.place] if self.place < len(self.tokens) else ("sign", ",")
        return kind != "sign" or text not in (*OPERATORS, "Σ", ",", ")", "]")

    def _scripted(self) -> str:
        base, below, above = self._base(), "", ""
        if self.place < len(self.tokens) and self.tokens[self.place][0] == "primes":
            # Not as a superscript: the sign is a raised one by itself.
            base = f"<mrow>{base}{_PRIME * len(self.tokens[self.place][1])}</mrow>"
            self.place += 1
        while self.place < len(self.tokens) and self.tokens[self.place][0] in _SCRIPTS:
            kind, text = self.tokens[self.place]
            self.place += 1
            if kind in _LOWER:
                below += _row(text.translate(_PLAIN)).replace("<mo>·</mo>", _PLACEHOLDER)
            else:
                above += _row(text.translate(_PLAIN))
        if below and above:
            return f"<msubsup>{base}<mrow>{below}</mrow><mrow>{above}</mrow></msubsup>"
        if below:
            return f"<msub>{base}<mrow>{below}</mrow></msub>"
        return f"<msup>{base}<mrow>{above}</mrow></msup>" if above else base

    def _base(self) -> str:
        kind, text = self.tokens[self.place]
        if kind in _SCRIPTS:
            return "<mrow></mrow>"
        self.place += 1
        if kind == "number":
            return f"<mn>{text}</mn>"
        if kind in ("word", "letter"):
            return _identifier(text)
        if kind == "matrix":
            return _matrix(text)
        if text == "√":
            return f"<msqrt>{self._radicand()}</msqrt>"
        if ("sign", _PAIRS.get(text)) in self.tokens[self.place :]:
            return f"<mrow>{_sign(text)}{self._inside(text)}{_sign(_PAIRS[text])}</mrow>"
        return _sign(text)

    def _inside(self, opening: str) -> str:
        """What stands between the bracket just read and its partner; the partner is read too."""
        inside = "".join(self.items(_PAIRS[opening]))
        self.place += 1
        return inside

    def _radicand(self) -> str:
        if self.place == len(self.tokens):
            return ""
        if self.tokens[self.place] != ("sign", "("):
            return self._base()
        self.place += 1
        return self._inside("(")


def _identifier(text: str) -> str:
    letter, accent = unicodedata.normalize("NFD", text)[:1], unicodedata.normalize("NFD", text)[1:]
    if accent == "\u0302":
        return f'<mover accent="true"><mi>{letter}</mi><mo stretchy="false">^</mo></mover>'
    return f"<mi>{text}</mi>"


def _sign(text: str) -> str:
    if text in "()[]⟨⟩":
        return f'<mo stretchy="false">{text}</mo>'
    if text in "‖|/":
        return f'<mo stretchy="false" lspace="0" rspace="0">{text}</mo>'
    return f"<mo>{escape({'Σ': '∑', '-': '−'}.get(text, text))}</mo>"


def _matrix(text: str) -> str:
    """``[[a, b], [c, d]]`` as a matrix."""
    rows = (row.split(",") for row in re.split(r"\]\s*,\s*\[", text[2:-2]))
    cells = ("".join(f"<mtd>{_row(cell.strip())}</mtd>" for cell in row) for row in rows)
    return f"<mrow><mo>[</mo><mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable><mo>]</mo></mrow>"
