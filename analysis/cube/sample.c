#include "sample.h"
#include <endian.h>
#include <string.h>

bool VmSampleParse(const char *text, VmSample *sample)
{
  static const struct {
    const char *name;
    VmSample sample;
  } names[] = {{"uint8", {'u', 1, false}},  {"int8", {'i', 1, false}},   {"uint16", {'u', 2, false}},
               {"int16", {'i', 2, false}},  {"uint32", {'u', 4, false}}, {"int32", {'i', 4, false}},
               {"uint64", {'u', 8, false}}, {"int64", {'i', 8, false}},  {"float32", {'f', 4, false}},
               {"float64", {'f', 8, false}}};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    const size_t length = strlen(names[i].name);
    if (strncmp(text, names[i].name, length) != 0) continue;
    *sample = names[i].sample;
    sample->big = strcmp(text + length, "be") == 0;
    if (sample->big || !text[length]) return true;
  }
  return false;
}

VmType VmSampleType(VmSample sample)
{
  if (sample.kind == 'f') return sample.bytes == 4 ? VM_F32 : VM_F64;
  if (sample.bytes == 8) return VM_I64;
  if (sample.kind == 'i') return VM_I32;
  return sample.bytes == 1 ? VM_U8 : sample.bytes == 2 ? VM_U16 : VM_U32;
}

#define DECODE(number, bits)                                                                                           \
  for (int64_t i = 0; i < n; ++i) {                                                                                    \
    uint##bits##_t word;                                                                                               \
    number value;                                                                                                      \
    memcpy(&word, from + i * (int64_t)sizeof word, sizeof word);                                                       \
    word = sample.big ? be##bits##toh(word) : le##bits##toh(word);                                                     \
    memcpy(&value, &word, sizeof value);                                                                               \
    to[i] = (float)value;                                                                                              \
  }

static void DecodeUnsigned(VmSample sample, const uint8_t *from, int64_t n, float *to)
{
  if (sample.bytes == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = (float)from[i];
  } else if (sample.bytes == 2) {
    DECODE(uint16_t, 16)
  } else if (sample.bytes == 4) {
    DECODE(uint32_t, 32)
  } else {
    DECODE(uint64_t, 64)
  }
}

static void DecodeSigned(VmSample sample, const uint8_t *from, int64_t n, float *to)
{
  if (sample.bytes == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = (float)(int8_t)from[i];
  } else if (sample.bytes == 2) {
    DECODE(int16_t, 16)
  } else if (sample.bytes == 4) {
    DECODE(int32_t, 32)
  } else {
    DECODE(int64_t, 64)
  }
}

void VmSampleDecode(VmSample sample, const uint8_t *from, int64_t n, float *to)
{
  if (sample.kind == 'u') {
    DecodeUnsigned(sample, from, n, to);
  } else if (sample.kind == 'i') {
    DecodeSigned(sample, from, n, to);
  } else if (sample.bytes == 4) {
    DECODE(float, 32)
  } else {
    DECODE(double, 64)
  }
}
