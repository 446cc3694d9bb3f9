import pytest

from duality.training.errors import RecipeError
from duality.training.objective import build_loss, loss_names
from duality.training.plan import plan_run
from duality.training.recipe import load_recipe, recipe_from_dict, shipped_recipes

SHIPPED = ["cifar10", "cifar10-jpeg", "cifar100", "digits", "fashion-mnist", "imagenet", "imagenet100"]


def test_shipped_recipes():
    assert shipped_recipes() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_loads_builds_its_loss_and_survives_being_written(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    build_loss(recipe.loss)
    assert recipe_from_dict(recipe.to_dict()) == recipe
    assert recipe.overrides() == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_serves_every_loss(name):
    assert len(loss_names()) == 12
    for loss in loss_names():
        recipe = load_recipe(name, [f"loss.name={loss}"])
        build_loss(recipe.loss)
        assert set(recipe.overrides()) <= {f"loss.name={loss}"}


def test_overrides_win_over_the_table_of_the_loss_which_wins_over_the_sections(tmp_path):
    text = """
    [data]
    name = "digits"
    batch_size = 64
    [views]
    size = 8
    [encoder]
    name = "resnet18"
    projector = "8-8"
    [loss]
    name = "SimCLR"
    [optimizer]
    name = "sgd"
    base_lr = 0.1
    epochs = 1
    [with.VICReg]
    optimizer.base_lr = 0.2
    data.batch_size = 32
    loss.arguments.covariance_weight = 2.0
    """
    path = tmp_path / "mine.toml"
    path.write_text(text)
    simclr, vicreg = load_recipe(str(path)), load_recipe(str(path), ["loss.name=VICReg"])
    assert (simclr.name, simclr.optimizer.base_lr, simclr.data.batch_size) == ("mine", 0.1, 64)
    assert (vicreg.optimizer.base_lr, vicreg.data.batch_size) == (0.2, 32)
    assert vicreg.loss.arguments == {"covariance_weight": 2.0}
    both = load_recipe(str(path), ["loss.name=VICReg", "optimizer.base_lr=0.3"])
    assert (both.optimizer.base_lr, both.data.batch_size) == (0.3, 32)


def test_overrides_tell_how_a_recipe_was_made():
    given = ["loss.name=VICReg", "data.batch_size=64", "views.crop_scale=[0.2, 0.9]"]
    recipe = load_recipe("digits", given)
    assert sorted(recipe.overrides()) == sorted(given)
    assert load_recipe("digits", recipe.overrides()) == recipe


def test_a_whole_number_may_stand_for_a_number_and_a_bare_word_for_a_text():
    recipe = load_recipe("digits", ["optimizer.base_lr=1", "optimizer.name=lars"])
    assert recipe.optimizer.base_lr == 1.0
    assert isinstance(recipe.optimizer.base_lr, float)
    assert recipe.optimizer.name == "lars"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.bas_lr=0.3", "optimizer.bas_lr (did you mean base_lr?)"),
        ("optimiser.base_lr=0.3", "optimiser (did you mean optimizer?)"),
        ("data.name=fashion_mnist", "data.name is 'fashion_mnist' (did you mean fashion-mnist?)"),
        ("data.batch_size=big", "data.batch_size is 'big': give a whole number"),
        ("data.batch_size=1.5", "data.batch_size is 1.5: give a whole number"),
        ("data.batch_size=true", "data.batch_size is True: give a whole number"),
        ("optimizer.base_lr=fast", "optimizer.base_lr is 'fast': give a number"),
        ("views.crop_scale=[0.1]", "views.crop_scale is [0.1]: give a list of 2 numbers"),
        ("views.crop_scale=[0.9, 0.1]", "views.crop_scale"),
        ("views.flip=1.5", "views.flip is 1.5: give a probability"),
        ("views.blur=[0.5, -1.0]", "views.blur is -1.0: give a probability"),
        ("views.jitter=[0.4, 0.4, 0.4, 0.6]", "hue is at most 0.5"),
        ("views.size=0", "views.size is 0"),
        ("encoder.projector=8192x8192", "encoder.projector is '8192x8192': write widths such as"),
        ("encoder.projector=64-0", "encoder.projector is '64-0'"),
        ("encoder.width=0", "encoder.width is 0"),
        ("data.batch_size=1", "data.batch_size is 1: give 2 or more"),
        ("data.workers=-1", "data.workers is -1"),
        ("data.train_size=-1", "data.train_size is -1"),
        ("optimizer.base_lr=0", "optimizer.base_lr is 0.0: give a positive rate"),
        ("optimizer.epochs=0", "optimizer.epochs is 0"),
        ("optimizer.warmup_epochs=1000", "optimizer.warmup_epochs is 1000.0"),
        ("optimizer.weight_decay=-1", "optimizer.weight_decay is -1.0"),
        ("optimizer.momentum=1", "optimizer.momentum is 1.0"),
        ("probe.online_lr=0", "probe.online_lr is 0.0"),
        ("probe.neighbours=0", "probe.neighbours is 0"),
        ("run.seed=-1", "run.seed is -1"),
        ("run.log_steps=0", "run.log_steps is 0"),
        ("run.checkpoint_minutes=-1", "run.checkpoint_minutes is negative"),
        ("data=digits", "override 'data=digits': write section.key=value"),
        ("data.name", "override 'data.name': write section.key=value"),
        ("data.name.first=1", "data.name is {'first': 1}"),
    ],
)
def test_a_wrong_override_gives_one_line_that_names_the_fix(override, message):
    with pytest.raises(RecipeError) as error:
        load_recipe("digits", [override])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("loss.name=SimCRL", "loss.name is 'SimCRL' (did you mean SimCLR?)"),
        ("loss.name=Loss", "loss.name is 'Loss'"),
        ("loss.arguments.temprature=0.1", "loss.arguments.temprature (did you mean temperature?)"),
    ],
)
def test_a_wrong_loss_gives_one_line_that_names_the_nearest(override, message):
    with pytest.raises(RecipeError) as error:
        build_loss(load_recipe("digits", [override]).loss)
    assert message in str(error.value)


def test_missing_and_misshapen_parts(tmp_path):
    path = tmp_path / "bad.toml"
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(str(path))
    path.write_text("[data\n")
    with pytest.raises(RecipeError, match="is not TOML"):
        load_recipe(str(path))
    path.write_text("[data]\nname = 'digits'\n")
    with pytest.raises(RecipeError, match="lacks views"):
        load_recipe(str(path))
    path.write_text("data = 3\nviews = 1\nencoder = 1\nloss = 1\noptimizer = 1\n")
    with pytest.raises(RecipeError, match="data is 3: it is a section"):
        load_recipe(str(path))
    path.write_text("[data]\nname = 'digits'\n[views]\n[encoder]\n[loss]\n[optimizer]\n")
    with pytest.raises(RecipeError, match=r"lacks data.batch_size"):
        load_recipe(str(path))
    with pytest.raises(RecipeError, match="did you mean fashion-mnist"):
        load_recipe("fashion_mnist")


def test_the_plan_of_the_paper_s_setting():
    """ResNet-50's 23,508,032 parameters, and 100 epochs of ImageNet in batches of 1024."""
    plan = plan_run(load_recipe("imagenet"), world=8)
    assert plan.backbone_parameters == 23_508_032
    assert plan.projector_parameters == 2048 * 8192 + 8192 * 8192 + 8192 * 1024 + 2 * 8192 + 4 * 8192
    assert (plan.steps_per_epoch, plan.steps) == (1251, 125_100)
    assert plan.views == 2 * 125_100 * 1024
    assert plan.peak_learning_rate == pytest.approx(0.5 * 1024 / 256)
    assert plan.state_bytes == 12 * (plan.backbone_parameters + plan.projector_parameters)
    assert plan.activation_bytes == pytest.approx(plan_run(load_recipe("imagenet")).activation_bytes / 8, abs=1)


@pytest.mark.parametrize("name", ["imagenet", "imagenet100"])
def test_imagenet_s_network_begins_as_the_official_one(name):
    assert load_recipe(name).encoder.zero_init_residual


def test_the_plan_of_a_file_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = plan_run(load_recipe("cifar10-jpeg", ["data.file=absent.safetensors"]))
    assert (plan.images, plan.classes, plan.steps) == (10_000, 10, 38 * 39)


def test_the_plan_counts_what_the_backward_pass_keeps():
    """Twice the width makes every kept activation of the backbone twice as large, not its input."""
    narrow, wide = (plan_run(load_recipe("digits", [f"encoder.width={w}"])).activation_bytes for w in (16, 32))
    assert 1.7 < wide / narrow < 2.0


@pytest.mark.parametrize("name", ["imagenet", "imagenet100"])
def test_barlow_twins_vectors_step_at_the_official_rate(name):
    """At the matrices' rate its unscaled gradients made them explode."""
    optimizer = load_recipe(name, ["loss.name=BarlowTwins"]).optimizer
    assert (optimizer.base_lr, optimizer.vector_lr) == (0.2, 0.0048)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_s_lars_is_solo_learn_s(name):
    optimizer = load_recipe(name).optimizer
    assert (optimizer.trust, optimizer.clip, optimizer.weight_decay) == (0.02, True, 1e-4)
