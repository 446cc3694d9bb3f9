import dataclasses

import pytest
import torch
from torchvision.transforms.v2.functional import to_pil_image

from duality.training.batches import TrainingBatches, evaluation_batches, pixel_statistics
from duality.training.data import load_split
from duality.training.errors import DataError
from duality.training.recipe import DataRecipe, load_recipe
from tests.training.images import random_images, write_image_folder

CPU = torch.device("cpu")


def recipe(batch_size: int = 8, **data):
    base = load_recipe("cifar10", [f"data.batch_size={batch_size}", "views.size=8", "views.blur=[0.5, 0.5]"])
    return dataclasses.replace(base, data=dataclasses.replace(base.data, **data))


def folder_recipe(root, workers: int = 0):
    return recipe(name="folder", root=str(root), workers=workers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    write_image_folder(root)
    return root


def same(one, other) -> bool:
    if (one.clean is None) != (other.clean is None) or (one.clean is not None and not one.clean.equal(other.clean)):
        return False
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in ("view_a", "view_b", "labels"))


def test_an_epoch_has_every_image_once_in_an_order_of_its_own():
    images = random_images(24)
    images = dataclasses.replace(images, labels=torch.arange(24))
    batches = TrainingBatches(images, recipe(), CPU)
    orders = [torch.cat([batch.labels for batch in batches.epoch(epoch)]).tolist() for epoch in (0, 1)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(24))
    assert orders[0] != orders[1]


def test_the_remainder_of_an_epoch_is_left_out():
    batches = TrainingBatches(random_images(23), recipe(), CPU)
    assert batches.steps_per_epoch == 2
    assert [len(batch.labels) for batch in batches.epoch(0)] == [8, 8]


def test_the_two_views_differ_and_steps_differ():
    first, second, _ = TrainingBatches(random_images(24), recipe(), CPU).epoch(0)
    assert not torch.equal(first.view_a, first.view_b)
    assert not torch.equal(first.view_a, second.view_a)


def test_every_second_step_has_the_images_as_evaluation_sees_them(folder):
    images = random_images(24, size=10)
    images = dataclasses.replace(images, labels=torch.arange(24), classes=24)
    seen = torch.cat(list(evaluation_batches(images, 8, 24, CPU)))
    batches = list(TrainingBatches(images, recipe(), CPU).epoch(1))
    assert [batch.clean is not None for batch in batches] == [False, True, False]
    assert torch.equal(batches[1].clean, seen[batches[1].labels])
    files = load_split(folder_recipe(folder).data, "train")
    files = dataclasses.replace(files, labels=torch.arange(len(files)), classes=len(files))
    seen = torch.cat(list(evaluation_batches(files, 8, 36, CPU)))
    batches = list(TrainingBatches(files, folder_recipe(folder), CPU).epoch(0))
    assert [batch.clean is not None for batch in batches] == [True, False, True, False]
    assert torch.equal(batches[2].clean, seen[batches[2].labels])


def test_an_epoch_can_be_entered_anywhere():
    batches = TrainingBatches(random_images(24), recipe(), CPU)
    whole, rest = list(batches.epoch(3)), list(batches.epoch(3, first=1))
    assert len(rest) == 2
    assert all(same(one, other) for one, other in zip(whole[1:], rest, strict=True))


@pytest.mark.parametrize("world", [2, 3])
def test_the_processes_parts_make_one_process_s_batch(world):
    images = random_images(24)
    whole = list(TrainingBatches(images, recipe(), CPU).epoch(1))
    parts = [list(TrainingBatches(images, recipe(), CPU, rank, world).epoch(1)) for rank in range(world)]
    for batch, *ranks in zip(whole, *parts, strict=True):
        for name in ("view_a", "view_b"):
            together = torch.cat([getattr(part, name) for part in ranks])
            torch.testing.assert_close(together, getattr(batch, name), rtol=0, atol=1e-6)
        assert torch.equal(torch.cat([part.labels for part in ranks]), batch.labels)


def test_the_seed_changes_order_and_views():
    images = random_images(24)
    other = dataclasses.replace(recipe(), run=dataclasses.replace(recipe().run, seed=1))
    one, two = (next(TrainingBatches(images, r, CPU).epoch(0)) for r in (recipe(), other))
    assert not torch.equal(one.labels, two.labels) or not torch.equal(one.view_a, two.view_a)
    assert same(one, next(TrainingBatches(images, recipe(), CPU).epoch(0)))


def test_files_give_the_same_views_with_and_without_workers(folder):
    images = load_split(folder_recipe(folder).data, "train")
    alone = list(TrainingBatches(images, folder_recipe(folder), CPU).epoch(0))
    helped = list(TrainingBatches(images, folder_recipe(folder, workers=1), CPU).epoch(0, first=2))
    assert len(alone) == 4
    assert alone[0].view_a.shape == (8, 3, 8, 8)
    assert all(same(one, other) for one, other in zip(alone[2:], helped, strict=True))


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n broken"])
def test_an_unreadable_image_is_named(tmp_path, content):
    write_image_folder(tmp_path, per_class=3)
    bad = tmp_path / "train" / "class1" / "1.png"
    bad.write_bytes(content)
    images = load_split(folder_recipe(tmp_path).data, "train")
    with pytest.raises(DataError, match=r"cannot read the image .*class1/1.png.*repair or remove it"):
        list(TrainingBatches(images, folder_recipe(tmp_path), CPU).epoch(0))


def test_too_few_images_and_too_many_processes():
    with pytest.raises(DataError, match=r"lower data.batch_size"):
        TrainingBatches(random_images(6), recipe(), CPU)
    with pytest.raises(DataError, match=r"raise data.batch_size"):
        TrainingBatches(random_images(24), recipe(), CPU, 0, 5)


def test_evaluation_sees_whole_images_in_order(folder):
    images = random_images(7, size=8)
    pixels = torch.cat(list(evaluation_batches(images, 8, 3, CPU)))
    assert torch.equal(pixels, images.images.float() / 255)
    assert torch.cat(list(evaluation_batches(images, 5, 3, CPU))).shape == (7, 3, 5, 5)
    files = load_split(DataRecipe("folder", 2, root=str(folder)), "test")
    assert torch.cat(list(evaluation_batches(files, 8, 5, CPU))).shape == (12, 3, 8, 8)


def test_small_files_are_evaluated_whole_and_large_ones_at_their_centre(tmp_path):
    """A white border shows what is seen: 40 × 44 pixels at side 40, and at side 20 with 23 left of the shorter."""
    image = torch.full((3, 40, 44), 255, dtype=torch.uint8)
    image[:, 1:-1, 1:-1] = 0
    for split in ("train", "val"):
        (tmp_path / split / "class").mkdir(parents=True)
        to_pil_image(image).save(tmp_path / split / "class" / "1.png")
    files = load_split(DataRecipe("folder", 2, root=str(tmp_path)), "test")
    whole, centre = (next(evaluation_batches(files, size, 1, CPU))[0] for size in (40, 20))
    assert torch.equal(whole, image[:, :, 2:-2].float() / 255)
    assert centre.max() == 0


def test_pixel_statistics_are_those_of_the_training_images(folder):
    images = random_images(50)
    mean, deviation = pixel_statistics(images)
    pixels = images.images.double() / 255
    # Two roundings to float32.
    torch.testing.assert_close(mean.double(), pixels.mean(dim=(0, 2, 3)), rtol=2e-7, atol=0)
    expected = pixels.transpose(0, 1).flatten(1).std(dim=1, unbiased=False)
    torch.testing.assert_close(deviation.double(), expected, rtol=2e-7, atol=0)
    constant = dataclasses.replace(images, images=torch.full_like(images.images, 7))
    assert (pixel_statistics(constant)[1] > 0).all()
    files = load_split(DataRecipe("folder", 2, root=str(folder)), "train")
    assert pixel_statistics(files)[0].tolist() == pytest.approx([0.485, 0.456, 0.406])
