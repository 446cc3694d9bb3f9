"""Write what is worked out, not decided, into a scale's files: what is tested there, and settings that were found.

    python -m duality.experiments.declare SCALE... [--results results]

rewrites ``[statements]`` in each ``preregistration.toml`` from what the experiments test, and each ``tuned`` in
``scale.toml`` whose search is recorded. A declaration whose hash stands in results is not to be changed: the old
hash would have to go into its ``earlier``, with the reason told.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from duality.experiments import declared
from duality.experiments.plan.scale import Scale, load_scale
from duality.experiments.run.trials import tuned_methods
from duality.experiments.run.tuning_record import as_tuned, tuning_path

FOLDER = Path(__file__).parent / "scales"
_STATEMENTS = "[statements]\n"


def with_statements(text: str, statements: Mapping[str, Sequence[str]]) -> str:
    """A preregistration's text with these parts of each experiment as its last table."""
    head, _, _ = text.partition(_STATEMENTS)
    tables = []
    for id, parts in statements.items():
        tables += [f"{id} = [\n", *(f"    {_quoted(part)},\n" for part in parts), "]\n"]
    return head + _STATEMENTS + "".join(tables)


def with_tuned(text: str, scale: Scale, results: Path) -> str:
    """A scale's text with what its recorded searches chose, for those methods that have a ``tuned`` there.

    Raises:
        RunError: a record is damaged.
    """
    found = as_tuned(scale, results)
    for name in tuned_methods(scale):
        settings = found.method(name).tuned
        if settings and tuning_path(results, scale, name).exists():
            text = _with_tuned(text, name, settings)
    return text


def _with_tuned(text: str, method: str, settings: Sequence[str]) -> str:
    line = rf"^(\[methods\.{re.escape(method)}\]\n(?:(?!\[).*\n)*?tuned = )\[.*\]$"
    return re.sub(line, lambda found: f"{found[1]}[{', '.join(map(_quoted, settings))}]", text, flags=re.MULTILINE)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def main(words: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m duality.experiments.declare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scales", nargs="+", metavar="SCALE")
    parser.add_argument("--results", type=Path, default=Path("results"))
    given = parser.parse_args(words)
    for scale in map(load_scale, given.scales):
        declaration, settings = (FOLDER / scale.name / f"{name}.toml" for name in ("preregistration", "scale"))
        declaration.write_text(with_statements(declaration.read_text("utf-8"), declared(scale)), "utf-8")
        settings.write_text(with_tuned(settings.read_text("utf-8"), scale, given.results), "utf-8")


if __name__ == "__main__":
    main()
