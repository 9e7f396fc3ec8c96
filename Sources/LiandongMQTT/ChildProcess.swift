import CMosquitto
import Foundation

/// A program that this process starts and waits for.
///
/// Not Foundation's `Process`: a child of it inherits the signals that threads of Swift's and Dispatch's pools block, all of
/// them, and mosquitto would neither end nor read its files again when it is told to.
enum ChildProcess {
    /// Starts a program with no signal blocked, and in a group of its own, so that Ctrl-C on a terminal is heard by its
    /// parent alone.
    ///
    /// Of what this process has open it gets its log alone, and the one descriptor that it is to keep: a pipe that it held
    /// as well would never end.
    ///
    /// - Throws: ``BrokerError`` with `misconfigured`.
    static func start(
        _ program: String,
        _ arguments: [String],
        keeping descriptor: Int32
    ) throws(BrokerError) -> pid_t {
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let kept = STDERR_FILENO + 1
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, kept)
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, kept + 1)

        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let status = unsafe withStrings([program] + arguments) { arguments in
            unsafe withStrings(environment) { environment in
                unsafe posix_spawn(&pid, program, &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else {
            let why = unsafe String(cString: strerror(status))
            throw BrokerError(.misconfigured, "cannot start \(program): \(why)")
        }
        return pid
    }

    /// Waits until a child has ended.
    ///
    /// - Parameter end: before its id may be another's.
    /// - Returns: how it ended.
    static func wait(for pid: pid_t, end: () -> Void) -> String {
        var information = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        end()
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return "errno \(errno)" } }
        // As WIFSIGNALED and WEXITSTATUS have it.
        let signal = status & 0x7F
        return signal == 0 ? "exit \((status >> 8) & 0xFF)" : "signal \(signal)"
    }

    /// Hands strings over as C takes them: pointers with a null behind the last.
    private static func withStrings<Value>(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { for index in strings.indices { unsafe free(pointers[index]) } }
        return unsafe body(&pointers)
    }
}
