"""The documentation builds without a warning; its links and anchors lead somewhere, on the site and in the files.

Links to other hosts are not fetched; `OUTSIDE` lists them.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown.extensions.toc import slugify

ROOT = Path(__file__).parents[1]
FILES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "proofs").rglob("*.md")),
]
OUTSIDE = {
    "https://arxiv.org/abs/2206.02574",  # the paper
    "https://arxiv.org/abs/2210.02885",  # RankMe
    "https://squidfunk.github.io/mkdocs-material/",  # the theme's own line
}
"""Every address of another host that the documentation links to."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
NOT_IN_REFERENCE = ("duality.cli.", "duality.report.")


@dataclass
class Page(HTMLParser):
    """What a page of the site offers and asks for."""

    anchors: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    formulas: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value for name, value in attrs if value}
        self.anchors |= {attributes[name] for name in ("id", "name") if name in attributes}
        self.formulas += tag == "math"
        if tag == "a" and "href" in attributes:
            self.links.add(attributes["href"])
        elif tag in ("script", "img", "iframe") and "src" in attributes:
            self.loaded.add(attributes["src"])
        elif tag == "link" and "href" in attributes:
            self.loaded.add(attributes["href"])


def read_page(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as ``make docs`` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


@pytest.mark.slow
def test_the_site_is_whole(site):
    pages = {path: read_page(path) for path in site.rglob("*.html") if path.name != "404.html"}
    outside = set()
    for path, page in pages.items():
        for link in page.links | page.loaded:
            parts = urlsplit(link)
            if parts.scheme:
                assert link in page.links, f"{path} loads {link}: readers may have no network"
                outside.add(link)
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path} links to {link}"
            if parts.fragment:
                assert unquote(parts.fragment) in pages[target].anchors, f"{path} links to {link}"
    assert outside == OUTSIDE
    proofs = {path.stem for path in (ROOT / "proofs").glob("*.md")} - {"README"}
    assert {path.stem for path in (site / "proofs").glob("*.html")} == proofs | {"index"}
    assert pages[site / "proofs" / "thm-3.3.html"].formulas > 10


def anchors(path: Path) -> set[str]:
    """The anchors of a Markdown file's headings, on the site and on GitHub, which agree for plain words."""
    text = CODE.sub(lambda code: "" if "\n" in code[0] else code[0].strip("`"), path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {slugify(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title), "-") for title in titles}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for link in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
        target, _, anchor = link.partition("#")
        if "://" in link:
            assert link in OUTSIDE, f"{link}: list it in OUTSIDE"
        else:
            file = (path.parent / target).resolve() if target else path
            assert file.exists(), link
            # Anchors of the reference are the names of modules, which only the site has.
            assert not anchor or anchor.startswith("duality.") or anchor in anchors(file), link


def test_the_reference_has_every_module():
    """All but the commands, the report, and the claims themselves, which are statements with pages of their own."""
    modules, left_out = set(), set()
    for path in (ROOT / "duality").rglob("[a-z]*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        is_claim = "\nCLAIM = Claim(" in path.read_text(encoding="utf-8")
        (left_out if is_claim or name.startswith(NOT_IN_REFERENCE) else modules).add(name)
    documented = set()
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        documented |= set(re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert left_out
    assert modules <= documented
    assert not left_out & documented
