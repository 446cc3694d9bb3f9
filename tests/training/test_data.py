import gzip

import pytest
import torch
import torchvision

from duality.training import data
from duality.training.data import ImageFiles, Images, load_split, set_sizes
from duality.training.errors import DataError
from duality.training.recipe import DataRecipe
from tests.training.images import write_image_folder


def idx(*shape: int) -> bytes:
    """A gzipped IDX file of bytes 0, 1, 2 …"""
    count = int(torch.tensor(shape).prod())
    header = bytes([0, 0, 8, len(shape)]) + b"".join(length.to_bytes(4, "big") for length in shape)
    return gzip.compress(header + bytes(k % 256 for k in range(count)))


def write_fashion_mnist(folder) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", 30), ("t10k", 20)):
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx(count, 4, 5))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx(count))


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No data set of this machine is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(data.ROOT_VARIABLE, raising=False)
    monkeypatch.setattr(data, "_DOWNLOADS", tmp_path / "cache")
    monkeypatch.setattr(data, "_DEBIAN", tmp_path / "debian")


def memory(recipe: DataRecipe, split: data.Split) -> Images:
    images = load_split(recipe, split)
    assert isinstance(images, Images)
    return images


def test_digits_are_split_without_overlap():
    train, test = memory(DataRecipe("digits", 2), "train"), memory(DataRecipe("digits", 2), "test")
    assert (len(train), len(test)) == (1437, 360)
    assert train.images.shape[1:] == (1, 8, 8)
    assert train.images.max() == 255
    assert (train.classes, train.channels) == (10, 1)
    assert train.labels.bincount().min() > 100
    assert test.labels.bincount().min() > 20


def test_validation_images_are_training_images_that_training_does_not_see():
    def images(train_size: int, validation_size: int, split: data.Split) -> set[bytes]:
        part = memory(DataRecipe("digits", 2, train_size=train_size, validation_size=validation_size), split)
        return {image.numpy().tobytes() for image in part.images}

    everything, test = images(0, 0, "train"), images(0, 0, "test")
    validation = images(0, 300, "test")
    assert len(validation) == 300
    assert validation <= everything
    assert not validation & test
    assert not validation & images(0, 300, "train")
    assert len(images(0, 300, "train")) == 1437 - 300
    assert images(500, 300, "train") == images(500, 0, "train")


def test_too_many_validation_images():
    with pytest.raises(DataError, match=r"lower data.train_size or data.validation_size"):
        memory(DataRecipe("digits", 2, train_size=1000, validation_size=500), "train")


def test_where_training_images_are_kept_apart_the_test_images_are_not_read(monkeypatch, tmp_path):
    write_fashion_mnist(tmp_path)
    for path in tmp_path.glob("t10k*"):
        path.unlink()
    recipe = DataRecipe("fashion-mnist", 2, root=str(tmp_path), validation_size=10)
    assert len(memory(recipe, "test")) == 10
    assert len(memory(recipe, "train")) == 20
    assert set_sizes(DataRecipe("fashion-mnist", 2, validation_size=10)) == (59_990, 10, 1)


@pytest.mark.parametrize("place", ["root", "variable", "data", "cache", "debian"])
def test_fashion_mnist_is_found_in_every_place(tmp_path, monkeypatch, place):
    write_fashion_mnist(tmp_path / place / ("FashionMNIST/raw" if place == "cache" else ""))
    if place == "variable":
        monkeypatch.setenv(data.ROOT_VARIABLE, str(tmp_path / place))
    recipe = DataRecipe("fashion-mnist", 2, root=str(tmp_path / place) if place == "root" else "")
    train, test = memory(recipe, "train"), memory(recipe, "test")
    assert train.images.shape == (30, 1, 4, 5)
    assert train.images.flatten()[:300].tolist() == [k % 256 for k in range(300)]
    assert test.labels.tolist() == list(range(20))


def test_missing_fashion_mnist_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(DataError) as error:
        load_split(DataRecipe("fashion-mnist", 2, root="mine"), "train")
    for place in (
        "mine",
        "mine/FashionMNIST/raw",
        str(tmp_path / "debian"),
        data.ROOT_VARIABLE,
        "dataset-fashion-mnist",
    ):
        assert place in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read|not a whole IDX file"),
        (b"no gzip", "cannot be read"),
        (idx(30, 4, 5)[:-9], "cannot be read"),
        (gzip.compress(b"\x00\x00\x08\x03" + bytes(12) + b"rest"), "not a whole IDX file"),
        (gzip.compress(b"\x00\x00\x0d\x01" + bytes(4)), "not a whole IDX file"),
        (idx(29, 4, 5), "do not belong together"),
    ],
    # Not from the content: gzip writes the time into it, and workers must agree on the names.
    ids=["empty", "not gzip", "cut off", "wrong length", "wrong type", "other counts"],
)
def test_damaged_fashion_mnist_is_named(tmp_path, content, message):
    write_fashion_mnist(tmp_path / "data")
    (tmp_path / "data" / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_split(DataRecipe("fashion-mnist", 2), "train")


def test_train_size_takes_a_part_of_the_training_split_alone(tmp_path):
    write_fashion_mnist(tmp_path / "data")
    some = memory(DataRecipe("fashion-mnist", 2, train_size=7), "train")
    assert len(some) == 7
    assert torch.equal(some.labels, memory(DataRecipe("fashion-mnist", 2, train_size=7), "train").labels)
    assert len(memory(DataRecipe("fashion-mnist", 2, train_size=7), "test")) == 20
    with pytest.raises(DataError, match=r"30 training images: lower data.train_size"):
        load_split(DataRecipe("fashion-mnist", 2, train_size=31), "train")


def fake_cifar(monkeypatch, answers):
    """torchvision's CIFAR, which asks no network: an answer is an exception or a number of images."""
    asked = []

    class Fake:
        base_folder = "cifar-100-python"

        def __init__(self, root, train, download=False):
            asked.append((root, download))
            answer = answers(root, download)
            if isinstance(answer, Exception):
                raise answer
            self.data = torch.arange(answer * 12).reshape(answer, 2, 2, 3).to(torch.uint8).numpy()
            self.targets = [k % 100 for k in range(answer)]

    monkeypatch.setattr(torchvision.datasets, "CIFAR100", Fake)
    return asked


def test_cifar_is_found_or_downloaded(monkeypatch, tmp_path):
    asked = fake_cifar(monkeypatch, lambda root, download: 5 if root == "here" else RuntimeError("not found"))
    images = memory(DataRecipe("cifar100", 2, root="here"), "train")
    assert images.images.shape == (5, 3, 2, 2)
    assert images.images[0, :, 0, 0].tolist() == [0, 1, 2]
    assert images.classes == 100
    assert asked == [("here", False)]
    asked = fake_cifar(monkeypatch, lambda root, download: 4 if download else RuntimeError("not found"))
    assert len(memory(DataRecipe("cifar100", 2), "test")) == 4
    assert asked[-1] == (str(tmp_path / "cache"), True)


def test_missing_cifar_says_where_it_was_looked_for(monkeypatch):
    fake_cifar(
        monkeypatch, lambda root, download: OSError("no route\nto host") if download else RuntimeError("absent")
    )
    with pytest.raises(DataError) as error:
        load_split(DataRecipe("cifar100", 2, root="mine"), "train")
    assert "no cifar100 (cifar-100-python) in mine, data" in str(error.value)
    assert "could not be downloaded (no route)" in str(error.value)
    assert "\n" not in str(error.value)


def test_image_folders(tmp_path, monkeypatch):
    write_image_folder(tmp_path / "images", per_class=2)
    recipe = DataRecipe("folder", 2, root=str(tmp_path / "images"), train_size=4)
    train, test = load_split(recipe, "train"), load_split(recipe, "test")
    assert isinstance(train, ImageFiles)
    assert (len(train), train.classes, len(test)) == (4, 3, 12)
    assert train.paths[0].endswith(f"class{int(train.labels[0])}/{train.paths[0][-5]}.png")
    assert set_sizes(recipe) == (4, 3, 3)
    monkeypatch.setenv(data.ROOT_VARIABLE, str(tmp_path / "images"))
    assert len(load_split(DataRecipe("folder", 2), "train")) == 6


def test_missing_image_folders_say_what_is_wanted(tmp_path):
    with pytest.raises(DataError, match=r"set data.root or DUALITY_DATA"):
        load_split(DataRecipe("folder", 2), "train")
    with pytest.raises(DataError, match=r"no images under .*train .*data.root must hold"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train")
    (tmp_path / "train" / "empty").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no images under .*train"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train")


def test_sizes_are_known_without_the_files():
    assert set_sizes(DataRecipe("digits", 2)) == (1437, 10, 1)
    assert set_sizes(DataRecipe("cifar100", 2)) == (50_000, 100, 3)
    assert set_sizes(DataRecipe("fashion-mnist", 2, train_size=100)) == (100, 10, 1)
    assert set_sizes(DataRecipe("folder", 2, images=9, classes=4)) == (9, 4, 3)
    with pytest.raises(DataError):
        set_sizes(DataRecipe("folder", 2))
