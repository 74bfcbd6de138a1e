/* The stress of a voxel, event by event. Their entries of the kernel are scattered over memory: where they stand is
 * found for many events in vectors, and memory is asked for them well ahead. */
#include "shear_kernel.h"
#include <vitromech/simd.h>
#include <string.h>

/* Events folded into the octant together, and of them those added in floats; entries asked for ahead. */
enum { BATCH = 256, TOGETHER = 8, AHEAD = 40 };

typedef struct {
  int32_t entry[BATCH + AHEAD]; /* number of the entry of the kernel */
  int32_t turn[BATCH];          /* reflections that take the event into the octant: which of `turns` */
  int32_t surrounding[BATCH];   /* 1 if the event may be near */
} Batch;

/* The same two lanes before the shears of an event as before the second diagonal of an entry that ends its line. */
enum { SHIFT = 2 };

typedef float Lanes __attribute__((vector_size(32)));
typedef int32_t Bits __attribute__((vector_size(32)));

/* Signs of the shears yz, xz, xy under the four reflections that matter. */
static const float turns[4][3] = {{1.0f, 1.0f, 1.0f}, {-1.0f, 1.0f, -1.0f}, {1.0f, -1.0f, -1.0f}, {-1.0f, -1.0f, 1.0f}};

PetscErrorCode VmShearSourcesCreate(int64_t most, VmShearSources *sources)
{
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) PetscCall(PetscMalloc1((size_t)most, &sources->at[d]));
  PetscCall(PetscMalloc1((size_t)most * VM_SHEAR_ROW, &sources->shear));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShearSourcesDestroy(VmShearSources *sources)
{
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(sources->at[d]));
  PetscCall(PetscFree(sources->shear));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmShearSourcesSet(VmShearSources *sources, int64_t i, const VmKmcSource *source)
{
  float *shear = sources->shear + i * VM_SHEAR_ROW;
  for (int d = 0; d < 3; ++d) sources->at[d][i] = source->at[d];
  for (int c = 0; c < VM_SHEAR_ROW; ++c) shear[c] = 0.0f;
  for (int c = 0; c < 2 * VM_SHEARS - 1; ++c) shear[SHIFT + c] = (float)source->shear[c % VM_SHEARS];
}

void VmShearKernelPack(const double k[VM_SHEARS][VM_SHEARS], float entry[VM_SHEAR_ROW])
{
  for (int d = 0; d <= 2; ++d)
    for (int i = 0; i < VM_SHEARS; ++i) {
      const int j = (i + d) % VM_SHEARS;
      entry[d * VM_SHEARS + i] = (float)(0.5 * (k[i][j] + k[j][i]));
    }
  entry[3 * VM_SHEARS] = 0.0f;
}

/* Distance of an offset along an axis of n voxels; *negative is -1 if the nearest image has a negative offset, else 0.
 */
static inline __attribute__((always_inline)) int32_t Fold(int32_t offset, int32_t n, int32_t *negative)
{
  const int32_t sign = offset >> 31, distance = (offset ^ sign) - sign, beyond = n - 2 * distance, other = beyond >> 31;
  *negative = sign ^ other;
  return distance + (other & beyond);
}

/* True if an event may be near. */
VM_SIMD_CLONES
static bool FoldBatch(const VmShearKernel shear, const int32_t at[3], int count, const VmShearSources *sources,
                      int64_t first, Batch *restrict b)
{
  const int32_t *restrict x = sources->at[0] + first, *restrict y = sources->at[1] + first,
                          *restrict z = sources->at[2] + first;
  const int64_t *n = shear->grid->n, *reach = shear->reach;
  const int32_t n0 = (int32_t)n[0], n1 = (int32_t)n[1], n2 = (int32_t)n[2], half1 = (int32_t)shear->half[1],
                half2 = (int32_t)shear->half[2], at0 = at[0], at1 = at[1], at2 = at[2];
  /* a tile may be near while this voxel of it is not */
  const int32_t reach0 = (int32_t)reach[0], reach1 = (int32_t)reach[1] + VM_TILE_Y,
                reach2 = (int32_t)reach[2] + VM_TILE_Z;
  int32_t any = 0;
  for (int i = 0; i < count; ++i) {
    int32_t nx, ny, nz;
    const int32_t ax = Fold(at0 - x[i], n0, &nx), ay = Fold(at1 - y[i], n1, &ny), az = Fold(at2 - z[i], n2, &nz);
    any |= b->surrounding[i] = (ax <= reach0) & (ay <= reach1) & (az <= reach2);
    b->entry[i] = (ax * half1 + ay) * half2 + az;
    b->turn[i] = ((ny ^ nz) & 1) + ((nx ^ nz) & 2);
  }
  return any != 0;
}

/* Takes near events out of a batch: their entry becomes the last, which is 0. */
static void DropNear(VmShearKernel shear, const int64_t tile[3], int count, const VmShearSources *sources,
                     int64_t first, Batch *b)
{
  const int32_t nothing = (int32_t)(shear->half[0] * shear->half[1] * shear->half[2]);
  for (int i = 0; i < count; ++i) {
    if (!b->surrounding[i]) continue;
    const int32_t at[3] = {sources->at[0][first + i], sources->at[1][first + i], sources->at[2][first + i]};
    if (VmShearKernelNear(shear, tile, at)) b->entry[i] = nothing;
  }
}

/* Lanes are handed over by address: vectors wider than those of the compiled architecture are not in the calling
 * convention. */
static inline __attribute__((always_inline)) void Load(const float *from, Lanes *lanes)
{
  memcpy(lanes, from, sizeof *lanes);
}

/* Signs of the diagonals 1 and 2 of an entry, as they are loaded, under a turn of the shears. */
static void Signs(const float turn[3], Bits signs[2])
{
  const float s[VM_SHEARS] = {1.0f, 1.0f, turn[0], turn[1], turn[2]};
  memset(signs, 0, 2 * sizeof *signs);
  for (int i = 0; i < VM_SHEARS; ++i) {
    if (s[i] * s[(i + 1) % VM_SHEARS] < 0.0f) signs[0][i] = INT32_MIN;
    if (s[i] * s[(i + 2) % VM_SHEARS] < 0.0f) signs[1][SHIFT + i] = INT32_MIN;
  }
}

/* Adds K eps for events first ... end - 1. With the diagonals d of K, (K eps)_i is the sum of d0_i eps_i, d1_i eps_i+1,
 * d2_i eps_i+2, and of d1_i-1 eps_i-1 and d2_i-2 eps_i-2, which are summed where they arise and shifted at the end. The
 * second diagonal stands SHIFT lanes too high. */
static inline __attribute__((always_inline)) void AddEvents(const float *octant, int first, int end, const Batch *b,
                                                            const float *shear, Bits (*signs)[2],
                                                            double stress[VM_SHEARS])
{
  Lanes here = {0.0f}, next = {0.0f}, shifted = {0.0f}, after_next = {0.0f};
  for (int i = first; i < end; ++i) {
    const float *entry = octant + (size_t)b->entry[i] * VM_SHEAR_ROW, *eps = shear + (size_t)i * VM_SHEAR_ROW;
    const Bits *sign = signs[b->turn[i]];
    Lanes d0, d1, d2, before, e, after;
    __builtin_prefetch(octant + (size_t)b->entry[i + AHEAD] * VM_SHEAR_ROW);
    Load(entry, &d0), Load(entry + VM_SHEARS, &d1), Load(entry + 2 * VM_SHEARS - SHIFT, &d2);
    Load(eps, &before), Load(eps + SHIFT, &e), Load(eps + SHIFT + 1, &after);
    d1 = (Lanes)((Bits)d1 ^ sign[0]), d2 = (Lanes)((Bits)d2 ^ sign[1]);
    here += d0 * e + d1 * after, shifted += d2 * e;
    next += d1 * e, after_next += d2 * before;
  }
  for (int i = 0; i < VM_SHEARS; ++i)
    stress[i] += ((double)here[i] + (double)shifted[SHIFT + i]) +
                 ((double)next[(i + 4) % VM_SHEARS] + (double)after_next[SHIFT + (i + 3) % VM_SHEARS]);
}

VM_SIMD_CLONES
static void AddBatch(const float *octant, int count, const Batch *b, const float *shear, double stress[VM_SHEARS])
{
  Bits signs[4][2];
  for (int t = 0; t < 4; ++t) Signs(turns[t], signs[t]);
  for (int i = 0; i < AHEAD; ++i) __builtin_prefetch(octant + (size_t)b->entry[i] * VM_SHEAR_ROW);
  for (int i = 0; i < count; i += TOGETHER)
    AddEvents(octant, i, i + TOGETHER < count ? i + TOGETHER : count, b, shear, signs, stress);
}

int64_t VmShearParts(int64_t pairs) { return (pairs + BATCH - 1) / BATCH; }

void VmShearKernelSum(VmShearKernel shear, const int64_t tile[3], const int64_t at[3], const VmShearSources *sources,
                      int64_t first, int64_t last, int share, int shares, double *parts)
{
  const int32_t voxel[3] = {(int32_t)at[0], (int32_t)at[1], (int32_t)at[2]};
  Batch batch;
  for (int64_t part = 0; first < last; ++part, first += BATCH) {
    const int count = (int)PetscMin(BATCH, last - first);
    double *stress = parts + part * VM_SHEARS;
    memset(stress, 0, sizeof *stress * VM_SHEARS);
    if (part % shares != share) continue;
    memset(batch.entry + count, 0, sizeof batch.entry - sizeof *batch.entry * (size_t)count);
    if (FoldBatch(shear, voxel, count, sources, first, &batch)) DropNear(shear, tile, count, sources, first, &batch);
    AddBatch(shear->octant, count, &batch, sources->shear + first * VM_SHEAR_ROW, stress);
  }
}
