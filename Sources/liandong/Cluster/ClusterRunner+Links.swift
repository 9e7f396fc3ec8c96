import Foundation
import LiandongNode

/// Taking links out of service and back.
extension ClusterRunner {
    /// Takes the link between two nodes out of service, or back, at both ends that run.
    func setCut(_ isCut: Bool, _ a: String, _ b: String) throws {
        let (first, second) = (try member(a), try member(b))
        var done = 0
        for (here, there) in [(first, second), (second, first)] where isRunning(here) {
            _ = try AdminClient(NodeFolder(here.dataDir)).call(isCut ? .pausePeer(there.id) : .resumePeer(there.id))
            done += 1
        }
        guard done > 0 else { throw NodeError(.unreachable, "neither \(a) nor \(b) runs") }
    }

    /// Tells the first node of each pair to hold a connection to the second; said again it changes nothing.
    func link(_ pairs: [[String]]) throws {
        for pair in pairs {
            guard let first = pair.first, let second = pair.last else { continue }
            let (here, there) = (try member(first), try member(second))
            _ = try AdminClient(NodeFolder(here.dataDir)).call(.linkPeer(there.id))
        }
    }

    /// Puts every link of a node back into service.
    func healAll(_ name: String) throws {
        let state = try loaded()
        let own = try member(name)
        for other in state.nodes where other.name != name {
            for (here, there) in [(own, other), (other, own)] where isRunning(here) {
                _ = try AdminClient(NodeFolder(here.dataDir)).call(.resumePeer(there.id))
            }
        }
    }
}
