"""One place of one function of the library changed, for as long as a test needs it."""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """``old``, which stands once in the function's source, written as ``new``.

    ``function`` is ``module:name`` within `duality`, or ``module:Class.name``.
    """

    function: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.function}: {self.old} -> {self.new}"


@contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    """The library with this mutant in it, for all who have imported the function: its code is changed."""
    function = _function(mutant.function)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(mutant.old) == 1, f"{mutant.old!r} stands {source.count(mutant.old)} times in\n{source}"
    right = function.__code__
    function.__code__ = _code(source.replace(mutant.old, mutant.new), function.__name__)
    try:
        yield
    finally:
        function.__code__ = right


def _function(name: str) -> FunctionType:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(f"duality.{module}")
    for part in path.split("."):
        found = inspect.getattr_static(found, part)
    for attribute in ("fget", "func", "__func__"):
        found = getattr(found, attribute, found)
    return inspect.unwrap(found)


def _code(source: str, name: str) -> CodeType:
    tree = ast.parse(source)
    definition = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    definition.decorator_list = []
    module = compile(tree, "<mutant>", "exec")
    return next(code for code in module.co_consts if isinstance(code, CodeType) and code.co_name == name)
