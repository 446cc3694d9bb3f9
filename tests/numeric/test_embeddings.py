"""Embedding files: what is read, and the one line that every other file gets."""

import io
import os
import pickle
import resource
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from duality.numeric.embeddings import EmbeddingsError, load_embeddings, shipped_embeddings
from tests.damage import damaged

Z = torch.arange(12, dtype=torch.float32).reshape(4, 3) / 7
LABELS = torch.tensor([0, 1, 0, 1])


class Hostile:
    """Runs a command when unpickled."""

    def __reduce__(self):
        return os.system, ("touch unpickled",)


SAVED = {
    "z.npy": lambda path: np.save(path, Z.numpy()),
    "fortran.npy": lambda path: np.save(path, np.asfortranarray(Z.numpy())),
    "bigendian.npy": lambda path: np.save(path, Z.numpy().astype(">f4")),
    "z.npz": lambda path: np.savez(path, z=Z.numpy(), labels=LABELS.numpy(), paths=np.array(["a", "b", "c", "d"])),
    "compressed.npz": lambda path: np.savez_compressed(path, z=Z.numpy()),
    "z.pt": lambda path: torch.save(Z, path),
    "dict.pth": lambda path: torch.save({"z": Z, "labels": LABELS, "epoch": 3}, path),
    "grad.pt": lambda path: torch.save(Z.clone().requires_grad_(), path),
    "sparse.pt": lambda path: torch.save(Z.to_sparse(), path),
    "legacy.pt": lambda path: torch.save(Z, path, _use_new_zipfile_serialization=False),
    "z.safetensors": lambda path: save_file(
        {"z": Z, "labels": LABELS}, path, metadata={"recipe": "ours", "seed": "0"}
    ),
    "z.SAFETENSORS": lambda path: save_file({"z": Z}, path),
}


@pytest.mark.parametrize("name", SAVED)
def test_reads(name, tmp_path):
    path = tmp_path / name
    SAVED[name](str(path))
    before = path.read_bytes()
    found = load_embeddings(path)
    assert found.name == name
    assert found.z.dtype == torch.float32
    assert not found.z.requires_grad
    assert torch.equal(found.z, Z)
    assert path.read_bytes() == before
    if name in ("z.npz", "dict.pth", "z.safetensors"):
        assert torch.equal(found.labels, LABELS)
    else:
        assert found.labels is None
    assert dict(found.metadata) == ({"recipe": "ours", "seed": "0"} if name == "z.safetensors" else {})


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2]
)
def test_keeps_the_floating_type(dtype, tmp_path):
    torch.save(Z.to(dtype), tmp_path / "z.pt")
    found = load_embeddings(tmp_path / "z.pt").z
    assert found.dtype == dtype
    assert torch.equal(found.float(), Z.to(dtype).float())


def test_an_archive_may_hold_other_things(tmp_path):
    path = tmp_path / "z.npz"
    np.savez(path, z=Z.numpy(), names=np.array([{"a": 1}], dtype=object), labels=LABELS.numpy())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.txt", "How these were made.")
        archive.writestr("folder/", "")
    assert torch.equal(load_embeddings(path).z, Z)
    assert torch.equal(load_embeddings(path, "z").labels, LABELS)


def test_only_what_is_asked_for_is_read_from_an_archive(tmp_path):
    path = tmp_path / "z.npz"
    np.savez(path, images=np.zeros((40, 32, 32), np.uint8), z=Z.numpy())
    damaged = path.read_bytes()
    path.write_bytes(damaged.replace(bytes(1000), bytes([1]) * 1000, 1))
    assert torch.equal(load_embeddings(path).z, Z)
    with pytest.raises(EmbeddingsError, match="shape"):
        load_embeddings(path, "images")


@pytest.mark.parametrize("suffix", [".npz", ".pt", ".safetensors"])
def test_several_matrices_need_a_key(suffix, tmp_path):
    path = tmp_path / f"two{suffix}"
    two = {"first": Z, "second": 2 * Z}
    {
        ".npz": lambda: np.savez(path, **{name: z.numpy() for name, z in two.items()}),
        ".pt": lambda: torch.save(two, path),
        ".safetensors": lambda: save_file(two, path),
    }[suffix]()
    with pytest.raises(EmbeddingsError, match="choose one by its key, first, second"):
        load_embeddings(path)
    found = load_embeddings(path, "second")
    assert torch.equal(found.z, 2 * Z)
    assert found.name == f"two{suffix}:second"
    with pytest.raises(EmbeddingsError, match="no array 'third': it holds first, second"):
        load_embeddings(path, "third")


def test_a_key_for_a_file_without_names(tmp_path):
    np.save(tmp_path / "z.npy", Z.numpy())
    with pytest.raises(EmbeddingsError, match="give no key"):
        load_embeddings(tmp_path / "z.npy", "z")


def spoiled(value, count=1):
    z = Z.numpy().copy()
    z.flat[[4, 9][:count]] = value
    return z


def truncated(path, save):
    save(path)
    path.write_bytes(path.read_bytes()[:-20])


def header(shape):
    """The head of a .npy file of float32."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return head.getvalue()


BAD = {
    ("csv.csv", "convert it to one of .npy"): lambda path: path.write_text("1,2"),
    ("none.npy", "is not a file: check the path"): lambda path: None,
    ("folder.npy", "is a directory"): lambda path: path.mkdir(),
    **{
        (f"empty{s}", "is empty"): lambda path: path.touch()
        for s in (".npy", ".npz", ".pt", ".pth", ".safetensors")
    },
    **{
        (f"junk{s}", "is corrupt, or no"): lambda path: path.write_bytes(b"certainly no array at all")
        for s in (".npy", ".npz", ".pt", ".safetensors")
    },
    ("short.npy", "is corrupt"): lambda path: truncated(path, lambda p: np.save(p, Z.numpy())),
    ("short.npz", "is corrupt"): lambda path: truncated(path, lambda p: np.savez(p, Z.numpy())),
    ("short.pth", "is corrupt"): lambda path: truncated(path, lambda p: torch.save(Z, p)),
    ("short.safetensors", "is corrupt"): lambda path: truncated(path, lambda p: save_file({"z": Z}, p)),
    ("object.npy", "pickled objects"): lambda path: np.save(path, np.array([Hostile()]), allow_pickle=True),
    ("object.npz", "pickled objects"): lambda path: np.savez(path, z=np.array([Hostile()])),
    ("pickle.npy", "pickled objects"): lambda path: path.write_bytes(pickle.dumps(Hostile())),
    ("pickle.pt", "pickled objects"): lambda path: path.write_bytes(pickle.dumps(Hostile())),
    ("object.pt", "pickled objects"): lambda path: torch.save({"z": Z, "it": Hostile()}, path),
    ("none.npz", "holds no arrays"): lambda path: np.savez(path),
    ("none.pt", "holds no arrays"): lambda path: torch.save({"epoch": 3}, path),
    ("vector.npy", r"shape \(3,\): reshape it"): lambda path: np.save(path, np.ones(3)),
    ("cube.pt", r"shape \(2, 2, 2\): reshape it"): lambda path: torch.save(torch.ones(2, 2, 2), path),
    ("int.npy", "type torch.int64: convert"): lambda path: np.save(path, np.ones((3, 3), np.int64)),
    ("complex.npy", "type torch.complex128: convert"): lambda path: np.save(path, np.ones((3, 3), complex)),
    ("text.npy", "type <U1: convert"): lambda path: np.save(path, np.array([["a", "b"], ["c", "d"]])),
    ("meta.pt", "is a meta tensor"): lambda path: torch.save(torch.ones(3, 3, device="meta"), path),
    ("wide.pt", "more than memory holds"): lambda path: torch.save(torch.ones(1, 1).expand(2**30, 2**20), path),
    ("sparse.pt", "more than memory holds"): lambda path: torch.save(
        torch.sparse_coo_tensor([[0], [0]], [1.0], (2**30, 2**20), check_invariants=True), path
    ),
    ("eight.pt", "1 entry is NaN"): lambda path: torch.save(
        torch.tensor(spoiled(np.nan)).to(torch.float8_e5m2), path
    ),
    ("liar.npy", "is corrupt"): lambda path: path.write_bytes(header((10**9, 10**6))),
    ("minus.npy", "is corrupt"): lambda path: path.write_bytes(header((-3, 4)) + bytes(48)),
    ("zero.npy", "no samples: give at least two"): lambda path: np.save(path, np.ones((0, 3))),
    ("one.npy", "one sample: give at least two"): lambda path: np.save(path, np.ones((1, 3))),
    ("flat.npy", "no dimensions"): lambda path: np.save(path, np.ones((3, 0))),
    ("nan.npy", "1 entry is NaN or infinite, first in sample 1, dimension 1"): lambda path: np.save(
        path, spoiled(np.nan)
    ),
    ("inf.npy", "2 entries are NaN or infinite, first in sample 1, dimension 1"): lambda path: np.save(
        path, spoiled(-np.inf, 2)
    ),
}


if hasattr(torch, "float8_e8m0fnu"):
    BAD["scales.pt", "type torch.float8_e8m0fnu: convert"] = lambda path: torch.save(
        torch.ones(3, 3).to(torch.float8_e8m0fnu), path
    )


@pytest.mark.parametrize(("name", "message"), BAD, ids=lambda value: value.split(".")[0][:12])
def test_refuses_in_one_line(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    BAD[name, message](path)
    with pytest.raises(EmbeddingsError, match=message) as refusal:
        load_embeddings(path)
    text = str(refusal.value)
    assert "\n" not in text
    assert name in text
    assert len(text) < 200 + len(str(tmp_path))
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_refuses_what_would_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(EmbeddingsError, match="is not a file"):
        load_embeddings(tmp_path / "pipe.npy")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied"), "change its permissions"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (MemoryError(), "save fewer samples"),
    ],
)
def test_refuses_what_the_system_refuses(error, message, tmp_path, monkeypatch):
    np.save(tmp_path / "z.npy", Z.numpy())

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(EmbeddingsError, match=message):
        load_embeddings(tmp_path / "z.npy")


def test_shipped_embeddings_say_where_they_come_from():
    names = [embeddings.name for embeddings in shipped_embeddings()]
    assert names == sorted(names)
    for embeddings in shipped_embeddings():
        assert embeddings.z.isfinite().all()
        assert embeddings.metadata


DAMAGED = {**SAVED, **{name: save for (name, _), save in BAD.items() if name.startswith("object.")}}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_read_or_refused_in_one_line(name, tmp_path, monkeypatch):
    """Never a traceback, and nothing in them is executed."""
    monkeypatch.chdir(tmp_path)
    DAMAGED[name](tmp_path / name)
    before, refusals = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for data in damaged((tmp_path / name).read_bytes(), count=150, seed=len(name)):
        (tmp_path / f"damaged-{name}").write_bytes(data)
        try:
            assert load_embeddings(tmp_path / f"damaged-{name}").z.isfinite().all()
        except EmbeddingsError as refusal:
            refusals.append(str(refusal))
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown / (1024 if sys.platform != "darwin" else 1024**2) < 500, "MB"
    assert not Path("unpickled").exists()
