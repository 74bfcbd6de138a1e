#include "h5_header.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PREFIX = 16, MESSAGE = 8, ATTRIBUTE = 0x0C, CONTINUATION = 0x10, SHARED = 2, MOST_CHUNKS = 64 };
static const uint64_t most_bytes = 1 << 24; /* of a chunk: an object holds no attribute of more than 64 KB in it */

static uint64_t Number(const uint8_t *at, int bytes)
{
  uint64_t value = 0;
  while (bytes-- > 0) value = value << 8 | at[bytes];
  return value;
}

/* Name, type and space follow the head; in the first version each is filled up to eight bytes. */
static bool AttributeSound(const uint8_t *message, size_t size)
{
  if (size < 8) return false;
  const int version = message[0];
  const size_t unit = version == 1 ? 8 : 1, head = version == 3 ? 9 : 8, name = Number(message + 2, 2);
  size_t end = head;
  for (int part = 0; part < 3; ++part) end += (Number(message + 2 + 2 * part, 2) + unit - 1) / unit * unit;
  return end <= size && memchr(message + head, 0, name) == message + head + name - 1;
}

typedef struct {
  uint64_t address, bytes;
} Chunk;

/* Goes through the messages of a chunk; the chunks it is continued in are added to the list. */
static bool ChunkSound(const uint8_t *chunk, uint64_t bytes, Chunk list[MOST_CHUNKS], int *count)
{
  for (uint64_t at = 0; at + MESSAGE <= bytes;) {
    const uint8_t *message = chunk + at + MESSAGE;
    const uint64_t type = Number(chunk + at, 2), size = Number(chunk + at + 2, 2);
    if (size > bytes - at - MESSAGE) return true; /* the library sees that */
    if (type == ATTRIBUTE && !(chunk[at + 4] & SHARED) && !AttributeSound(message, size)) return false;
    if (type == CONTINUATION && size >= 16 && *count < MOST_CHUNKS)
      list[(*count)++] = (Chunk){Number(message, 8), Number(message + 8, 8)};
    at += MESSAGE + size;
  }
  return true;
}

bool VmH5HeaderSound(int file, haddr_t address)
{
  uint8_t prefix[PREFIX];
  Chunk list[MOST_CHUNKS];
  int count = 1;
  bool sound = true;
  if (pread(file, prefix, PREFIX, (off_t)address) != PREFIX || prefix[0] != 1) return true;
  list[0] = (Chunk){address + PREFIX, Number(prefix + 8, 4)};
  for (int c = 0; c < count && sound; ++c) {
    uint8_t *chunk = list[c].bytes <= most_bytes ? malloc(list[c].bytes) : NULL;
    const ssize_t bytes = chunk ? pread(file, chunk, list[c].bytes, (off_t)list[c].address) : 0;
    if (bytes > 0) sound = ChunkSound(chunk, (uint64_t)bytes, list, &count);
    free(chunk);
  }
  return sound;
}
