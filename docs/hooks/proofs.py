"""The folder ``proofs`` as part of the site, from where it stands.

Pages link to it as it lies next to ``docs``, so that the links work on GitHub too.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

FOLDER = Path(__file__).parents[2] / "proofs"
SHOWN = (".md", ".v", ".txt")
OUT_OF_DOCS = re.compile(r"\]\(\.\./((?:\.\./)*proofs/)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the proofs' pages and the Coq sources that these link to."""
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in SHOWN:
            name = path.relative_to(FOLDER.parent).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Point links that leave ``docs`` for ``proofs`` to where `on_files` puts it."""
    return OUT_OF_DOCS.sub(r"](\1", markdown)
