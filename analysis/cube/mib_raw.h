/* Pixels of a Merlin detector as the chips send them (type R64). */
#ifndef VM_CUBE_MIB_RAW_H
#define VM_CUBE_MIB_RAW_H

#include <stdint.h>

/** Bytes of a frame of chips x 256x256 pixels with counters of 1, 6, 12 or 24 bit; 0: no such layout. */
int64_t VmMibRawBytes(int depth, int chips);

/**
 * One frame as a picture: 256x256 for one chip, 512x512 for four.
 *
 * The detector sends words of 64 bit with the pixel of the lowest column last: 64 pixels of 1 bit, 8 of 6 bit (in
 * bytes), or 4 of 12 bit (in two bytes, high one first); 24 bit are a frame of the high 12 bits, then one of the low.
 * Rows of four chips stand one after the other, chips 4, 3, 2, 1; the picture is 1 2 over 3 4, 3 and 4 upside down
 * (turned by 180 degrees).
 */
void VmMibRawDecode(int depth, int chips, const uint8_t *from, float *frame);

#endif
