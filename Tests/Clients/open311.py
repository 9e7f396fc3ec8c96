"""Speaks to a node by Open311 clients of PyPI, as they are: georeport, civicbot, three.

usage: open311.py --node URL --place CODE
Exits 1, and says what, when something is not as it should be.
"""

import argparse
import builtins
import itertools
import sys

from civicbot.http import HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport

# three was written for Python 2, which had this name; nothing else of it is touched.
itertools.ifilter = builtins.filter
from three import Three  # noqa: E402

SERVICE = "0303"


class Flaws:
    def __init__(self) -> None:
        self.found: list[str] = []

    def expect(self, truth: bool, what: str) -> None:
        if not truth:
            self.found.append(what)


def with_civicbot(base: str, place: str, flaws: Flaws) -> str:
    """Checks the request against the node's own definition before it is sent; gives its number."""
    endpoint = Endpoint("liandong", "联动", base, write=True, api_key_required_for_write=False)
    client = Open311Client(endpoint, HttpTransport(rate_limiter=RateLimiter(0)))
    services = client.list_services()
    flaws.expect(any(service["service_code"] == SERVICE for service in services), "civicbot: the service is listed")
    definition = client.get_service_definition(SERVICE)
    flaws.expect(definition["service_code"] == SERVICE, "civicbot: the definition is the service's")
    first = {
        attribute["code"]: attribute["values"][0]["key"]
        for attribute in definition["attributes"]
        if attribute["variable"] and attribute["required"]
    }
    sent = client.create_request(
        SERVICE,
        dry_run=False,
        confirm="SEND",
        validate_remote=True,
        address_id=place,
        description="东门外第三盏路灯不亮 <b>三天了</b>",
        first_name="秀英",
        last_name="王",
        phone="13812345678",
        attributes=first,
    )
    number = sent.response[0]["service_request_id"]
    found = client.get_request(number)
    flaws.expect(found["description"] == "东门外第三盏路灯不亮 <b>三天了</b>", "civicbot: it reads what it wrote")
    flaws.expect("13812345678" not in str(found) and "秀英" not in str(found), "civicbot: it is not told who asked")
    listed = client.list_requests(service_request_ids=[number])
    flaws.expect([one["service_request_id"] for one in listed] == [number], "civicbot: found by its number")
    return number


def with_three(base: str, place: str, flaws: Flaws) -> str:
    client = Three(base)
    discovery = client.discovery()
    flaws.expect(discovery["endpoints"][0]["url"] == base, f"three: the endpoint of discovery: {discovery}")
    flaws.expect(client.services(SERVICE)["service_code"] == SERVICE, "three: the definition of a service")
    # A name is split at its blank, an address and the key of nobody are sent along.
    answer = client.post(SERVICE, address="东门路18号", address_id=place, name="Li Hua", description="井盖松动")
    number = answer[0]["service_request_id"]
    flaws.expect(client.request(number)[0]["address"] == "东门路18号", "three: the address")
    numbers = [one["service_request_id"] for one in client.requests(SERVICE, status="open")]
    flaws.expect(number in numbers, "three: listed among the open ones")
    refused = client.post("nothing", description="x", address_id=place)
    flaws.expect(refused[0]["code"] == 404, f"three: an unknown service is refused: {refused}")
    return number


def with_georeport(base: str, numbers: list[str], flaws: Flaws) -> None:
    answers = {}
    for form in ("json", "xml"):
        client = GeoReport(base, output_format=form)
        services = client.get_service_list()
        flaws.expect(SERVICE in [service["service_code"] for service in services], f"georeport: services as {form}")
        definition = client.get_service_definition(SERVICE)
        flaws.expect(definition["service_code"] == SERVICE, f"georeport: a definition as {form}")
        listed = client.get_service_requests(service_request_id=",".join(numbers))
        flaws.expect(
            {one["service_request_id"] for one in listed} == set(numbers), f"georeport: requests by number as {form}"
        )
        recent = client.get_service_requests(service_code=SERVICE, status="open")
        flaws.expect(
            set(numbers) <= {one["service_request_id"] for one in recent}, f"georeport: open requests as {form}"
        )
        answers[form] = [client.get_service_request(number) for number in numbers]
    for json, xml in zip(answers["json"], answers["xml"]):
        for name in ("service_request_id", "status", "service_name", "description", "requested_datetime"):
            flaws.expect(json[name] == xml[name], f"georeport: {name} is {json[name]!r} and {xml[name]!r}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True)
    parser.add_argument("--place", required=True)
    arguments = parser.parse_args()
    base = f"{arguments.node.rstrip('/')}/open311/v2"
    flaws = Flaws()
    numbers = [with_civicbot(base, arguments.place, flaws), with_three(base, arguments.place, flaws)]
    with_georeport(base, numbers, flaws)
    for flaw in flaws.found:
        print(flaw, file=sys.stderr)
    return 1 if flaws.found else 0


if __name__ == "__main__":
    sys.exit(main())
