"""The page as HTML: complete, self-contained, well ordered, and honest where results are missing."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from duality.claims import all_claims
from duality.experiments import all_experiments
from duality.report.entries import seconds
from duality.report.page import RENEW, render
from duality.report.record import FILE, write_record
from tests.report.conftest import piece

CLAIMS = [each.id for each in (*all_claims(), *all_experiments())]
LARGEST = 3_000_000
"""Bytes: what the page may weigh."""
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements, headings and the text inside each article of a page; nesting is checked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.articles: dict[str, str] = {}
        self._open: list[str] = []
        self._article = ""
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "article":
            self._article = attributes["id"] or ""
            self.articles[self._article] = ""

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag == "article":
            self._article = ""

    def handle_data(self, data):
        if self._article:
            self.articles[self._article] += data

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope="session")
def parsed(page) -> Page:
    return Page(page)


def test_every_claim_is_there_once(parsed):
    assert [id for id in parsed.articles if id in CLAIMS] == CLAIMS
    assert len(parsed.articles) == len(CLAIMS) == 40


def test_every_link_leads_somewhere_on_the_page(parsed):
    ids = Counter(parsed.values("id"))
    assert max(ids.values()) == 1
    for attribute in ("aria-labelledby", "aria-controls"):
        assert {id for value in parsed.values(attribute) for id in value.split()} <= ids.keys()
    links = parsed.values("href") + parsed.values("xlink:href")
    links = [link for link in links if not link.startswith("data:image/png;base64,")]
    assert {link.removeprefix("#") for link in links} <= ids.keys()
    assert all(link.startswith("#") for link in links)
    assert {f"#{id}" for id in CLAIMS} <= set(links)


def test_nothing_is_loaded(page, parsed):
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert not re.search(r"@import|url\((?!#)|//\w+\.\w", page)
    assert "src" not in {name for _, attributes in parsed.elements for name in attributes}
    assert not {"link", "iframe", "object", "embed"} & {tag for tag, _ in parsed.elements}


def test_headings_are_in_order(parsed):
    assert parsed.headings[0] == 1
    assert parsed.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(parsed.headings, parsed.headings[1:], strict=False))


def test_there_are_landmarks_and_a_language(parsed):
    tags = Counter(tag for tag, _ in parsed.elements)
    assert tags["main"] == tags["nav"] == 1
    assert dict(parsed.elements)["html"] == {"lang": "en-GB"}


def test_every_figure_says_what_it_shows(parsed):
    tags = Counter(tag for tag, _ in parsed.elements)
    drawings = [attributes for tag, attributes in parsed.elements if tag == "svg"]
    assert tags["figure"] == tags["figcaption"] == tags["desc"] == len(drawings) == tags["title"] - 1
    assert len(drawings) >= 10
    assert all(attributes["role"] == "img" for attributes in drawings)


def test_verdicts_come_with_words_and_evidence(parsed):
    theorem = parsed.articles["thm-3.3"]
    assert "✓ holds" in theorem
    assert "the worst at 0.2 of its bound" in theorem
    assert "0.2 s" in theorem
    assert "duality-verify prove thm-3.3" in theorem
    assert "≠ corrected" in parsed.articles["remark-3.3"]
    assert "✓ holds, given Wang & Isola 2020, Theorem 1" in parsed.articles["prop-3.1"]
    assert "Limits: The limit is not proved here" in parsed.articles["prop-3.1"]
    assert "numeric: partial" in parsed.articles["prop-3.1"].lower()
    assert "35 runs, 35 min" not in parsed.articles["thm-3.3"]
    assert re.search(r"VICReg − VICReg-exp.*\[[+-]\d", parsed.articles["fig-1a"], re.DOTALL)


def test_the_page_says_where_numbers_come_from(page):
    for words in ("0123456789ab", "2026-01-02", "a processor", "Coq 8.16.1", "240 random matrices"):
        assert words in page


def test_the_page_is_small(page):
    assert len(page.encode()) < LARGEST


def test_without_results_nothing_has_been_run(empty_page):
    articles = Page(empty_page).articles
    assert len(articles) == 40
    assert all("– not run" in text for text in articles.values())
    assert RENEW in empty_page
    assert "duality-verify reproduce fig-1a --scale fashion-mnist" in articles["fig-1a"]


def test_damaged_results_are_not_run(tmp_path):
    (tmp_path / FILE).write_text("{", "utf-8")
    cell = tmp_path / "fashion-mnist" / "cells" / "VICReg" / "512-512-512" / "seed-0.json"
    cell.parent.mkdir(parents=True)
    cell.write_text("{", "utf-8")
    text = render(tmp_path)
    assert f"{FILE} is damaged" in text
    assert "is not the result of a cell" in Page(text).articles["fig-1a"]


def test_a_record_of_other_sources_is_marked_and_a_failure_refutes(record, tmp_path):
    write_record(record, tmp_path / FILE)
    document = json.loads((tmp_path / FILE).read_text("utf-8"))
    document["sources"] = "another"
    document["evidence"]["thm-3.3"] = [vars(piece("symbolic", False))]
    (tmp_path / FILE).write_text(json.dumps(document), "utf-8")
    text = render(tmp_path)
    assert "have changed since the record was made" in text
    assert "✗ refuted" in Page(text).articles["thm-3.3"]


def test_a_fresh_record_is_not_marked(page):
    assert "have changed since" not in page


@pytest.mark.parametrize(
    ("time", "shown"), [(0.01, "< 0.1 s"), (3.21, "3.2 s"), (74.2, "74 s"), (720.0, "12 min"), (12_240.0, "3.4 h")]
)
def test_times_are_short(time, shown):
    assert seconds(time) == shown
