/* The interposed calls. The name that is logged is the family's, so that a point has one name whichever variant a tool uses. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include "effects.h"

#define NEXT(name) \
  static __typeof__(&name) next; \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* --- open for writing */

static int is_write(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0; }

static int is_there(int directory, const char *path);

/* A shell's `>` and `>>` ask for creation, but a file that exists needs no space for it. */
static int before_open(int directory, const char *path, int flags) {
  if (!is_write(flags)) return 0;
  int creates = (flags & O_CREAT) != 0 && !is_there(directory, path);
  return effect("open", creates ? CREATE : OPEN, directory, path);
}

static mode_t mode_of(int flags, va_list list) { return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0; }

#define OPEN_CALL(name) \
  int name(const char *path, int flags, ...) { \
    NEXT(name); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = mode_of(flags, list); \
    va_end(list); \
    return before_open(AT_FDCWD, path, flags) ? -1 : next(path, flags, mode); \
  }
OPEN_CALL(open)
OPEN_CALL(open64)

#define OPENAT_CALL(name) \
  int name(int directory, const char *path, int flags, ...) { \
    NEXT(name); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = mode_of(flags, list); \
    va_end(list); \
    return before_open(directory, path, flags) ? -1 : next(directory, path, flags, mode); \
  }
OPENAT_CALL(openat)
OPENAT_CALL(openat64)

/* Fortified calls without a mode: those that do not create. */
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int __openat_2(int directory, const char *path, int flags) { return openat(directory, path, flags); }
int __openat64_2(int directory, const char *path, int flags) { return openat64(directory, path, flags); }

int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static int before_fopen(const char *path, const char *mode) {
  int flags = mode[0] == 'r' ? (strchr(mode, '+') ? O_RDWR : O_RDONLY) : O_WRONLY | O_CREAT;
  return before_open(AT_FDCWD, path, flags);
}

#define FOPEN_CALL(name) \
  FILE *name(const char *path, const char *mode) { \
    NEXT(name); \
    return before_fopen(path, mode) ? NULL : next(path, mode); \
  }
FOPEN_CALL(fopen)
FOPEN_CALL(fopen64)

#define FREOPEN_CALL(name) \
  FILE *name(const char *path, const char *mode, FILE *stream) { \
    NEXT(name); \
    return path != NULL && before_fopen(path, mode) ? NULL : next(path, mode, stream); \
  }
FREOPEN_CALL(freopen)
FREOPEN_CALL(freopen64)

#define TEMPORARY(name, call, type, failed, parameters, ...) \
  type name parameters { \
    NEXT(name); \
    return effect(call, CREATE, AT_FDCWD, template) ? failed : next(__VA_ARGS__); \
  }
TEMPORARY(mkstemp, "open", int, -1, (char *template), template)
TEMPORARY(mkstemp64, "open", int, -1, (char *template), template)
TEMPORARY(mkostemp, "open", int, -1, (char *template, int flags), template, flags)
TEMPORARY(mkostemp64, "open", int, -1, (char *template, int flags), template, flags)
TEMPORARY(mkstemps, "open", int, -1, (char *template, int suffix), template, suffix)
TEMPORARY(mkdtemp, "mkdir", char *, NULL, (char *template), template)

/* --- write to regular files */

#define ON_FD(name, call, call_class, type, parameters, fd, ...) \
  type name parameters { \
    NEXT(name); \
    return effect_on(call, call_class, fd) ? -1 : next(__VA_ARGS__); \
  }
ON_FD(write, "write", WRITE, ssize_t, (int fd, const void *bytes, size_t size), fd, fd, bytes, size)
ON_FD(pwrite, "write", WRITE, ssize_t, (int fd, const void *bytes, size_t size, off_t at), fd, fd, bytes, size, at)
ON_FD(pwrite64, "write", WRITE, ssize_t, (int fd, const void *bytes, size_t size, off64_t at), fd, fd, bytes, size, at)
ON_FD(writev, "write", WRITE, ssize_t, (int fd, const struct iovec *parts, int count), fd, fd, parts, count)
ON_FD(sendfile, "write", WRITE, ssize_t, (int to, int from, off_t *at, size_t size), to, to, from, at, size)
ON_FD(sendfile64, "write", WRITE, ssize_t, (int to, int from, off64_t *at, size_t size), to, to, from, at, size)
ON_FD(fallocate, "write", WRITE, int, (int fd, int mode, off_t at, off_t size), fd, fd, mode, at, size)
ON_FD(fallocate64, "write", WRITE, int, (int fd, int mode, off64_t at, off64_t size), fd, fd, mode, at, size)
ON_FD(ftruncate, "truncate", WRITE, int, (int fd, off_t size), fd, fd, size)
ON_FD(ftruncate64, "truncate", WRITE, int, (int fd, off64_t size), fd, fd, size)
ON_FD(fchmod, "chmod", MODE, int, (int fd, mode_t mode), fd, fd, mode)
ON_FD(fsync, "sync", SYNC, int, (int fd), fd, fd)
ON_FD(fdatasync, "sync", SYNC, int, (int fd), fd, fd)
ON_FD(syncfs, "sync", SYNC, int, (int fd), fd, fd)

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags) {
  NEXT(copy_file_range);
  return effect_on("write", WRITE, to) ? -1 : next(from, from_at, to, to_at, size, flags);
}

int posix_fallocate(int fd, off_t at, off_t size) {
  NEXT(posix_fallocate);
  return effect_on("write", WRITE, fd) ? errno : next(fd, at, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
  NEXT(posix_fallocate64);
  return effect_on("write", WRITE, fd) ? errno : next(fd, at, size);
}

/* The C library writes a buffered stream by itself, so the point is where the stream is flushed or closed. */
static int before_flush(FILE *stream) {
  if (stream == NULL || __fpending(stream) == 0 || !effect_on("write", WRITE, fileno(stream))) return 0;
  int error = errno;
  __fpurge(stream);
  errno = error;
  return -1;
}

#define FLUSH_CALL(name, loses_stream) \
  int name(FILE *stream) { \
    NEXT(name); \
    if (!before_flush(stream)) return next(stream); \
    int error = errno; \
    if (loses_stream) next(stream); \
    errno = error; \
    return EOF; \
  }
FLUSH_CALL(fclose, 1)
FLUSH_CALL(fflush, 0)
FLUSH_CALL(fflush_unlocked, 0)

/* An unbuffered stream, as tee's, writes at once. */
static int before_fwrite(FILE *stream) { return __fbufsize(stream) > 1 ? 0 : effect_on("write", WRITE, fileno(stream)); }

#define FWRITE_CALL(name) \
  size_t name(const void *bytes, size_t size, size_t count, FILE *stream) { \
    NEXT(name); \
    return (__fwriting(stream) && __fbufsize(stream) > 0 && before_fwrite(stream)) ? 0 : next(bytes, size, count, stream); \
  }
/* The headers have a macro of this name for optimizing compilers. */
#undef fwrite_unlocked
FWRITE_CALL(fwrite)
FWRITE_CALL(fwrite_unlocked)

/* --- names */

static int done(int result) {
  if (result < 0) effect_failed();
  return result;
}

#define ON_PATH(name, call, call_class, parameters, directory, path, ...) \
  int name parameters { \
    NEXT(name); \
    return effect(call, call_class, directory, path) ? -1 : done(next(__VA_ARGS__)); \
  }
/* What exists already is no creation: the call fails with EEXIST, whatever the disk is like. */
static int is_there(int directory, const char *path) {
  int error = errno;
  int found = faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  errno = error;
  return found;
}

#define ON_NEW_PATH(name, call, parameters, directory, path, ...) \
  int name parameters { \
    NEXT(name); \
    if (is_there(directory, path)) return next(__VA_ARGS__); \
    return effect(call, CREATE, directory, path) ? -1 : done(next(__VA_ARGS__)); \
  }
ON_PATH(unlink, "unlink", REMOVE, (const char *path), AT_FDCWD, path, path)
ON_PATH(rmdir, "rmdir", REMOVE, (const char *path), AT_FDCWD, path, path)
ON_PATH(remove, "unlink", REMOVE, (const char *path), AT_FDCWD, path, path)
ON_NEW_PATH(mkdir, "mkdir", (const char *path, mode_t mode), AT_FDCWD, path, path, mode)
ON_NEW_PATH(mkdirat, "mkdir", (int directory, const char *path, mode_t mode), directory, path, directory, path, mode)
ON_NEW_PATH(mkfifo, "open", (const char *path, mode_t mode), AT_FDCWD, path, path, mode)
ON_NEW_PATH(symlink, "symlink", (const char *to, const char *path), AT_FDCWD, path, to, path)
ON_NEW_PATH(symlinkat, "symlink", (const char *to, int directory, const char *path), directory, path, to, directory, path)
ON_NEW_PATH(link, "link", (const char *from, const char *path), AT_FDCWD, path, from, path)
ON_NEW_PATH(linkat, "link", (int from_directory, const char *from, int directory, const char *path, int flags), directory, path,
        from_directory, from, directory, path, flags)
ON_PATH(truncate, "truncate", WRITE, (const char *path, off_t size), AT_FDCWD, path, path, size)
ON_PATH(truncate64, "truncate", WRITE, (const char *path, off64_t size), AT_FDCWD, path, path, size)
ON_PATH(chmod, "chmod", MODE, (const char *path, mode_t mode), AT_FDCWD, path, path, mode)
ON_PATH(lchmod, "chmod", MODE, (const char *path, mode_t mode), AT_FDCWD, path, path, mode)
ON_PATH(fchmodat, "chmod", MODE, (int directory, const char *path, mode_t mode, int flags), directory, path, directory, path, mode, flags)

int unlinkat(int directory, const char *path, int flags) {
  NEXT(unlinkat);
  return effect(flags & AT_REMOVEDIR ? "rmdir" : "unlink", REMOVE, directory, path) ? -1 : done(next(directory, path, flags));
}

int rename(const char *from, const char *to) {
  NEXT(rename);
  return effect_at("rename", NAME, AT_FDCWD, from, AT_FDCWD, to) ? -1 : done(next(from, to));
}
int renameat(int from_directory, const char *from, int directory, const char *to) {
  NEXT(renameat);
  return effect_at("rename", NAME, from_directory, from, directory, to) ? -1 : done(next(from_directory, from, directory, to));
}
int renameat2(int from_directory, const char *from, int directory, const char *to, unsigned flags) {
  NEXT(renameat2);
  return effect_at("rename", NAME, from_directory, from, directory, to) ? -1 : done(next(from_directory, from, directory, to, flags));
}

void sync(void) {
  static void (*next)(void);
  if (next == NULL) next = (void (*)(void))dlsym(RTLD_NEXT, "sync");
  if (effect("sync", SYNC, AT_FDCWD, ".") == 0) next();
}
