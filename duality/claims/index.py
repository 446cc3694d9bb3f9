"""``proofs/README.md``: the table of all claims and the errata, made from the claims so that it cannot drift.

``python -m duality.claims.index`` writes it anew in a checkout of the repository, with the pages of
`duality.claims.pages` and what is generated in the page of each claim.
"""

from duality.claims.claim import Claim, given
from duality.claims.pages import generated, page, plain
from duality.formal.sources import proofs_folder, read_sources

_INTRODUCTION = """\
# Proofs

<!-- Made by `python -m duality.claims.index` from the claims in `duality/claims`; edit those. -->

One page for each statement of *On the duality between contrastive and non-contrastive self-supervised learning*
(Garrido, Chen, Bardes, Najman, LeCun, ICLR 2023), and for those that we add. A page gives the statement, its proof,
when equality holds, what the paper says and what we correct.

A statement is made of sentences. Each has evidence of its own, of up to three kinds; [evidence](evidence.md) says
how far each kind goes, sentence by sentence, and [trust](trust.md) what all rests on and what is not claimed.

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
    ]
    return "\n".join(sections)


def _row(claim: Claim, files: dict[str, str]) -> str:
    from duality.claims.evidence import kinds

    theorems = ", ".join(f"[{name}](coq/{files[name]})" for name in claim.formal)
    evidence = ", ".join("Coq" if kind == "formal" else kind for kind in kinds(claim))
    cells = (
        f"[{claim.id}]({page(claim)})",
        plain(claim.title),
        given(claim.verdict, claim.rests_on),
        evidence,
        theorems,
    )
    return f"| {' | '.join(cells)} |\n"


def _erratum(claim: Claim) -> str:
    return (
        f"### [{claim.title}]({page(claim)})\n\n"
        f"- **The paper** ({claim.source}): {plain(claim.wording)}\n"
        f"- **What holds**: {plain(claim.statement)}\n"
        f"- **Why**: {plain(claim.remark)}\n"
    )


def write() -> None:
    """Write the index, the pages made of all claims, and what is generated in the page of each."""
    folder = proofs_folder().parent
    (folder / "README.md").write_text(index(), encoding="utf-8")
    for name, text in generated(folder).items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
