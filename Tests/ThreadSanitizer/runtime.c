// Tells the thread sanitizer what Swift's runtime does on Linux in code that is not instrumented, so that it reports no
// race where there is none. This library stands before the runtime's own functions (LD_PRELOAD).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Of the sanitizer's runtime, which programs without it do not have.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

static void *original(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

// Synchronization.Mutex: where two threads contend for one, the standard library goes through the kernel
// (FUTEX_LOCK_PI), and the sanitizer sees no order between them.

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    static SWIFT void (*next)(uint32_t, SELF void *);
    if (!next) next = original(LOCK);
    next(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF void *mutex) {
    static SWIFT void (*next)(SELF void *);
    if (!next) next = original(UNLOCK);
    if (__tsan_release) __tsan_release(mutex);
    next(mutex);
}

// Continuations: whoever resumes one releases the task. A task that is suspended by then acquires that when it runs
// again; one that finds itself resumed before it waits goes on at once, and acquires nothing. Waiting is the runtime's own
// matter; the first thing that the instrumented caller does after it is to give back the callee's frame.

SWIFT void *swift_task_getCurrent(void);
SWIFT void swift_task_dealloc(void *frame);

SWIFT void swift_task_dealloc(void *frame) {
    static SWIFT void (*next)(void *);
    if (!next) next = original("swift_task_dealloc");
    if (__tsan_acquire) __tsan_acquire(swift_task_getCurrent());
    next(frame);
}
