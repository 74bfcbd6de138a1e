/* Numbers as they stand in a file without a header that HDF5 understands. */
#ifndef VM_CUBE_SAMPLE_H
#define VM_CUBE_SAMPLE_H

#include <vitromech/cube.h>

typedef struct {
  char kind; /* 'u', 'i', 'f': unsigned, signed, floating point */
  int bytes; /* 1, 2, 4, 8 */
  bool big;  /* big-endian */
} VmSample;

/** "uint8" ... "int64", "float32", "float64", little-endian unless "be" follows. Not collective. */
bool VmSampleParse(const char *text, VmSample *sample);

/** The type of the cube that holds all its values. Not collective. */
VmType VmSampleType(VmSample sample);

/** n numbers from the bytes of a file. Not collective. */
void VmSampleDecode(VmSample sample, const uint8_t *from, int64_t n, float *to);

#endif
