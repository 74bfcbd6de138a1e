/* Series of 5 x 4 images as TIFF, made byte by byte as the format is documented (TIFF 6.0). */
#ifndef VM_TEST_TIFF_FILES_H
#define VM_TEST_TIFF_FILES_H

#include "cube_files.h"

typedef struct {
  bool big;  /* byte order */
  int bits;  /* of a number */
  char kind; /* 'u', 'i', 'f': FileCount, less its half, or plus a quarter */
  bool packed;
  int pages, samples, last_height; /* last_height: of the last page; 5: as the others */
  const char *description;         /* of the first page, with a resolution of 4 (x) and 2 (y) pixels; NULL: none */
} TiffFile;

static inline void PutTiff(FILE *file, const TiffFile *t, int bytes, uint64_t value)
{
  if (t->big) PutBig(file, bytes, value);
  else PutLittle(file, bytes, value);
}

/* A directory entry of one number of 16 (type 3) or 32 bit (4), or of more of them at an offset. */
static inline void PutTiffEntry(FILE *file, const TiffFile *t, int tag, int type, int count, uint64_t value)
{
  PutTiff(file, t, 2, (uint64_t)tag);
  PutTiff(file, t, 2, (uint64_t)type);
  PutTiff(file, t, 4, (uint64_t)count);
  if (type == 3) {
    PutTiff(file, t, 2, value);
    PutTiff(file, t, 2, 0);
  } else PutTiff(file, t, 4, value);
}

static inline uint64_t TiffNumber(const TiffFile *t, int page, int y, int x)
{
  const int64_t count = FileCount(t->kind == 'f' ? 16 : t->bits, page, y, x);
  const double real = (double)count + 0.25;
  const float single = (float)real;
  uint32_t word;
  uint64_t words;
  memcpy(&word, &single, sizeof word);
  memcpy(&words, &real, sizeof words);
  if (t->kind == 'f') return t->bits == 32 ? word : words;
  return (uint64_t)(t->kind == 'i' ? count - (INT64_C(1) << (t->bits - 1)) : count);
}

/* Rows [from, to) of a page, or packed as one literal run for each row (PackBits). */
static inline void PutTiffRows(FILE *file, const TiffFile *t, int page, int from, int to)
{
  for (int y = from; y < to; ++y) {
    if (t->packed) fputc(4 * t->bits / 8 - 1, file);
    for (int x = 0; x < 4; ++x) PutTiff(file, t, t->bits / 8, TiffNumber(t, page, y, x));
  }
}

/* Directory, then what it points to, then two strips of three rows and of the rest. */
static inline void PutTiffPage(FILE *file, const TiffFile *t, int page)
{
  const int height = page == t->pages - 1 ? t->last_height : 5, row = 4 * t->bits / 8 + t->packed, entries = 13;
  const int length = t->description && page == 0 ? (int)strlen(t->description) + 1 : 8;
  const uint64_t lists = (uint64_t)ftell(file) + 2 + 12 * (uint64_t)entries + 4, data = lists + 32 + (uint64_t)length;
  PutTiff(file, t, 2, (uint64_t)entries);
  PutTiffEntry(file, t, 256, 4, 1, 4);
  PutTiffEntry(file, t, 257, 4, 1, (uint64_t)height);
  PutTiffEntry(file, t, 258, 3, 1, (uint64_t)t->bits);
  PutTiffEntry(file, t, 259, 3, 1, t->packed ? 32773 : 1);
  PutTiffEntry(file, t, 262, 3, 1, 1);
  PutTiffEntry(file, t, 270, 2, length, lists + 32);
  PutTiffEntry(file, t, 273, 4, 2, lists);
  PutTiffEntry(file, t, 277, 3, 1, (uint64_t)t->samples);
  PutTiffEntry(file, t, 278, 4, 1, 3);
  PutTiffEntry(file, t, 279, 4, 2, lists + 8);
  PutTiffEntry(file, t, 282, 5, 1, lists + 16);
  PutTiffEntry(file, t, 283, 5, 1, lists + 24);
  PutTiffEntry(file, t, 339, 3, 1, t->kind == 'u' ? 1 : t->kind == 'i' ? 2 : 3);
  PutTiff(file, t, 4, page == t->pages - 1 ? 0 : data + (uint64_t)(height * row));
  PutTiff(file, t, 4, data);
  PutTiff(file, t, 4, data + 3 * (uint64_t)row);
  PutTiff(file, t, 4, 3 * (uint64_t)row);
  PutTiff(file, t, 4, (uint64_t)(height - 3) * (uint64_t)row);
  for (int axis = 0; axis < 2; ++axis) {
    PutTiff(file, t, 4, axis == 0 ? 8 : 6);
    PutTiff(file, t, 4, axis == 0 ? 2 : 3);
  }
  fwrite(t->description && page == 0 ? t->description : "no words", 1, (size_t)length, file);
  PutTiffRows(file, t, page, 0, height);
}

static inline void WriteTiff(const char *path, const TiffFile *t)
{
  FILE *file = FileCreate(path);
  fwrite(t->big ? "MM" : "II", 1, 2, file);
  PutTiff(file, t, 2, 42);
  PutTiff(file, t, 4, 8);
  for (int page = 0; page < t->pages; ++page) PutTiffPage(file, t, page);
  fclose(file);
}

#endif
