import LiandongCore
import LiandongDomain
import LiandongJSON

extension [DeviceMessage] {
    /// The messages in this project's own form, which ``DeviceMessage/decode(_:as:now:)`` reads as the same ones: for
    /// keeping some of a call.
    ///
    /// Times before 1970 become 1970.
    package var json: [UInt8] {
        let messages = map { message -> JSONValue in
            var members: [JSONValue.Member] = []
            if let sequence = message.sequence {
                members.append(.init(name: "seq", value: .number(Double(sequence.number))))
                if !sequence.boot.isEmpty { members.append(.init(name: "boot", value: .string(sequence.boot))) }
            }
            members.append(.init(name: "readings", value: .array(message.items.map(\.json))))
            return .object(members)
        }
        return [UInt8](JSONValue.array(messages).text.utf8)
    }
}

extension DeviceMessage.Item {
    fileprivate var json: JSONValue {
        var members: [JSONValue.Member] = [.init(name: "n", value: .string(series))]
        let content: JSONValue =
            switch value {
            case .number(let number): .number(number)
            case .flag(let flag): .bool(flag)
            case .text(let text): .string(text)
            }
        members.append(.init(name: "v", value: content))
        if let at {
            // Below 10¹¹ a number is read as seconds.
            let milliseconds = Double(Swift.max(0, at.milliseconds))
            let time = milliseconds >= 1e11 ? milliseconds : milliseconds / 1_000
            members.append(.init(name: "t", value: .number(time)))
        }
        return .object(members)
    }
}
