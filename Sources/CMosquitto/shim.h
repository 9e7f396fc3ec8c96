#include <mosquitto.h>
#include <spawn.h>

/* glibc shows it to those alone who define _GNU_SOURCE, as Swift does not. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
