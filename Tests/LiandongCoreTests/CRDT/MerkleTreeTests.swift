import LiandongCore
import LiandongSigning
import Testing

@Suite("Merkle tree")
struct MerkleTreeTests {
    private func leaves(_ count: Int) -> [Hash] {
        (0..<count).map { MerkleTree.leaf(salt: SaltedOp.plainSalt, op: [UInt8($0)], .sodium) }
    }

    @Test("Every leaf's path gives the root, for every count up to 20", arguments: 1...20)
    func paths(count: Int) throws {
        let leaves = leaves(count)
        let root = MerkleTree.root(leaves, .sodium)
        for index in leaves.indices {
            let path = try #require(MerkleTree.path(to: index, in: leaves, .sodium))
            #expect(MerkleTree.root(leaf: leaves[index], index: index, count: count, path: path, .sodium) == root)
            let other = (index + 1) % count
            if other != index {
                #expect(MerkleTree.root(leaf: leaves[other], index: index, count: count, path: path, .sodium) != root)
            }
            #expect(
                MerkleTree.root(leaf: leaves[index], index: index, count: count, path: path + [root], .sodium) == nil
            )
        }
    }

    @Test("The tree has the shape of RFC 6962: the left part is the largest power of two")
    func shape() {
        let leaves = leaves(3)
        let left = Cryptography.sodium.hash([1] + leaves[0].bytes + leaves[1].bytes)
        #expect(MerkleTree.root(leaves, .sodium) == Cryptography.sodium.hash([1] + left.bytes + leaves[2].bytes))
    }

    @Test("No leaf is at an index outside the tree", arguments: [-1, 3])
    func outside(index: Int) {
        #expect(MerkleTree.path(to: index, in: leaves(3), .sodium) == nil)
    }
}
