#include "mib_raw.h"

enum { SIDE = 256 };

static int64_t RowBytes(int depth) { return depth == 1 ? SIDE / 8 : depth == 6 ? SIDE : 2 * SIDE; }

int64_t VmMibRawBytes(int depth, int chips)
{
  if (chips != 1 && chips != 4) return 0;
  if (depth == 1 || depth == 6 || depth == 12) return chips * SIDE * RowBytes(depth);
  return depth == 24 && chips == 1 ? 2 * SIDE * RowBytes(12) : 0;
}

/* One row of one chip, first column first. */
static void DecodeRow(int depth, const uint8_t *from, float row[SIDE])
{
  if (depth == 1) {
    for (int x = 0; x < SIDE; ++x) row[x] = (float)(from[x / 64 * 8 + 7 - x % 64 / 8] >> (x % 8) & 1);
  } else if (depth == 6) {
    for (int x = 0; x < SIDE; ++x) row[x] = (float)from[x / 8 * 8 + 7 - x % 8];
  } else {
    for (int x = 0; x < SIDE; ++x) {
      const uint8_t *word = from + 2 * (x / 4 * 4 + 3 - x % 4);
      row[x] = (float)(word[0] << 8 | word[1]);
    }
  }
}

static void DecodeQuad(int depth, const uint8_t *from, float *frame)
{
  const int64_t bytes = RowBytes(depth);
  for (int y = 0; y < SIDE; ++y, from += 4 * bytes) {
    float *top = frame + (int64_t)y * 2 * SIDE, *bottom = frame + (int64_t)(2 * SIDE - 1 - y) * 2 * SIDE;
    float row[SIDE];
    DecodeRow(depth, from + 3 * bytes, top);
    DecodeRow(depth, from + 2 * bytes, top + SIDE);
    DecodeRow(depth, from + bytes, row);
    for (int x = 0; x < SIDE; ++x) bottom[x] = row[SIDE - 1 - x];
    DecodeRow(depth, from, row);
    for (int x = 0; x < SIDE; ++x) bottom[SIDE + x] = row[SIDE - 1 - x];
  }
}

void VmMibRawDecode(int depth, int chips, const uint8_t *from, float *frame)
{
  if (chips == 4) {
    DecodeQuad(depth, from, frame);
    return;
  }
  for (int y = 0; y < SIDE; ++y) DecodeRow(depth == 24 ? 12 : depth, from + y * RowBytes(depth), frame + y * SIDE);
  if (depth != 24) return;
  from += SIDE * RowBytes(12);
  for (int y = 0; y < SIDE; ++y) {
    float low[SIDE];
    DecodeRow(12, from + y * RowBytes(12), low);
    for (int x = 0; x < SIDE; ++x) frame[y * SIDE + x] = 4096.0F * frame[y * SIDE + x] + low[x];
  }
}
