"""A browser tab with the network off, and what a person does in it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --disable-ipc-flooding-protection --hide-scrollbars --window-size=1280,720"
)
WATCH = """
window.seen = [];
document.addEventListener("securitypolicyviolation", (e) => seen.push(`policy: ${e.violatedDirective}`));
window.addEventListener("error", (e) => seen.push("error: " + e.message));
window.addEventListener("unhandledrejection", (e) => seen.push("rejected: " + e.reason));
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => { seen.push(name); };
"""


class Tab:
    """One tab; `atlas` is the page's own handle for looking at what it draws."""

    def __init__(self, driver: Any, folder: Path, reaching: str) -> None:
        self.driver, self.folder, self.reaching = driver, folder, reaching

    def open(self, html: str, fragment: str = "") -> None:
        target = self.folder / "page.html"
        target.write_bytes(html.encode("utf-8"))
        self.visit(target, fragment)

    def visit(self, target: Path, fragment: str = "") -> None:
        self.go(target.as_uri() + (f"#{fragment}" if fragment else ""))
        self.until("return document.body.dataset.ready;")
        self.settle()

    def go(self, address: str) -> None:
        """Open an address; what happened before is forgotten."""
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.driver.get(address)

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def until(self, script: str, *values: Any, seconds: float = 20) -> Any:
        """Wait until a script returns something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.run(script, *values)
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"still nothing: {script}; {self.faults()}")

    def settle(self) -> None:
        """Wait until what was asked for has been drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)));"
        )

    def place(self, name: str) -> tuple[int, int]:
        """Where a node lies on the screen."""
        x, y = self.run(
            "const i = atlas.m.name.indexOf(arguments[0]); atlas.draw();"
            "const n = atlas.scene().nodes.find((n) => n.i === i);"
            "const box = document.getElementById('map').getBoundingClientRect();"
            "return [n.x + box.left, n.y + box.top];",
            name,
        )
        return round(x), round(y)

    def click(self, at: tuple[int, int], *, times: int = 1, shift: bool = False) -> None:
        mouse = {"x": at[0], "y": at[1], "button": "left", "modifiers": 8 if shift else 0}
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": at[0], "y": at[1]})
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                event = {**mouse, "type": kind, "clickCount": count}
                self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)
        self.settle()

    def keys(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=0).send_keys(*keys).perform()
        self.settle()

    def choose(self, element: str, value: str) -> None:
        """Set a field or a menu as a person does."""
        self.run(
            "const e = document.getElementById(arguments[0]) || document.querySelector(arguments[0]);"
            "e.value = arguments[1]; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'));",
            element,
            value,
        )
        self.settle()

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).innerText;", selector))

    def on(self) -> tuple[int, int]:
        """How many nodes and edges are on."""
        nodes, edges = self.run(
            "const sum = (a) => a.reduce((x, y) => x + y, 0); const {masks} = atlas.app;"
            "return [sum(masks.node), sum(masks.edge)];"
        )
        return int(nodes), int(edges)

    def saved(self, name: str) -> bytes:
        """Return the file that the page handed to the person."""
        path, end = self.folder / name, time.monotonic() + 15
        while not path.exists() or not path.stat().st_size:
            assert time.monotonic() < end, f"{name} was not saved: {sorted(p.name for p in self.folder.iterdir())}"
            time.sleep(0.02)
        return path.read_bytes()

    def faults(self) -> list[str]:
        """Everything that should not have happened: console messages, refusals, dialogs, requests."""
        faults: list[str] = list(self.run("return window.seen;"))
        faults += [entry["message"] for entry in self.driver.get_log("browser")]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                ours = self.reaching and url.startswith(self.reaching)
                if not ours and not url.startswith(("file:", "data:", "about:", "blob:")):
                    faults.append(f"request: {url}")
            elif message["method"] == "Page.javascriptDialogOpening":
                faults.append("dialog")
        return faults


@contextmanager
def tab(folder: Path, *, reaching: str = "") -> Iterator[Tab]:
    """Open a browser that can reach nothing, or one server of ours; skip where there is none."""
    if not CHROMIUM.exists() or not DRIVER.exists():
        pytest.skip("needs Debian's chromium and chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS.split(), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(service=Service(str(DRIVER)), options=options)
    try:
        browser.execute_cdp_cmd("Network.enable", {})
        off = {"offline": not reaching, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        browser.execute_cdp_cmd("Network.emulateNetworkConditions", off)
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        saving = {"behavior": "allow", "downloadPath": str(folder)}
        browser.execute_cdp_cmd("Browser.setDownloadBehavior", saving)
        size = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        yield Tab(browser, folder, reaching)
    finally:
        browser.quit()
