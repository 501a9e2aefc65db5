"""The HTML graph in a real browser: it opens in silence, a broken edge shows its line, names stay text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from meshlint.cli.main import exit_code
from tests.shared import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
NAME = "tests/fixtures/graph/bookshop.yaml"
BOOKSHOP = ROOT / NAME
HOSTILE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: "<img src=x onerror=alert(1)>"
  # </script><script>alert(2)</script>
spec: {selector: {app: "'><svg onload=alert(3)>"}, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: "</script><script>alert(4)</script>", namespace: "<img src=x onerror=alert(1)>"}
spec:
  hosts: ["\\" onmouseover=alert(5) x=\\""]
  http: [{route: [{destination: {host: "javascript:alert(6)//<b>"}}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ 7*7 }}", namespace: "<img src=x onerror=alert(1)>"}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app}]}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright (dev extra) is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the HTML graph is not tested in a browser")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield running
        running.close()


class Visit:
    """An open page, and whatever it complained about or asked the network for."""

    def __init__(self, browser: Browser, path: Path, **settings: Any) -> None:
        self.noise: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 900}, **settings)
        self.page.on("console", lambda message: self.noise.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.noise.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self._dialog(dialog))
        self.page.on("request", lambda request: self._request(request.url))
        self.page.goto(path.as_uri())

    def _dialog(self, dialog: Any) -> None:
        self.noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url: str) -> None:
        if not url.startswith("file://"):
            self.noise.append(f"request: {url}")

    @property
    def panel(self) -> str:
        return self.page.inner_text("#panel") if self.page.is_visible("#panel") else ""


@pytest.fixture(scope="module")
def bookshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "bookshop.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert exit_code(["graph", NAME, "--out", str(path)]) == 0
    return path


@pytest.fixture
def visit(browser: Browser, bookshop: Path) -> Iterator[Visit]:
    made = Visit(browser, bookshop)
    yield made
    made.page.close()
    assert made.noise == []


def line_of(path: Path, text: str) -> int:
    """The number of the first line that holds the text."""
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_it_opens_with_everything_in_sight(visit: Visit) -> None:
    assert visit.page.title() == f"{NAME}: 6 broken - meshlint graph"
    assert visit.page.locator(".card").count() == 20
    assert visit.page.locator(".pill").count() == 6
    boxes = [visit.page.locator(".card").nth(at).bounding_box() for at in range(20)]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 1400 for box in boxes)
    assert visit.panel == ""


def test_a_click_on_a_broken_edge_shows_its_source_line(visit: Visit) -> None:
    visit.page.click(".pill:has-text('503 UH') >> nth=1")
    number = line_of(BOOKSHOP, "labels: {app: reviews, version: v1}")
    assert "Service books/reviews subset v3" in visit.panel
    assert '503 UH "no healthy upstream"' in visit.panel
    assert "outbound|9080|v3|reviews.books.svc.cluster.local" in visit.panel
    assert f"{NAME}:{number}:" in visit.page.inner_text("#panel .spot.first .where")
    marked = visit.page.locator("#panel .spot.first .at")
    assert marked.count() == 1
    assert marked.inner_text().split(maxsplit=1)[0] == str(number)
    assert "version: v1" in marked.inner_text()
    assert visit.page.inner_text("#panel .spot.first mark") == "v1"


def test_a_click_on_the_line_itself_works_too(visit: Visit) -> None:
    broken = visit.page.locator(".wire.broken .reach").first
    point = broken.evaluate(
        """path => {
          const at = path.getPointAtLength(path.getTotalLength() * 0.12), matrix = path.getScreenCTM();
          return [matrix.a * at.x + matrix.e, matrix.d * at.y + matrix.f];
        }"""
    )
    visit.page.mouse.click(*point)
    assert "broken at" in visit.panel


def test_broken_is_told_by_more_than_colour(visit: Visit) -> None:
    broken, works = (visit.page.locator(f".wire.{name} .line").first for name in ("broken", "ok"))
    style = "line => { const s = getComputedStyle(line); return [s.stroke, s.strokeDasharray]; }"
    (red, dashes), (grey, plain) = broken.evaluate(style), works.evaluate(style)
    assert red != grey
    assert dashes != "none"
    assert plain == "none"
    assert visit.page.locator(".pill").first.inner_text().startswith("✕")


def test_search_finds_dims_and_walks(visit: Visit) -> None:
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("reviews v3")
    assert visit.page.inner_text("#hits") == "4 of 20"  # what is called so, and what leads there
    found = visit.page.locator(".card.hit .head .title").all_inner_texts()
    assert found == ["reviews", "reviews", "reviews-v1", "reviews-v3"]
    visit.page.keyboard.press("Enter")
    assert "VirtualService books/reviews" in visit.panel
    visit.page.keyboard.press("Enter")
    assert "Service books/reviews" in visit.panel
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".dimmed").count() == 0


def test_the_keyboard_is_enough(visit: Visit) -> None:
    seen = set()
    for _ in range(6):
        visit.page.keyboard.press("n")
        seen.add(visit.page.inner_text("#panel h2"))
        assert "broken at" in visit.panel
    assert len(seen) == 6
    visit.page.keyboard.press("Escape")
    assert visit.panel == ""
    visit.page.locator(".card.workload .head").first.focus()
    visit.page.keyboard.press("Enter")
    assert "Reached from" in visit.page.inner_text("#panel").replace("REACHED FROM", "Reached from")
    visit.page.locator("#panel .way").first.focus()
    visit.page.keyboard.press("Enter")
    assert "selects" in visit.page.inner_text("#panel h2")


def test_only_broken_paths(visit: Visit) -> None:
    visit.page.keyboard.press("b")
    assert visit.page.get_attribute("#only", "aria-pressed") == "true"
    lit = set(visit.page.locator(".card.lit .head .title").all_inner_texts())
    assert {"publick", "invoices", "reviews", "ratings", "pay"} <= lit
    assert "productpage" not in lit
    visit.page.keyboard.press("b")
    assert visit.page.locator(".dimmed").count() == 0


def test_dark_and_light(browser: Browser, bookshop: Path) -> None:
    visit = Visit(browser, bookshop, color_scheme="dark")
    colour = "document.documentElement.dataset.theme + getComputedStyle(document.body).backgroundColor"
    dark = visit.page.evaluate(colour)
    visit.page.click("#theme")
    light = visit.page.evaluate(colour)
    assert (dark[:4], light[:5]) == ("dark", "light")
    assert dark[4:] != light[5:]
    assert visit.noise == []
    visit.page.close()


def test_zoom_pan_and_fit(visit: Visit) -> None:
    where = "document.getElementById('world').style.transform"
    start = visit.page.evaluate(where)
    for key in ("+", "ArrowLeft"):
        before = visit.page.evaluate(where)
        visit.page.keyboard.press(key)
        assert visit.page.evaluate(where) != before
    visit.page.mouse.move(1200, 130)
    visit.page.mouse.wheel(0, 120)
    visit.page.keyboard.press("0")
    assert visit.page.evaluate(where) == start


def test_a_link_to_an_edge_opens_it(browser: Browser, bookshop: Path, visit: Visit) -> None:
    visit.page.keyboard.press("n")
    address = visit.page.evaluate("location.hash")
    title = visit.page.inner_text("#panel h2")
    visit.page.goto("about:blank")
    visit.page.goto(bookshop.as_uri() + address)
    assert visit.page.inner_text("#panel h2") == title


def test_names_of_manifests_stay_text(browser: Browser, tmp_path: Path) -> None:
    source, out = tmp_path / "hostile.yaml", tmp_path / "hostile.html"
    source.write_text(HOSTILE)
    assert exit_code(["graph", str(source), "--out", str(out)]) == 0
    visit = Visit(browser, out)
    assert visit.page.inner_text(".band h2").endswith("<img src=x onerror=alert(1)>")
    assert visit.page.inner_text(".card.routes .head .title") == "</script><script>alert(4)</script>"
    for at in range(visit.page.locator(".head").count()):
        visit.page.locator(".head").nth(at).evaluate("head => head.click()")
        assert visit.panel
    visit.page.fill("#search", "<img src=x onerror=alert(1)>")
    assert visit.page.locator("img").count() == 0
    assert visit.page.locator("script").count() == 2
    assert "</script><script>alert(2)</script>" in out.read_text().replace("\\u003c", "<").replace(
        "\\u003e", ">"
    )
    assert visit.noise == []
    visit.page.close()


def test_the_template_line_of_a_chart(browser: Browser, tmp_path: Path) -> None:
    out = tmp_path / "chart.html"
    assert exit_code(["graph", str(ROOT / "examples/review-rating-chart-broken"), "--out", str(out)]) == 0
    visit = Visit(browser, out)
    visit.page.click(".pill")
    assert visit.page.inner_text("#panel .spot.first .where").rstrip().endswith("templates/_helpers.tpl:4:1")
    assert 'called here: "review-rating.podLabels"' in visit.panel
    assert "add version: v1 to the pod template labels" in visit.panel
    assert visit.noise == []
    visit.page.close()


def test_a_big_mesh_opens_where_it_can_be_read(browser: Browser, tmp_path: Path) -> None:
    source, out = tmp_path / "big.yaml", tmp_path / "big.html"
    text = BOOKSHOP.read_text()
    teams = [text.replace("books", f"team{at}").replace("payments", f"money{at}") for at in range(12)]
    source.write_text("\n---\n".join(teams))
    assert exit_code(["graph", str(source), "--out", str(out)]) == 0
    visit = Visit(browser, out)
    page = visit.page
    scale = "new DOMMatrix(getComputedStyle(document.getElementById('world')).transform).a"
    assert page.evaluate(scale) >= 0.5
    assert page.locator(".card").count() > 150
    page.select_option("#jump", "money7")
    box = page.locator('.band[data-namespace="money7"]').bounding_box()
    assert box is not None
    assert 0 < box["y"] < 200
    page.keyboard.press("0")
    assert page.evaluate(scale) < 0.3
    assert visit.noise == []
    page.close()
