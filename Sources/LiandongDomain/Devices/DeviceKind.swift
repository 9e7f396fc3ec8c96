/// What a device is; the code travels, the registry says what this build knows of it.
package enum DeviceKind: String, Sendable, CaseIterable {
    case smoke
    case gas
    /// A one-button call, worn or on a wall.
    case sos
    case bloodPressure = "blood-pressure"
    case door
    case parking
    case elevator
    case environment
    case wasteBin = "waste-bin"
    /// A camera that tells of behaviour, not of pictures.
    case camera
    /// Anything else: its readings are kept, and rules of its place may raise alarms.
    case other

    package var name: Localized {
        switch self {
        case .smoke: Localized("烟感", "smoke alarm")
        case .gas: Localized("燃气探测器", "gas detector")
        case .sos: Localized("一键呼叫", "one-button call")
        case .bloodPressure: Localized("血压计", "blood pressure monitor")
        case .door: Localized("门磁", "door contact")
        case .parking: Localized("地磁车位", "parking sensor")
        case .elevator: Localized("电梯", "elevator")
        case .environment: Localized("环境监测", "environment station")
        case .wasteBin: Localized("垃圾桶", "waste bin")
        case .camera: Localized("行为识别摄像机", "behaviour camera")
        case .other: Localized("其他设备", "other device")
        }
    }

    /// The series that devices of the kind send, with their units as UCUM writes them; others are kept as well.
    package var series: [(name: String, unit: String)] {
        switch self {
        case .smoke: [("smoke", ""), ("density", "%/m"), ("battery", "%")]
        case .gas: [("gas", ""), ("lel", "%"), ("battery", "%")]
        case .sos: [("press", ""), ("battery", "%")]
        case .bloodPressure: [("systolic", "mm[Hg]"), ("diastolic", "mm[Hg]"), ("pulse", "/min")]
        case .door: [("open", ""), ("battery", "%")]
        case .parking: [("occupied", ""), ("battery", "%")]
        case .elevator: [("trapped", ""), ("fault", ""), ("floor", ""), ("speed", "m/s")]
        case .environment: [("pm25", "ug/m3"), ("temperature", "Cel"), ("humidity", "%"), ("noise", "dB")]
        case .wasteBin: [("fill", "%"), ("temperature", "Cel"), ("battery", "%")]
        case .camera: [("behaviour", ""), ("count", "")]
        case .other: []
        }
    }
}
