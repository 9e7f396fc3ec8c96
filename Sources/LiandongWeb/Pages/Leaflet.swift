import Foundation

/// The library that draws the map, as the system has it: it is none of this program's.
struct Leaflet: Sendable {
    let script: [UInt8]
    let stylesheet: [UInt8]

    /// - Returns: nil where it is not installed.
    init?(in folder: String) {
        func file(_ name: String) -> [UInt8]? {
            let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
            return (try? Data(contentsOf: url)).map { [UInt8]($0) }
        }
        guard let script = file("leaflet.min.js") ?? file("leaflet.js"), let stylesheet = file("leaflet.css") else {
            return nil
        }
        self.script = script
        self.stylesheet = stylesheet
    }
}
