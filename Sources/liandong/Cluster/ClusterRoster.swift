import Foundation

/// What is known of a cluster while it comes up: written down after each step, so that `down` finds what a failed `up` began.
actor ClusterRoster {
    private(set) var state: ClusterState
    private let folder: URL

    init(_ state: ClusterState, _ folder: URL) {
        self.state = state
        self.folder = folder
    }

    func note(_ member: ClusterState.Member) throws {
        state.nodes.removeAll { $0.name == member.name }
        state.nodes.append(member)
        state.nodes.sort { ($0.placeCode, $0.name) < ($1.placeCode, $1.name) }
        try state.save(folder)
    }
}
