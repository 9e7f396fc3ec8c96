import Hummingbird
import LiandongCore
import LiandongDomain
import LiandongReports

// Services and places: what a request is about and where it belongs.
extension APIRoutes {
    var catalogueOperations: [APIOperation] {
        [
            APIOperation(
                id: "listServices",
                method: .get,
                path: "/services",
                tag: "catalogue",
                summary: "The services that can be requested",
                right: .anyone,
                answer: .ok(Schemas.reference("Services"), "All of them, by code.")
            ) { _ in try .report(ServicesReport(desk.catalogue, at: now())) },
            APIOperation(
                id: "getService",
                method: .get,
                path: "/services/{code}",
                tag: "catalogue",
                summary: "One service with its questions",
                right: .anyone,
                parameters: [.path("code", "Digits with their leading zeros.", Schemas.text(atMost: 20, atLeast: 1))],
                answer: .ok(Schemas.reference("Service"), "The service.")
            ) { request in
                guard let service = desk.catalogue[request.path("code")] else { throw Problem.missing("service") }
                return try .report(ServiceReport(service))
            },
            APIOperation(
                id: "listPlaces",
                method: .get,
                path: "/places",
                tag: "catalogue",
                summary: "The places of the district, with their nodes and boundaries",
                right: .anyone,
                answer: .ok(Schemas.reference("Places"), "All of them, by code.")
            ) { _ in try .report(PlacesReport(desk.authority, at: now())) },
        ]
    }
}
