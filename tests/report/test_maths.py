"""The claims' sentences as HTML: formulas are found, nothing is lost, and MathML says what the text said."""

import re
from xml.etree import ElementTree

import pytest

from duality.claims import all_claims
from duality.experiments import all_experiments
from duality.report.maths import formula, to_html
from duality.report.notation import FUNCTIONS, parts

SENTENCES = {
    f"{each.id} {name}": text
    for each in (*all_claims(), *all_experiments())
    for name in ("wording", "statement", "remark", "fair")
    if (text := getattr(each, name, ""))
}
PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᴴᴺᴹᵏ₀₁₂₃₄₅₆₇₈₉Σ'-", "0123456789+−⊤HNMk0123456789∑′−")

sentences = pytest.mark.parametrize("text", SENTENCES.values(), ids=SENTENCES)


def element(text: str) -> ElementTree.Element:
    """A formula's MathML, parsed."""
    return ElementTree.fromstring(formula(text))


def content(text: str) -> str:
    """All characters of a formula's MathML."""
    return "".join(element(text).itertext())


def spelled(text: str) -> str:
    """The characters of a formula without those that only say where they stand, an index before the exponent."""
    ordered = re.sub(r"([²⁴])(_\w)", r"\2\1", text)
    roots = re.sub(r"√\(([^()]*)\)", r"√\1", ordered).replace("√", "")
    matrices = re.sub(r"\[\[(.*?)\]\]", lambda found: f"[{re.sub('[],[]', '', found[1])}]", roots)
    exponents = re.sub(r"\^\(((?:[^()]|\([^()]*\))*)\)", r"\1", matrices)
    return re.sub(r"[\s_^{}]", "", exponents.translate(PLAIN)).replace("Â", "A^").replace("B̂", "B^")


@sentences
def test_parts_put_together_are_the_text(text):
    assert "".join(part for _, part in parts(text)) == re.sub(r"[`*]", "", text)


@sentences
def test_no_formula_is_left_in_the_words(text):
    words = "".join(part for kind, part in parts(text) if kind == "text").replace("norm²", "")
    assert not re.search(r"[_^‖Σ√∇ᵀ²⁴≤≥×τ=]|(?<![\w'’-])[B-HJ-Zb-z](?![\w-])", words)


@sentences
def test_no_word_is_taken_for_a_formula(text):
    for kind, part in parts(text):
        words = re.findall(r"[A-Za-z][a-z]{2,}", re.sub(r"_[a-z]+", "", part)) if kind == "maths" else []
        assert set(words) <= set(FUNCTIONS)


@sentences
def test_mathml_has_every_character_of_a_formula(text):
    for kind, part in parts(text):
        if kind == "maths":
            assert content(part) == spelled(part)


@sentences
def test_a_sentence_is_well_formed(text):
    ElementTree.fromstring(f"<p>{to_html(text)}</p>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a matrix of norm a, as", [("text", "a matrix of norm "), ("maths", "a"), ("text", ", as")]),
        ("diag(A) of A and", [("maths", "diag(A)"), ("text", " of "), ("maths", "A"), ("text", " and")]),
        ("A method", [("text", "A method")]),
        ("DCL-sq ≥ N log(N−1).", [("text", "DCL-sq "), ("maths", "≥ N log(N−1)"), ("text", ".")]),
        ("VICReg ≈ VICReg-exp", [("text", "VICReg ≈ VICReg-exp")]),
        ("(norm √N);", [("text", "(norm "), ("maths", "√N"), ("text", ");")]),
        ("L_c's minimisers", [("maths", "L_c"), ("text", "'s minimisers")]),
        ("with `side=\"auto\"` *not* q", [("text", "with "), ("code", 'side="auto"'), ("text", " "),
                                          ("emphasis", "not"), ("text", " "), ("maths", "q")]),
        ("at least 3 of 5 runs", [("text", "at least 3 of 5 runs")]),
    ],
)  # fmt: skip
def test_what_is_a_formula(text, expected):
    assert list(parts(text)) == expected


def test_scripts_stand_on_what_they_belong_to():
    norm = element("‖K_j·‖⁴").find("msup")
    assert norm is not None
    base, power = norm
    assert "".join(base.itertext()) == "‖Kj·‖"
    assert "".join(power.itertext()) == "4"
    assert base.find("msub") is not None


def test_scripts_below_and_above():
    both = element("‖K‖²_F").find("msubsup")
    assert both is not None
    assert ["".join(part.itertext()) for part in both] == ["‖K‖", "F", "2"]


def test_a_root_covers_its_bracket():
    root = element("√(N/M) a").find("msqrt")
    assert root is not None
    assert "".join(root.itertext()) == "N/M"


def test_a_matrix_has_its_rows():
    cells = [["".join(cell.itertext()) for cell in row] for row in element("[[3/5,0],[4/5,0],[0,1]]").iter("mtr")]
    assert cells == [["3/5", "0"], ["4/5", "0"], ["0", "1"]]


@pytest.mark.parametrize("text", ["(a + b", "a + b)", "_x", "⁴", "‖a", "√", "Σ_", "|", "a ∘"])
def test_what_is_no_formula_is_still_well_formed(text):
    element(text)


def test_what_html_would_read_is_escaped():
    assert "<b>" not in to_html("<b> holds for x < y & z")
    ElementTree.fromstring(f"<p>{to_html('<b> holds for x < y & z')}</p>")
