package import LiandongCore

// What is done about alarms as people and programs name it: the command line and the API.

extension ActOnAlarm {
    /// The name of an act.
    package enum Verb: String, Codable, Sendable, CaseIterable {
        case ack, task, verify, close, note
    }

    /// What may be said with a verb.
    package struct Values: Sendable {
        /// What somebody found who looked: a word of ``DeviceAlarm/Result``.
        package var result: String?
        /// Of the work order; nil: the one that the rule names.
        package var service: String?
        package var text: String

        package init(result: String? = nil, service: String? = nil, text: String = "") {
            self.result = result
            self.service = service
            self.text = text
        }
    }

    /// The act that a verb and its values ask for.
    ///
    /// - Throws: a refusal where a value is missing that the verb needs, or means nothing.
    package init(_ alarm: RecordID, _ verb: Verb, _ values: Values) throws(Refusal) {
        let action: Action
        switch verb {
        case .ack: action = .acknowledge
        case .task: action = .task(service: values.service)
        case .close: action = .close
        case .note: action = .note
        case .verify:
            guard let result = values.result.flatMap(DeviceAlarm.Result.init(rawValue:)) else {
                let words = DeviceAlarm.Result.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.alarmResultUnknown, values.result ?? "", words)
            }
            action = .verify(result)
        }
        self.init(alarm, action, text: values.text)
    }
}

extension DeviceAlarm {
    /// A verb, and why it cannot be now.
    package struct LegalAct: Sendable, Hashable {
        package let verb: ActOnAlarm.Verb
        /// Nil: it can be.
        package let refusal: Refusal?
    }

    /// Every verb, in the order of handling.
    package var legalActs: [LegalAct] {
        ActOnAlarm.Verb.allCases.map { verb in
            let action: ActOnAlarm.Action =
                switch verb {
                case .ack: .acknowledge
                case .task: .task(service: nil)
                case .verify: .verify(.real)
                case .close: .close
                case .note: .note
                }
            do throws(Refusal) {
                try requireLegal(action)
                return LegalAct(verb: verb, refusal: nil)
            } catch { return LegalAct(verb: verb, refusal: error) }
        }
    }
}
