"""Opens a page in an offline browser and prints what it shows; run by Playwright's Python."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

# Boxes of labels, to check whether any two of them overlap.
BOXES = """selector => Array.from(document.querySelectorAll(selector), one => {
    const box = one.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""


def main(browser: str, page_file: str, picture: str, width: str, scheme: str) -> None:
    """Open the page.

    Args:
        browser: Path of Chromium or Chrome.
        page_file: The page.
        picture: Path for the screenshot.
        width: Width of the window in pixels.
        scheme: `light` or `dark`.
    """
    seen: dict[str, Any] = {"console": [], "requests": []}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        context = chromium.new_context(
            viewport={"width": int(width), "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            offline=True,
        )
        page = context.new_page()
        page.on("console", lambda message: seen["console"].append(message.text))
        page.on("pageerror", lambda error: seen["console"].append(str(error)))
        page.on("request", lambda request: seen["requests"].append(request.url))
        page.goto(Path(page_file).resolve().as_uri())
        bars = page.evaluate(BOXES, "#timeline > svg[role=img] > rect")
        seen["bars"] = sum(right > left and bottom > top for left, top, right, bottom in bars)
        seen["labels"] = page.evaluate(BOXES, "#timeline .job")
        seen["curves"] = page.locator("svg .curve").count()
        seen["records"] = page.locator("#records .bar").count()
        seen["reason"] = page.locator("#reason").count()
        seen["title"] = page.title()
        seen["heading"] = page.locator("h1").inner_text()
        for name, style in (("background", "backgroundColor"), ("ink", "color")):
            text = page.evaluate(f"getComputedStyle(document.body).{style}")
            seen[name] = [int(part) for part in re.findall(r"\d+", text)[:3]]
        seen["overflow"] = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        page.screenshot(path=picture, full_page=True)
        chromium.close()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
