"""The documentation site: it builds strictly, every page is reachable, and it asks nothing of other hosts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from runpy import run_path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from serving.api.openapi import openapi_document
from serving.api.openapi_page import api_reference
from serving.params import ServingParams

ROOT = Path(__file__).parents[1]
ASKED_BY = {"src", "srcset", "data", "poster", "action", "formaction", "background", "manifest", "ping"}
STYLES = re.compile(r"@import\s+[\"'(]?\s*(\S+)|url\(\s*[\"']?([^\"')]+)")


class Page(HTMLParser):
    """What a page of HTML fetches by itself, its links, its headings' names, and its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {key: value or "" for key, value in attrs}
        self.names |= {of[key] for key in ("id", "name") if key in of}
        self.fetched += [of[key] for key in ASKED_BY & set(of)]
        if tag == "link" and of.get("rel") not in ("next", "prev", "canonical"):
            self.fetched.append(of.get("href", ""))
        if tag == "meta" and of.get("http-equiv") == "Content-Security-Policy":
            self.policy = of["content"]
        if tag == "a" and "href" in of:
            self.links.append(of["href"])


def elsewhere(addresses: list[str]) -> list[str]:
    """Those that lead to another host."""
    return [address for address in addresses if urlsplit(address).netloc]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    own = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_document_is_a_page(site: Path) -> None:
    documents = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    missing = [str(name) for name in documents if not (site / name).with_suffix(".html").exists()]
    assert missing == []


def test_a_page_that_nobody_placed_is_reached_all_the_same(tmp_path: Path) -> None:
    for name in ("new.md", "placed.md", "deep.md"):
        (tmp_path / name).touch()
    nav = [{"First": "placed.md"}, {"Section": [{"Deep": "deep.md"}]}]
    code = run_path(str(ROOT / "docs" / "site" / "generated_pages.py"))
    assert code["unplaced"](nav, tmp_path) == ["new.md"]


def test_no_page_fetches_anything_from_elsewhere(pages: dict[Path, Page]) -> None:
    assert {path.name: found for path, page in pages.items() if (found := elsewhere(page.fetched))} == {}


def test_no_style_sheet_fetches_anything_from_elsewhere(site: Path) -> None:
    sheets = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    found = [address for text in sheets for pair in STYLES.findall(text) for address in pair]
    assert sheets
    assert elsewhere(found) == []


def test_every_page_forbids_its_scripts_to_ask_elsewhere(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert page.policy.startswith("default-src 'none'"), path
        assert re.findall(r"https?:|\*", page.policy) == [], path


def test_a_fetch_from_elsewhere_would_be_found() -> None:
    text = '<img src="a.png"><script src="//cdn.example/x.js"></script><link rel=stylesheet href="https://f.example">'
    assert elsewhere(Page(text).fetched) == ["//cdn.example/x.js", "https://f.example"]


def test_every_link_inside_leads_to_a_page_and_its_heading(pages: dict[Path, Page]) -> None:
    broken = [
        f"{path.name}: {link}"
        for path, page in pages.items()
        for link in page.links
        if path.name != "404.html" and not urlsplit(link).scheme and not _leads(path, link, pages)
    ]
    assert broken == []


def _leads(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.suffix != ".html":
        return target.exists()
    return target in pages and (not parts.fragment or unquote(parts.fragment) in pages[target].names)


def test_every_decision_is_in_the_index_by_its_title(pages: dict[Path, Page], site: Path) -> None:
    index = pages[site / "decisions" / "index.html"]
    names = {path.stem for path in (ROOT / "docs" / "decisions").glob("*.md")}
    assert {f"{name}.html" for name in names} <= set(index.links)


def test_the_chinese_pages_say_their_language(site: Path) -> None:
    assert '<div lang="zh">' in (site / "zh" / "method.html").read_text(encoding="utf-8")
    assert '<div lang="en">' in (site / "method.html").read_text(encoding="utf-8")


def test_the_reference_names_every_call_and_every_field(site: Path) -> None:
    document = openapi_document(ServingParams())
    page = api_reference(document)
    for path, item in document["paths"].items():
        assert all(f"### `{method.upper()} {path}`" in page for method in item)
    for name, schema in document["components"]["schemas"].items():
        section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        assert all(f"| `{field}` |" in section for field in schema.get("properties", ())), name
    assert "POST /v1/predict" in (site / "api-reference.html").read_text(encoding="utf-8")


CONSTANT = re.compile(r"`([a-z_0-9.]+\.[A-Z_]+)` = (\d+(?:\.\d+)?)")
PARAMETER = re.compile(r"`((?:features|rule|training|cases)\.[a-z_.]+)` = (\d+(?:\.\d+)?)")
METHODS = [ROOT / "docs" / name for name in ("method.md", "zh/method.md")]


@pytest.mark.parametrize("page", METHODS, ids=["en", "zh"])
def test_the_numbers_of_the_method_are_those_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name, told in CONSTANT.findall(text):
        module, _, constant = name.rpartition(".")
        found = getattr(__import__(module, fromlist=[constant]), constant)
        assert found == float(told), name
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for name, told in PARAMETER.findall(text):
        value = params
        for part in name.split("."):
            value = value[part]
        assert value == float(told), name


def test_the_code_that_the_documents_name_is_there() -> None:
    named = re.compile(r"`((?:features|training|serving|benchmarks|tests|profiles)/[\w/.-]*)`")
    gone = [
        f"{page.name}: {place}"
        for page in (ROOT / "docs").rglob("*.md")
        if page.parent.name != "decisions"
        for place in named.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / place).exists()
    ]
    assert gone == []


def test_both_languages_tell_the_same_numbers_and_name_the_same_sources() -> None:
    english, chinese = (page.read_text(encoding="utf-8") for page in METHODS)
    for pattern in (CONSTANT, PARAMETER):
        assert set(pattern.findall(english)) == set(pattern.findall(chinese))
    assert len(CONSTANT.findall(english)) > 15
    years = re.compile(r"\b(?:19|20)\d\d\b")
    assert set(years.findall(english)) == set(years.findall(chinese))
