"""Every claim has a page in ``proofs`` that says what backs it; formulas, there and in the docs, work on GitHub."""

import re
from pathlib import Path

import pytest

from duality.claims import Claim, all_claims
from duality.claims.claim import given
from duality.claims.index import index
from duality.claims.pages import CHECKED, claim_page, generated, page

ROOT = Path(__file__).parents[1]
PROOFS = ROOT / "proofs"
PAGES = sorted(PROOFS.glob("*.md"))
WITH_FORMULAS = [ROOT / "README.md", *PAGES, *sorted((ROOT / "docs").rglob("*.md"))]
SECTIONS = ("## Statement", CHECKED)
OF_ALL = {"README.md", "evidence.md", "trust.md"}
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)
BROKEN_ON_GITHUB = {
    "an escape that Markdown eats": re.compile(r"\\[,;:!{}|_#&%*\\]"),
    "an index after a bracket, which may open emphasis": re.compile(r"[)\]}]_"),
    "a macro that GitHub forbids": re.compile(r"\\(operatorname|newcommand|def|href|label)\b"),
    "the start of a tag": re.compile(r"<[A-Za-z/]"),
    "a bar that ends a table cell": re.compile(r"\|"),
}

claims = pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim.id)
with_formulas = pytest.mark.parametrize("path", WITH_FORMULAS, ids=lambda path: str(path.relative_to(ROOT)))


def read(claim: Claim) -> str:
    return (PROOFS / page(claim)).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A page without its code and without its formulas."""
    return MATH.sub("", re.sub(r"`[^`]*`", "", text))


def test_every_claim_has_a_page_and_every_page_a_claim():
    assert {path.name for path in PAGES} == {page(claim) for claim in all_claims()} | OF_ALL


def test_the_index_is_the_generated_one():
    assert (PROOFS / "README.md").read_text(encoding="utf-8") == index(), "run python -m duality.claims.index"


def test_what_is_generated_is_what_is_committed():
    for name, text in generated(PROOFS).items():
        assert (PROOFS / name).read_text(encoding="utf-8") == text, "run python -m duality.claims.index"


def test_a_page_keeps_what_is_written_by_hand():
    claim = all_claims()[0]
    stale = f"# Title\n\n`old` · line\n\n## Statement\n\nBy hand.\n\n{CHECKED}\n\nStale.\n"
    made = claim_page(claim, stale)
    assert "By hand." in made
    assert not re.search("Stale|`old`", made)
    assert claim_page(claim, made) == made
    assert claim_page(claim, "# Title\n\n## Statement\n\nBy hand.\n").splitlines()[2].startswith(f"`{claim.id}`")


@claims
def test_a_page_says_what_it_is_about(claim):
    text = read(claim)
    assert text.startswith("# ")
    assert f"\n`{claim.id}` · {claim.source} · verdict: **{given(claim.verdict, claim.rests_on)}**\n" in text
    assert all(section in text for section in SECTIONS)


@with_formulas
def test_formulas_survive_github(path):
    text = re.sub(r"`[^`]*`", "", path.read_text(encoding="utf-8"))
    assert "$" not in MATH.sub("", text)
    for formula in MATH.finditer(text):
        for problem, pattern in BROKEN_ON_GITHUB.items():
            assert not pattern.search(formula[0]), f"{problem}: {formula[0]}"
        assert formula[0].count("{") == formula[0].count("}")
        assert formula[0].count(r"\begin") == formula[0].count(r"\end")
        # GitHub reads $...$ only between spaces or punctuation.
        before, after = text[: formula.start()][-1:], text[formula.end() :][:1]
        assert not before.isalnum(), formula[0]
        assert not after.isalnum(), formula[0]
        assert formula[2] is None or formula[2] == formula[2].strip(), formula[0]


@with_formulas
def test_a_display_stands_alone(path):
    for formula in re.finditer(r"\$\$.+?\$\$", path.read_text(encoding="utf-8"), re.DOTALL):
        assert re.search(r"(\A|\n\n)\Z", formula.string[: formula.start()]), formula[0]
        assert formula.string[formula.end() :].startswith(("\n\n", "\n")), formula[0]
