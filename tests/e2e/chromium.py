"""Which Chromium the browser tests drive. As a program: prints it, and exits with 1 where there is none."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


def find():
    """Return the path of a Chromium: named by CHROMIUM, installed, or playwright's own; None where there is none."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


if __name__ == "__main__":
    chromium = find()
    print(f"Browser tests use {chromium}" if chromium else "No Chromium is installed.")  # noqa: T201
    sys.exit(0 if chromium else 1)
