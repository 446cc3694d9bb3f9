"""Formulas as MathML, written when the site is built: readers need no script, no network and no font of ours."""

import html
import re

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL)


def on_page_content(content: str, **_: object) -> str:
    """Replace what `pymdownx.arithmatex` has marked as a formula."""
    return FORMULA.sub(_as_mathml, content)


def _as_mathml(formula: re.Match[str]) -> str:
    latex = html.unescape(formula["latex"]).strip()
    displayed = formula["tag"] == "div"
    mathml = convert(latex, display="block" if displayed else "inline")
    if "\\" in mathml:
        raise ValueError(f"a formula has a macro that latex2mathml does not know: {latex}")
    # What is wider than a phone scrolls by itself, as the theme's tables do.
    return f'<div class="md-typeset__scrollwrap">{mathml}</div>' if displayed else mathml
