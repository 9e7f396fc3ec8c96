import Foundation
import LiandongCore

/// Hands the program to libFuzzer, which calls back with every input.
@main enum Fuzzing {
    static func main() {
        _ = FuzzTarget.chosen
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
        exit(unsafe runDriver(&count, &arguments, testOneInput))
    }
}

/// `LLVMFuzzerRunDriver` of libFuzzer, which the linker brings along with the instrumentation.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Under the name that libFuzzer's own main, which is linked and not run, refers to.
///
/// - Returns: 0, always: what is refused is as good an input as any.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
    return 0
}

extension FuzzTarget {
    /// The one that LIANDONG_FUZZ_TARGET names.
    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["LIANDONG_FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
            FileHandle.standardError.write(
                Data("Error: LIANDONG_FUZZ_TARGET: \"\(name)\" is no target; there are \(known)\n".utf8)
            )
            exit(64)
        }
        return target
    }()
}
