import Mustache

/// A value of a page whose members templates look up by name: reflected once, and not anew at every look.
///
/// The library's own way goes over all members for each name, and over those of every value around it: most of the time
/// that a list took to be shown.
final class PageValue: MustacheParent, MustacheCustomRenderable {
    private let value: Any
    private lazy var members = PageValue.members(of: value)

    private init(_ value: Any) { self.value = value }

    func child(named name: String) -> Any? { members[name] }

    var renderText: String { String(describing: value) }
    var isNull: Bool { false }

    /// What templates are given of a value; nil for nil.
    ///
    /// - Complexity: O(elements) of an array; O(1) of all others, their members are looked at when one is asked for.
    static func of(_ value: Any) -> Any? {
        switch value {
        case is String, is Substring, is Bool, is Int, is [String: String]: return value
        default: break
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.flatMap { of($0.value) }
        case .collection: return mirror.children.compactMap { of($0.value) }
        case .struct, .tuple: return PageValue(value)
        default: return value
        }
    }

    private static func members(of value: Any) -> [String: Any] {
        var members: [String: Any] = [:]
        for (name, member) in Mirror(reflecting: value).children {
            if let name { members[name] = of(member) }
        }
        return members
    }
}
