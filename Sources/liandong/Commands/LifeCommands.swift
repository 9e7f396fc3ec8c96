import ArgumentParser
import Foundation
import LiandongNode
import Logging

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a district: its root key and its first node."
    )

    @OptionGroup var node: NodeOptions
    @Option(help: "The node's name, and the district's unless --place-name is given.") var name: String
    @Option(help: "The district's name.") var placeName: String?
    @Option(help: "Its 12-digit division code.") var code: String
    @Option(help: "host:port where other nodes dial this one; port 0 takes a free one for good.") var listen: String
    @Option(help: "host:port of the HTTP faces; port 0 takes a free one for good.") var http: String
    @Option(help: "The anchor file, outside the data directory. Default: DIR.anchor beside it.") var anchor: String?
    @Option(help: "host:port where devices reach a mosquitto that the node runs; none when left out.")
    var mqtt: String?

    func run() async throws {
        let id = try await Founding.found(
            node.folder,
            name: name,
            placeName: placeName ?? name,
            code: code,
            listen: listen,
            http: http,
            anchor: anchor,
            mqtt: mqtt,
            logger: Console.logger(.warning)
        )
        Console.print("\(id)")
        Console.say(
            "district \(name) (\(code)) founded; its root key is \(node.data)/keys/root.ed25519: move it offline"
        )
    }
}

struct InviteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Make a token with which one node can join; at the district's signer."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "street or community; district for its second node.") var tier: String
    @Option(help: "The node's name, and the place's unless --place-name is given.") var name: String
    @Option(help: "The place's name.") var placeName: String?
    @Option(help: "Its 12-digit code; a code known already invites another node of the place.") var code: String
    @Option(help: "The code of the place above it, where its own digits do not tell.") var parent: String?
    @Option(help: "How long the token is good: 30m, 72h, 7d.") var ttl = "72h"

    func run() throws {
        let form = AdminRequest.InviteForm(
            tier: tier,
            name: name,
            placeName: placeName,
            code: code,
            parent: parent,
            hours: try Span.hours(ttl, "--ttl")
        )
        try output.show(.invite(form), of: node.folder, as: InviteReport.self) { Console.print($0.token) }
    }
}

/// Spans such as 30m, 72h and 7d.
enum Span {
    static func hours(_ text: String, _ option: String) throws -> Double {
        let units: [Character: Double] = ["s": 1.0 / 3_600, "m": 1.0 / 60, "h": 1, "d": 24]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Double(text.dropLast()), count > 0,
            count.isFinite
        else { throw NodeError(.usage, "\(option): \(text) is no span; give one such as 30m, 72h or 7d") }
        return count * unit
    }
}

struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Enrol a new node with a token, and wait for its first sync."
    )

    @Argument(help: "The token, ldj1.…") var token: String
    @OptionGroup var node: NodeOptions
    @Option(help: "host:port where other nodes dial this one.") var listen: String
    @Option(help: "host:port of the HTTP faces.") var http: String
    @Option(help: "The anchor file, outside the data directory. Default: DIR.anchor beside it.") var anchor: String?
    @Option(help: "host:port where devices reach a mosquitto that the node runs; none when left out.")
    var mqtt: String?
    @Option(help: "How long to wait for the parent, in seconds.") var timeout = 120

    func run() async throws {
        let token = try JoinToken(token)
        let id = try await Founding.join(
            node.folder,
            token: token,
            listen: listen,
            http: http,
            anchor: anchor,
            mqtt: mqtt,
            patience: .seconds(timeout),
            logger: Console.logger(.warning)
        )
        Console.print("\(id)")
        Console.say("joined as \(token.name) (\(token.placeCode)); start it with liandong serve --data \(node.data)")
    }
}

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a node until it is told to stop (SIGTERM)."
    )

    @OptionGroup var node: NodeOptions
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel = "info"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw NodeError(.usage, "--log-level: \(logLevel) is no level")
        }
        let logger = Console.logger(level)
        try await Node(node.folder, logger: logger).serve()
    }
}

struct RebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Fold cells and read models anew from the deltas, and compare."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.confirm(.rebuild, of: node.folder, timeoutSeconds: 3_600)
    }
}
