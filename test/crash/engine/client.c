/*
 * `docker` for the crash tests: hands its arguments, directory and environment to an engine process that is kept warm, and
 * prints what that responds. A start of node for each of the thousands of calls would take most of an hour.
 * Usage: client SOCKET COMPOSE ARGUMENTS…; `compose … config` and `compose version` are the real Compose's, as in the stub engine.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static void put(int fd, const void *bytes, size_t size) {
  const char *at = bytes;
  while (size > 0) {
    ssize_t written = write(fd, at, size);
    if (written <= 0) _exit(125);
    at += written;
    size -= (size_t)written;
  }
}

static int get(int fd, void *bytes, size_t size) {
  char *at = bytes;
  while (size > 0) {
    ssize_t length = read(fd, at, size);
    if (length <= 0) return -1;
    at += length;
    size -= (size_t)length;
  }
  return 0;
}

/* A list of texts: how many there are, then each with the zero byte at its end. */
static void put_list(int fd, char **list) {
  uint32_t count = 0;
  while (list[count] != NULL) count++;
  put(fd, &count, sizeof count);
  for (uint32_t i = 0; i < count; i++) put(fd, list[i], strlen(list[i]) + 1);
}

static int is_for_compose(char **args) {
  if (args[0] == NULL || strcmp(args[0], "compose") != 0) return 0;
  int i = 1;
  for (; args[i] != NULL && args[i][0] == '-'; i++)
    if (strchr(args[i], '=') == NULL && args[i + 1] != NULL) i++;
  return args[i] != NULL && (strcmp(args[i], "config") == 0 || strcmp(args[i], "version") == 0);
}

int main(int count, char **args) {
  if (count < 4) return 125;
  if (is_for_compose(args + 3)) {
    args[3] = args[2];
    execv(args[2], args + 3);
    perror(args[2]);
    return 125;
  }
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(args[1]) >= sizeof address.sun_path) return 125;
  strcpy(address.sun_path, args[1]);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror(args[1]);
    return 125;
  }
  char directory[4096];
  if (getcwd(directory, sizeof directory) == NULL) strcpy(directory, "/");
  char *place[] = {directory, NULL};
  put_list(fd, place);
  put_list(fd, args + 3);
  put_list(fd, environ);
  /* Pieces of output: one byte for the descriptor (0: the exit status), four for the size. */
  for (;;) {
    unsigned char head[5];
    uint32_t size;
    if (get(fd, head, sizeof head) != 0) return 125;
    memcpy(&size, head + 1, sizeof size);
    char *bytes = malloc(size + 1);
    if (bytes == NULL || get(fd, bytes, size) != 0) return 125;
    if (head[0] == 0) return (unsigned char)bytes[0];
    put(head[0], bytes, size);
    free(bytes);
  }
}
