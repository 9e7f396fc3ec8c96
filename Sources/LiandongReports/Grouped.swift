extension String {
    /// As numbers and codes stand on paper: in groups of four.
    package var inGroupsOfFour: String {
        let characters = Array(self)
        return stride(from: 0, to: characters.count, by: 4).map { start in
            String(characters[start..<min(start + 4, characters.count)])
        }.joined(separator: " ")
    }
}
