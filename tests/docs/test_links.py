# SPDX-License-Identifier: MIT
"""Documents point at what exists, and every page is one hop from the index."""
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
NOT_OURS = {".git", ".pytest_cache", "__pycache__", os.environ.get("ONPU_BUILD", "build"), "build"}


def files():
    for folder, below, names in os.walk(ROOT):
        below[:] = [b for b in below if b not in NOT_OURS]
        yield from (Path(folder) / name for name in names)


FILES = sorted(files())
PAGES = [path for path in FILES if path.suffix == ".md"]


def prose(page):
    """Text without blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def links(page):
    """Pairs of a file and an anchor, of the links that stay in the project."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"\w+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page):
    """As forges make them of headings, and those in HTML."""
    titles = re.findall(r"^#+ +(.*)$", prose(page), re.M)
    named = set(re.findall(r'<a id="([^"]+)">', prose(page)))
    return named | {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page):
    wrong = [f"{path}#{anchor}" for path, anchor in links(page) if not path.exists()
             or (anchor and anchor not in anchors(path))]
    assert not wrong


def test_index_is_complete():
    linked = {path for path, _ in links(DOCS / "README.md")}
    pages = {path for path in FILES if DOCS in path.parents and path.suffix in (".md", ".1")}
    assert len(pages) > 10
    assert sorted(pages - linked - {DOCS / "README.md"}) == []


def test_front_page_leads_to_the_index():
    assert {DOCS, DOCS / "README.md"} & {path for path, _ in links(ROOT / "README.md")}


def test_files_that_documents_name_exist():
    names = {str(path.relative_to(ROOT)) for path in FILES}
    wrong = []
    for page in PAGES:
        for name in re.findall(r"`([\w./-]+\.(?:c|h|py|pl|rdl|yaml))`", prose(page)):
            if not any(("/" + known).endswith("/" + name) for known in names):
                wrong.append(f"{page.relative_to(ROOT)}: {name}")
    assert wrong == []
