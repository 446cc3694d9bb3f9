import pytest
import torch
import torchvision
from torch import nn

from duality.training.encoder import (
    Encoder,
    GlobalBatchNorm,
    PretrainingNetwork,
    build_backbone,
    build_projector,
    synchronize_batch_norm,
)
from duality.training.recipe import EncoderRecipe

GRAY = (torch.tensor([0.4]), torch.tensor([0.3]))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_published_resnet_is_torchvision_s(name):
    published = getattr(torchvision.models, name)().eval()
    ours = build_backbone(EncoderRecipe(name, "8-8"), channels=3).eval()
    weights = {key: value for key, value in published.state_dict().items() if not key.startswith("fc.")}
    ours.load_state_dict(weights)
    published.fc = nn.Identity()
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(ours(x), published(x))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
@pytest.mark.parametrize("zero", [False, True])
def test_blocks_begin_as_the_identity_where_the_recipe_says_so(name, zero):
    last, blocks = {"resnet18": (".bn2.weight", 8), "resnet50": (".bn3.weight", 16)}[name]
    state = build_backbone(EncoderRecipe(name, "8-8", width=8, zero_init_residual=zero), 3).state_dict()
    weights = [value for key, value in state.items() if key.endswith(last)]
    assert len(weights) == blocks
    assert torch.cat(weights).unique().tolist() == [0.0 if zero else 1.0]


@pytest.mark.parametrize(
    ("stem", "size", "first"), [("imagenet", 64, (16, 16)), ("cifar", 32, (32, 32)), ("small", 28, (14, 14))]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_stems_and_widths(stem, size, first, channels):
    backbone = build_backbone(EncoderRecipe("resnet18", "8-8", width=8, stem=stem), channels)
    seen: list[torch.Size] = []
    backbone.layer1.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape))
    with torch.no_grad():
        assert backbone(torch.rand(2, channels, size, size)).shape == (2, 64)
    assert seen == [torch.Size([2, 8, *first])]


def test_the_projector_is_written_x_y_z():
    layers = build_projector(5, (8, 6, 4))
    assert [type(layer) for layer in layers] == [nn.Linear, nn.BatchNorm1d, nn.ReLU] * 2 + [nn.Linear]
    assert [layer.out_features for layer in layers if isinstance(layer, nn.Linear)] == [8, 6, 4]
    last = layers[-1]
    assert isinstance(last, nn.Linear)
    assert last.bias is None
    assert len(build_projector(5, (4,))) == 1


def tiny_encoder(**keys) -> Encoder:
    torch.manual_seed(0)
    return Encoder(EncoderRecipe("resnet18", "16-8", width=8, stem="cifar", **keys), *GRAY)


def test_the_encoder_standardises_pixels():
    network = PretrainingNetwork(tiny_encoder())
    a, b = torch.rand(4, 1, 8, 8), torch.rand(4, 1, 8, 8)
    z_a, z_b = network(a, b)
    assert z_a.shape == z_b.shape == (4, network.encoder.width)
    network.eval()
    representations, z = network.encoder(a)
    plain = network.encoder.backbone((a - 0.4) / 0.3)
    torch.testing.assert_close(representations, plain)
    torch.testing.assert_close(z, network.encoder.projector(plain))
    assert {"encoder.mean", "encoder.deviation"} <= network.state_dict().keys()


def test_batch_norm_over_one_process_is_the_ordinary_one():
    torch.manual_seed(0)
    norms = nn.Sequential(nn.BatchNorm2d(3)), nn.BatchNorm1d(12), nn.BatchNorm1d(12, affine=False)
    network = nn.Sequential(nn.Conv2d(2, 3, 3), norms[0], nn.Flatten(), *norms[1:])
    before = {key: value.clone() for key, value in network.state_dict().items()}
    x = torch.rand(5, 2, 4, 4)
    expected = network(x)
    network.load_state_dict(before)
    synchronize_batch_norm(network, torch.device("cpu"))
    assert [type(m) for m in network.modules() if "Norm" in type(m).__name__] == 3 * [GlobalBatchNorm]
    assert network.state_dict().keys() == before.keys()
    assert torch.equal(network(x), expected)


@pytest.mark.parametrize(("keys", "expected"), [({}, torch.bfloat16), ({"float32_projector": True}, torch.float32)])
def test_the_projector_computes_in_float32_under_half_precision_if_the_recipe_says_so(keys, expected):
    encoder = tiny_encoder(**keys)
    seen: list[torch.dtype] = []
    for layer in encoder.projector:
        layer.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    x = torch.rand(4, 1, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        representations, z = encoder(x)
    assert representations.dtype == torch.bfloat16
    assert {*seen, z.dtype} == {expected}
    z.float().sum().backward()
    assert all(p.grad is not None for p in encoder.parameters())
    # In float32, and in float64, the key changes nothing.
    for dtype in (torch.float32, torch.float64):
        one, other = (tiny_encoder(**each).to(dtype)(x)[1] for each in ({}, {"float32_projector": True}))
        assert torch.equal(one, other)


@pytest.mark.parametrize("width", [4, 8])
def test_narrow_networks_keep_their_memory(width):
    """Channels last with few channels, torch 2.15 wrote beyond its memory on some CPUs, and the process aborted."""
    encoder = Encoder(EncoderRecipe("resnet18", "8-8", width=width, stem="cifar"), *GRAY)
    weights = encoder.backbone.layer1[0].conv1.weight
    assert weights.is_contiguous(memory_format=torch.channels_last) == (width == 8)
    for _ in range(4):
        encoder(torch.rand(16, 1, 8, 8))[1].sum().backward()
