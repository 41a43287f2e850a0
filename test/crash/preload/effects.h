/* The layout of the mapped file; ../scripts/preload.ts writes the same. */
#ifndef EFFECTS_H
#define EFFECTS_H
#include <stdint.h>

#define VERSION 1
#define SESSIONS 64
#define KEYS 1024

enum { COUNT = 0, END = 1, FAIL = 2 };

/* Classes of calls, as not every error makes sense for each of them. */
enum { OPEN = 1, CREATE = 2, WRITE = 4, NAME = 8, REMOVE = 16, MODE = 32, SYNC = 64 };

struct key {
  uint32_t hash;
  uint32_t count;
};

struct shared {
  uint32_t version;
  uint32_t mode;
  uint32_t target;     /* hash of program and call */
  uint32_t occurrence;
  uint32_t signal;
  uint32_t error;
  uint32_t classes;    /* the classes that fail */
  uint32_t stays;      /* the error stays from the point on */
  uint32_t reached;
  uint32_t failed;     /* how many calls got the error */
  uint32_t ended;
  uint32_t unused;
  char ignored[256];   /* files below this path are the harness's own */
  int32_t sessions[SESSIONS];
  struct key keys[KEYS];
};

/* 0: carry the call out. -1: do not, errno is set. */
int effect(const char *call, uint32_t call_class, int directory, const char *path);
int effect_at(const char *call, uint32_t call_class, int directory, const char *path, int second_directory, const char *second);
int effect_on(const char *call, uint32_t call_class, int fd);
/* The call itself returned an error. */
void effect_failed(void);
#endif
