"""The notebooks are clean and use nothing but the public API. pytest runs them by nbmake: see pyproject.toml."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LIBRARIES = {"IPython", "duality", "matplotlib", "numpy", "torch"}
"""What a notebook has anyway: Jupyter itself, and what the package depends on."""
LONGEST_CELL = 30
"""Lines of code that a reader takes in at once."""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def nodes(notebook: NotebookNode) -> Iterator[ast.AST]:
    for source in code(notebook):
        yield from ast.walk(ast.parse(source))


def test_all_five_are_there():
    assert [path.name[:3] for path in NOTEBOOKS] == ["01_", "02_", "03_", "04_", "05_"]


def test_is_committed_as_jupyter_writes_it_without_outputs(path: Path, notebook: NotebookNode):
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    assert notebook.metadata == METADATA, "remove what the editor added to the metadata"
    for cell in notebook.cells:
        assert not cell.get("outputs"), "run `jupyter nbconvert --clear-output --inplace` first"
        assert cell.get("execution_count") is None
        assert cell.metadata == {}


def test_cells_are_named_after_what_they_hold(notebook: NotebookNode):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id) for id in ids)


def test_opens_with_what_it_shows(path: Path, notebook: NotebookNode):
    opening = notebook.cells[0]
    assert opening.cell_type == "markdown"
    assert opening.source.startswith(f"# {int(path.stem[:2])} · ")
    assert "This notebook shows" in opening.source


def test_is_short(notebook: NotebookNode):
    assert 10 <= len(notebook.cells) <= 30
    assert max(len(source.splitlines()) for source in code(notebook)) <= LONGEST_CELL


def test_imports_what_is_there_anyway(notebook: NotebookNode):
    modules = {alias.name for node in nodes(notebook) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in nodes(notebook) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules} <= LIBRARIES | sys.stdlib_module_names


def test_uses_no_private_name(notebook: NotebookNode):
    names = {node.attr for node in nodes(notebook) if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in nodes(notebook) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not {name for name in names if re.match("_[^_]", name)}


def test_links_lead_somewhere(notebook: NotebookNode):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    targets = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert all((FOLDER / target).exists() for target in targets)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m"), [(40, 6), (5, 1200)], ids=["more samples", "more dimensions"])
def test_the_audit_runs_on_the_readers_own_file(n: int, m: int, tmp_path: Path, capsys):
    """Without labels, without metadata, and wider than what is drawn in full."""
    file = tmp_path / "mine.npy"
    np.save(file, np.random.default_rng(0).standard_normal((n, m)))
    first, second, *rest = code(nbformat.read(FOLDER / "04_trained_embeddings.ipynb", as_version=4))
    namespace = {}
    with matplotlib.rc_context({"backend": "agg"}):
        for source in (first, f"path = {str(file)!r}", second, *rest):
            exec(source, namespace)
    plt.close("all")
    assert f"mine.npy: {n:,} samples × {m:,} dimensions" in capsys.readouterr().out
    assert namespace["audits"]["mine.npy"].ok
