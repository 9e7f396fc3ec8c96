import NIOCore

/// Runs an actor, and tasks that work for it, on the event loop where frames arrive and leave.
///
/// As an actor's executor it saves the change of threads between socket and actor; as a task's preference it lets what
/// waits on a continuation go on there too, instead of by way of the pool of threads.
package final class LoopExecutor: SerialExecutor, TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute {
            unsafe job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(),
                taskExecutor: self.asUnownedTaskExecutor()
            )
        }
    }

    package func checkIsolated() { eventLoop.preconditionInEventLoop() }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
}
