"""Pictures of every page in both languages and on both grounds: `make pictures`.

python -m tests.serving.pages.pictures --url http://127.0.0.1:3000 --key vk_… --out docs/pictures
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tests.serving.pages.chromium import browser, why_not

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, PHONE = 1200, 390
MOST_BYTES = 150_000
DRIVERS = "section[aria-labelledby=drivers] .because a.records"  # of the drivers that have a sentence


def pages_of(page: Page, url: str) -> dict[str, str]:
    """The pages by name; the account is the one that most needs a person."""
    page.goto(url + "/")
    account = page.locator("#table tbody th a").first.get_attribute("href")
    driver = f"{account}/records"
    page.goto(url + str(account))
    record = page.locator(DRIVERS).first.get_attribute("href")
    return {
        "portfolio": "/",
        "account": str(account),
        "records": str(record or driver),
        "change": f"{account}/change",
        "path-to-green": f"{account}/path-to-green",
        "brief": f"{account}/brief",
        "themes": "/themes",
        "sentences": "/themes/sentences",
        "kpis": "/kpis",
        "model": "/model",
        "weights": "/weights?usage=60&voice=10&commercial=10&service=20",
    }


def sign_in(page: Page, url: str, key: str) -> None:
    """Signs the browser in as a person does."""
    page.goto(url + "/sign-in")
    page.fill("#key", key)
    page.click("main button")
    page.wait_for_url(url + "/")


def take(page: Page, out: Path, name: str, whole: bool) -> Path:
    """A picture of what is shown, as a PNG of few colours, so that it stays small."""
    from PIL import Image

    path = out / f"{name}.png"
    page.screenshot(path=path, full_page=whole)
    with Image.open(path) as image:
        image.convert("RGB").quantize(128).save(path, optimize=True)
    return path


def main() -> None:
    """Takes them all and says how large they are."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", default="http://127.0.0.1:3000")
    options.add_argument("--key", required=True)
    options.add_argument("--out", type=Path, default=Path("docs/pictures"))
    options.add_argument("--only", default="", help="names of pages that begin so")
    options.add_argument("--whole", action="store_true", help="the whole page and not one screen of it")
    options.add_argument("--phone", action="store_true", help="390 pixels wide")
    given = options.parse_args()
    if reason := why_not():
        raise SystemExit(f"no pictures: {reason}")
    given.out.mkdir(parents=True, exist_ok=True)
    size = {"width": PHONE if given.phone else WIDTH, "height": 844 if given.phone else 900}
    with browser() as started:
        page = started.new_page(viewport=size)
        sign_in(page, given.url, given.key)
        for name, path in pages_of(page, given.url).items():
            for language in ("en", "zh"):
                for theme in ("light", "dark"):
                    if not f"{name}-{language}-{theme}".startswith(given.only):
                        continue
                    sign = "&" if "?" in path else "?"
                    page.goto(f"{given.url}{path}{sign}lang={language}&theme={theme}")
                    made = take(page, given.out, f"{name}-{language}-{theme}", given.whole)
                    size_now = made.stat().st_size
                    print(f"{made}: {size_now:,} bytes{' (large)' if size_now > MOST_BYTES else ''}")


if __name__ == "__main__":
    main()
