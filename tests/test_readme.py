"""The README's Python runs as it stands, and the files that it links to are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[1])
def test_code_blocks_run(block: str):
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})


def test_readme_has_code():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("target", [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link])
def test_links_lead_somewhere(target: str):
    assert (ROOT / target.partition("#")[0]).exists()
