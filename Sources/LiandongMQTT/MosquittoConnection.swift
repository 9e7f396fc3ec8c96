import CMosquitto
import Foundation

/// One connection to a broker, by libmosquitto, whose loop is driven here: nothing leaves but by ``send()``.
///
/// libmosquitto queues the acknowledgement of a publication before it hands the publication out. Told that others drive
/// its threads, it leaves the queue alone until it is told to write; let go of before that, it takes the queue with it,
/// and the broker delivers again. So what is received is acknowledged with the first ``send()`` after it, and not before.
/// `mosquitto_loop`, `mosquitto_loop_start` and `mosquitto_loop_forever` write whenever they can: they are not for us.
///
/// Not for several threads at once.
@safe final class MosquittoConnection {
    /// Who comes, and where.
    struct Target: Sendable, Hashable {
        /// A Unix socket's path where `port` is 0.
        var host: String
        var port: Int
        /// The client's id and its user's name.
        var name: String
        var secret: String
        /// Within so many seconds each side says something; the broker waits half as much again.
        var keepAliveSeconds = 60
    }

    /// What libmosquitto's callbacks noted.
    private final class Inbox {
        var publications: [Publication] = []
        var byteCount = 0
        /// The broker's answer to the connection; 0: welcome.
        var welcome: Int32?
        /// The quality of service that it grants, or 128.
        var granted: Int32?

        /// The one that a callback is given.
        static func of(_ context: UnsafeMutableRawPointer?) -> Inbox? {
            unsafe context.map { unsafe Unmanaged<Inbox>.fromOpaque($0).takeUnretainedValue() }
        }
    }

    private let client: OpaquePointer
    private let inbox = Inbox()

    private static let isLibraryReady: Bool = {
        // That a broker is gone is told by an error, and ends nobody.
        _ = signal(SIGPIPE, SIG_IGN)
        return mosquitto_lib_init() == MOSQ_ERR_SUCCESS.status
    }()

    /// Connects; a session under the same name goes on where it was.
    ///
    /// - Throws: ``BrokerError`` with `unreachable`; with `misconfigured` where the socket is another user's.
    init(_ target: Target) throws(BrokerError) {
        if target.port == 0 { try MosquittoConnection.checkOwner(of: target.host) }
        guard MosquittoConnection.isLibraryReady, let client = unsafe mosquitto_new(target.name, false, nil) else {
            throw BrokerError(.misconfigured, "libmosquitto cannot be started: errno \(errno)")
        }
        unsafe self.client = client
        unsafe mosquitto_user_data_set(client, Unmanaged.passUnretained(inbox).toOpaque())
        unsafe MosquittoConnection.setCallbacks(client)
        try check(unsafe mosquitto_threaded_set(client, true), "be told of threads")
        try check(unsafe mosquitto_username_pw_set(client, target.name, target.secret), "take a name and a secret")
        let port = Int32(clamping: target.port)
        let keepAlive = Int32(clamping: target.keepAliveSeconds)
        try check(unsafe mosquitto_connect(client, target.host, port, keepAlive), "connect")
    }

    /// The secret is told to nobody else's program.
    private static func checkOwner(of socket: String) throws(BrokerError) {
        var status = stat()
        // Where nothing is there yet, connecting says so.
        guard unsafe lstat(socket, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid() else {
            throw BrokerError(.misconfigured, "\(socket) is no socket of the node's user; remove it")
        }
    }

    /// What is still queued does not leave any more.
    deinit { unsafe mosquitto_destroy(client) }

    private static func setCallbacks(_ client: OpaquePointer) {
        unsafe mosquitto_connect_callback_set(client) { _, context, code in
            unsafe Inbox.of(context)?.welcome = code
        }
        unsafe mosquitto_subscribe_callback_set(client) { _, context, _, count, granted in
            unsafe Inbox.of(context)?.granted = count > 0 ? granted?.pointee : nil
        }
        unsafe mosquitto_message_callback_set(client) { _, context, message in
            guard let inbox = unsafe Inbox.of(context), let message = unsafe message?.pointee,
                let topic = unsafe message.topic
            else { return }
            // A copy that the broker kept for who comes later: it came already, when it was new.
            guard unsafe !message.retain else { return }
            let bytes = unsafe UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
            let publication = unsafe Publication(topic: String(cString: topic), payload: Array(bytes))
            inbox.publications.append(publication)
            inbox.byteCount += publication.payload.count
        }
    }

    // MARK: What has come

    /// Whether the broker has let this client in.
    ///
    /// - Throws: ``BrokerError`` with `refused` where it will not.
    func isWelcome() throws(BrokerError) -> Bool {
        guard let code = inbox.welcome else { return false }
        guard code == 0 else {
            let why = unsafe String(cString: mosquitto_connack_string(code))
            throw BrokerError(.refused, "the broker does not let the node in: \(why)")
        }
        return true
    }

    /// Whether what was subscribed to comes with acknowledgements.
    ///
    /// - Throws: ``BrokerError`` with `refused` where it does not.
    func isSubscribed() throws(BrokerError) -> Bool {
        guard let granted = inbox.granted else { return false }
        guard granted == 1 else {
            throw BrokerError(.refused, "the broker does not give the node its topic (\(granted)); see its rights")
        }
        return true
    }

    /// Reads what is there, a bounded batch of it, and acknowledges none.
    ///
    /// - Parameter wait: how long for the first of it, in milliseconds.
    /// - Throws: ``BrokerError`` with `unreachable` when the connection is lost; what came before is delivered again.
    func receive(wait: Int32) throws(BrokerError) -> [Publication] {
        var wait = wait
        while inbox.publications.count < BrokerLimits.batch, inbox.byteCount < BrokerLimits.batchBytes,
            isReady(POLLIN, within: wait)
        {
            let status = unsafe mosquitto_loop_read(client, 1)
            // Of a refusal the broker's own word says more.
            if status == MOSQ_ERR_CONN_REFUSED.status { _ = try isWelcome() }
            try check(status, "read")
            wait = 0
        }
        defer {
            inbox.publications = []
            inbox.byteCount = 0
        }
        return inbox.publications
    }

    // MARK: What goes out

    func subscribe(to filter: String) throws(BrokerError) {
        try check(unsafe mosquitto_subscribe(client, nil, filter, 1), "subscribe to \(filter)")
    }

    /// Queues a publication, which goes out once: one that waited for its acknowledgement would wait in memory, without a
    /// bound, at a broker that gives none.
    func publish(_ publication: Publication) throws(BrokerError) {
        let length = Int32(clamping: publication.payload.count)
        try check(
            unsafe mosquitto_publish(client, nil, publication.topic, length, publication.payload, 0, false),
            "publish"
        )
    }

    /// Sends what is queued, the acknowledgements of all that was received before it.
    ///
    /// - Throws: ``BrokerError`` with `unreachable`, or `silent` where the broker takes nothing for 10 s.
    func send() throws(BrokerError) {
        while unsafe mosquitto_want_write(client) {
            guard isReady(POLLOUT, within: 10_000) else {
                throw BrokerError(.silent, "the broker takes nothing for 10 s")
            }
            try check(unsafe mosquitto_loop_write(client, 1), "write")
        }
    }

    /// Has libmosquitto look at the clock: it queues a ping where nothing was said for a while, and gives a broker up that
    /// does not answer one.
    func lookAtClock() throws(BrokerError) { try check(unsafe mosquitto_loop_misc(client), "stay connected") }

    /// Says good-bye, with whatever is queued before it.
    func leave() throws(BrokerError) {
        try check(unsafe mosquitto_disconnect(client), "leave")
        try send()
    }

    // MARK: -

    private func isReady(_ event: Int32, within milliseconds: Int32) -> Bool {
        var descriptor = unsafe pollfd(fd: mosquitto_socket(client), events: Int16(event), revents: 0)
        guard descriptor.fd >= 0 else { return true }  // lost: the next call says so
        var count: Int32
        repeat { count = unsafe poll(&descriptor, 1, milliseconds) } while count < 0 && errno == EINTR
        return count > 0
    }

    private func check(_ status: Int32, _ what: String) throws(BrokerError) {
        guard status != MOSQ_ERR_SUCCESS.status else { return }
        let why =
            status == MOSQ_ERR_ERRNO.status
            ? unsafe String(cString: strerror(errno)) : unsafe String(cString: mosquitto_strerror(status))
        throw BrokerError(.unreachable, "cannot \(what): \(why)")
    }
}

extension mosq_err_t {
    /// As libmosquitto's functions return it.
    fileprivate var status: Int32 { Int32(rawValue) }
}
