"""Walks the pages in headless Chromium: a resident hands in, follows, adds; both widths, both languages.

usage: walk.py --node URL [--staff ACCOUNT:PASSWORD] [--pictures FOLDER] [--axe]
               [--other URL --other-place CODE --other-staff ACCOUNT:PASSWORD]
With another place's node, staff give the request to that place, a clerk there closes it, and the resident reads so at
the first one. Exits 1, and says what, when something is not as it should be.
"""

import argparse
import random
import re
import struct
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"phone": (390, 844), "desk": (1280, 900)}


def photo(width: int, height: int) -> bytes:
    """A PNG of noise, some megabytes large."""
    source = random.Random(1)
    noise = bytes(byte & 31 for byte in source.randbytes(width * height * 3))
    rows = b"".join(b"\0" + noise[at:at + width * 3] for at in range(0, len(noise), width * 3))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


class Walk:
    """One walk at one width."""

    def __init__(self, page: Page, node: str, name: str, pictures: Path | None, axe, scripts: bool = True):
        self.page, self.node, self.name, self.pictures, self.axe = page, node, name, pictures, axe
        self.scripts = scripts
        # With a script, photos are made smaller before they are sent.
        self.photo_type, self.photo_width = ("image/jpeg", 2000) if scripts else ("image/png", 2400)
        self.flaws: list[str] = []
        page.on("console", lambda message: self.note(message) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.flaws.append(f"script: {error}"))

    def note(self, message) -> None:
        # A page that answers 4xx is reported on the console too; that is no fault of a script.
        if "Failed to load resource" not in message.text:
            self.flaws.append(f"console: {message.text}")

    def go(self, path: str) -> None:
        self.page.goto(self.node + path)

    def look(self, what: str) -> None:
        """Takes a picture, and checks what every page must keep to."""
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{self.name}-{what}.png", full_page=True)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.flaws.append(f"{what}: {wide} px wider than the window")
        if self.axe:
            for violation in self.axe.run(self.page).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    targets = [node["target"] for node in violation["nodes"][:3]]
                    self.flaws.append(f"{what}: {violation['id']} {violation['help']} {targets}")

    def expect(self, truth: bool, what: str) -> None:
        if not truth:
            self.flaws.append(what)

    def until(self, script: str, what: str) -> None:
        """Asks again for ten seconds; the pages' own policy lets nothing be waited for within them."""
        for _ in range(100):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(100)
        self.flaws.append(what)

    def expect_photo(self, what: str) -> None:
        """The photo on the page is shown, as small as the browser made it."""
        self.expect(self.page.locator(".photos img").count() == 1, f"{what}: one photo")
        self.page.locator(".photos img").scroll_into_view_if_needed()
        shown = f"document.querySelector('.photos img').naturalWidth === {self.photo_width}"
        self.until(shown, f"{what}: the photo is shown, {self.photo_width} pixels wide")

    def find_service(self) -> None:
        """Types what one looks for, where there is a field: without scripts all services stay."""
        tiles, field = self.page.locator(".tiles li:visible"), self.page.locator("[data-filter]")
        whole = tiles.count()
        status = self.page.locator("[data-none]")
        self.expect(field.is_visible() == self.scripts, "start: the field is there where it can do something")
        self.expect(status.inner_text() == "", "start: nothing is said before one has looked")
        if self.scripts:
            for words in ("没有这样的", "工作日"):
                field.fill(words)
                self.expect(tiles.count() == 0 and status.inner_text() != "", f"start: nothing is called {words}, and that is said")
            field.fill(" 道路  路灯")
            self.expect(status.inner_text() == "", "start: nothing is said where one is left")
            self.expect(tiles.all_inner_texts()[0].startswith("路灯故障") and tiles.count() == 1, "start: one service is left")
        self.expect(whole > 20 and self.page.locator(".jump a").count() > 5, "start: all services are there")

    def resident(self, place: str | None = None) -> tuple[str, str]:
        """Hands in a request and follows it; gives its number and code."""
        page = self.page
        self.go("/")
        self.look("home")
        self.find_service()
        page.click("a[href='/request?service=0303']")
        self.look("request")
        page.fill("#description", "东门外第三盏路灯不亮 <b>三天了</b>")
        page.fill("#address", "东门路18号")
        page.fill("#name", "张三")
        page.fill("#phone", "13812345678")
        page.set_input_files("#photo", {"name": "IMG_1.png", "mimeType": "image/png", "buffer": photo(2400, 1200)})
        self.until(f"document.querySelector('#photo').files[0].type === '{self.photo_type}'", f"a photo of {self.photo_type}")
        if place:
            page.select_option("#place", place)
        for select in page.query_selector_all("select[required]"):
            select.select_option(index=1)
        page.click("button[value=preview]")
        self.look("preview")
        self.expect("13812345678" in page.inner_text(".quietcard"), "the phone is told to stay private")
        self.expect("13812345678" not in page.inner_text(".card >> nth=0"), "the phone is not told as public")
        self.expect("1张" in page.inner_text(".quietcard"), "the photo is told to stay private")
        page.click("button[value=send]")
        self.expect_photo("receipt")
        self.look("receipt")
        numbers = page.locator(".receipt dd.number").all_inner_texts()
        self.expect(bool(re.fullmatch(r"\d{25}", numbers[0])), f"a number of 25 digits: {numbers}")
        number, code = numbers[0], numbers[1]
        page.reload()
        again = page.locator(".receipt dd.number").all_inner_texts()
        self.expect(again == numbers, "the form sent again gives the same receipt")
        self.go("/orders")
        self.look("follow")
        page.fill("#number", number)
        page.click("main button")
        self.look("order")
        self.expect("张" not in page.inner_text("main"), "everybody sees no name")
        self.expect("<b>三天了</b>" in page.inner_text("main"), "what was written is shown as it was")
        self.expect(page.locator("main img").count() == 0, "everybody sees no photo")
        page.fill("#query_code", code)
        page.click("main button")
        self.expect("张*" in page.inner_text("main"), "the requester sees their masked name")
        self.expect_photo("own")
        page.fill("#text", "晚上尤其危险")
        page.click("button[value=note]")
        self.look("own")
        self.expect("晚上尤其危险" in page.inner_text(".timeline"), "what was added is in the history")
        return number, code

    def english(self) -> None:
        self.go("/request?service=0303")
        self.page.click("header a[lang=en]")
        self.expect(self.page.locator("html").get_attribute("lang") == "en", "the page turned English")
        self.expect("service=0303" in self.page.url, "and stayed where it was")
        self.look("request-en")
        self.go("/")
        self.look("home-en")
        self.page.click("header a[lang=zh-Hans]")

    def staff(self, account: str, password: str, number: str, code: str) -> None:
        """Signs in, accepts the order, and looks at the rest of the desk."""
        page = self.page
        self.go("/staff")
        self.look("sign-in")
        page.fill("#account", account)
        page.fill("#password", "not the password")
        page.click("main button")
        self.expect(page.locator(".problem").count() == 1, "a wrong password is refused")
        self.sign_in(account, password)
        self.look("work-list")
        self.work_list(number)
        page.click(f"a[href='/staff/orders/{number}']")
        self.expect_photo("work")
        self.look("work")
        self.expect("张*" in page.inner_text("main"), "the requester is masked")
        self.live(number, code)
        page.fill("#text", "已安排人员")
        page.click("button[value=accept]")
        self.expect(page.locator(".done").count() == 1, "the act was done")
        self.look("work-accepted")
        self.go("/staff?view=mine")
        self.expect(number in page.inner_text("main"), "what one had a hand in is one's own")
        self.go(f"/staff/orders/{number}")
        page.fill("#purpose", "回电核实位置")
        page.click("form[action$=requester] button")
        self.expect("13812345678" in page.inner_text("main"), "in clear, for a purpose")
        self.expect(page.locator("header a[hreflang]").count() == 0, "what is shown once has no link to lose it by")
        self.go("/staff/residents")
        page.fill("#q", "王")
        page.click("main .filter button")
        self.expect("王" not in page.url and "q=" not in page.url, "what is searched for stands in no address")
        self.look("residents")
        self.go(f"/orders/{number}")
        page.fill("#query_code", code)
        page.click("main button")
        self.expect("张*" in page.inner_text("main"), "at the counter, a clerk who is signed in uses a requester's code")
        page.click("button[value=note]")
        self.expect(page.locator(".problem").count() == 1, "a note without words is refused where it was written")
        self.go("/staff/alarms")
        self.look("alarms")
        if page.locator("button[value=ack]").count():
            page.fill("section.card input[name=text]", "派人去看")
            page.click("button[value=ack] >> nth=0")
            self.expect(page.locator(".done").count() == 1, "the alarm was acknowledged")
            page.click("button[value=verify] >> nth=0")
            self.expect(page.locator(".problem").count() == 1, "a result has to be chosen")
            self.look("alarm-acknowledged")
        self.go("/staff/dashboard")
        self.expect(page.locator("svg.trend rect").count() == 60, "two bars a day")
        self.look("dashboard")
        self.go("/staff/map")
        if page.locator("#map").count():
            page.wait_for_selector(".leaflet-container, #map .hint")
        self.look("map")
        self.counter()
        self.notice()
        self.consultation()
        self.vote()
        self.go("/staff/cluster")
        self.look("cluster")
        page.click(".staffbar button")
        self.go("/staff")
        self.expect("/staff/sign-in" in page.url, "signed out")

    def sign_in(self, account: str, password: str) -> None:
        page = self.page
        self.go("/staff")
        page.fill("#account", account)
        page.fill("#password", password)
        page.click("main button")
        page.wait_for_selector("nav.tabs")

    def act(self, verb: str, text: str = "") -> None:
        """Does one of the acts that the order's page offers."""
        page = self.page
        page.fill("#text", text)
        page.click(f"button[name=act][value='{verb}']")
        self.expect(page.locator(".done").count() == 1, f"{verb} was done")

    def offer(self, account: str, password: str, number: str, place: str) -> None:
        """Offers an order to another place."""
        self.sign_in(account, password)
        self.go(f"/staff/orders/{number}")
        self.page.select_option("#to-offer", place)
        self.act("offer", "属贵社区管辖")
        self.look("offered")

    def take(self, account: str, password: str, number: str) -> None:
        """Takes what another place offers as soon as it has come, works on it, and closes it."""
        page = self.page
        self.sign_in(account, password)
        self.come("/staff?view=offered", number)
        self.look("there-offered")
        page.click(f"a[href='/staff/orders/{number}']")
        page.wait_for_selector(".photos img")
        self.expect_photo("there")
        self.expect("张*" in page.inner_text("main"), "there: the requester is masked")
        self.expect("属贵社区管辖" in page.inner_text("#history"), "there: why it was offered")
        self.look("there-work")
        self.act("take")
        self.look("there-taken")
        self.go("/staff")
        self.expect(number in page.inner_text("main"), "there: it is held here")
        self.go(f"/staff/orders/{number}")
        self.act("handle", "已派电工")
        self.act("close", "路灯已修好")
        self.look("there-closed")
        self.go(f"/orders/{number}")
        self.expect("路灯已修好" in page.inner_text("main"), "there: everybody reads what was decided")
        self.expect(page.locator("main img").count() == 0, "there: everybody sees no photo")

    def closed(self, number: str, code: str) -> None:
        """The resident reads, where they handed it in, that the other place has closed it, and rates it."""
        page = self.page
        self.come(f"/orders/{number}", "路灯已修好")
        self.look("order-closed")
        history = "".join(page.inner_text(".timeline").split())
        self.expect("开始处理西江社区" in history, "the history tells who worked on it")
        self.expect("已派电工" not in page.inner_text("main"), "and not what staff wrote to each other")
        self.expect(page.locator("main img").count() == 0, "closed: everybody sees no photo")
        page.fill("#query_code", code)
        page.click("main button")
        self.expect_photo("own-closed")
        page.check("[name=satisfaction][value='5']")
        page.fill("#text", "修得很快")
        page.click("button[value=rate]")
        self.look("own-closed")
        self.expect("修得很快" in page.inner_text(".timeline"), "the rating is in the history")

    def come(self, path: str, text: str) -> None:
        """Opens a page until it tells what another node wrote; for a minute."""
        for _ in range(120):
            self.go(path)
            if text in self.page.inner_text("main"):
                return
            self.page.wait_for_timeout(500)
        raise SystemExit(f"{self.name}: {path} at {self.node} does not tell {text} after a minute")

    def work_list(self, number: str) -> None:
        """Searches by words and by number, and goes through the list by keys."""
        page = self.page
        page.keyboard.press("/")
        page.keyboard.type("第三盏路灯 东门路")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=*")
        self.expect(number in page.inner_text("main"), "found by what was written")
        self.look("work-list-search")
        page.keyboard.press("j")
        self.expect(page.evaluate("document.activeElement.matches('[data-keys] a')"), "j goes to the first row")
        page.fill("#q", "没有这样的工单")
        page.keyboard.press("Enter")
        page.wait_for_selector(".empty")
        self.look("work-list-empty")
        page.fill("#q", number)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/staff/orders/{number}")
        page.keyboard.press("u")
        page.wait_for_url("**/staff")

    def live(self, number: str, code: str) -> None:
        """A requester adds something while a clerk types: both are on the page."""
        page = self.page
        page.wait_for_selector("#light.on")
        page.fill("#text", "正在写的说明")
        added = page.request.post(
            f"{self.node}/api/v1/orders/{number}/acts",
            data={"act": "note", "text": "灯罩也破了", "query_code": code},
            headers={"Cookie": "", "Origin": self.node},
        )
        self.expect(added.ok, f"the requester adds: {added.status} {added.text()[:200]}")
        page.wait_for_selector("#history :text('灯罩也破了')")
        self.expect(page.input_value("#text") == "正在写的说明", "what was typed stays")
        self.expect(page.locator("#stale").is_hidden(), "and nothing is stale")

    def consultation(self) -> None:
        """Puts a question, looks at it, closes it."""
        page = self.page
        self.go("/staff/consultations")
        self.look("desk-consultations")
        page.click("a.button")
        page.fill("#title", "小区东门夜间是否关闭")
        page.fill("#text", "每晚十一点至次日六点。")
        page.fill("#options", "关闭")
        page.fill("#closes_at", "2030-01-01T18:00")
        page.click("main form button")
        self.expect(page.locator(".problem").count() == 1, "one option is none")
        self.expect(page.input_value("#title") == "小区东门夜间是否关闭", "nothing typed is lost")
        page.fill("#options", "关闭\n不关闭")
        self.look("new-consultation")
        page.click("main form button")
        self.expect(page.locator(".done").count() == 1, "the question was put")
        self.look("desk-consultation")
        page.click("button[value=close]")
        self.expect(page.locator("button[value=close]").count() == 0, "it is closed")


    def counter(self) -> None:
        """Takes two people's requests in, one after the other; nothing of the first is on the second's form."""
        page = self.page
        self.go("/staff/counter")
        self.look("counter")
        page.select_option("#service", "0303")
        page.click("main button")
        page.fill("#identity_number", "11010519491231002X")
        page.fill("#name", "赵小刚")
        page.fill("#phone", "13711112222")
        page.fill("#description", "楼道灯坏了")
        page.fill("#address", "东门路20号")
        for select in page.query_selector_all("select[required]"):
            select.select_option(index=1)
        self.look("counter-form")
        page.evaluate("document.querySelector('[name=agreed]').removeAttribute('required')")
        page.click("button[value=preview]")
        self.expect(page.locator(".problem").count() == 1, "nothing is taken in without consent")
        self.expect(page.input_value("#name") == "赵小刚", "and nothing typed is lost")
        page.check("[name=agreed]")
        page.fill("#remark", "由其子陪同")
        page.click("button[value=preview]")
        self.look("counter-check")
        page.click("button[value=send]")
        self.look("counter-receipt")
        numbers = page.locator(".receipt dd.number").all_inner_texts()
        self.expect(bool(re.fullmatch(r"\d{25}", numbers[0])), f"a number of 25 digits: {numbers}")
        self.expect("赵小刚" not in page.content() and "13711112222" not in page.content(), "no name on the receipt")
        page.keyboard.press("s")
        page.wait_for_url("**/staff/counter?service=0303")
        self.expect("赵小刚" not in page.content() and page.input_value("#name") == "", "the next form is empty")
        self.go(f"/staff/orders/{numbers[0]}")
        self.expect("由其子陪同" in page.inner_text(".timeline"), "how they agreed is in the history, for staff")
        self.go(f"/orders/{numbers[0]}")
        self.expect("由其子陪同" not in page.inner_text("main"), "and not for everyone")

    def notice(self) -> None:
        """Publishes a notice, reads it as everyone does, takes it back."""
        page = self.page
        self.go("/staff/notices")
        self.look("desk-notices")
        page.click("a.button")
        page.fill("#title", f"停水通知（{self.name}）")
        page.fill("#text", "因管道检修，本周六八时至十八时停水。\n\n请提前储水，敬请谅解。")
        page.fill("#until", "2020-01-01T18:00")
        page.click("main form button")
        self.expect(page.locator(".problem").count() == 1, "a notice that is over is none")
        page.fill("#until", "2027-01-01T18:00")
        self.look("new-notice")
        page.click("main form button")
        self.expect(page.locator(".done").count() == 1, "it was published")
        self.look("desk-notice")
        self.go("/")
        self.look("home-notices")
        page.click(f".board a:text('停水通知（{self.name}）')")
        self.look("notice")
        self.expect("敬请谅解" in page.inner_text("main"), "everyone reads it")
        address = page.url
        self.go("/notices")
        self.look("notices")
        self.go(address.removeprefix(self.node).replace("/notices/", "/staff/notices/"))
        page.click("button[value=withdraw]")
        self.look("notice-withdrawn")
        self.go("/notices")
        self.expect(f"（{self.name}）" not in page.inner_text("main"), "nobody reads it any more")

    def vote(self) -> None:
        """Puts a question to a roll, prints codes, votes with one, checks the receipt, sees the count."""
        page = self.page
        self.go("/staff/consultations?new=1")
        page.fill("#title", "三号楼是否加装电梯")
        page.fill("#text", "由业主出资，政府补贴。\n同意的请选“赞成”。")
        page.fill("#options", "赞成\n反对\n弃权")
        page.fill("#roll", "3-1-101\n3-1-102\n3-2-201")
        page.fill("#closes_at", "2030-01-01T18:00")
        page.click("main form button")
        desk = page.url.split("?")[0]
        public = desk.replace("/staff/", "/")
        page.goto(f"{public}/vote")
        self.expect(page.locator("#code").count() == 0, "nobody votes before there are codes")
        self.look("vote-shut")
        page.goto(desk)
        page.click("button[value=codes]")
        self.look("roll-codes")
        slips = dict(
            zip(
                page.locator(".slips dd:not(.number)").all_inner_texts(),
                page.locator(".slips dd.number").all_inner_texts(),
                strict=True,
            )
        )
        self.expect(set(slips) == {"3-1-101", "3-1-102", "3-2-201"}, f"a slip for each entry: {list(slips)}")
        page.goto(public)
        self.look("consultation-roll")
        page.click("a.button")
        self.look("vote")
        page.fill("#entry", "3-1-101")
        page.fill("#code", "0000 0000 0000")
        page.click("main form button")
        self.expect(page.locator(".problem").count() == 1, "a wrong code is refused")
        self.look("vote-refused")
        page.fill("#entry", "３-１-101")
        page.fill("#code", slips["3-1-101"])
        page.click("main form button")
        self.look("vote-choose")
        page.check("[name=option] >> nth=1")
        page.click("main form button")
        self.look("vote-check")
        self.expect(page.inner_text(".chosen") == "反对", "what was chosen is shown before it is cast")
        page.click("button[value=cast]")
        self.look("voted")
        number = page.inner_text(".receipt dd.number")
        self.expect("反对" not in page.inner_text("main"), "the receipt says nothing of the choice")
        page.reload()
        self.expect(page.inner_text(".receipt dd.number") == number, "the form sent again gives the same receipt")
        page.goto(f"{public}/receipt")
        page.fill("#number", number)
        page.click("main form button")
        self.look("receipt-check")
        self.expect(page.locator(".badge.good").count() == 1, "the ballot counts")
        page.goto(f"{public}/vote")
        page.fill("#entry", "3-1-101")
        page.fill("#code", slips["3-1-101"])
        page.click("main form button")
        self.expect(page.locator(".problem").count() == 1, "nobody votes twice")
        page.goto(public)
        self.expect("反对" not in page.inner_text("main"), "no counts while it is open")
        page.goto(desk)
        page.click("button[value=close]")
        self.look("desk-consultation-roll")
        page.goto(public)
        self.look("consultation-over")
        self.expect(page.locator("progress[value='1']").count() == 1, "the count is told once it is over")


class Walker:
    """Opens windows to walk in."""

    def __init__(self, browser: Browser, pictures: Path | None, axe):
        self.browser, self.pictures, self.axe = browser, pictures, axe
        self.flaws: list[str] = []

    @contextmanager
    def walk(self, node: str, name: str, size: tuple[int, int]):
        """A window of its own: cookies do not tell ports of one address apart."""
        viewport = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(viewport=viewport, locale="zh-CN")
        context.set_default_timeout(120_000)
        walk = Walk(context.new_page(), node, name, self.pictures, self.axe)
        yield walk
        self.flaws += [f"{name}: {flaw}" for flaw in walk.flaws]
        context.close()

    def plain(self, node: str) -> None:
        """A resident without scripts."""
        context = self.browser.new_context(java_script_enabled=False, locale="zh-CN")
        context.set_default_timeout(120_000)
        walk = Walk(context.new_page(), node, "plain", None, None, scripts=False)
        walk.resident()
        self.flaws += [f"without scripts: {flaw}" for flaw in walk.flaws]
        context.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--staff", help="ACCOUNT:PASSWORD of the node")
    parser.add_argument("--other", help="URL of another place's node; goes with the next two and --staff")
    parser.add_argument("--other-place", help="the code of that place")
    parser.add_argument("--other-staff", help="ACCOUNT:PASSWORD of that node")
    arguments = parser.parse_args()
    axe = None
    if arguments.axe:
        from axe_playwright_python.sync_playwright import Axe

        axe = Axe()
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    staff = arguments.staff.split(":", 1) if arguments.staff else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
        walker = Walker(browser, arguments.pictures, axe)
        for name, size in WIDTHS.items():
            with walker.walk(arguments.node, name, size) as walk:
                number, code = walk.resident()
                walk.english()
                if staff:
                    walk.staff(*staff, number, code)
            if arguments.other:
                with walker.walk(arguments.node, name, size) as walk:
                    walk.offer(*staff, number, arguments.other_place)
                with walker.walk(arguments.other, name, size) as walk:
                    walk.take(*arguments.other_staff.split(":", 1), number)
                with walker.walk(arguments.node, name, size) as walk:
                    walk.closed(number, code)
        walker.plain(arguments.node)
        browser.close()
    for flaw in walker.flaws:
        print(flaw, file=sys.stderr)
    return 1 if walker.flaws else 0


if __name__ == "__main__":
    sys.exit(main())
