"""How soon pages come from a store that is full, and how much residents' pages are on the wire."""

import http.client
import json
import re
import statistics
import time
import urllib.parse

from table import heading, row

DISTRICT = "441202000000"
REGISTRATIONS_A_DELTA = 20


def measure(cluster, limits, wanted, scale):
    """At a street: half of the orders are its own, half of one community, and all registrations of that community."""
    here = sorted(code for code, node in cluster.nodes.items() if node["tier"] == "community")[0]
    street = here[:9] + "000"
    orders, registrations = round(100_000 * scale), round(300_000 * scale)
    start = time.perf_counter()
    number, community_number = fill(cluster, here, street, orders, registrations)
    spent = time.perf_counter() - start
    heading(f"pages of a street with {orders:,} orders and {registrations:,} registrations, filled in {spent:.0f} s")
    browser = Browser(cluster, street)
    consultation, notice = publish(cluster, street)
    time.sleep(2)
    count = 200 if scale == 1 else 40
    residents = {
        "/": "start page",
        "/request?service=0303": "request form",
        "/orders": "follow",
        f"/orders/{number}": "an order",
        "/consultations": "consultations",
        f"/consultations/{consultation}": "a consultation",
        "/notices": "notices",
        f"/notices/{notice}": "a notice",
        "/staff/sign-in": "sign-in",
    }
    sizes = {}
    for path, name in residents.items():
        time_page(browser, name, path, count, wanted)
        sizes[name] = browser.whole_bytes(path)

    browser.sign_in()
    more = browser.link(b'href="(/staff\\?[^"]*after=[^"]*)"', "/staff?view=open")
    views = ("here", "mine", "offered", "overdue", "disputed", "open", "closed")
    staff = {f"work list, {view}": f"/staff?view={view}" for view in views}
    staff |= {
        "work list, next page": more,
        "work list, a word of all orders": "/staff?view=open&q=" + urllib.parse.quote("路灯不亮"),
        "work list, a word of one order": "/staff?view=open&q=" + urllib.parse.quote("包公路 4321 号"),
        "work list, a word of none": "/staff?view=open&q=" + urllib.parse.quote("没有这样的工单"),
        "work list, a service": "/staff?view=open&service=0303",
        "an order, staff": f"/staff/orders/{number}",
        "an order of the community, staff": f"/staff/orders/{community_number}",
        "counter": "/staff/counter",
        "counter form": "/staff/counter?service=0303",
        "alarms": "/staff/alarms",
        "map": "/staff/map",
        "dashboard": "/staff/dashboard",
        "consultations, staff": "/staff/consultations",
        "notices, staff": "/staff/notices",
        "residents": "/staff/residents",
        "cluster": "/staff/cluster",
    }
    for name, path in staff.items():
        time_page(browser, name, path, count, wanted)
    for name in ("map", "dashboard"):
        time_page(browser, f"{name}, first after a change", staff[name], count, wanted, before=browser.submit)
    for name, text in [("residents by a name", "王李张"), ("residents by a surname", "王")]:
        time_page(browser, name, "/staff/residents", count, wanted, {"q": text, "csrf": browser.csrf()})

    heading("residents' pages over the wire, with stylesheet and scripts, nothing kept from before")
    for name, size in sizes.items():
        wanted.at_most(name, size / 1_000, "kB", 60)
    row("memory of the street", f"{cluster.resident_bytes(street) / 2**20:.0f} MiB")


def fill(cluster, here, street, orders, registrations):
    """The newest numbers of the street and the community."""
    cluster.link("cut", street, DISTRICT)
    cluster.stop(here, street)
    for place in (here, street):
        cluster.tool.ask("submit", cluster.data(place), 64, orders // 2)
    cluster.start(here, street)
    goal = cluster.records(here) + orders // 2
    deadline = time.perf_counter() + 300
    while cluster.records(street) < goal:
        if time.perf_counter() > deadline:
            raise TimeoutError(f"the street holds {cluster.records(street):,.0f} of {goal:,.0f} records")
        time.sleep(0.2)
    numbers = newest(cluster, street), newest(cluster, here)
    # So that the street does not hand the community what it is to have written itself.
    cluster.stop(here, street)
    count = registrations // REGISTRATIONS_A_DELTA
    cluster.tool.ask("fill", cluster.data(here), cluster.data(street), count, REGISTRATIONS_A_DELTA, 7, 20)
    cluster.start(street)
    return numbers


def newest(cluster, place):
    output = cluster.run("order", "list", "--holder", place, "--limit", "1", "--json", "--data", cluster.data(place))
    return re.search(r'"number":\s*"(\d+)"', output)[1]


def publish(cluster, street):
    """A consultation and some notices; their ids."""
    node = ["--json", "--data", cluster.data(street)]
    for index in range(10):
        text = "周六八时至十八时停水。" * 20
        output = cluster.run("notice", "publish", "--title", f"停水通知 {index}", "--text", text, *node)
    notice = find_id(json.loads(output))
    texts = ["--title", "东门夜间是否关闭", "--text", "每晚十一点至次日六点。" * 20]
    output = cluster.run("consult", "create", *texts, "--option", "关闭", "--option", "不关闭", *node)
    return find_id(json.loads(output)), notice


def find_id(report):
    return next(str(report[name]) for name in ("id", "record", "consultation", "notice") if isinstance(report.get(name), str))


def time_page(browser, name, path, count, wanted, form=None, before=None):
    """As many requests as are wanted, or as fit into ten seconds; 20 at least."""
    results = []
    begin = time.perf_counter()
    while len(results) < count and (len(results) < 20 or time.perf_counter() - begin < 10):
        if before:
            before()
        start = time.perf_counter()
        size = browser.get(path, form)[1]
        results.append(1e3 * (time.perf_counter() - start))
    note = f"p50 {statistics.median(results):.1f} ms of {len(results)}; {size / 1_000:,.1f} kB"
    wanted.at_most(name, statistics.quantiles(results, n=100)[98], "ms p99", 50, note)


class Browser:
    """A connection that stays open, with a session once somebody has signed in."""

    def __init__(self, cluster, place):
        self.cluster, self.place = cluster, place
        self.connection = http.client.HTTPConnection(cluster.address(place), timeout=60)
        self.headers = {}

    def sign_in(self):
        roles = [word for role in ("clerk", "mediator", "register", "operator") for word in ("--role", role)]
        data = self.cluster.data(self.place)
        password = self.cluster.run("staff", "add", "bench", "--name", "安娜", *roles, "--data", data).split()[-1]
        body = json.dumps({"account": "bench", "password": password})
        self.connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"} | self.origin)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(text)
        self.headers = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}

    @property
    def origin(self):
        return {"Origin": f"http://{self.cluster.address(self.place)}"}

    def get(self, path, form=None):
        """The page, and its bytes on the wire; a form is sent."""
        if form:
            headers = self.headers | self.origin | {"Content-Type": "application/x-www-form-urlencoded"}
            self.connection.request("POST", path, urllib.parse.urlencode(form), headers)
        else:
            self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}: {body[:500].decode(errors='replace')}")
        head = 17 + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        return body, head + len(body)

    def submit(self):
        """Hands in an order, so that what was counted before is so no more."""
        order = {"service": "0303", "description": "路灯不亮", "place": self.place}
        headers = self.headers | self.origin | {"Content-Type": "application/json", "X-CSRF-Token": self.csrf()}
        self.connection.request("POST", "/api/v1/orders", json.dumps(order), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(text)

    def link(self, pattern, path):
        found = re.search(pattern, self.get(path)[0])
        return found[1].decode().replace("&amp;", "&") if found else path

    def csrf(self):
        return re.search(rb'name="csrf" value="([^"]+)"', self.get("/staff/residents")[0])[1].decode()

    def whole_bytes(self, path):
        """With all that a browser fetches for it."""
        body, size = self.get(path)
        parts = set(re.findall(rb'(?:<script[^>]*src|<link[^>]*href|<img[^>]*src)="(/[^"]+)"', body))
        return size + sum(self.get(part.decode().replace("&amp;", "&"))[1] for part in parts)
