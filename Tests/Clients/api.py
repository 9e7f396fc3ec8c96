"""Has schemathesis, as it is, ask a node's API whatever its OpenAPI document admits, and what it does not.

usage: api.py --node URL --place CODE [--staff ACCOUNT:PASSWORD --token TOKEN] [--device-token TOKEN] [--seconds N]
Exits 1, with what was asked and answered, where an answer is none that the document describes. Who is signed in changes
records: the node's cluster should be one to throw away.
"""

import argparse
import atexit
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
# What is known of the node, for this file as schemathesis loads it.
KNOWN = "LIANDONG_KNOWN"
# For people alone: no token does them.
PEOPLE = ("unmaskRequester", "unmaskResident", "issueRollCodes")
# More is shown and allowed to who has the code of the receipt.
REQUESTERS = ("getOrder", "actOnOrder", "addAttachment", "getAttachment")
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300030202020202030202020303030304060404040404080606050609080a"
    "0a090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc0000b080001000101011100ffc400140001"
    "00000000000000000000000000000003ffc40014100100000000000000000000000000000000ffda0008010100003f0047ffd9"
)


class Node:
    """Makes records to ask for: numbers that are made up find nothing."""

    def __init__(self, base: str, token: str | None, session: dict[str, str]):
        self.base, self.session = base, session
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> dict:
        headers = self.headers if headers is None else headers
        data = body
        if not isinstance(body, bytes | None):
            data = json.dumps(body).encode()
            headers = headers | {"Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def known(self, place: str, device_token: str | None) -> dict[str, list]:
        """Values by where they stand: an operation's body or path, a collection of the path, or a member of a body."""
        order = {"service": "0303", "place": place, "description": "路灯不亮", "phone": "13812345678"}
        trapped = {"service": "0603", "place": place, "attributes": [{"code": "trapped", "value": "yes"}]}
        receipts = [self.ask("POST", "/api/v1/orders", order) for _ in range(20)]
        places = [one["code"] for one in self.ask("GET", "/api/v1/places")["places"]]
        known = {
            "submitOrder": [order, trapped],
            "actOnOrder": [
                {"act": "note", "text": "三天了"},
                {"act": "accept"},
                # The code becomes the order's own before it is sent.
                {"act": "note", "text": "三天了", "query_code": "00000000"},
            ],
            "orders": [one["number"] for one in receipts],
            "codes": {one["number"]: one["query_code"] for one in receipts},
            "services": ["0303", "0603"],
            "service": ["0303", "0603"],
            **{name: places for name in ("place", "holder", "acting", "offered_to", "to", "papers_at")},
        }
        photo = self.ask(
            "POST",
            f"/api/v1/orders/{receipts[0]['number']}/attachments",
            JPEG,
            {"Content-Type": "image/jpeg", "Query-Code": receipts[0]["query_code"]},
        )
        known["attachments"] = [one["digest"] for one in photo["attachments"]]
        if self.headers:
            known |= self.records_of_staff()
        if device_token:
            known |= self.alarms(device_token)
        return known

    def records_of_staff(self) -> dict[str, list]:
        number = "11010519491231002X"
        person = {"name": "赵小刚", "source": "home-visit", "identity_number": number, "phone": "13711112222"}
        residents = [one["id"] for one in self.ask("POST", "/api/v1/residents", person)["registrations"]]
        later = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        question = {
            "title": "东门夜间是否关闭",
            "text": "每晚十一点至次日六点。",
            "options": [{"code": "a", "title": "关闭"}, {"code": "b", "title": "不关闭"}],
            "closes_at": later,
        }
        by_roll = question | {"roll": ["3-1-101", "3-1-102"]}
        questions = [self.ask("POST", "/api/v1/consultations", one)["id"] for one in [question, by_roll] * 4]
        notice = {"title": "停水", "text": "周六停水。", "until": later}
        notices = [self.ask("POST", "/api/v1/notices", notice)["id"] for _ in range(6)]
        codes = {}
        if self.session:
            issued = self.ask("POST", f"/api/v1/consultations/{questions[1]}/codes", {}, self.session)
            slips = [{"entry": one["entry"], "code": one["code"], "option": "a"} for one in issued["slips"]]
            codes = {"castVote in path": questions[1:2], "castVote": slips}
        return codes | {
            "residents": residents,
            "registration": residents,
            "identity_number": [number],
            "createConsultation": [question, by_roll],
            # Some are never closed or withdrawn.
            "consultations": questions[:4],
            "closeConsultation in path": questions[4:],
            "issueRollCodes in path": questions[3:4],
            "issueRollCodes": [{}, {"entries": ["3-1-101"]}],
            "castBallot": [{"option": "a", "identity_number": number}, {"option": "a", "registration": residents[0]}],
            "giveOpinion": [{"text": "同意"}],
            "option": ["a", "b"],
            "entry": ["3-1-101"],
            "publishNotice": [notice],
            "notices": notices[:3],
            "withdrawNotice in path": notices[3:],
        }

    def alarms(self, device_token: str) -> dict[str, list]:
        fire = {"values": {"smoke": True}}
        self.ask("POST", "/ingest/v1/readings", fire, {"Authorization": f"Bearer {device_token}"})
        alarms = self.ask("GET", "/api/v1/alarms")["alarms"]
        devices = self.ask("GET", "/api/v1/devices")["devices"]
        ids = [one["record"] for one in devices]
        return {"alarms": [one["record"] for one in alarms], "devices": ids, "device": ids}


def sign_in(base: str, account: str, password: str) -> dict[str, str]:
    """The headers of who is signed in as people are."""
    body = json.dumps({"account": account, "password": password}).encode()
    headers = {"Content-Type": "application/json", "Origin": base}
    with urllib.request.urlopen(urllib.request.Request(f"{base}/api/v1/session", body, headers), timeout=30) as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return {"Cookie": cookie, "X-CSRF-Token": json.load(answer)["csrf_token"], "Origin": base}


def widen(document: dict, known: dict[str, list]) -> None:
    """Adds what is known of the node to what parameters and members of bodies may be made of."""

    def either(schema: dict, *names: str) -> dict:
        values = next((known[name] for name in names if name in known), None)
        return {"anyOf": [{"enum": values}, schema]} if values else schema

    for path, operations in document["paths"].items():
        words = path.split("/")
        for operation in operations.values():
            identity = operation["operationId"]
            for parameter in operation.get("parameters", []):
                name = parameter["name"]
                names = [name]
                if parameter["in"] == "path":
                    # What a path's parameter names is told by the word before it: /orders/{number}.
                    names = [f"{identity} in path", words[words.index(f"{{{name}}}") - 1]]
                parameter["schema"] = either(parameter["schema"], *names)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                members = body["schema"].get("properties", {})
                for name in members:
                    members[name] = either(members[name], name)
                body["schema"] = either(body["schema"], identity)


if KNOWN in os.environ:
    import schemathesis

    known_here = json.loads(os.environ[KNOWN])

    @schemathesis.hook
    def before_load_schema(context, raw_schema):
        widen(raw_schema, known_here)

    @schemathesis.hook
    def before_call(context, case, kwargs):
        """An order's code is its own: after a few wrong ones, whoever asks from this address has to wait."""
        code = known_here.get("codes", {}).get(str((case.path_parameters or {}).get("number")))
        if code and "Query-Code" in (case.headers or {}):
            case.headers["Query-Code"] = code
        if code and isinstance(case.body, dict) and "query_code" in case.body:
            case.body["query_code"] = code
        if case.media_type == "image/jpeg":
            case.body = JPEG
        # One key for many bodies would be refused before anything else is looked at.
        if 0 < len((case.headers or {}).get("Idempotency-Key") or "") <= 200:
            case.headers["Idempotency-Key"] = hashlib.sha256(repr(case.body).encode()).hexdigest()
        # It would not escape what is in a list, and a # ends the path.
        for name, value in (case.path_parameters or {}).items():
            if not isinstance(value, str):
                case.path_parameters[name] = type(value).__name__

    answered: dict[str, Counter] = defaultdict(Counter)

    @schemathesis.hook
    def after_call(context, case, response):
        answered[case.operation.definition.raw.get("operationId")][response.status_code] += 1

    @atexit.register
    def tell() -> None:
        for name, statuses in sorted(answered.items()):
            print(f"{name:20}", ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))


def run(node: str, who: str, headers: dict[str, str], known: dict, bounds: list[str]) -> bool:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{node}/api/v1/openapi.json", "--no-color"]
    command += ["--checks", ",".join(CHECKS), "--continue-on-failure", "--seed", "311", "--generation-database", "none"]
    # It has no end; EventTests and the walk of the pages listen to it.
    command += ["--exclude-operation-id", "listenToChanges", "--request-timeout", "30", "--warnings", "off"]
    command += ["--output-sanitize", "false", "--output-truncate", "false"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    environment = os.environ | {KNOWN: json.dumps(known), "SCHEMATHESIS_HOOKS": os.path.abspath(__file__)}
    # It writes down in its folder what it found.
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(command + bounds, env=environment, cwd=folder, capture_output=True, text=True)
    fine = ended.returncode == 0
    print(f"== {who}\n{ended.stdout}{ended.stderr}", file=sys.stdout if fine else sys.stderr, flush=True)
    return fine


def only(operations: tuple[str, ...]) -> list[str]:
    return [word for name in operations for word in ("--include-operation-id", name)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True)
    parser.add_argument("--place", required=True)
    parser.add_argument("--token", help="of a clerk and operator, with every scope")
    parser.add_argument("--staff", help="ACCOUNT:PASSWORD of the same")
    parser.add_argument("--device-token", help="of a smoke detector")
    parser.add_argument("--seconds", type=int, help="how long in all, in place of some dozens of examples an operation")
    arguments = parser.parse_args()
    base = arguments.node.rstrip("/")
    # Before anything else: failed sign-ins of those who make up passwords count against this address.
    session = sign_in(base, *arguments.staff.split(":", 1)) if arguments.staff else {}
    node = Node(base, arguments.token, session)
    known = node.known(arguments.place, arguments.device_token)

    def bounds(share: float) -> list[str]:
        if arguments.seconds:
            return ["--max-time", str(int(arguments.seconds * share))]
        return ["--max-examples", "20"]

    began = time.monotonic()
    fine = run(base, "the requester", {}, known, bounds(0.15) + only(REQUESTERS))
    if arguments.staff:
        fine &= run(base, "staff, by a session", session, known, bounds(0.1) + only(PEOPLE))
    if arguments.token:
        fine &= run(base, "staff, by a token", node.headers, known, bounds(0.55))
    # Who makes up codes too, at last: from then on whoever gives one from this address has to wait.
    del known["codes"]
    fine &= run(base, "anyone", {}, known, bounds(0.2))
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
