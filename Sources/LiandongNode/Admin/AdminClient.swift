package import Foundation
import LiandongReports

/// Asks a running node over its Unix socket, one request at a time.
package struct AdminClient: Sendable {
    package let folder: NodeFolder
    /// How long one answer may take.
    package var timeoutSeconds: Int

    package init(_ folder: NodeFolder, timeoutSeconds: Int = 30) {
        self.folder = folder
        self.timeoutSeconds = timeoutSeconds
    }

    /// The report a node gives to a request.
    ///
    /// - Throws: ``NodeError``: `unreachable` when the node does not run or answer, else what the node says.
    package func call<Report: Decodable>(_ request: AdminRequest, as type: Report.Type) throws -> Report {
        try ReportCoding.decoder.decode(type, from: call(request))
    }

    /// The same as JSON.
    package func call(_ request: AdminRequest) throws -> Data {
        let line = try exchange(JSONEncoder().encode(request))
        let answer: AdminAnswer
        do { answer = try JSONDecoder().decode(AdminAnswer.self, from: line) } catch {
            throw NodeError(.unreachable, "the node at \(folder.url.path) gave no readable answer")
        }
        if let error = answer.error { throw error }
        guard let report = answer.report else { throw NodeError(.failed, "the node gave an empty answer") }
        return report
    }

    private func exchange(_ request: Data) throws -> Data {
        let descriptor = try connect()
        defer { close(descriptor) }
        var outgoing = [UInt8](request)
        outgoing.append(0x0A)
        var sent = 0
        while sent < outgoing.count {
            let count = unsafe outgoing[sent...].withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw timeout(while: "asking") }
            sent += count
        }
        var answer = Data()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while answer.count < AdminLimits.answerByteLimit {
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw timeout(while: "answering") }
            answer.append(contentsOf: chunk[..<count])
            if answer.last == 0x0A { return answer.dropLast() }
        }
        throw NodeError(.failed, "the answer is larger than \(AdminLimits.answerByteLimit) bytes")
    }

    private func timeout(while doing: String) -> NodeError {
        NodeError(
            .unreachable,
            "the node at \(folder.url.path) went away or took longer than \(timeoutSeconds) s \(doing)"
        )
    }

    private func connect() throws -> Int32 {
        _ = try folder.loadSettings()
        let path = try folder.safeAdminSocket().path
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw NodeError(.failed, "cannot make a socket: errno \(errno)") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in bytes.prefix(target.count - 1).enumerated() { unsafe target[index] = byte }
        }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw NodeError(
                .unreachable,
                "the node at \(folder.url.path) is not running; start it with liandong serve --data \(folder.url.path)"
            )
        }
        return descriptor
    }
}
