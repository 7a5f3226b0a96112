"""A browser tab with the network off, what a person does in it, and how long that takes."""

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
window.tasks = [];
new PerformanceObserver((list) => { for (const e of list.getEntries()) tasks.push([e.startTime, e.duration]); })
  .observe({type: "longtask", buffered: true});
"""
EXERCISE = """
const done = arguments[0], a = atlas, spent = {}, steps = [];
const step = (kind, count, act) => { for (let k = 0; k < count; k++) steps.push([kind, () => { act(k); a.draw(); }]); };
const words = ["transf", "quantizashun", "gsm8", "reinforcment lerning", "zzzzqqq", "a"];
const views = ["matrix", "timeline", "ranking", "table", "map"];
step("redraw", 15, () => {});
step("search", words.length, (k) => a.search(words[k]));
step("filter", 6, (k) => a.go({support: k % 2 ? 1 : 3}));
step("years", 4, (k) => a.go({from: k % 2 ? 0 : 2020}));
step("focus", 8, (k) => a.app.pick(k));
step("hops", 3, (k) => a.go({depth: k + 1}));
step("path", 1, () => a.go({other: a.m.id[a.m.firstPaper - 1]}));
step("close", 1, () => a.app.close());
step("view", views.length, (k) => a.go({view: views[k]}));
const next = () => { // each in a task of its own, as when a person does it
  const found = steps.shift();
  if (!found) return setTimeout(() => done(spent), 100);
  const begun = performance.now();
  found[1]();
  (spent[found[0]] ||= []).push(performance.now() - begun);
  setTimeout(next, 0);
};
setTimeout(next, 300); // the index of names is made in the meantime
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

    def usable(self) -> float:
        """Return the milliseconds from opening the page until a person could use it."""
        return float(self.run("return performance.getEntriesByName('usable')[0].startTime;"))

    def exercise(self) -> dict[str, list[float]]:
        """Do what a person does, and return the milliseconds that each kind of step took, drawing included."""
        spent: dict[str, list[float]] = self.driver.execute_async_script(EXERCISE)
        return spent

    def longest(self) -> float:
        """Return the milliseconds of the longest task since the page was usable; those below 50 count as none."""
        begun = self.usable()
        return float(max((length for start, length in self.run("return window.tasks;") if start >= begun), default=0))

    def wait(self, milliseconds: int = 400) -> None:
        """Let a movement of the map end."""
        self.driver.execute_async_script("setTimeout(arguments[1], arguments[0]);", milliseconds)

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
        self.hover(at)
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                event = {**mouse, "type": kind, "clickCount": count}
                self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)
        self.settle()

    def hover(self, at: tuple[int, int]) -> None:
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": at[0], "y": at[1]})
        self.settle()

    def media(self, kind: str = "", **features: str) -> None:
        """Be a printer, or a person who prefers something; without arguments a screen again."""
        told = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": told})
        self.settle()

    def size(self, width: int = 1280, height: int = 720, *, phone: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
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
