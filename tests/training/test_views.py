import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as tv

from duality.training import views
from duality.training.recipe import ViewRecipe
from duality.training.views import CROP_NUMBERS, augment, crop_batch, crop_boxes, crop_image, draw_view

# torchvision's greys weigh the channels with four digits, ours with three; elsewhere only float32 rounds.
ROUNDING, GRAY = 2e-6, 2e-4


def colours(n: int = 16, size: int = 12) -> torch.Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(0))


def each(x: torch.Tensor, numbers: torch.Tensor, transform) -> torch.Tensor:
    return torch.stack([transform(image, float(number)) for image, number in zip(x, numbers, strict=True)])


def uniform(n: int = 16) -> torch.Tensor:
    return torch.rand(n, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("ours", "theirs", "numbers", "tolerance"),
    [
        (views._brightness, tv.adjust_brightness, 2 * uniform(), ROUNDING),
        (views._contrast, tv.adjust_contrast, 2 * uniform(), GRAY),
        (views._saturation, tv.adjust_saturation, 2 * uniform(), GRAY),
        (views._hue, tv.adjust_hue, uniform() - 0.5, ROUNDING),
    ],
)
def test_each_jitter_is_torchvision_s_with_a_strength_per_sample(ours, theirs, numbers, tolerance):
    x = colours()
    expected = each(x, numbers, theirs)
    torch.testing.assert_close(ours(x, numbers[:, None, None, None]), expected, rtol=0, atol=tolerance)


def test_grey_pixels_have_no_hue_to_turn():
    x = colours()[:, :1].expand(-1, 3, -1, -1)
    torch.testing.assert_close(views._hue(x, uniform()[:, None, None, None]), x)


@pytest.mark.parametrize(("size", "kernel"), [(12, 3), (33, 3), (64, 7), (96, 9), (224, 23)])
def test_blur_is_torchvision_s_with_a_width_per_sample(size, kernel):
    """The kernel is SimCLR's 23 of 224 pixels at every size."""
    n = 2 if size > 100 else 16
    x, numbers = colours(n, size), uniform(n)

    def blur(image, number):
        return tv.gaussian_blur(image, [kernel, kernel], [0.1 + 1.9 * number] * 2)

    torch.testing.assert_close(views._blur(x, numbers), each(x, numbers, blur), rtol=0, atol=ROUNDING)


def test_grey_and_solarise_are_torchvision_s():
    x = colours()
    torch.testing.assert_close(views._gray(x), tv.rgb_to_grayscale(x, 3), rtol=0, atol=GRAY)
    torch.testing.assert_close(views._solarize(x), tv.solarize(x, 0.5))


@pytest.mark.parametrize("size", [5, 24])
def test_crops_are_cut_and_resized_as_by_torchvision(size):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (20, 2, 19, 23), dtype=torch.uint8, generator=generator)
    boxes = crop_boxes(draw_view(20, generator).crop, 19, 23, (0.1, 1.0))
    expected = torch.stack(
        [
            tv.resized_crop(image.float() / 255, *box.tolist(), size=[size, size], antialias=True)
            for image, box in zip(images, boxes, strict=True)
        ]
    )
    torch.testing.assert_close(crop_batch(images, boxes, size), expected, rtol=0, atol=ROUNDING)


@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    low=st.floats(0.01, 1.0),
    seed=st.integers(0, 2**31),
)
def test_crops_lie_in_the_image(height, width, low, seed):
    numbers = torch.rand(8, CROP_NUMBERS, generator=torch.Generator().manual_seed(seed))
    top, left, h, w = crop_boxes(numbers, height, width, (low, 1.0)).T
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (h >= 1).all()
    assert (w >= 1).all()
    assert (top + h <= height).all()
    assert (left + w <= width).all()


def test_crops_have_the_areas_and_ratios_asked_for():
    numbers = torch.rand(5000, CROP_NUMBERS, generator=torch.Generator().manual_seed(0))
    *_, h, w = crop_boxes(numbers, 500, 500, (0.2, 0.5)).double().T
    area, ratio = h * w / 250_000, w / h
    assert 0.195 < area.min() < 0.21
    assert 0.49 < area.max() < 0.505
    # Uniform: the mean of 5000 lies within five deviations of the middle.
    assert abs(area.mean() - 0.35) < 5 * (0.3 / 12**0.5) / 5000**0.5
    assert 0.74 < ratio.min() < 0.76
    assert 1.31 < ratio.max() < 1.35


def test_where_no_try_fits_the_crop_is_the_centre():
    """The whole area of an image four times as wide as high has a ratio beyond 4/3 in every try."""
    numbers = torch.rand(3, CROP_NUMBERS, generator=torch.Generator().manual_seed(0))
    assert crop_boxes(numbers, 30, 120, (1.0, 1.0)).tolist() == [[0, 40, 30, 40]] * 3


def test_a_worker_s_crop_has_the_batch_s_box():
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, 40, 50), dtype=torch.uint8, generator=generator)
    numbers = draw_view(1, generator).crop
    boxes = crop_boxes(numbers, 40, 50, (0.08, 1.0))
    one = crop_image(image, numbers[0], ViewRecipe(16)).float() / 255
    # torchvision rounds to bytes.
    torch.testing.assert_close(crop_batch(image[None], boxes, 16)[0], one, rtol=0, atol=1.5 / 255)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sample_s_view_does_not_depend_on_the_batch(channels):
    recipe = ViewRecipe(12, blur=(0.5, 0.5), solarize=(0.5, 0.5))
    x, draws = colours()[:, :channels], draw_view(16, torch.Generator().manual_seed(3))
    together = augment(x, draws, recipe, 0)
    alone = [augment(x[i : i + 1], draws.rows(slice(i, i + 1)), recipe, 0) for i in range(16)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=ROUNDING)
    assert together.shape == x.shape
    assert together.min() >= 0
    assert together.max() <= 1 + ROUNDING


def test_the_image_handed_in_stays_as_it_was():
    x = colours()
    before = x.clone()
    recipe = ViewRecipe(12, jitter_probability=1.0, gray=1.0, blur=(1.0, 1.0), solarize=(1.0, 1.0), flip=1.0)
    augment(x, draw_view(16, torch.Generator().manual_seed(0)), recipe, 0)
    assert torch.equal(x, before)


OFF = {"flip": 0.0, "jitter_probability": 0.0, "gray": 0.0}


def test_probabilities_of_zero_and_one_and_of_either_view():
    x, draws = colours(), draw_view(16, torch.Generator().manual_seed(0))
    assert torch.equal(augment(x, draws, ViewRecipe(12, **OFF), 0), x)
    assert torch.equal(augment(x, draws, ViewRecipe(12, **(OFF | {"flip": 1.0})), 0), x.flip(3))
    asymmetric = ViewRecipe(12, **OFF, solarize=(0.0, 1.0))
    assert torch.equal(augment(x, draws, asymmetric, 0), x)
    assert torch.equal(augment(x, draws, asymmetric, 1), views._solarize(x))


@pytest.mark.parametrize("name", ["flip", "gray"])
def test_half_a_probability_changes_about_half_the_samples(name):
    x, draws = colours(400, 4), draw_view(400, torch.Generator().manual_seed(0))
    changed = augment(x, draws, ViewRecipe(4, **(OFF | {name: 0.5})), 0) != x
    # Five deviations of a binomial.
    assert abs(int(changed.flatten(1).any(dim=1).sum()) - 200) < 5 * 10
