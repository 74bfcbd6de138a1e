/* The stress of a voxel, event by event. Their entries of the kernel are scattered over memory: where they stand is
 * found for many events in vectors, and memory is asked for them well ahead. */
#include "shear_kernel.h"
#include <vitromech/simd.h>
#include <string.h>

/* Events folded into the octant together, and of them those added in floats; entries asked for ahead. */
enum { BATCH = 128, TOGETHER = 8, AHEAD = 24 };

typedef struct {
  int32_t entry[BATCH + AHEAD];  /* number of the entry of the kernel */
  int32_t turn[BATCH];           /* signs of the shears: which of `turns` */
  int32_t surrounding[BATCH];    /* 1 if the event may be near */
  float shear[VM_SHEARS][BATCH]; /* turned into the octant */
} Batch;

/* Lanes 0 ... 4 are shears. */
typedef float Lanes __attribute__((vector_size(32)));

/* Signs of the shears yz, xz, xy under the four reflections that matter. */
static const float turns[4][3] = {{1.0f, 1.0f, 1.0f}, {-1.0f, 1.0f, -1.0f}, {1.0f, -1.0f, -1.0f}, {-1.0f, -1.0f, 1.0f}};

PetscErrorCode VmShearSourcesCreate(int64_t most, VmShearSources *sources)
{
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) PetscCall(PetscMalloc1((size_t)most, &sources->at[d]));
  for (int c = 0; c < VM_SHEARS; ++c) PetscCall(PetscMalloc1((size_t)most, &sources->shear[c]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShearSourcesDestroy(VmShearSources *sources)
{
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(sources->at[d]));
  for (int c = 0; c < VM_SHEARS; ++c) PetscCall(PetscFree(sources->shear[c]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Distance of an offset along an axis of n voxels; *negative is -1 if the nearest image has a negative offset, else 0.
 */
static inline __attribute__((always_inline)) int32_t Fold(int32_t offset, int32_t n, int32_t *negative)
{
  const int32_t sign = offset >> 31, distance = (offset ^ sign) - sign, beyond = n - 2 * distance, other = beyond >> 31;
  *negative = sign ^ other;
  return distance + (other & beyond);
}

VM_SIMD_CLONES
static void FoldBatch(const VmShearKernel shear, const int32_t at[3], int count, const VmShearSources *sources,
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
  for (int i = 0; i < count; ++i) {
    int32_t nx, ny, nz;
    const int32_t ax = Fold(at0 - x[i], n0, &nx), ay = Fold(at1 - y[i], n1, &ny), az = Fold(at2 - z[i], n2, &nz);
    b->surrounding[i] = (ax <= reach0) & (ay <= reach1) & (az <= reach2);
    b->entry[i] = (ax * half1 + ay) * half2 + az;
    b->turn[i] = ((ny ^ nz) & 1) + ((nx ^ nz) & 2);
  }
  for (int c = 0; c < VM_SHEARS; ++c) {
    const float *restrict from = sources->shear[c] + first;
    float *restrict to = b->shear[c];
    const int32_t mask = c < 2 ? 0 : c == 2 ? 1 : c == 3 ? 2 : 3;
    for (int i = 0; i < count; ++i) {
      const int32_t bits = b->turn[i] & mask;
      to[i] = from[i] * (float)(1 - 2 * ((bits ^ bits >> 1) & 1));
    }
  }
}

/* Takes near events out of a batch: their shear becomes 0. */
static void DropNear(VmShearKernel shear, const int64_t tile[3], int count, const VmShearSources *sources,
                     int64_t first, Batch *b)
{
  for (int i = 0; i < count; ++i)
    if (b->surrounding[i]) {
      const int32_t at[3] = {sources->at[0][first + i], sources->at[1][first + i], sources->at[2][first + i]};
      if (!VmShearKernelNear(shear, tile, at)) continue;
      for (int c = 0; c < VM_SHEARS; ++c) b->shear[c][i] = 0.0f;
    }
}

/* Adds K eps in lanes: columns of K are picked from the entry, the upper triangle; lanes past the shears hold anything.
 */
static inline __attribute__((always_inline)) void AddEntry(const float *entry, const Batch *b, int i,
                                                           const Lanes *restrict turn, Lanes *restrict sum)
{
  Lanes low, high;
  memcpy(&low, entry, sizeof low), memcpy(&high, entry + 8, sizeof high);
  const Lanes column1 = __builtin_shufflevector(low, high, 1, 5, 6, 7, 8, 5, 6, 7),
              column2 = __builtin_shufflevector(low, high, 2, 6, 9, 10, 11, 5, 6, 7),
              column3 = __builtin_shufflevector(low, high, 3, 7, 10, 12, 13, 5, 6, 7),
              column4 = __builtin_shufflevector(low, high, 4, 8, 11, 13, 14, 5, 6, 7);
  *sum += *turn *
          (((low * b->shear[0][i] + column1 * b->shear[1][i]) + (column2 * b->shear[2][i] + column3 * b->shear[3][i])) +
           column4 * b->shear[4][i]);
}

VM_SIMD_CLONES
static void AddBatch(const float *octant, int count, const Batch *b, double stress[VM_SHEARS])
{
  Lanes turn[4];
  for (int t = 0; t < 4; ++t) turn[t] = (Lanes){1.0f, 1.0f, turns[t][0], turns[t][1], turns[t][2]};
  for (int i = 0; i < AHEAD; ++i) __builtin_prefetch(octant + (size_t)b->entry[i] * VM_SHEAR_ROW);
  for (int i = 0; i < count;) {
    const int end = i + TOGETHER < count ? i + TOGETHER : count;
    Lanes sum = {0.0f};
    for (; i < end; ++i) {
      __builtin_prefetch(octant + (size_t)b->entry[i + AHEAD] * VM_SHEAR_ROW);
      AddEntry(octant + (size_t)b->entry[i] * VM_SHEAR_ROW, b, i, &turn[b->turn[i]], &sum);
    }
    for (int c = 0; c < VM_SHEARS; ++c) stress[c] += (double)sum[c];
  }
}

void VmShearKernelSum(VmShearKernel shear, const int64_t tile[3], const int64_t at[3], const VmShearSources *sources,
                      int64_t first, int64_t last, double stress[VM_SHEARS])
{
  const int32_t voxel[3] = {(int32_t)at[0], (int32_t)at[1], (int32_t)at[2]};
  Batch batch;
  for (; first < last; first += BATCH) {
    const int count = (int)PetscMin(BATCH, last - first);
    memset(batch.entry + count, 0, sizeof batch.entry - sizeof *batch.entry * (size_t)count);
    FoldBatch(shear, voxel, count, sources, first, &batch);
    DropNear(shear, tile, count, sources, first, &batch);
    AddBatch(shear->octant, count, &batch, stress);
  }
}
