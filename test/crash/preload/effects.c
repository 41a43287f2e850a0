/*
 * Preloaded into a script and every program that it starts: counts the calls that change files, and at one of them ends
 * the whole run or returns an error. The state is shared through a mapped file, because each command of a shell script
 * is a process of its own. A point is named by program, call and occurrence: processes of a pipeline start in either
 * order, so a global number would name another call in the next run.
 *
 * CRASH_MAP is the mapped file (struct shared, filled in by the harness), CRASH_LOG the log: one line per point,
 * `program TAB call TAB occurrence TAB pid TAB verdict TAB path [TAB second path]`.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "effects.h"

static struct shared *shared;
static const char *log_path;

static void write_log(const char *call, uint32_t occurrence, const char *verdict, const char *path, const char *second) {
  char line[3 * PATH_MAX];
  int length = snprintf(line, sizeof line, "%s\t%s\t%u\t%d\t%s\t%s%s%s\n", program_invocation_short_name, call, occurrence,
                        (int)getpid(), verdict, path, second ? "\t" : "", second ? second : "");
  int fd = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, (size_t)length);
  syscall(SYS_close, fd);
}

static void register_session(void) {
  int32_t mine = (int32_t)getsid(0);
  for (int i = 0; i < SESSIONS; i++) {
    int32_t seen = __atomic_load_n(&shared->sessions[i], __ATOMIC_SEQ_CST);
    if (seen == mine) return;
    int32_t none = 0;
    if (seen == 0 && __atomic_compare_exchange_n(&shared->sessions[i], &none, mine, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
    if (none == mine) return;
  }
}

__attribute__((constructor)) static void begin(void) {
  const char *map = getenv("CRASH_MAP");
  log_path = getenv("CRASH_LOG");
  if (map == NULL || log_path == NULL) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, map, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (mapped == MAP_FAILED) return;
  shared = mapped;
  if (shared->version != VERSION) _exit(70);
  register_session();
  /* `env -i` takes the library from what it starts: a call of docker, which changes the state of the engine. */
  if (strcmp(program_invocation_short_name, "env") == 0) write_log("start", 0, "-", "docker", NULL);
}

/* A call that changed nothing leaves the disk as it was: rename without replacing, rmdir of a directory that is not empty. */
void effect_failed(void) {
  if (shared == NULL) return;
  int kept_errno = errno;
  write_log("failed", 0, "-", "", NULL);
  errno = kept_errno;
}

static uint32_t hash_of(const char *program, const char *call) {
  uint32_t hash = 2166136261u;
  for (const char *c = program; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  hash = (hash ^ '\t') * 16777619u;
  for (const char *c = call; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
  return hash == 0 ? 1 : hash;
}

/* Which occurrence of this call by this program it is, counted over all processes, from 1. */
static uint32_t occurrence_of(uint32_t hash) {
  for (uint32_t i = 0; i < KEYS; i++) {
    struct key *key = &shared->keys[(hash + i) % KEYS];
    uint32_t none = 0;
    if (__atomic_load_n(&key->hash, __ATOMIC_SEQ_CST) == hash ||
        __atomic_compare_exchange_n(&key->hash, &none, hash, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) || none == hash)
      return __atomic_add_fetch(&key->count, 1, __ATOMIC_SEQ_CST);
  }
  return 0;
}

static int session_of(const char *pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
  if (fd < 0) return -1;
  long length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return -1;
  text[length] = 0;
  char *after_name = strrchr(text, ')');
  char state;
  int parent, group, session;
  if (after_name == NULL || sscanf(after_name + 1, " %c %d %d %d", &state, &parent, &group, &session) != 4) return -1;
  return state == 'Z' ? -1 : session;
}

static int is_ours(int session) {
  if (session <= 0) return 0;
  for (int i = 0; i < SESSIONS; i++)
    if (shared->sessions[i] == session) return 1;
  return 0;
}

/* A process group is not enough: `timeout` makes one of its own, and an activation has a session of its own. */
static int signal_others(int number) {
  int sent = 0;
  DIR *proc = opendir("/proc");
  if (proc == NULL) return 0;
  for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
    int pid = atoi(entry->d_name);
    if (pid <= 1 || pid == getpid() || !is_ours(session_of(entry->d_name))) continue;
    if (kill(pid, number) == 0) sent++;
  }
  closedir(proc);
  return sent;
}

static void end_run(void) {
  if (shared->signal != SIGKILL) {
    signal_others((int)shared->signal);
    kill(getpid(), (int)shared->signal);
    return;
  }
  __atomic_store_n(&shared->ended, 1, __ATOMIC_SEQ_CST);
  for (int round = 0; round < 50 && signal_others(SIGKILL) > 0; round++) usleep(500);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void absolute(char *into, int directory, const char *path) {
  char link[64];
  if (path[0] == '/') {
    snprintf(into, PATH_MAX, "%s", path);
    return;
  }
  snprintf(link, sizeof link, directory == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", directory);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, into, PATH_MAX / 2);
  if (length < 0) length = 0;
  snprintf(into + length, PATH_MAX - (size_t)length, "/%s", path);
}

/* Devices and the kernel's files hold nothing that lasts; /dev/shm does. */
static int is_kept(const char *path) {
  if (strncmp(path, "/dev/shm/", 9) == 0) return 1;
  return strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/sys/", 5) != 0;
}

static int errno_for(uint32_t call_class) {
  /* chmod of somebody else's file is EPERM, never EACCES. */
  return shared->error == EACCES && call_class == MODE ? EPERM : (int)shared->error;
}

/* The reserve file is there so that a full disk has room for a rollback once it is deleted. */
static int frees_reserve(const char *path) {
  const char *name = strrchr(path, '/');
  return shared->error == ENOSPC && name != NULL && strcmp(name, "/reserve") == 0;
}

int effect_at(const char *call, uint32_t call_class, int directory, const char *path, int second_directory, const char *second) {
  if (shared == NULL) return 0;
  int kept_errno = errno;
  char first_path[PATH_MAX], second_path[PATH_MAX];
  absolute(first_path, directory, path);
  if (second) absolute(second_path, second_directory, second);
  if (!is_kept(first_path)) {
    errno = kept_errno;
    return 0;
  }
  if (__atomic_load_n(&shared->ended, __ATOMIC_SEQ_CST)) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  /* How often a program writes what comes through a pipe is chance. A shell's writes are commands of their own. */
  static char last_written[PATH_MAX];
  int is_write = call_class == WRITE && strcmp(program_invocation_short_name, "sh") != 0;
  if (is_write && strcmp(last_written, first_path) == 0) {
    errno = kept_errno;
    return 0;
  }
  snprintf(last_written, sizeof last_written, "%s", is_write ? first_path : "");
  uint32_t hash = hash_of(program_invocation_short_name, call);
  uint32_t occurrence = occurrence_of(hash);
  int is_point = hash == shared->target && occurrence == shared->occurrence;
  if (is_point) __atomic_store_n(&shared->reached, 1, __ATOMIC_SEQ_CST);
  if (shared->mode == FAIL && call_class == REMOVE && frees_reserve(first_path)) __atomic_store_n(&shared->stays, 0, __ATOMIC_SEQ_CST);
  int fails = shared->mode == FAIL && (shared->classes & call_class) != 0 &&
              (is_point || (shared->stays && __atomic_load_n(&shared->reached, __ATOMIC_SEQ_CST)));
  int ends = shared->mode == END && is_point;
  write_log(call, occurrence, ends ? "end" : fails ? "fail" : "-", first_path, second ? second_path : NULL);
  if (ends) end_run();
  errno = kept_errno;
  if (!fails) return 0;
  __atomic_add_fetch(&shared->failed, 1, __ATOMIC_SEQ_CST);
  errno = errno_for(call_class);
  return -1;
}

int effect(const char *call, uint32_t call_class, int directory, const char *path) {
  return effect_at(call, call_class, directory, path, AT_FDCWD, NULL);
}

/* Only regular files and directories: a write to a pipe or a terminal changes nothing that lasts. */
int effect_on(const char *call, uint32_t call_class, int fd) {
  if (shared == NULL) return 0;
  int kept_errno = errno;
  struct stat status;
  if (fstat(fd, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
    errno = kept_errno;
    return 0;
  }
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  errno = kept_errno;
  /* Output of the script that the harness collects. */
  if (shared->ignored[0] && strncmp(path, shared->ignored, strlen(shared->ignored)) == 0) return 0;
  return effect(call, call_class, AT_FDCWD, path);
}
