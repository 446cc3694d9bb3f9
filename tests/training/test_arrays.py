import hashlib
import json
import subprocess
import sys

import pytest
import safetensors.torch
import torch

from duality.training.arrays import Images, array_sizes, file_checksum, read_arrays, write_arrays
from duality.training.errors import DataError

CLASSES = ["ant", "bee", "cat"]


def tensors(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (8, 3, 4, 5), dtype=torch.uint8, generator=generator)
    labels = (torch.arange(8) % 3).to(torch.uint8)
    parts = {"train_images": images, "train_labels": labels, "test_images": images[:6], "test_labels": labels[:6]}
    return {name: value.clone() for name, value in (parts | changes).items()}


def split(part: str) -> Images:
    return Images(tensors()[f"{part}_images"], tensors()[f"{part}_labels"].long(), classes=3)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "set.safetensors"
    checksum = write_arrays(path, split("train"), split("test"), CLASSES)
    assert checksum == file_checksum(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    for part in ("train", "test"):
        images, classes = read_arrays(path, part)
        assert torch.equal(images.images, split(part).images)
        assert torch.equal(images.labels, split(part).labels)
        assert (images.classes, classes) == (3, CLASSES)
    assert array_sizes(path) == (8, 3, 3)


def test_more_classes_than_a_byte_counts(tmp_path):
    names = [str(k) for k in range(300)]
    train, test = (Images(torch.full((300, 1, 1, 1), k).byte(), torch.arange(300), 300) for k in (1, 2))
    write_arrays(tmp_path / "many.safetensors", train, test, names)
    assert torch.equal(read_arrays(tmp_path / "many.safetensors", "test")[0].labels, test.labels)


def test_the_bytes_are_the_same_in_every_process(tmp_path):
    program = """
import sys, torch
from pathlib import Path
from duality.training.arrays import Images, write_arrays
train, test = (Images(torch.full((2, 3, 2, 2), k).byte(), torch.tensor([0, 1]), 2) for k in (1, 2))
print(write_arrays(Path(sys.argv[1]), train, test, ["a", "b"]))
"""
    words = [sys.executable, "-c", program, str(tmp_path / "set.safetensors")]
    said = {subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(said) == 1


@pytest.mark.parametrize(
    ("changes", "metadata", "reason"),
    [
        ({"train_images": torch.zeros(8, 3, 4, 5)}, CLASSES, "unsigned bytes"),
        ({"train_images": torch.zeros(8, 4, 5, 3, dtype=torch.uint8)}, CLASSES, r"\(N, 1 or 3, H, W\)"),
        ({"train_images": torch.zeros(0, 3, 4, 5, dtype=torch.uint8)}, CLASSES, "unsigned bytes"),
        ({"train_labels": torch.zeros(7, dtype=torch.uint8)}, CLASSES, "one integer for each image"),
        ({"train_labels": torch.zeros(8)}, CLASSES, "one integer for each image"),
        ({"train_labels": torch.full((8,), -1)}, CLASSES, "numbers of the classes"),
        ({}, CLASSES[:2], "numbers of the classes"),
        ({}, "ant", "numbers of the classes"),
        ({}, None, "classes"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(tmp_path, changes, metadata, reason):
    path = tmp_path / "set.safetensors"
    named = None if metadata is None else {"classes": json.dumps(metadata)}
    safetensors.torch.save_file(tensors(**changes), path, named)
    with pytest.raises(DataError, match=rf"set.safetensors is no file of images \(.*{reason}.*pack-images"):
        read_arrays(path, "train")


@pytest.mark.parametrize("keep", [0, 4, 100, 500])
def test_a_damaged_file_is_refused(tmp_path, keep):
    path = tmp_path / "set.safetensors"
    write_arrays(path, split("train"), split("test"), CLASSES)
    path.write_bytes(path.read_bytes()[:keep])
    for read in (array_sizes, lambda path: read_arrays(path, "test")):
        with pytest.raises(DataError, match="is no file of images"):
            read(path)
