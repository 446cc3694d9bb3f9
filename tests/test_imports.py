"""The import graph of the project: layers import downwards only, and heavy libraries stay where they belong."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

import duality

ROOT = Path(duality.__file__).parent

LAYERS = {
    "cli": {"report", "experiments", "training", "losses", "claims", "formal", "numeric", "symbolic", "criteria"},
    "report": {"experiments", "plots", "training", "claims", "formal", "numeric", "symbolic", "criteria"},
    "experiments": {"plots", "training", "losses", "claims", "numeric", "criteria"},
    "plots": {"numeric", "criteria"},
    "training": {"losses", "distributed", "numeric", "criteria"},
    "losses": {"distributed", "criteria"},
    "claims": {"losses", "formal", "symbolic", "numeric", "criteria"},
    "formal": set(),
    "numeric": {"criteria"},
    "symbolic": set(),
    "distributed": set(),
    "criteria": set(),
    "files": set(),
    "provenance": set(),
    "words": set(),
}
"""What each layer may import besides itself and the foundation. ``normalization`` counts as ``criteria``."""

FOUNDATION = {"files", "provenance", "words"}
"""Small things that every layer may use."""

ALLOWED_ONLY_IN = {
    "torchvision": {"training", "experiments", "provenance"},
    "sklearn": {"training", "experiments"},
    "sympy": {"symbolic", "claims"},
    "flint": {"numeric"},
    "matplotlib": {"plots", "report", "experiments"},
    "typer": {"cli"},
    "rich": {"cli", "training", "experiments"},
}
FORBIDDEN = {"symbolic": {"torch", "numpy"}, "formal": {"torch", "sympy"}}


def layer_of(module: str) -> str:
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else "duality"
    return "criteria" if name == "normalization" else name


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """The layer of a file and each module that it imports, wherever in the file, but not for types alone."""
    relative = path.relative_to(ROOT.parent).with_suffix("")
    module = ".".join(relative.parts)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    layer = layer_of(module.removesuffix(".__init__"))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((layer, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module
            # ``from duality import criteria`` imports a layer, not a name.
            names = [f"duality.{alias.name}" for alias in node.names] if base == "duality" else [base]
            yield from ((layer, name) for name in names if name)


IMPORTS = {str(path.relative_to(ROOT)): list(imports(path)) for path in sorted(ROOT.rglob("*.py"))}


@pytest.mark.parametrize("file", IMPORTS)
def test_layers_import_downwards(file):
    for layer, module in IMPORTS[file]:
        if layer != "duality" and module.startswith("duality."):
            target = layer_of(module)
            assert target in {layer} | LAYERS[layer] | FOUNDATION, f"{layer} imports {module}"


@pytest.mark.parametrize("file", IMPORTS)
def test_heavy_libraries_stay_in_their_layers(file):
    for layer, module in IMPORTS[file]:
        library = module.partition(".")[0]
        assert layer in ALLOWED_ONLY_IN.get(library, {layer}), f"{layer} imports {library}"
        assert library not in FORBIDDEN.get(layer, set()), f"{layer} imports {library}"


def test_the_graph_has_no_cycle():
    def depth(layer: str, above: tuple[str, ...] = ()) -> int:
        assert layer not in above
        return 1 + max((depth(below, (*above, layer)) for below in LAYERS[layer]), default=0)

    assert depth("cli") > 1


def loaded_after(code: str) -> set[str]:
    """The top-level modules that are loaded once a fresh interpreter has run the code."""
    listing = f"{code}\nimport sys; print('LOADED', *(name for name in sys.modules if '.' not in name))"
    result = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split()[1:])


def test_importing_the_package_loads_nothing_heavy():
    assert not {"torch", "sympy", "numpy", "scipy", "matplotlib"} & loaded_after("import duality")


def test_importing_the_criteria_loads_neither_sympy_nor_torchvision():
    assert not {"sklearn", "torchvision", "matplotlib", "typer"} & loaded_after("import duality.criteria")


def test_symbolic_proofs_run_without_torch():
    modules = [f"duality.symbolic.{path.stem}" for path in (ROOT / "symbolic").glob("[a-z]*.py")]
    assert not {"torch", "torchvision"} & loaded_after("\n".join(f"import {module}" for module in modules))


def test_help_loads_neither_torch_nor_sympy():
    code = """
from duality.cli import main
main(["--help"])
"""
    assert not {"torch", "sympy", "scipy", "matplotlib"} & loaded_after(code)


def test_every_public_name_resolves():
    assert all(getattr(duality, name) is not None for name in duality.__all__)
    assert set(duality.__all__) <= set(dir(duality))
    with pytest.raises(AttributeError, match="no attribute 'unknown'"):
        duality.unknown  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
