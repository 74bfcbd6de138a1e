/* Frames side by side, eight to a vector: what is done to each pixel is done to eight frames at once, and every frame
 * sees the same operations in the same order as it would alone. */
#include <vitromech/simd.h>
#include <vitromech/transform.h>

#define AHEAD 24 /* entries: what lies in the second cache is asked for in time */

typedef float Vector __attribute__((vector_size(VM_LANES * sizeof(float)), aligned(4)));

/* Eight pixels of eight frames, `stride` apart, turned into eight lanes of eight pixels. */
__attribute__((always_inline)) static inline void TurnSquare(const float *restrict frames, int64_t stride,
                                                             float *restrict lanes)
{
  Vector row[VM_LANES], pair[VM_LANES], quad[VM_LANES];
  for (int l = 0; l < VM_LANES; ++l) row[l] = *(const Vector *)(frames + l * stride);
  for (int l = 0; l < VM_LANES; l += 2) {
    pair[l] = __builtin_shufflevector(row[l], row[l + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pair[l + 1] = __builtin_shufflevector(row[l], row[l + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int l = 0; l < VM_LANES; l += 4)
    for (int i = 0; i < 2; ++i) {
      quad[l + 2 * i] = __builtin_shufflevector(pair[l + i], pair[l + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      quad[l + 2 * i + 1] = __builtin_shufflevector(pair[l + i], pair[l + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int p = 0; p < 4; ++p) {
    *(Vector *)(lanes + p * VM_LANES) = __builtin_shufflevector(quad[p], quad[p + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(Vector *)(lanes + (p + 4) * VM_LANES) = __builtin_shufflevector(quad[p], quad[p + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/* lanes [npix][VM_LANES] of count frames; the others read 0. */
VM_SIMD_CLONES static void Turn(int64_t npix, int count, const float *restrict frames, float *restrict lanes)
{
  const int64_t whole = count == VM_LANES ? npix / VM_LANES * VM_LANES : 0;
  for (int64_t p = 0; p < whole; p += VM_LANES) TurnSquare(frames + p, npix, lanes + p * VM_LANES);
  for (int64_t p = whole; p < npix; ++p)
    for (int l = 0; l < VM_LANES; ++l) lanes[p * VM_LANES + l] = l < count ? frames[l * npix + p] : 0.0F;
}

size_t VmLanesSize(int64_t n, int64_t npix)
{
  return (size_t)((n + VM_LANES - 1) / VM_LANES) * (size_t)npix * VM_LANES;
}

void VmLanesFill(int64_t n, int64_t npix, const float *frames, float *lanes)
{
  for (int64_t f = 0; f < n; f += VM_LANES)
    Turn(npix, (int)(n - f < VM_LANES ? n - f : VM_LANES), frames + f * npix, lanes + f * npix);
}

/* samples [bins] of each of count frames, `bins` apart. */
VM_SIMD_CLONES static void Apply(const struct VmPolar_s *polar, int count, const float *restrict lanes,
                                 double *restrict samples)
{
  const int64_t bins = (int64_t)polar->rings * polar->angles, entries = polar->start[bins];
  for (int64_t b = 0; b < bins; ++b) {
    double sum[VM_LANES] = {0};
    for (int64_t e = polar->start[b]; e < polar->start[b + 1]; ++e) {
      __builtin_prefetch(lanes + (int64_t)polar->pixel[e + AHEAD < entries ? e + AHEAD : e] * VM_LANES);
      const float *values = lanes + (int64_t)polar->pixel[e] * VM_LANES;
      const double weight = polar->weight[e];
      for (int l = 0; l < VM_LANES; ++l) sum[l] += weight * (double)values[l];
    }
    for (int l = 0; l < count; ++l) samples[l * bins + b] = sum[l];
  }
}

void VmPolarApplyLanes(VmPolar polar, int64_t n, int64_t npix, const float *lanes, double *samples)
{
  const int64_t bins = (int64_t)polar->rings * polar->angles;
  for (int64_t f = 0; f < n; f += VM_LANES)
    Apply(polar, (int)(n - f < VM_LANES ? n - f : VM_LANES), lanes + f * npix, samples + f * bins);
}
