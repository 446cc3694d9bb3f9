"""``proofs/README.md``: the table of all claims and the errata, made from the claims so that it cannot drift.

``python -m duality.claims.index`` writes it anew, in a checkout of the repository.
"""

import re
from pathlib import Path

from duality.claims.claim import Claim
from duality.formal.sources import proofs_folder, read_sources

_INTRODUCTION = """\
# Proofs

<!-- Made by `python -m duality.claims.index` from the claims in `duality/claims`; edit those. -->

One page for each statement of *On the duality between contrastive and non-contrastive self-supervised learning*
(Garrido, Chen, Bardes, Najman, LeCun, ICLR 2023), and for those that we add. A page gives the statement, its proof,
when equality holds, what the paper says and what we correct.

A statement is backed by up to three kinds of evidence.

- **Symbolic**: derived for all $M$ and $N$ by the algebra in `duality/symbolic`. Run `duality-verify prove`.
- **Coq**: a theorem in [coq](coq/README.md), checked by Coq's kernel. Run `duality-verify formal`: it compiles all
  files from clean, prints each theorem as Coq states it, and the axioms it rests on.
  [coq/statements.txt](coq/statements.txt) is the record of all definitions and statements.
- **Numeric**: certified checks on matrices, and exact counterexamples. Run `duality-verify numeric`.

## Notation

$K$ is an $M \\times N$ matrix: column $K_{\\cdot i}$ is the embedding of sample $i$, row $K_{j\\cdot}$ is one
dimension over the batch. The code holds $z = K^\\top$, batch-first.

| symbol | meaning |
|---|---|
| $G = K^\\top K$, $C = KK^\\top$ | Gram matrix ($N \\times N$), covariance ($M \\times M$) |
| $c_i = \\Vert K_{\\cdot i}\\Vert^2$, $r_j = \\Vert K_{j\\cdot}\\Vert^2$ | their diagonals: squared norms |
| $T = \\Vert K\\Vert_F^2 = \\sum_i c_i = \\sum_j r_j$ | the energy |
| $L_c = \\sum_{i \\ne k} G_{ik}^2$, $L_{nc} = \\sum_{j \\ne l} C_{jl}^2$ | the criteria of Definition 3.2 |
"""

LIMITS: dict[str, str] = {
    "def-3.2": "Unit-norm tight frames for every N ≥ M: cited (Benedetto and Fickus, 2003). Coq has N = 2M, the "
    "symbolic proof N = kM.",
    "prop-3.1": "The limit N → ∞: a theorem of Wang and Isola (2020), cited. The moments of the sphere: "
    "mathcomp-analysis has no measure on it; their proof is symbolic.",
    "prop-3.2-abs": "That exp of mathcomp-analysis, in which the thresholds are stated, is exp of Coq's reals, "
    "on which their numbers are: not linked.",
    "prop-3.2-sq": "M = 3, N = 5: Coq compares the numbers at τ = 0.1; that they are the cone's and the bound of "
    "every tight frame is proved on the page only.",
    "table-1": "The convergence of Sinkhorn's iteration: cited (Sinkhorn and Knopp, 1967; Menon, 1968).",
    "dual-failure": "It is about the rounding of one program on one matrix, and shown by running it.",
    "rounding": "Overflow, products that underflow, inputs rounded to TF32 or bfloat16, the error of centring.",
    "small-size": "It speaks of polynomials in the entries of a matrix of any size. Nothing rests on it: the "
    "identities are proved for all sizes themselves.",
}
"""For a claim, the part of it that has no theorem in Coq, and why."""


def index() -> str:
    """The text of ``proofs/README.md``."""
    from duality.claims import all_claims

    claims = all_claims()
    files = {name: source.path.name for source in read_sources().values() for name in source.theorems}
    corrected = [claim for claim in claims if claim.verdict == "corrected"]
    sections = [
        _INTRODUCTION,
        "## All statements\n\n| statement | | verdict | evidence | theorems in Coq |\n|---|---|---|---|---|\n"
        + "".join(_row(claim, files) for claim in claims),
        f"## Errata\n\n{len(corrected)} statements are imprecise or wrong as printed.\n\n"
        + "\n".join(map(_erratum, corrected)),
        "## False variants\n\nA proof that would also prove something false proves nothing. These variants of our "
        "statements are refuted in Coq by a concrete matrix.\n\n"
        + "".join(f"- [{name}](coq/{file})\n" for name, file in files.items() if name.startswith("refuted_")),
        "## What Coq does not cover\n\n| statement | what, and why |\n|---|---|\n"
        + "".join(
            f"| [{claim.id}]({page(claim)}) | {_plain(LIMITS[claim.id])} |\n"
            for claim in claims
            if claim.id in LIMITS
        ),
    ]
    return "\n".join(sections)


def page(claim: Claim) -> str:
    """The name of a claim's page in ``proofs``."""
    return f"{claim.id}.md"


def _row(claim: Claim, files: dict[str, str]) -> str:
    from duality.claims.evidence import kinds

    theorems = ", ".join(f"[{name}](coq/{files[name]})" for name in claim.formal)
    evidence = ", ".join("Coq" if kind == "formal" else kind for kind in kinds(claim))
    cells = (f"[{claim.id}]({page(claim)})", _plain(claim.title), claim.verdict, evidence, theorems)
    return f"| {' | '.join(cells)} |\n"


def _erratum(claim: Claim) -> str:
    return (
        f"### [{claim.title}]({page(claim)})\n\n"
        f"- **The paper** ({claim.source}): {_plain(claim.wording)}\n"
        f"- **What holds**: {_plain(claim.statement)}\n"
        f"- **Why**: {_plain(claim.remark)}\n"
    )


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing but code: indices and absolute values stay what they are."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([_|])", r"\\\1", piece) for piece in pieces)


if __name__ == "__main__":
    readme: Path = proofs_folder().parent / "README.md"
    readme.write_text(index(), encoding="utf-8")
    print(f"wrote {readme}")
