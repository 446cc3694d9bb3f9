"""The pictures: drawn from results alone, the same bytes each time, whole or not at all."""

import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from duality import plots
from duality.experiments import all_experiments
from duality.experiments.claims.published import TABLE_S5
from duality.experiments.plan.scale import load_scale
from duality.experiments.run.record import CellResult, Results
from duality.experiments.show import drawings
from duality.experiments.show.pictures import Gallery, draw_all, write_pictures
from duality.training.errors import RunError
from tests.experiments.synthetic import synthetic

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def with_what_only_pictures_read(result: CellResult) -> CellResult:
    noise = np.random.default_rng([result.cell.seed, *result.cell.method.encode()])
    counts, _ = np.histogram(noise.normal(0, 0.25, 5000).clip(-1, 1), 80, (-1, 1))
    levels = noise.integers(0, 256, (2, 64, 64)).tolist()  # no matrix compresses worse
    document = dict(result.document)
    document["gram_histogram"] |= {"edges": [-1.0, 1.0], "counts": counts.tolist()}
    document["recipe"] |= {"data": {"batch_size": 256}}
    document["untrained"] = {"linear": 0.76, "knn": 0.7}
    document["heat_maps"] = {"gram": levels[0], "covariance": levels[1]}
    return dataclasses.replace(result, document=document)


@pytest.fixture(scope="session")
def results(scale) -> Results:
    planted = synthetic(scale)
    return Results(scale, tuple(map(with_what_only_pictures_read, planted.cells)), planted.trials)


@pytest.fixture(scope="session")
def gallery(scale, results) -> Gallery:
    return draw_all(scale, results)


@pytest.fixture(scope="session")
def files(gallery, tmp_path_factory) -> list[Path]:
    return write_pictures(gallery, tmp_path_factory.mktemp("pictures"))


def test_complete_results_give_every_picture(gallery, files):
    assert not gallery.missing
    assert all(path.is_file() for path in files)
    assert len(set(files)) == 2 * len(gallery.pictures)
    assert {id for picture in gallery.pictures for id in picture.experiments} == {
        experiment.id for experiment in all_experiments()
    }


@pytest.mark.slow
def test_a_second_run_draws_the_same(scale, results, gallery):
    assert draw_all(scale, results) == gallery


def test_files_are_small_xml_that_names_itself_and_loads_nothing(gallery, files):
    for picture in gallery.pictures:
        for path in (each for each in files if each.stem in (picture.name, f"{picture.name}-dark")):
            assert path.stat().st_size < 150_000
            root = ElementTree.fromstring(path.read_text("utf-8"))
            assert root.get("role") == "img"
            assert root.findtext(f"{SVG}title") == picture.title
            assert root.findtext(f"{SVG}desc") == f"{picture.caption} {picture.alt}"
            links = [element.get(LINK) for element in root.iter() if element.get(LINK)]
            assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
            assert not list(root.iter(f"{SVG}text"))  # text is drawn: no font is needed
            outside = re.findall(r"""(?:src|href|url\()\s*=?["']?\s*(\w+:[^"')]{0,30})""", path.read_text("utf-8"))
            assert all(address.startswith("data:image/png") for address in outside)


def test_backgrounds_are_transparent(files):
    for path in files:
        root = ElementTree.fromstring(path.read_text("utf-8"))
        (patch,) = (group for group in root.iter(f"{SVG}g") if group.get("id") == "patch_1")
        assert "fill: none" in patch[0].get("style", "")


def test_the_dark_file_is_the_light_one_in_other_colours(files):
    light, dark = plots.THEMES["light"], plots.THEMES["dark"]
    for pair in zip(files[::2], files[1::2], strict=True):
        bright, dim = (path.read_text("utf-8") for path in pair)
        assert light.ink in bright
        assert not any(color in dim for color in (*light.series, light.ink, light.faint))
        without = [re.sub("#[0-9a-f]{6}", "", text) for text in (bright, dim)]
        assert without[0] == without[1]
        assert dark.ink in dim


def test_alternative_texts_tell_the_numbers(gallery):
    assert all(re.search(r"\d", picture.alt) for picture in gallery.pictures)
    assert len({picture.alt for picture in gallery.pictures}) == len(gallery.pictures)


def test_nothing_is_drawn_without_results(scale, tmp_path):
    gallery = draw_all(scale, Results(scale, ()))
    assert not gallery.pictures
    assert write_pictures(gallery, tmp_path) == []
    assert not list(tmp_path.iterdir())
    assert "runs have no result yet" in gallery.missing["figure-1"]


def test_a_picture_with_a_missing_run_is_left_out_and_says_which(scale, results):
    gone = f"SimCLR-B/{scale.projector}/seed-4"
    kept = [run for run in results.cells if (run.cell.method, run.cell.seed) != ("SimCLR-B", 4)]
    only_figure_2 = tuple(run for run in kept if run.cell.method in ("SimCLR", "SimCLR-A", "SimCLR-B"))
    gallery = draw_all(scale, Results(scale, only_figure_2))
    assert gallery.missing["figure-2"] == f"1 of 15 runs have no result yet, the first {gone}"
    assert "figure-2" not in [picture.name for picture in gallery.pictures]


def test_a_folder_that_cannot_be_written_names_the_fix(gallery, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="choose another folder"):
        write_pictures(gallery, tmp_path / "file")


# What is drawn


def test_figure_1_draws_the_papers_table_and_our_means(scale, results):
    figure, _ = drawings.dimensions_and_projectors(scale, results)
    theirs, ours = figure.axes
    drawn = {float(y) for line in theirs.lines for y in line.get_ydata()}
    assert drawn == {run.accuracy for run in TABLE_S5}
    curves = dict(zip(*reversed(ours.get_legend_handles_labels()), strict=True))
    shown = curves["VICReg, d-d-d (n = 3–5)"].lines[0].get_ydata()
    projectors = [scale.narrow_projector(dimension) for dimension in scale.dimensions]
    means = [np.mean(list(results.accuracy("VICReg", projector).values())) for projector in projectors]
    np.testing.assert_allclose(shown, means)


def test_methods_are_drawn_with_the_untrained_network(scale, results):
    figure, alt = drawings.methods(scale, results)
    theirs, ours = ([label.get_text() for label in axis.get_yticklabels()] for axis in figure.axes)
    assert "VICReg (n = 1)" in theirs
    assert "VICReg (n = 5)" in ours
    assert ours[-1] == "untrained network (n = 5)"
    assert "untrained network 76.0" in alt


def test_probes_are_drawn_for_one_run_of_each_arm(scale, results):
    figure, alt = drawings.probes(scale, results)
    points = [line for line in figure.axes[0].lines if line.get_gid() != "diagonal"]
    drawn = {(float(x), float(y)) for line in points for x, y in line.get_xydata()}
    assert drawn == {
        (run.accuracy("online"), run.accuracy("linear")) for run in results.cells if run.cell.seed == 0
    }
    assert alt.startswith(f"{len(drawn)} runs")


def test_similarities_add_up_the_seeds(scale, results):
    figure, _ = drawings.similarities(scale, results)
    histograms = [run.document["gram_histogram"]["counts"] for run in results.of("SimCLR-sq", scale.projector)]
    counts = np.sum(histograms, axis=0)
    heights = {steps.get_label(): steps.get_data().values for steps in figure.axes[0].patches}
    np.testing.assert_allclose(heights["SimCLR-sq (n = 3)"], counts / counts.sum() / (2 / 80))


def test_bounds_are_the_embeddings_dimension_and_the_batch(scale, results):
    figure, _ = drawings.bounds(scale, results)
    for axis, upper in zip(figure.axes, (512, 256), strict=True):
        bounds = [line for line in axis.lines if line.get_label().startswith("_")]
        assert {float(line.get_ydata()[0]) for line in bounds} == {1.0, upper}


def test_matrices_share_one_scale(scale, results):
    figure, _ = drawings.matrices(scale, results)
    images = [image for axis in figure.axes for image in axis.images]
    assert len(images) == 6
    assert {image.get_clim() for image in images} == {(0, 1)}
    levels = results.of("SimCLR", scale.projector)[0].document["heat_maps"]["covariance"]
    np.testing.assert_allclose(images[-1].get_array(), np.array(levels) / 255)


@pytest.mark.parametrize("experiment", all_experiments()[:5], ids=lambda experiment: experiment.id)
def test_differences_are_those_of_the_judgement(scale, results, experiment):
    figure, alt = drawings.differences(experiment, scale, results)
    judgement = experiment.judge(scale, results)
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    in_points = [one for one in judgement.findings if one.unit == "points" and one.n]
    assert len(rows) == len(in_points) > 0
    assert all(str(one) in alt for one in in_points)


@pytest.mark.parametrize("name", ["cifar10", "imagenet"])
def test_scales_without_results_have_no_pictures(name):
    scale = load_scale(name)
    assert not draw_all(scale, Results(scale, ())).pictures
