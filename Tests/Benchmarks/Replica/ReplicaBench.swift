import Foundation

/// Works on the replicas of stopped nodes.
///
/// A command a line on standard input, its answer a line on standard output:
///
///     fill AUTHORS STORES DELTAS RECORDS FIELDS INCARNATIONS [withhold COUNT…]
///     insert INDEX STORE STORE
///     submit STORE CALLERS COUNT
///
/// AUTHORS and STORES are data directories with commas between them. What is withheld of a fill is in none of the
/// stores until it is inserted, half of it in each of two: a count alone is of the last deltas in time, one with an
/// `s` of any.
@main
struct ReplicaBench {
    static func main() async throws {
        var filling = Filling()
        while let line = readLine() {
            let answer: String
            do {
                answer = "ok " + (try await carryOut(line.split(separator: " "), &filling))
            } catch {
                answer = "failed \(error)"
            }
            try FileHandle.standardOutput.write(contentsOf: Data((answer + "\n").utf8))
        }
    }

    private static func carryOut(_ words: [Substring], _ filling: inout Filling) async throws -> String {
        let arguments = Array(words.dropFirst())
        switch words.first {
        case "fill": return try await filling.fill(arguments)
        case "insert": return try await filling.insert(arguments)
        case "submit" where arguments.count == 3:
            let (callers, count) = (try Filling.number(arguments[1]), try Filling.number(arguments[2]))
            return "\(try await Submitting.run(String(arguments[0]), callers: callers, count: count))"
        default: throw BenchError("no command: \(words.joined(separator: " "))")
        }
    }
}
