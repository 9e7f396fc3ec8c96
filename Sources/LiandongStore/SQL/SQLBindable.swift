/// A value that can stand for a statement's parameter.
protocol SQLBindable {
    func bind(to parameter: SQLParameter) throws
}

extension Int64: SQLBindable {
    func bind(to parameter: SQLParameter) throws { try parameter.set(integer: self) }
}

extension Int: SQLBindable {
    func bind(to parameter: SQLParameter) throws { try parameter.set(integer: Int64(self)) }
}

extension UInt8: SQLBindable {
    func bind(to parameter: SQLParameter) throws { try parameter.set(integer: Int64(self)) }
}

extension Bool: SQLBindable {
    func bind(to parameter: SQLParameter) throws { try parameter.set(integer: self ? 1 : 0) }
}

extension String: SQLBindable {
    func bind(to parameter: SQLParameter) throws { try parameter.set(text: self) }
}

extension [UInt8]: SQLBindable {
    func bind(to parameter: SQLParameter) throws { try parameter.set(blob: self) }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    func bind(to parameter: SQLParameter) throws {
        switch self {
        case .none: try parameter.setNull()
        case .some(let value): try value.bind(to: parameter)
        }
    }
}
