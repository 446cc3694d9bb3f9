"""Pages of ``proofs`` made from the claims: how each sentence is checked, the evidence, what all rests on."""

import re
from collections import defaultdict
from pathlib import Path

from duality.claims.claim import Claim, Kind, Part, given
from duality.formal.record import recorded_axioms
from duality.formal.sources import read_sources

CHECKED = "## How it is checked"
"""The heading of a claim's page under which all is generated; above it, only the line with the verdict is."""
NAMES: dict[Kind, str] = {"symbolic": "Symbolic", "formal": "Coq", "numeric": "Numeric"}
_MADE = "<!-- Made by `python -m duality.claims.index` from the claims in `duality/claims`; edit those. -->"

_AXIOMS = {
    "propositional_extensionality": "propositions that imply each other are equal (mathcomp-analysis)",
    "functional_extensionality_dep": "functions with the same values are equal (mathcomp-analysis, Coq's reals)",
    "constructive_indefinite_description": "from what exists one can be chosen (mathcomp-analysis)",
    "sig_not_dec": "a negation can be decided (Coq's reals)",
    "sig_forall_dec": "a property of all numbers can be decided (Coq's reals)",
    "classic": "the excluded middle (Flocq, coq-interval)",
    "epsilon_statement": "from what exists one can be chosen (Flocq)",
    "PrimInt63": "the processor's integers behave as Coq states (coq-interval computes with them)",
}
_TRUSTED = """\
## What has to be trusted

| evidence | rests on |
|---|---|
| Coq | the kernel of Coq, run by coqc and again by coqchk; the axioms below; that a theorem says what the \
sentence beside it says, which [coq/statements.txt](coq/statements.txt) lets you compare |
| symbolic | the engines of `duality/symbolic`, which bring both sides to a normal form, and SymPy's \
arithmetic; a few steps in words, which the coverage calls partial |
| numeric, exact | Python's integers and fractions |
| numeric, enclosed | Arb, through python-flint, for exponentials and logarithms |
| numeric, certified | the floating-point model below, and that PyTorch and NumPy round once for each sum or \
product, in any order |

## The floating-point model

A computed sum or product is the exact one times $1 + \\delta$ with $\\vert\\delta\\vert \\le u$. Values are
certified in binary64 rounded to nearest, where $u = 2^{-53}$. The page [rounding](rounding.md) says what is
proved of it, and what is left out: overflow, products that underflow, inputs that the hardware rounds before
multiplying. Passing a check on some matrices is no proof for all: `full` means there that the check is of the
whole sentence.
"""


def generated(folder: Path) -> dict[str, str]:
    """Every generated page but the index, by its name: those of the claims keep what is written in them by hand.

    Args:
        folder: ``proofs``, with a page for each claim.
    """
    from duality.claims import all_claims

    claims = all_claims()
    pages = {page(claim): claim_page(claim, (folder / page(claim)).read_text(encoding="utf-8")) for claim in claims}
    return pages | {"evidence.md": evidence_page(claims), "trust.md": trust_page(claims)}


def page(claim: Claim) -> str:
    """The name of a claim's page in ``proofs``."""
    return f"{claim.id}.md"


def claim_page(claim: Claim, text: str) -> str:
    """A claim's page with the line of its verdict, and how its sentences are checked, written anew."""
    title, _, prose = text.partition(CHECKED)[0].partition("\n")
    _, _, prose = prose.lstrip("\n").partition("\n") if prose.lstrip("\n").startswith("`") else ("", "", prose)
    verdict = f"`{claim.id}` · {claim.source} · verdict: **{given(claim.verdict, claim.rests_on)}**"
    files = {name: source.path.name for source in read_sources().values() for name in source.theorems}
    sentences = "\n".join(_sentence(number, part, files) for number, part in enumerate(claim.parts, 1))
    return f"{title}\n\n{verdict}\n\n{prose.strip()}\n\n{CHECKED}\n\n{_MADE}\n\n{sentences}"


def _sentence(number: int, part: Part, files: dict[str, str]) -> str:
    """A sentence, and a line for each kind of evidence with what it covers and what it is."""
    shown = {
        "symbolic": "; ".join(f"`{name}`" for name in part.symbolic),
        "formal": ", ".join(f"[{name}](coq/{files[name]})" for name in part.formal),
        "numeric": "; ".join(f"`{name.strip()}`" for name in part.numeric),
    }
    lines = [f"**{number}.** {plain(part.sentence)} *{given('holds', part.rests_on)}*\n"]
    lines += [f"- {NAMES[kind]}{_partly(part, kind)}: {shown[kind]}" for kind in part.kinds]
    if part.limits:
        lines.append(f"- Limits: {plain(part.limits)}")
    return "\n".join(lines) + "\n"


def _partly(part: Part, kind: Kind) -> str:
    return f", partial ({plain(part.partial[kind])})" if kind in part.partial else ""


def evidence_page(claims: tuple[Claim, ...]) -> str:
    """Every sentence of every claim with how far each kind of evidence goes."""
    parts = [part for claim in claims for part in claim.parts]
    head = (
        f"# Evidence, sentence by sentence\n\n{_MADE}\n\n"
        f"{len(claims)} statements make {len(parts)} sentences. Evidence of a kind covers all of a sentence, part "
        "of it, or nothing.\n\n| evidence | full | partial | none |\n|---|---|---|---|\n"
    )
    for kind, name in NAMES.items():
        counts = [
            sum(part.coverage(kind) == coverage for part in parts) for coverage in ("full", "partial", "none")
        ]
        head += f"| {name} | {' | '.join(map(str, counts))} |\n"
    rows = "".join(
        f"| [{claim.id}]({page(claim)}) {number} | {plain(part.sentence)} | "
        f"{' | '.join(part.coverage(kind) for kind in NAMES)} | {given('holds', part.rests_on)} |\n"
        for claim in claims
        for number, part in enumerate(claim.parts, 1)
    )
    return f"{head}\n| sentence | | {' | '.join(NAMES.values())} | verdict |\n|---|---|---|---|---|---|\n{rows}"


def trust_page(claims: tuple[Claim, ...]) -> str:
    """What the evidence rests on, and what is not claimed."""
    cited = defaultdict(list)
    for claim in claims:
        for number, part in enumerate(claim.parts, 1):
            for citation in part.rests_on:
                cited[citation].append(f"[{claim.id}]({page(claim)}) {number}")
    citations = "".join(
        f"| {citation} | {citation.work} | {', '.join(places)} |\n" for citation, places in cited.items()
    )
    limits = "".join(
        f"| [{claim.id}]({page(claim)}) {number} | {plain(part.limits)} |\n"
        for claim in claims
        for number, part in enumerate(claim.parts, 1)
        if part.limits
    )
    return (
        f"# What all of it rests on\n\n{_MADE}\n\n{_TRUSTED}\n{_axioms(claims)}\n"
        "## Theorems of others\n\nUsed, and not proved here.\n\n"
        f"| theorem | work | sentences that need it |\n|---|---|---|\n{citations}\n"
        f"## What is not claimed\n\n| sentence | limits |\n|---|---|\n{limits}\n"
        "The wordings restate the paper in our words. Where we misread it, no proof will tell.\n"
    )


def _axioms(claims: tuple[Claim, ...]) -> str:
    """The axioms that Coq printed for the theorems that claims name, as recorded."""
    record = recorded_axioms()
    named = {name: record[name] for claim in claims for name in claim.formal}
    closed = sum(not axioms for axioms in named.values())
    counts = {axiom: sum(axiom in axioms for axioms in named.values()) for axiom in _AXIOMS}
    unknown = {axiom for axioms in named.values() for axiom in axioms} - counts.keys()
    if unknown:
        raise ValueError(f"say what these axioms assume: {', '.join(sorted(unknown))}")
    rows = "".join(f"| `{axiom}` | {_AXIOMS[axiom]} | {count} |\n" for axiom, count in counts.items() if count)
    return (
        f"## Axioms in Coq\n\nOf {len(named)} theorems that sentences name, {closed} rest on no axiom. The others "
        f"rest on these.\n\n| axiom | says | theorems |\n|---|---|---|\n{rows}"
    )


def plain(text: str) -> str:
    """Text in which Markdown finds nothing but code: indices and absolute values stay what they are."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([_|*])", r"\\\1", piece) for piece in pieces)
