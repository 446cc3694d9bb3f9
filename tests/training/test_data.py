import gzip

import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st

from duality.training import data
from duality.training.arrays import write_arrays
from duality.training.data import ImageFiles, Images, load_split, scored_splits, set_sizes, with_checksum
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
    with pytest.raises(DataError, match=r"lower data.train_size, .* or data.validation_size"):
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
    with pytest.raises(DataError, match=r"no images under .*train: it must hold"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train")
    (tmp_path / "train" / "empty").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no images under .*train"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train")


def write_set(path, n: int = 60) -> str:
    """A file of arrays whose image k is filled with k, class k mod 3. Returns its checksum."""
    images = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 3, 2, 2)
    train, test = (Images(images.clone(), torch.arange(n) % 3, 3) for _ in range(2))
    return write_arrays(path, train, test, ["ant", "bee", "cat"])


def arrays(**keys) -> DataRecipe:
    return DataRecipe("arrays", 2, file="set.safetensors", **keys)


@pytest.mark.parametrize("place", ["root", "variable", "data", "cache", "."])
def test_a_file_of_arrays_is_found_in_every_place(tmp_path, monkeypatch, place):
    (tmp_path / place).mkdir(exist_ok=True)
    write_set(tmp_path / place / "set.safetensors")
    if place == "variable":
        monkeypatch.setenv(data.ROOT_VARIABLE, str(tmp_path / place))
    recipe = arrays(root=str(tmp_path / place) if place == "root" else "")
    assert memory(recipe, "train").images[:, 0, 0, 0].tolist() == list(range(60))
    assert set_sizes(recipe) == (60, 3, 3)


def test_a_missing_file_of_arrays_says_where_it_was_looked_for():
    with pytest.raises(DataError, match=r"no set.safetensors in \., mine, data, .*pack-images.*DUALITY_DATA"):
        load_split(arrays(root="mine"), "train")


def test_other_images_than_the_recipe_means_are_refused(tmp_path):
    checksum = write_set(tmp_path / "set.safetensors")
    named = with_checksum(arrays())
    assert named.checksum == checksum
    assert with_checksum(named) == named
    load_split(named, "train")
    write_set(tmp_path / "set.safetensors", n=63)
    with pytest.raises(DataError, match="holds other images than the recipe means"):
        load_split(named, "test")
    assert with_checksum(DataRecipe("digits", 2)).checksum == ""


def pixels(recipe: DataRecipe, split: data.Split) -> set[int]:
    return set(memory(recipe, split).images[:, 0, 0, 0].tolist())


def test_the_parts_of_the_training_images_are_disjoint_and_balanced(tmp_path):
    write_set(tmp_path / "set.safetensors")
    recipe = arrays(train_size=12, extra_size=33, validation_size=15, stratified=True)
    parts = [pixels(recipe, split) for split in ("train", "extra", "test")]
    assert [len(part) for part in parts] == [12, 33, 15]
    assert len(set.union(*parts)) == 60
    for split, count in (("train", 4), ("extra", 11), ("test", 5)):
        assert memory(recipe, split).labels.bincount().tolist() == [count] * 3
    # Scoring, or tuning, changes nothing of what is trained on.
    assert pixels(arrays(train_size=12, stratified=True), "train") == parts[0]
    unmeasured = arrays(train_size=12, extra_size=33, stratified=True)
    assert pixels(unmeasured, "extra") == parts[1]
    assert len(pixels(unmeasured, "test")) == 60
    assert (scored_splits(unmeasured), scored_splits(arrays())) == (("test", "extra"), ("test",))
    assert set_sizes(arrays(extra_size=33)) == (27, 3, 3)
    with pytest.raises(DataError, match=r"set has 60 training images: lower data.train_size, data.extra_size"):
        load_split(arrays(train_size=20, extra_size=33, validation_size=15), "train")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.data())
def test_any_stretch_of_a_stratified_order_has_the_classes_shares(counts, drawn):
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    order = data._stratified(labels)
    n = len(labels)
    assert sorted(order.tolist()) == list(range(n))
    first = drawn.draw(st.integers(0, n))
    last = drawn.draw(st.integers(first, n))
    found = labels[order[first:last]].bincount(minlength=len(counts))
    expected = torch.tensor(counts) * (last - first) / n
    # One image at either end of the stretch.
    assert (found - expected).abs().max() <= 2


def test_sizes_are_known_without_the_files():
    assert set_sizes(DataRecipe("digits", 2)) == (1437, 10, 1)
    assert set_sizes(DataRecipe("cifar100", 2)) == (50_000, 100, 3)
    assert set_sizes(DataRecipe("fashion-mnist", 2, train_size=100)) == (100, 10, 1)
    assert set_sizes(DataRecipe("folder", 2, images=9, classes=4)) == (9, 4, 3)
    with pytest.raises(DataError):
        set_sizes(DataRecipe("folder", 2))
