// A disk of the simulator: a folder whose SQLite files are written through a shim over SQLite's own VFS.
//
// Writes reach the files at once, as with an operating system's cache, and are remembered until their file is flushed:
// a power cut leaves each of them there, gone or torn. Faults and the power cut come at a numbered operation, so that
// equal numbers give equal runs.
#ifndef LIANDONG_SIMULATED_DISK_H
#define LIANDONG_SIMULATED_DISK_H

#include <stdint.h>

typedef struct simulated_disk simulated_disk;

// Puts the shim before SQLite's default VFS, once a process. Files outside of simulated disks are passed through.
// Returns an SQLite result code.
int simulated_disk_install(void);

// The disk of a folder, by its absolute path; NULL when memory is short. Freed when its files are closed.
simulated_disk *simulated_disk_create(const char *folder);
void simulated_disk_free(simulated_disk *disk);

// Writes, truncations, flushes and removals so far.
int64_t simulated_disk_operations(simulated_disk *disk);

// Lets `count` operations fail with an SQLite result code, after `after` more have gone well.
void simulated_disk_fail(simulated_disk *disk, int code, int64_t after, int64_t count);

// After `after` more operations nothing reaches the disk any more and every operation fails, until it is settled.
void simulated_disk_cut_power(simulated_disk *disk, int64_t after);

// Leaves flushes undone while saying that they were done: a fault that no checker may miss.
void simulated_disk_forget_flushes(simulated_disk *disk, int forgets);

// What the power cut leaves, once all files are closed. Every write since the last flush of its file is kept, dropped or
// torn at sectors of 512 bytes, by draws from the seed; with `keeps_all` all of them are kept, as when a process was
// killed and the machine went on. Returns how many were dropped or torn, or -1 when a file could not be put right.
int64_t simulated_disk_settle(simulated_disk *disk, uint64_t seed, int keeps_all);

#endif
