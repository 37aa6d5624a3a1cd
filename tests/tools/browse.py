"""Looks at a page with a browser, offline, and prints what it saw; run by Playwright's Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

# Boxes of labels, to see whether any two of them touch.
BOXES = """selector => Array.from(document.querySelectorAll(selector), one => {
    const box = one.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""


def main(browser: str, page_file: str, picture: str) -> None:
    """Look.

    Args:
        browser: Path of Chromium or Chrome.
        page_file: The page.
        picture: Where the screenshot goes.
    """
    seen: dict[str, Any] = {"console": [], "requests": []}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        page = context.new_page()
        page.on("console", lambda message: seen["console"].append(message.text))
        page.on("pageerror", lambda error: seen["console"].append(str(error)))
        page.on("request", lambda request: seen["requests"].append(request.url))
        page.goto(Path(page_file).resolve().as_uri())
        page.wait_for_selector("#timeline .bars .point")
        bars = page.evaluate(BOXES, "#timeline .xy .bars .point path")
        left, top, right, bottom = max(bars, key=lambda box: box[2] - box[0])
        page.evaluate("top => window.scrollTo(0, top - 400)", top)
        page.mouse.move((left + right) / 2, (top + bottom) / 2 - page.evaluate("window.scrollY"))
        page.wait_for_selector("#timeline .hoverlayer .hovertext")
        seen["hover"] = page.locator("#timeline .hoverlayer").text_content()
        buttons = page.locator(".modebar-btn")
        seen["buttons"] = [one.get_attribute("data-title") for one in buttons.all()]
        with page.expect_download() as download:
            page.get_by_label("Download plot as a PNG").click()
        seen["download"] = download.value.suggested_filename
        page.mouse.move(0, 0)
        seen["title"] = page.title()
        seen["heading"] = page.locator("h1").inner_text()
        seen["bars"] = sum(bottom > top for _, top, _, bottom in bars)
        seen["labels"] = page.evaluate(BOXES, "#timeline .ytick text")
        seen["legend"] = page.evaluate(BOXES, "#timeline .legendtext")
        seen["curves"] = page.locator("#timeline .scatterlayer .js-line").count()
        seen["records"] = page.locator("#records .bars .point").count()
        seen["background"] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        seen["overflow"] = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        page.screenshot(path=picture, full_page=True)
        chromium.close()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
