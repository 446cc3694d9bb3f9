import pytest
import torch
import torchvision
from torchvision.transforms.v2.functional import to_pil_image

from duality.training.arrays import file_checksum, read_arrays
from duality.training.errors import DataError
from duality.training.pack import pack_images
from tests.training.images import write_image_folder
from tests.training.test_image_files import write_tiny_imagenet


def test_a_folder_s_images_are_packed_as_they_are(tmp_path):
    write_image_folder(tmp_path / "images", per_class=2)
    path = tmp_path / "packed.safetensors"
    packed = pack_images(tmp_path / "images", path)
    assert (packed.train, packed.test, packed.shape) == (6, 12, (3, 40, 44))
    assert packed.classes == ["class0", "class1", "class2"]
    assert packed.checksum == file_checksum(path)
    images, _ = read_arrays(path, "train")
    assert images.labels.tolist() == [0, 0, 1, 1, 2, 2]
    # The third class is blue.
    assert images.images[4:].float().mean(dim=(0, 2, 3)).argmax() == 2
    again = pack_images(tmp_path / "images", tmp_path / "again.safetensors")
    assert again.checksum == packed.checksum


def test_a_size_resizes_and_cuts(tmp_path):
    write_image_folder(tmp_path / "images", per_class=1)
    packed = pack_images(tmp_path / "images", tmp_path / "small.safetensors", size=8)
    assert packed.shape == (3, 8, 8)


@pytest.mark.parametrize("split", ["train", "val"])
def test_images_of_another_size_are_refused_by_name(tmp_path, split):
    write_image_folder(tmp_path, per_class=2)
    to_pil_image(torch.zeros(3, 6, 7, dtype=torch.uint8)).save(tmp_path / split / "class1" / "1.png")
    with pytest.raises(DataError, match=r"class1/1.png has 6 × 7 pixels, others have 40 × 44: .*--size"):
        pack_images(tmp_path, tmp_path / "packed.safetensors")
    assert not (tmp_path / "packed.safetensors").exists()


def test_tiny_imagenet_is_packed(tmp_path):
    write_tiny_imagenet(tmp_path)
    packed = pack_images(tmp_path, tmp_path / "tiny.safetensors")
    assert (packed.train, packed.test, packed.classes) == (2, 3, ["n01", "n02"])
    assert read_arrays(tmp_path / "tiny.safetensors", "test")[0].labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize(("below", "kind"), [("cifar-10-batches-py", "CIFAR10"), ("cifar-100-python", "CIFAR100")])
def test_cifar_s_files_are_read_by_torchvision_which_checks_them(tmp_path, monkeypatch, below, kind):
    class Fake:
        def __init__(self, root, train):
            count = 4 if train else 2
            self.data = torch.arange(count * 12).reshape(count, 2, 2, 3).to(torch.uint8).numpy()
            self.targets, self.classes = [k % 2 for k in range(count)], ["ant", "bee"]

    monkeypatch.setattr(torchvision.datasets, kind, Fake)
    (tmp_path / below).mkdir()
    packed = pack_images(tmp_path, tmp_path / "cifar.safetensors")
    assert (packed.train, packed.test, packed.shape) == (4, 2, (3, 2, 2))
    images, classes = read_arrays(tmp_path / "cifar.safetensors", "train")
    assert images.images[0, :, 0, 0].tolist() == [0, 1, 2]
    assert (images.labels.tolist(), classes) == ([0, 1, 0, 1], ["ant", "bee"])


def test_files_that_are_not_cifar_s_are_never_unpickled(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    with pytest.raises(DataError, match="holds damaged files of CIFAR10: download them again"):
        pack_images(tmp_path, tmp_path / "cifar.safetensors")


def test_an_output_of_another_ending_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"does not end in .safetensors"):
        pack_images(tmp_path, tmp_path / "packed.pt")
