#include "simulated_disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, PATH_LIMIT = 1024 };

// A write or truncation since its file was flushed last.
typedef struct change {
    struct change *next;
    int64_t offset;
    int64_t length;       // of `after`; 0 for a truncation
    int64_t size_before;  // of the file
    int64_t before_count; // bytes in `before`, from `offset` on
    uint8_t *before;
    uint8_t *after;
} change;

typedef struct tracked_file {
    struct tracked_file *next;
    change *newest;
    char path[PATH_LIMIT];
} tracked_file;

struct simulated_disk {
    simulated_disk *next;
    pthread_mutex_t lock;
    tracked_file *files;
    int64_t operations;
    int fault_code;
    int64_t fault_from, fault_until;
    int64_t power_until; // -1 while nothing is planned
    int forgets_flushes;
    size_t folder_length;
    char folder[PATH_LIMIT];
};

// An open file; SQLite's own follows it in memory.
typedef struct shim_file {
    sqlite3_file base;
    simulated_disk *disk;  // NULL for a file of no simulated disk
    tracked_file *tracked; // NULL for what SQLite itself does not keep over a crash
} shim_file;

static pthread_mutex_t disks_lock = PTHREAD_MUTEX_INITIALIZER;
static simulated_disk *disks;
static sqlite3_vfs *real_vfs;
static sqlite3_vfs shim_vfs;
static sqlite3_io_methods shim_methods;

static sqlite3_file *real(sqlite3_file *file) { return (sqlite3_file *)((shim_file *)file + 1); }

// MARK: Faults

// Counts an operation. Called with the disk's lock held; whatever is not SQLITE_OK keeps it from the disk.
static int next_operation(simulated_disk *disk, int io_code) {
    int64_t number = disk->operations++;
    if (disk->power_until >= 0 && number >= disk->power_until) return io_code;
    if (number >= disk->fault_from && number < disk->fault_until)
        return disk->fault_code == SQLITE_IOERR ? io_code : disk->fault_code;
    return SQLITE_OK;
}

static void free_changes(tracked_file *file) {
    while (file->newest) {
        change *gone = file->newest;
        file->newest = gone->next;
        free(gone->before);
        free(gone->after);
        free(gone);
    }
}

// Remembers what a write or truncation is about to change.
static int remember(shim_file *file, int64_t offset, const void *bytes, int64_t length) {
    sqlite3_int64 size = 0;
    int code = real(&file->base)->pMethods->xFileSize(real(&file->base), &size);
    if (code != SQLITE_OK) return code;
    change *made = calloc(1, sizeof(change));
    if (!made) return SQLITE_IOERR_NOMEM;
    int64_t end = bytes ? offset + length : size;
    if (end > size) end = size;
    made->offset = offset;
    made->length = bytes ? length : 0;
    made->size_before = size;
    made->before_count = end > offset ? end - offset : 0;
    made->before = malloc(made->before_count > 0 ? (size_t)made->before_count : 1);
    made->after = malloc(made->length > 0 ? (size_t)made->length : 1);
    if (!made->before || !made->after) code = SQLITE_IOERR_NOMEM;
    if (code == SQLITE_OK && made->before_count > 0)
        code = real(&file->base)->pMethods->xRead(real(&file->base), made->before, (int)made->before_count, offset);
    if (code != SQLITE_OK) {
        free(made->before);
        free(made->after);
        free(made);
        return code;
    }
    if (bytes) memcpy(made->after, bytes, (size_t)length);
    made->next = file->tracked->newest;
    file->tracked->newest = made;
    return SQLITE_OK;
}

// MARK: Files

static int shim_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }

static int shim_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int shim_write(sqlite3_file *raw, const void *bytes, int count, sqlite3_int64 offset) {
    shim_file *file = (shim_file *)raw;
    if (!file->tracked) return real(raw)->pMethods->xWrite(real(raw), bytes, count, offset);
    pthread_mutex_lock(&file->disk->lock);
    int code = next_operation(file->disk, SQLITE_IOERR_WRITE);
    if (code == SQLITE_OK) code = remember(file, offset, bytes, count);
    if (code == SQLITE_OK) code = real(raw)->pMethods->xWrite(real(raw), bytes, count, offset);
    pthread_mutex_unlock(&file->disk->lock);
    return code;
}

static int shim_truncate(sqlite3_file *raw, sqlite3_int64 size) {
    shim_file *file = (shim_file *)raw;
    if (!file->tracked) return real(raw)->pMethods->xTruncate(real(raw), size);
    pthread_mutex_lock(&file->disk->lock);
    int code = next_operation(file->disk, SQLITE_IOERR_TRUNCATE);
    if (code == SQLITE_OK) code = remember(file, size, NULL, 0);
    if (code == SQLITE_OK) code = real(raw)->pMethods->xTruncate(real(raw), size);
    pthread_mutex_unlock(&file->disk->lock);
    return code;
}

static int shim_sync(sqlite3_file *raw, int flags) {
    shim_file *file = (shim_file *)raw;
    if (!file->tracked) return real(raw)->pMethods->xSync(real(raw), flags);
    pthread_mutex_lock(&file->disk->lock);
    int code = next_operation(file->disk, SQLITE_IOERR_FSYNC);
    // The real disk is spared: what counts is what the simulated one would have kept.
    if (code == SQLITE_OK && !file->disk->forgets_flushes) free_changes(file->tracked);
    pthread_mutex_unlock(&file->disk->lock);
    return code;
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
static int shim_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int shim_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int shim_check_lock(sqlite3_file *file, int *out) {
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
static int shim_file_control(sqlite3_file *file, int op, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), op, argument);
}
static int shim_sector_size(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }

// A sector may be torn and a write is no barrier: nothing is promised that a cheap disk would not keep.
static int shim_characteristics(sqlite3_file *file) {
    return ((shim_file *)file)->tracked ? 0 : real(file)->pMethods->xDeviceCharacteristics(real(file));
}
static int shim_shm_map(sqlite3_file *file, int page, int size, int extends, void volatile **out) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extends, out);
}
static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void shim_shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int shim_shm_unmap(sqlite3_file *file, int deletes) {
    return real(file)->pMethods->xShmUnmap(real(file), deletes);
}

// MARK: The file system

static simulated_disk *disk_of(const char *path) {
    if (!path) return NULL;
    pthread_mutex_lock(&disks_lock);
    simulated_disk *found = disks;
    while (found && strncmp(found->folder, path, found->folder_length) != 0) found = found->next;
    pthread_mutex_unlock(&disks_lock);
    return found;
}

static tracked_file *file_of(simulated_disk *disk, const char *path) {
    tracked_file *found = disk->files;
    while (found && strcmp(found->path, path) != 0) found = found->next;
    if (found || strlen(path) >= PATH_LIMIT) return found;
    found = calloc(1, sizeof(tracked_file));
    if (!found) return NULL;
    strcpy(found->path, path);
    found->next = disk->files;
    disk->files = found;
    return found;
}

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *raw, int flags, int *out_flags) {
    (void)vfs;
    shim_file *file = (shim_file *)raw;
    memset(file, 0, sizeof(*file));
    int code = real_vfs->xOpen(real_vfs, path, real(raw), flags, out_flags);
    // Without methods SQLite does not close it; whatever the real one opened has to be closed here.
    if (code != SQLITE_OK) {
        if (real(raw)->pMethods) real(raw)->pMethods->xClose(real(raw));
        return code;
    }
    file->base.pMethods = &shim_methods;
    file->disk = disk_of(path);
    if (file->disk && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) {
        pthread_mutex_lock(&file->disk->lock);
        file->tracked = file_of(file->disk, path);
        pthread_mutex_unlock(&file->disk->lock);
    }
    return SQLITE_OK;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    (void)vfs;
    simulated_disk *disk = disk_of(path);
    if (!disk) return real_vfs->xDelete(real_vfs, path, syncs_folder);
    pthread_mutex_lock(&disk->lock);
    int code = next_operation(disk, SQLITE_IOERR_DELETE);
    if (code == SQLITE_OK) {
        tracked_file *file = file_of(disk, path);
        if (file) free_changes(file);
        code = real_vfs->xDelete(real_vfs, path, 0);
    }
    pthread_mutex_unlock(&disk->lock);
    return code;
}

static pthread_once_t installation = PTHREAD_ONCE_INIT;
static int installation_code;

static void install(void) {
    installation_code = sqlite3_initialize();
    if (installation_code != SQLITE_OK) return;
    real_vfs = sqlite3_vfs_find(NULL);
    if (!real_vfs) {
        installation_code = SQLITE_NOTFOUND;
        return;
    }
    shim_methods = (sqlite3_io_methods){
        .iVersion = 2, // without memory-mapped reading, which would go past the shim
        .xClose = shim_close,
        .xRead = shim_read,
        .xWrite = shim_write,
        .xTruncate = shim_truncate,
        .xSync = shim_sync,
        .xFileSize = shim_file_size,
        .xLock = shim_lock,
        .xUnlock = shim_unlock,
        .xCheckReservedLock = shim_check_lock,
        .xFileControl = shim_file_control,
        .xSectorSize = shim_sector_size,
        .xDeviceCharacteristics = shim_characteristics,
        .xShmMap = shim_shm_map,
        .xShmLock = shim_shm_lock,
        .xShmBarrier = shim_shm_barrier,
        .xShmUnmap = shim_shm_unmap,
    };
    // The rest of the real one's methods find what they need in their own argument's fields, which are copied along.
    shim_vfs = *real_vfs;
    shim_vfs.pNext = NULL;
    shim_vfs.zName = "simulated-disk";
    shim_vfs.szOsFile = (int)sizeof(shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    shim_vfs.xDelete = shim_delete;
    installation_code = sqlite3_vfs_register(&shim_vfs, 1);
}

int simulated_disk_install(void) {
    pthread_once(&installation, install);
    return installation_code;
}

// MARK: Disks

simulated_disk *simulated_disk_create(const char *folder) {
    simulated_disk *disk = calloc(1, sizeof(simulated_disk));
    size_t length = strlen(folder);
    if (!disk || length + 2 > PATH_LIMIT) {
        free(disk);
        return NULL;
    }
    strcpy(disk->folder, folder);
    if (length == 0 || disk->folder[length - 1] != '/') strcat(disk->folder, "/");
    disk->folder_length = strlen(disk->folder);
    disk->power_until = -1;
    pthread_mutex_init(&disk->lock, NULL);
    pthread_mutex_lock(&disks_lock);
    disk->next = disks;
    disks = disk;
    pthread_mutex_unlock(&disks_lock);
    return disk;
}

void simulated_disk_free(simulated_disk *disk) {
    pthread_mutex_lock(&disks_lock);
    simulated_disk **link = &disks;
    while (*link && *link != disk) link = &(*link)->next;
    if (*link) *link = disk->next;
    pthread_mutex_unlock(&disks_lock);
    while (disk->files) {
        tracked_file *gone = disk->files;
        disk->files = gone->next;
        free_changes(gone);
        free(gone);
    }
    pthread_mutex_destroy(&disk->lock);
    free(disk);
}

int64_t simulated_disk_operations(simulated_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    int64_t count = disk->operations;
    pthread_mutex_unlock(&disk->lock);
    return count;
}

void simulated_disk_fail(simulated_disk *disk, int code, int64_t after, int64_t count) {
    pthread_mutex_lock(&disk->lock);
    disk->fault_code = code;
    disk->fault_from = disk->operations + after;
    disk->fault_until = disk->fault_from + count;
    pthread_mutex_unlock(&disk->lock);
}

void simulated_disk_cut_power(simulated_disk *disk, int64_t after) {
    pthread_mutex_lock(&disk->lock);
    disk->power_until = disk->operations + after;
    pthread_mutex_unlock(&disk->lock);
}

void simulated_disk_forget_flushes(simulated_disk *disk, int forgets) {
    pthread_mutex_lock(&disk->lock);
    disk->forgets_flushes = forgets;
    pthread_mutex_unlock(&disk->lock);
}

// MARK: After a power cut

// SplitMix64, as in SeededRandom.swift.
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int put(int descriptor, const uint8_t *bytes, int64_t count, int64_t offset) {
    while (count > 0) {
        ssize_t written = pwrite(descriptor, bytes, (size_t)count, offset);
        if (written <= 0) return -1;
        bytes += written;
        count -= written;
        offset += written;
    }
    return 0;
}

// Puts back what stood there before, the newest change first, and turns the list around.
static int undo(int descriptor, tracked_file *file) {
    change *oldest = NULL;
    while (file->newest) {
        change *made = file->newest;
        file->newest = made->next;
        made->next = oldest;
        oldest = made;
        if (ftruncate(descriptor, made->size_before) != 0) return -1;
        if (put(descriptor, made->before, made->before_count, made->offset) != 0) return -1;
    }
    file->newest = oldest;
    return 0;
}

// Does what the disk had done of a change. Returns 1 when it was not all of it, -1 when that failed.
static int redo(int descriptor, const change *made, uint64_t *state) {
    uint64_t fate = draw(state) % 4;
    if (made->length == 0) {
        if (fate == 0) return 1;
        return ftruncate(descriptor, made->offset) == 0 ? 0 : -1;
    }
    if (fate == 0) return 1;
    if (fate > 1) return put(descriptor, made->after, made->length, made->offset);
    for (int64_t at = 0; at < made->length; at += SECTOR) {
        int64_t count = made->length - at < SECTOR ? made->length - at : SECTOR;
        if (draw(state) % 2 == 0 && put(descriptor, made->after + at, count, made->offset + at) != 0) return -1;
    }
    return 1;
}

int64_t simulated_disk_settle(simulated_disk *disk, uint64_t seed, int keeps_all) {
    int64_t lost = 0;
    uint64_t state = seed;
    pthread_mutex_lock(&disk->lock);
    for (tracked_file *file = disk->files; file && lost >= 0; file = file->next) {
        if (!file->newest || keeps_all) {
            free_changes(file);
            continue;
        }
        int descriptor = open(file->path, O_RDWR | O_CLOEXEC);
        if (descriptor < 0 || undo(descriptor, file) != 0) lost = -1;
        for (const change *made = file->newest; made && lost >= 0; made = made->next) {
            int outcome = redo(descriptor, made, &state);
            lost = outcome < 0 ? -1 : lost + outcome;
        }
        if (descriptor >= 0) close(descriptor);
        free_changes(file);
    }
    disk->power_until = -1;
    disk->fault_until = 0;
    pthread_mutex_unlock(&disk->lock);
    return lost;
}
