"""``duality-verify`` as its user meets it: what it prints where, its exit codes, one line for bad input."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import duality
import duality.claims
from duality.claims import Claim, Evidence, Item, Part
from duality.claims.citations import TIGHT_FRAMES
from duality.claims.evidence import Outcome
from duality.cli import main, options, output, program
from duality.numeric import embeddings
from duality.numeric.check import Check
from duality.symbolic import Proof, sums

KEYS = {"id", "title", "source", "verdict", "ok", "evidence"}
THEORY_KEYS = KEYS | {"shown", "rests_on", "limits", "parts"}
PROGRAM = [sys.executable, "-c", "import sys; from duality.cli import main; sys.exit(main())"]


def prove() -> Proof:
    proof, a = Proof(), sums.scalar("a")
    proof.concludes("addition", sums.equality(a + a, 2 * a))
    return proof


def claim(id: str, **more) -> Claim:
    texts = {
        "title": f"Title of {id}",
        "source": "Theorem 1",
        "wording": "w [0,1]",
        "parts": (said(),),
        "verdict": "holds",
    }
    return Claim(id=id, **(texts | more))


def said(**more) -> Part:
    return Part(**({"sentence": "s", "formal": ("thm_1",)} | more))


GOOD = claim(
    "thm-1",
    prove=prove,
    numeric=lambda z: [Check("residual", 1.0, 2.0)],
    parts=(said(symbolic=("2 a = 2 a, for a > 0",), numeric=("residual",)),),
)
FIXED = claim(
    "rem-2",
    verdict="corrected",
    remark="misprint",
    constructed=lambda: [Check.exact("2 ≠ 3", 2, 3, "beyond")],
    parts=(said(formal=(), numeric=("2 ≠ 3",), rests_on=(TIGHT_FRAMES,), limits="Two numbers only."),),
)
FALSE = claim(
    "lem-3",
    prove=prove,
    numeric=lambda z: [Check("too much", 3.0, 2.0)],
    parts=(said(formal=(), numeric=("too much",)),),
)


@pytest.fixture
def claims(monkeypatch):
    """Replace the claims, and the shipped embeddings, by small ones."""

    def use(*chosen: Claim) -> None:
        for module in (duality.claims, options):
            monkeypatch.setattr(module, "all_claims", lambda: chosen)
        shipped = [embeddings.Embeddings("digits.safetensors", torch.eye(4))]
        monkeypatch.setattr(embeddings, "shipped_embeddings", lambda: shipped)

    return use


@pytest.fixture
def run(capsys, unchecked):
    """Run the program in this process: exit code, stdout and stderr.

    Unchecked, because Typer hands out a base class of the context that it wants annotated.
    """

    def command(*arguments: object) -> tuple[int, str, str]:
        return main([str(argument) for argument in arguments]), *capsys.readouterr()

    return command


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "z.npy"
    np.save(path, np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32))
    return path


# The commands


def test_bare_command_shows_every_claim_and_holds(claims, run):
    claims(GOOD, FIXED)
    code, out, err = run("--trials", 2)
    assert code == 0
    assert "\x1b" not in out + err
    assert any(line.startswith("thm-1") and "1 step" in line for line in out.splitlines())
    assert "2 claims: 1 hold, 1 corrected, 0 refuted" in out
    assert "8 random matrices" in out
    assert "digits.safetensors, 4 × 4" in " ".join(out.split())
    assert "1/2" in err


def test_bare_command_fails_with_one_claim(claims, run):
    claims(GOOD, FALSE)
    code, out, _ = run("--trials", 1, "--dtype", "float32", "--seed", 7)
    assert code == 1
    assert "1 refuted" in out
    assert "too much: 3 > 2" in " ".join(out.split())


@pytest.mark.parametrize(
    ("command", "broken"),
    [
        ([], {"numeric": lambda z: [1 / 0]}),
        ([], {"prove": lambda: 1 / 0}),
        (["numeric"], {"constructed": lambda: [1 / 0]}),
        (["prove"], {"prove": lambda: 1 / 0}),
    ],
)
def test_an_exception_is_no_refutation(claims, run, command, broken):
    trials = [] if command == ["prove"] else ["--trials", 1]
    claims(GOOD, claim("lem-9", **broken))
    code, out, _ = run(*command, *trials)
    assert code == 3
    assert "refuted" not in out.replace("0 refuted", "")
    assert "ZeroDivisionError: division by zero" in " ".join(out.split())
    _, document = json.loads(run(*command, *trials, "--json")[1])
    assert (document["verdict"], document["ok"]) == ("error", None)
    claims(FALSE, claim("lem-9", **broken))
    assert run(*command, *trials)[0] == (3 if command == ["prove"] else 1)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_ids_and_verdicts_are_never_cut(width, capsys):
    from rich.console import Console

    outcomes = [
        Outcome(
            claim(id, title="A title of many words " * 4, numeric=list, parts=(said(numeric=("a",)),)),
            (Evidence(kind, True, 1.0, "", checks=12345, items=(Item("a", True, 12345),)),),
        )
        for id in ("prop-3.2-barlow-twins", "prop-3.2-vicreg")
        for kind in ("numeric",)
    ]
    output.print_outcomes(Console(width=width, force_terminal=True, no_color=True), outcomes, ("numeric",))
    lines = capsys.readouterr().out.splitlines()
    for outcome in outcomes:
        (line,) = [line for line in lines if outcome.claim.id in line]
        assert "holds" in line
        assert len(line) <= width
        assert ("A title" in line) is (width > 70)
        assert ("1.0 s" in line) is (width > 70)


def test_json_keeps_a_name_that_is_no_text(tmp_path, run, file):
    odd = tmp_path / os.fsdecode(b"z\xff.npy")
    odd.write_bytes(file.read_bytes())
    (document,) = json.loads(run("audit", "--json", odd)[1])
    assert document["id"] == str(odd)


def test_home_is_expanded_everywhere(run, file, monkeypatch):
    monkeypatch.setenv("HOME", str(file.parent))
    assert run("audit", "~/z.npy")[0] == 0
    assert program._expanded("--out=~/a=b") == f"--out={file.parent}/a=b"
    assert program._expanded("data.root=~/x") == f"data.root={file.parent}/x"
    assert program._expanded("a~b") == "a~b"


def test_claim_without_evidence_does_not_hold(claims, run):
    claims(claim("eq-9"))
    code, out, _ = run("--trials", 1)
    assert code == 3  # nothing speaks against it, nothing for it
    assert "not run" in out


def test_json_is_one_document_with_stable_keys(claims, run):
    claims(GOOD, FALSE)
    code, out, _ = run("--json", "--trials", 1)
    assert code == 1
    good, bad = json.loads(out)
    assert set(good) >= THEORY_KEYS
    (part,) = good["parts"]
    assert set(part) >= {"sentence", "verdict", "rests_on", "limits", "evidence"}
    assert {piece["kind"]: piece["coverage"] for piece in part["evidence"]}["numeric"] == "full"
    assert (part["verdict"], bad["parts"][0]["verdict"]) == ("holds", "refuted")
    assert (good["id"], good["verdict"], good["ok"]) == ("thm-1", "holds", True)
    assert (bad["verdict"], bad["ok"]) == ("refuted", False)
    assert all(set(piece) >= {"kind", "ok", "seconds", "detail"} for piece in good["evidence"])


def test_prove_prints_numbered_steps(claims, run):
    claims(GOOD, FIXED)
    code, out, _ = run("prove")
    assert code == 0
    assert "rem-2" not in out
    assert "⊢ 2 a = 2 a, for a > 0" in out
    assert "1. addition: 2 a = 2 a, for a > 0: both sides are 2·a" in out
    (document,) = json.loads(run("prove", "thm-1", "--json")[1])
    assert document["evidence"][0]["conclusions"] == ["2 a = 2 a, for a > 0"]
    assert document["evidence"][0]["steps"] == ["addition: 2 a = 2 a, for a > 0: both sides are 2·a"]


def test_numeric_checks_files_too(claims, run, file):
    claims(GOOD)
    code, out, _ = run("numeric", "thm-1", "--trials", 1, "--embeddings", file)
    assert code == 0
    assert "z.npy, 30 × 8" in " ".join(out.split())
    assert "5 checks on 5 matrices" in out
    (document,) = json.loads(run("numeric", "--json", "--trials", 3, "--dtype", "bfloat16")[1])
    assert "3 checks" in document["evidence"][0]["detail"]


def test_large_files_are_thinned_evenly(claims, run, tmp_path):
    parts = (said(numeric=("rows",)),)
    claims(claim("shape", numeric=lambda z: [Check("rows", float(len(z)), 1024.0)], parts=parts))
    path = tmp_path / "large.npy"
    np.save(path, np.ones((3000, 2), np.float32))
    code, out, _ = run("numeric", "--trials", 1, "--embeddings", path)
    assert code == 0
    assert "large.npy, 1000 × 2 of 3000 × 2" in " ".join(out.split())


def test_claims_lists_without_running(claims, run):
    claims(GOOD, FIXED)
    code, out, _ = run("claims")
    assert code == 0
    assert "thm-1" in out
    assert "symbolic, formal, numeric" in out
    documents = json.loads(run("claims", "--json")[1])[:2]
    assert [document["verdict"] for document in documents] == ["holds", "corrected"]
    assert all(document["ok"] is None and document["wording"] for document in documents)
    assert documents[0]["evidence"][0]["ok"] is None


def test_claims_shows_a_page(claims, run):
    claims(GOOD, FIXED)
    code, out, _ = run("claims", "rem-2")
    assert code == 0
    assert "misprint" in out
    assert "w [0,1]" in out
    assert "thm-1" not in out


def test_every_real_claim_is_listed(run):
    documents = json.loads(run("claims", "--json")[1])
    ids = [document["id"] for document in documents]
    assert {"thm-3.3", "remark-3.3", "lemma-3.4", "cor-3.4.1", "fig-1a", "supp-g"} <= set(ids)
    theory = documents[: ids.index("fig-1a")]
    assert {document["verdict"] for document in theory} <= {"holds", "corrected"}


def test_what_a_verdict_rests_on_and_its_limits_are_shown_with_it(claims, run):
    claims(GOOD, FIXED)
    shown = f"corrected, given {TIGHT_FRAMES}"
    for command in ([], ["numeric"]):
        out = " ".join(run(*command, "--trials", 1)[1].split())
        assert "corrected †*" in out
        assert f"† rem-2: {shown}." in out
        assert "* There are limits to what is claimed" in out
        assert "2 sentences: 2 hold (1 given a theorem of others)" in out
    assert "corrected †*" in run("claims")[1]
    page = " ".join(run("claims", "rem-2")[1].split())
    assert shown in page
    assert "limits: Two numbers only." in page
    document = json.loads(run("claims", "rem-2", "--json")[1])[0]
    assert (document["verdict"], document["shown"], document["limits"]) == (
        "corrected",
        shown,
        ["Two numbers only."],
    )
    assert document["parts"][0]["shown"] == f"holds, given {TIGHT_FRAMES}"


def test_version(run):
    assert run("--version")[1].strip() == f"duality-verify {duality.__version__}"


# Audit


def test_audit_says_what_a_researcher_wants(run, file):
    code, out, _ = run("audit", file)
    assert code == 0
    for words in ("30 samples × 8 dimensions", "Uses ", "L_c − L_nc", "Welch", "cheaper side", "certified: holds"):
        assert words in " ".join(out.split())


def test_audit_json(run, file):
    (document,) = json.loads(run("audit", "--json", file)[1])
    assert set(document) >= KEYS
    assert (document["verdict"], document["ok"]) == ("holds", True)
    assert document["samples"] == 30
    assert document["summary"]


@pytest.mark.parametrize(
    ("name", "z", "words"),
    [
        ("zero", np.zeros((5, 4)), "every embedding is zero"),
        ("one point", np.ones((5, 4)), "the same point"),
        ("repeated", np.eye(4)[[0, 0, 1, 2]], "repeat an earlier one"),
        ("few directions", np.outer(np.arange(30.0) - 14.5, np.ones(20)), "Dimensional collapse"),
        ("orthonormal", np.eye(3, 6), "cancels completely"),
        ("square", np.eye(4), "cost the same"),
        ("uneven", np.diag([1.0, 100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), "very unevenly"),
    ],
)
def test_audit_names_degenerate_embeddings(run, tmp_path, name, z, words):
    path = tmp_path / f"{name}.npy"
    np.save(path, z)
    code, out, _ = run("audit", path)
    assert code == 0
    assert words in " ".join(out.split())
    json.loads(run("audit", path, "--json")[1])


def test_audit_recognises_standardised_dimensions(run, tmp_path):
    path = tmp_path / "standard.npy"
    z = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))
    np.save(path, duality.standardize_dimensions(z).numpy())
    assert "as in equation 14" in " ".join(run("audit", path)[1].split())


# Bad input: exit code 2, one line on stderr that names the fix


def bad_file(folder: Path, kind: str) -> Path:
    path = folder / ("z.pt" if kind == "pickled tensor" else "z.npy")
    arrays = {
        "wrong rank": np.ones((2, 2, 2)),
        "nan": np.array([[1.0, np.nan], [1, 1]]),
        "infinite": np.array([[1.0, np.inf], [1, 1]]),
        "no sample": np.ones((0, 3)),
        "one sample": np.ones((1, 3)),
        "integers": np.ones((3, 3), int),
        "too large": np.full((3, 3), 1e200),
    }
    if kind in arrays:
        np.save(path, arrays[kind])
    elif kind == "empty":
        path.touch()
    elif kind == "corrupt":
        path.write_bytes(b"\x93NUMPY\x01\x00garbage")
    elif kind == "pickled":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif kind == "pickled tensor":
        path.write_bytes(pickle.dumps({"a": Path("x")}))
    elif kind == "folder":
        path.mkdir()
    return path


KINDS = [
    *("missing", "folder", "empty", "corrupt", "pickled", "pickled tensor", "wrong rank", "nan", "infinite"),
    *("no sample", "one sample", "integers", "too large"),
]


def assert_one_line(result: tuple[int, str, str], *words: str) -> None:
    code, out, err = result
    assert code == 2
    assert out == ""
    assert err.startswith("duality-verify: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err


@pytest.mark.parametrize("kind", KINDS)
def test_bad_file(run, tmp_path, kind):
    path = bad_file(tmp_path, kind)
    assert_one_line(run("audit", path), path.name)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit",), ("Missing argument", "audit --help")),
        (("audit", "--kye", "a", "f.npy"), ("--key",)),
        (("claim",), ("claims",)),
        (("qqqqqq",), ("--help",)),
        (("--trails", "3"), ("--trials",)),
        (("--zzzzzz",), ("--help",)),
        (("--json", "claims"), ("claims --json",)),
        (("--trials", "0"), ("--trials",)),
        (("--trials", "many"), ("--trials",)),
        (("--seed", "-1"), ("--seed",)),
        (("--seed", str(2**70)), ("--seed",)),
        (("--dtype", "float8"), ("--dtype", "bfloat16")),
        (("numeric", "--dtype", "int32"), ("float64",)),
        (("prove", "thm-3.33"), ("thm-3.3",)),
        (("numeric", "no-such-claim"), ("duality-verify claims",)),
        (("claims", "lemma-3.5"), ("lemma-3.4",)),
        (("claims", "supp-h"), ("supp-",)),
        (("--device", "nowhere"), ("nowhere", "cpu")),
        (("numeric", "--device", "meta"), ("meta", "cpu")),
        (("numeric", "thm-3.3", "--embeddings", "nowhere.npy"), ("nowhere.npy",)),
    ],
)
def test_bad_arguments(run, arguments, words):
    assert_one_line(run(*arguments), *words)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_device_that_is_not_there(run):
    assert_one_line(run("--device", "cuda"), "'cuda' is not there", "cpu")


def test_evidence_that_a_claim_lacks(claims, run):
    claims(GOOD, FIXED)
    assert_one_line(run("prove", "rem-2"), "leave it out", "numeric")


# As a process of its own


def start(*arguments: str, **more) -> subprocess.Popen:
    pipe = subprocess.PIPE
    return subprocess.Popen([*PROGRAM, *arguments], stdout=pipe, stderr=pipe, text=True, **more)


def test_help_is_quick_and_loads_neither_torch_nor_sympy():
    code = (
        "import sys; from duality.cli import main\n"
        "main(['--help'])\n"
        "assert not {'torch', 'sympy', 'numpy'} & set(sys.modules), 'heavy'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "audit" in done.stdout


def test_bad_input_of_the_process():
    process = start("audit", "nowhere.npy")
    out, err = process.communicate(timeout=120)
    assert_one_line((process.returncode, out, err), "nowhere.npy")


def test_broken_pipe_is_silent():
    with start("claims") as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=120) == 141


@pytest.mark.slow
def test_interruption_leaves_with_one_line():
    process = start("numeric", "--trials", "100000", "--dtype", "float32")
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "duality-verify: interrupted, nothing lost"
    assert "Traceback" not in out + err


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("no_color", [False, True])
def test_terminal_gets_colours_unless_told_not_to(no_color):
    import pty

    primary, secondary = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"} | (
        {"NO_COLOR": "1"} if no_color else {}
    )
    process = subprocess.Popen([*PROGRAM, "claims"], stdout=secondary, stderr=secondary, env=environment)
    os.close(secondary)
    shown = b""
    while True:
        try:
            chunk = os.read(primary, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(primary)
    assert process.wait(timeout=120) == 0
    assert (b"\x1b[32m" in shown) is not no_color


def test_progress_bar_on_a_terminal(claims, run, monkeypatch):
    from rich.console import Console

    claims(GOOD, FIXED)
    monkeypatch.setattr(
        output, "console", lambda stderr=False: Console(stderr=stderr, force_terminal=True, width=80)
    )
    code, _, err = run("prove")
    assert code == 0
    assert "\x1b[" in err
