"""The page in headless Chromium: seen, in both themes, on a phone, by keyboard, and without JavaScript."""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from duality.claims import all_claims
from duality.experiments import all_experiments

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CLAIMS = [each.id for each in (*all_claims(), *all_experiments())]
WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")
PATIENCE = 120_000
"""Milliseconds: the machine may be busy with the other tests."""
LEAST_CONTRAST = 4.5
"""Of text with its background: level AA of the Web Content Accessibility Guidelines."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="Chromium is not installed"),
]

CONTRASTS = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (; element; element = element.parentElement) {
      const color = numbers(getComputedStyle(element).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return numbers(getComputedStyle(document.documentElement).backgroundColor);
  };
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!words || element.closest("svg, script, style") || !element.checkVisibility()) continue;
    const [a, b] = [numbers(getComputedStyle(element).color), background(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found[ratio] = `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`;
  }
  return Object.entries(found).map(([ratio, element]) => [Number(ratio), element]);
}"""

Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, page, tmp_path) -> Iterator[Opener]:
    """Open the page; when the test is over, nothing must have been complained of or asked for."""
    file = tmp_path / "report.html"
    file.write_text(page, "utf-8")
    contexts, complaints, requests = [], [], []

    def open_page(width: int = 1280, scheme: str = "light", anchor: str = "", script: str = "", **options) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        context.add_init_script(script)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(f"{file.as_uri()}{anchor}")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.partition("#")[0] for url in requests if not url.startswith("data:")} == {file.as_uri()}


def wait_until_in_view(tab: Page, id: str) -> None:
    """Until the element's top is in the upper half of the window: browsers scroll when they have time."""
    tab.wait_for_function(
        """id => {
            const { top } = document.getElementById(id).getBoundingClientRect();
            return -1 <= top && top < innerHeight / 2;
        }""",
        arg=id,
    )


def focused(tab: Page) -> str:
    """The element that has the focus, as its tag, id and class."""
    return tab.evaluate("(({tagName, id, className}) => `${tagName}#${id}.${className}`)(document.activeElement)")


def shown(tab: Page) -> list[str]:
    return tab.evaluate("[...document.querySelectorAll('article')].filter(a => a.checkVisibility()).map(a => a.id)")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_figure_is_seen(visit, width):
    boxes = visit(width).evaluate(
        """[...document.querySelectorAll('figure svg')].map(figure => figure.getBoundingClientRect())
            .map(({width, height}) => [width, height])"""
    )
    assert len(boxes) >= 10
    assert all(box_width > 250 and box_height > 150 for box_width, box_height in boxes)


def test_links_lead_to_their_claims(visit):
    for id in ("thm-3.3", "prop-3.2-tcr", "fig-2"):
        wait_until_in_view(visit(anchor=f"#{id}"), id)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out(visit, width, scheme):
    tab = visit(width, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    contrasts = tab.evaluate(CONTRASTS)
    assert len(contrasts) >= 5
    assert min(contrasts)[0] >= LEAST_CONTRAST, min(contrasts)


@pytest.mark.parametrize("theme", SCHEMES)
def test_figures_follow_the_theme(visit, theme):
    tab = visit(scheme="light" if theme == "dark" else "dark")
    tab.click("#theme")
    ink = tab.evaluate(
        "[...document.querySelectorAll('figure svg [style]')].map(element => getComputedStyle(element).fill)"
    )
    assert {"light": "rgb(34, 34, 34)", "dark": "rgb(244, 244, 244)"}[theme] in ink


def test_the_page_does_not_scroll_sideways_on_a_phone(visit):
    tab = visit(360)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    outside = tab.evaluate("""[...document.querySelectorAll('body *')]
        .filter(element => element.checkVisibility() && !element.closest('.scroll, math, .hidden, .skip'))
        .filter(element => element.getBoundingClientRect().right > 361).map(element => element.outerHTML)""")
    assert outside == []


def test_keyboard_reaches_everything(visit):
    tab = visit()
    tab.keyboard.press("Tab")
    assert focused(tab) == "A#.skip"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    reached = []
    while not any(element.startswith("SUMMARY") for element in reached) and len(reached) < 80:
        tab.keyboard.press("Tab")
        reached.append(focused(tab))
    assert "BUTTON#theme." in reached
    assert reached.count("SELECT#.") == 2
    assert reached[-1].startswith("SUMMARY")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.parentElement.open")


def test_the_skip_link_skips(visit):
    tab = visit()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert focused(tab) == "MAIN#content."
    wait_until_in_view(tab, "content")


def test_the_filter_works_by_keyboard_and_says_what_it_shows(visit):
    tab = visit()
    assert shown(tab) == CLAIMS
    tab.focus("select[name=verdict]")
    tab.keyboard.type("corrected")
    corrected = [claim.id for claim in all_claims() if claim.verdict == "corrected"]
    assert shown(tab) == corrected
    assert tab.inner_text("#filter output") == f"{len(corrected)} of {len(CLAIMS)} claims"
    tab.focus("select[name=part]")
    tab.keyboard.type("Beyond")
    assert shown(tab) == []


def test_a_link_shows_its_claim_whatever_is_filtered(visit):
    tab = visit()
    tab.select_option("select[name=verdict]", "corrected")
    tab.evaluate("location.hash = '#thm-3.3'")
    tab.wait_for_function("document.getElementById('thm-3.3').checkVisibility()")
    wait_until_in_view(tab, "thm-3.3")
    assert shown(tab) == CLAIMS


def test_a_permalink_is_the_address(visit):
    tab = visit()
    tab.click("#thm-3\\.3 .permalink")
    assert tab.url.endswith("report.html#thm-3.3")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_theme_is_the_reader_s_and_is_remembered(visit, scheme):
    tab = visit(scheme=scheme)
    other = {"light": "dark", "dark": "light"}[scheme]
    assert background_is(tab, scheme)
    tab.click("#theme")
    assert background_is(tab, other)
    assert tab.get_attribute("#theme", "aria-pressed") == str(other == "dark").lower()
    tab.reload()
    assert background_is(tab, other)


def test_the_theme_can_be_chosen_without_storage(visit):
    tab = visit(script="Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden'); }})")
    tab.click("#theme")
    assert background_is(tab, "dark")


def background_is(tab: Page, theme: str) -> bool:
    color = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    return (int(re.findall(r"\d+", color)[0]) > 128) == (theme == "light")


def test_without_javascript_the_page_is_complete(visit):
    tab = visit(java_script_enabled=False)
    assert tab.locator("article").count() == len(CLAIMS)
    assert all(article.is_visible() for article in tab.locator("article").all())
    assert not tab.is_visible("#filter")
    assert not tab.is_visible("#theme")
