/* L0. Counter-based random numbers (Philox4x32-10): a value depends on seed, stream, cell and draw only, never on the
 * number of ranks or on what was drawn before, so there is nothing to checkpoint. */
#ifndef VITROMECH_RNG_H
#define VITROMECH_RNG_H

#include <vitromech/base.h>

/* One stream for each use, so that uses never share numbers. Append only: renumbering changes all results. */
typedef enum {
  VM_STREAM_DISORDER = 1,
  VM_STREAM_BARRIER,
  VM_STREAM_CATALOGUE,
  VM_STREAM_EVENT,
  VM_STREAM_CLUSTER,
  VM_STREAM_THERMAL,
  VM_STREAM_DOSE,
  VM_STREAM_BOOTSTRAP,
  VM_STREAM_TEST,
  VM_STREAM_TILING,
  VM_STREAM_SWEEP,
  VM_STREAM_VARIATION
} VmStream;

typedef struct {
  uint64_t seed;
  uint32_t stream;
} VmRngKey;

/** Four 32-bit words of counter (cell, draw). Not collective. */
void VmRngWords(VmRngKey key, uint64_t cell, uint32_t draw, uint32_t words[4]);

/** Two uniform doubles in the open interval (0,1), 53-bit. Not collective. */
void VmRngUniform2(VmRngKey key, uint64_t cell, uint32_t draw, double u[2]);

/** One uniform double in (0,1): the first of VmRngUniform2. Not collective. */
double VmRngUniform(VmRngKey key, uint64_t cell, uint32_t draw);

/** Two independent standard normal doubles (Box-Muller). Not collective. */
void VmRngNormal2(VmRngKey key, uint64_t cell, uint32_t draw, double g[2]);

/** Poisson variate of the given mean, exact for every mean >= 0; uses draws draw, draw+1, ... of the cell (draws must
 * be spaced by 64 for means of any size). Not collective. */
int64_t VmRngPoisson(VmRngKey key, uint64_t cell, uint32_t draw, double mean);

/** Uniformly random rotation matrix (rows), from a unit quaternion. Not collective. */
void VmRngRotation(VmRngKey key, uint64_t cell, uint32_t draw, double rotation[3][3]);

#endif
