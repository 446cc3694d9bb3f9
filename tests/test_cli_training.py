"""The commands train, embed and probe, on the tiny recipe."""

import hashlib
import json

import jaxtyping
import pytest

from duality.cli import main
from duality.numeric.embeddings import load_embeddings
from duality.training.checkpoint import checkpoints
from duality.training.recipe import load_recipe
from duality.training.run_folder import read_recipe
from tests.training.images import write_image_folder
from tests.training.runs import TINY

SETTINGS = [word for item in TINY for word in ("--set", item)]


def verify(*words: str) -> int:
    """The exit code of ``duality-verify``."""
    return main(list(words))


@pytest.fixture(scope="module", autouse=True)
def unchecked():
    """Typer hands its callbacks a context of a class of its own, which the check of types refuses."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    assert (
        verify("train", "digits", "--out", str(folder), "--device", "cpu", "--quiet", "--seed", "3", *SETTINGS) == 0
    )
    return folder


def test_train_embed_audit_probe(run, capsys):
    assert verify("embed", str(run), "--probes", "--samples", "50", "--json") == 0
    path = run / "embeddings.safetensors"
    assert json.loads(capsys.readouterr().out) == {"file": str(path), "shape": [50, 8]}
    embeddings = load_embeddings(path)
    assert embeddings.z.shape == (50, 8)
    assert embeddings.labels is not None
    metadata = embeddings.metadata
    assert (metadata["method"], metadata["data"], metadata["seed"]) == ("SimCLR", "digits", "3")
    assert 0 <= float(metadata["linear_probe_accuracy"]) <= 1
    assert metadata["command"].startswith(f"duality-verify train digits --out {run} --set ")
    assert json.loads(metadata["recipe"])["run"]["seed"] == 3
    assert verify("audit", str(path)) == 0
    assert "50" in capsys.readouterr().out
    assert verify("probe", str(run), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["step"] == 12
    assert found["linear"]["solver"] == "L-BFGS"
    assert verify("probe", str(run)) == 0
    assert "linear probe" in capsys.readouterr().out


def test_representations_and_untrained_networks_and_single_checkpoints(run, tmp_path, capsys):
    out = tmp_path / "untrained.safetensors"
    words = ["--out", str(out), "--layer", "representations", "--split", "train", "--untrained"]
    assert verify("embed", str(run), *words) == 0
    untrained = load_embeddings(out)
    assert untrained.z.shape == (64, 32)
    assert (untrained.metadata["method"], untrained.metadata["step"]) == ("untrained", "0")
    # A long path wraps the line.
    assert f"duality-verify audit {out}".replace(" ", "") in "".join(capsys.readouterr().out.split())
    newest = checkpoints(run)[-1][1]
    assert verify("embed", str(newest), *words[:-1]) == 0
    assert load_embeddings(out).metadata["step"] == "12"


def test_train_again_says_what_was_found(run, capsys):
    assert verify("train", "digits", "--out", str(run), "--device", "cpu", "--seed", "3", *SETTINGS) == 0
    said = capsys.readouterr()
    assert "resuming after step 12 of 12" in said.err
    assert f"duality-verify embed {run}" in said.out
    assert verify("train", "digits", "--out", str(run), "--device", "cpu", "--seed", "3", "--json", *SETTINGS) == 0
    assert json.loads(capsys.readouterr().out)["run"] == str(run)


def test_a_dry_run_prints_the_plan_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert verify("train", "imagenet", "--dry-run") == 0
    shown = capsys.readouterr().out
    for part in (
        "23,508,032",
        "125,100 = 100 epochs × 1,251",
        "1,281,167 of 1,000 classes",
        "176 GB of activations",
    ):
        assert part in shown
    assert verify("train", "imagenet", "--dry-run", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["recipe"] == load_recipe("imagenet").to_dict()
    assert document["plan"]["steps"] == 125_100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "digitz"], "did you mean digits?"),
        (["train", "digits", "--set", "optimizer.lr=1"], "unknown key optimizer.lr"),
        (["train", "digits", "--set", "loss.name=SimCLRs"], "did you mean SimCLR?"),
        (["train", "digits", "--device", "tpu"], "choose auto, cpu, cuda or"),
        (["embed", "nowhere"], "nowhere"),
        (["probe", "nowhere"], "nowhere"),
        (["probe", "nowhere", "--untrained"], "holds no run"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert verify(*words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_an_embedding_file_needs_its_ending(run, capsys):
    assert verify("embed", str(run), "--out", "here.npy") == 2
    assert "does not end in .safetensors" in capsys.readouterr().err


def test_the_theory_is_checked_on_a_run_s_embeddings(run, capsys):
    words = ["numeric", "thm-3.3", "--trials", "1", "--dtype", "float64", "--checkpoint", str(run)]
    assert verify(*words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for step in (0, 8, 12):
        assert f"digits after {step} steps, 360 × 8" in shown
    newest = checkpoints(run)[-1][1]
    assert verify(*words[:-1], str(newest), "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["ok"]
    assert verify(*words[:-1], "nowhere") == 2


def test_images_are_packed_and_trained_on(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image_folder(tmp_path / "images", per_class=8)
    assert verify("pack-images", "images", "packed.safetensors", "--size", "8", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    checksum = hashlib.sha256((tmp_path / "packed.safetensors").read_bytes()).hexdigest()
    assert (said["train"], said["test"], said["shape"], said["checksum"]) == (24, 12, [3, 8, 8], checksum)
    assert verify("pack-images", "images", "packed.safetensors", "--size", "8") == 0
    assert f"SHA-256 {checksum}" in capsys.readouterr().out
    images = ("data.name=arrays", "data.file=packed.safetensors", "data.train_size=0", "optimizer.epochs=1")
    words = ["train", "digits", *SETTINGS, *(word for item in images for word in ("--set", item))]
    assert verify(*words, "--device", "cpu", "--out", "run", "--quiet") == 0
    assert read_recipe(tmp_path / "run").data.checksum == checksum
    # Other images are not the ones that the run began with.
    assert verify("pack-images", "images", "packed.safetensors", "--size", "9") == 0
    assert verify(*words, "--device", "cpu", "--out", "run", "--quiet") == 2
    assert "data.checksum" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["nowhere", "packed.safetensors"], ["images", "packed.pt"]])
def test_what_cannot_be_packed_is_bad_input(tmp_path, capsys, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    write_image_folder(tmp_path / "images", per_class=1)
    assert verify("pack-images", *words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
