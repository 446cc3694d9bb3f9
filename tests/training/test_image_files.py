from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2.functional import to_pil_image

from duality.training.data import load_split
from duality.training.errors import DataError
from duality.training.image_files import class_names, decode, list_test_files, list_training_files
from duality.training.recipe import DataRecipe


def write_images(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        to_pil_image(torch.zeros(3, 4, 4, dtype=torch.uint8)).save(path)


def write_classes(place: Path, *names: str) -> None:
    write_images(*(place / name / "1.png" for name in names))


def labels(root: Path) -> list[int]:
    """Of the test images, as training reads them."""
    return load_split(DataRecipe("folder", 2, root=str(root)), "test").labels.tolist()


@pytest.mark.parametrize("split", ["val", "test"])
def test_labels_of_both_splits_are_the_training_classes(tmp_path, split):
    write_classes(tmp_path / "train", "ant", "bee", "cat")
    write_classes(tmp_path / split, "bee", "cat")
    assert labels(tmp_path) == [1, 2]


def test_val_is_taken_before_test(tmp_path):
    """ImageNet's test images have no labels."""
    write_classes(tmp_path / "train", "ant", "bee")
    write_classes(tmp_path / "val", "bee")
    write_images(tmp_path / "test" / "images" / "1.png")
    assert labels(tmp_path) == [1]


def test_a_class_that_training_lacks_is_refused_by_name(tmp_path):
    write_classes(tmp_path / "train", "ant", "bee", "cat")
    write_classes(tmp_path / "val", "bee", "cat", "dog")
    with pytest.raises(DataError, match=r"val/dog has a class dog that train/ lacks \(ant, bee, cat\): remove it"):
        labels(tmp_path)


def test_hidden_folders_and_files_are_no_classes_and_no_images(tmp_path):
    for split in ("train", "val"):
        write_classes(tmp_path / split, "bee", "cat")
        write_images(tmp_path / split / "cat" / "._1.png", tmp_path / split / "cat" / ".old" / "2.png")
        write_classes(tmp_path / split, ".ipynb_checkpoints")
    assert class_names(tmp_path) == ["bee", "cat"]
    assert labels(tmp_path) == [0, 1]
    assert len(list_training_files(tmp_path, ["bee", "cat"])) == 2


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_class_without_images_is_refused_by_name(tmp_path, split):
    for place in ("train", "val"):
        write_classes(tmp_path / place, "ant", "bee")
    (tmp_path / split / "bee" / "1.png").unlink()
    (tmp_path / split / "bee" / "notes.txt").write_text("")
    with pytest.raises(DataError, match=f"no images under .*{split}/bee"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train" if split == "train" else "test")


def test_images_may_lie_deeper_and_in_any_usual_format(tmp_path):
    names = ["1.JPEG", "2.png", "3.webp", "4.bmp", "5.tif"]
    write_images(*(tmp_path / "train" / "ant" / "images" / name for name in names))
    (tmp_path / "train" / "ant" / "ant_boxes.txt").write_text("")
    listed = list_training_files(tmp_path, class_names(tmp_path))
    assert [Path(path).name for path, _ in listed] == names


def write_tiny_imagenet(root: Path) -> None:
    for name in ("n01", "n02"):
        write_images(root / "train" / name / "images" / f"{name}_0.JPEG")
    write_images(*(root / "val" / "images" / f"val_{k}.JPEG" for k in range(3)))
    write_images(root / "test" / "images" / "test_0.JPEG")
    lines = [f"val_{k}.JPEG\t{name}\t0\t32\t44\t62\n" for k, name in enumerate(("n02", "n01", "n02"))]
    (root / "val" / "val_annotations.txt").write_text("".join(lines))


def test_tiny_imagenet_s_layout(tmp_path):
    write_tiny_imagenet(tmp_path)
    assert labels(tmp_path) == [1, 0, 1]
    listed = list_test_files(tmp_path, ["n01", "n02"])
    assert [Path(path).name for path, _ in listed] == ["val_0.JPEG", "val_1.JPEG", "val_2.JPEG"]
    with pytest.raises(DataError, match=r"val_annotations.txt has a class n02 that train/ lacks"):
        list_test_files(tmp_path, ["n01"])


@pytest.mark.parametrize("line", ["val_0.JPEG", "", "val_0.JPEG n01"])
def test_annotations_of_another_form_are_refused(tmp_path, line):
    write_tiny_imagenet(tmp_path)
    (tmp_path / "val" / "val_annotations.txt").write_text(f"{line}\n")
    with pytest.raises(DataError, match=r"val_annotations.txt, line 1: write the image's name, a tab, its class"):
        labels(tmp_path)


@pytest.mark.parametrize("missing", ["train", "val"])
def test_a_split_without_classes_is_refused(tmp_path, missing):
    for split in {"train", "val"} - {missing}:
        write_classes(tmp_path / split, "ant")
    with pytest.raises(DataError, match=f"no images under .*{missing}.*must"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train" if missing == "train" else "test")
    (tmp_path / missing).mkdir()
    with pytest.raises(DataError, match=f"no images under .*{missing}.*must hold"):
        load_split(DataRecipe("folder", 2, root=str(tmp_path)), "train" if missing == "train" else "test")


RAMP = torch.arange(0, 256, 15)
"""18 levels, 0 to 255."""


def saved(folder: Path, name: str, pixels: np.ndarray, mode: str | None = None) -> str:
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(folder / name)
    return str(folder / name)


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path, name):
    deep = (RAMP.numpy() * 257).astype(np.uint16)[None]
    assert decode(saved(tmp_path, name, deep)).tolist() == [[RAMP.tolist()]] * 3


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_are_read_in_the_order_of_the_file(tmp_path, order):
    deep = (RAMP.numpy() * 257).astype(order)[None]
    path = tmp_path / "deep.tif"
    Image.frombytes("I;16B" if order == ">u2" else "I;16", deep.shape[::-1], deep.tobytes()).save(path)
    assert decode(str(path))[0].tolist() == [RAMP.tolist()]


@pytest.mark.parametrize(
    ("pixels", "mode"),
    [
        ((RAMP / 255).numpy()[None], "F"),
        (RAMP.numpy().astype(np.float32)[None], "F"),
        (1000 * RAMP.int().numpy()[None], "I"),
    ],
)
def test_pixels_without_a_range_of_their_own_are_refused_by_the_mode_s_name(tmp_path, pixels, mode):
    path = saved(tmp_path, "image.tif", pixels)
    with pytest.raises(DataError, match=rf"image.tif has pixels of mode {mode}, .*: save it with 8 or 16 bits"):
        decode(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"])
def test_eight_bits_of_every_mode_are_read(tmp_path, mode):
    """Grey of full and of no light is the same in each."""
    black_and_white = np.repeat(np.array([[0, 255]], dtype=np.uint8), 8, axis=1)[..., None].repeat(3, axis=2)
    name = "image.tif" if mode in ("CMYK", "YCbCr", "RGBX", "PA") else "image.png"
    path = saved(tmp_path, name, black_and_white, mode)
    assert decode(path).tolist() == [[[0] * 8 + [255] * 8]] * 3


def test_an_image_too_large_is_refused(tmp_path, monkeypatch):
    path = saved(tmp_path, "large.png", np.zeros((40, 40), dtype=np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 700)
    with pytest.raises(DataError, match=r"cannot read the image .*large.png"):
        decode(path)
