#include <vitromech/mech.h>
#include <vitromech/simd.h>
#include "alias_sum.h"
#include <math.h>

struct VmGreen_s {
  VmFft fft; /* six components */
  double shear, lame;
  int64_t *row;  /* [ny] block of `table` that holds |ky| of each local ky-plane */
  double *table; /* [blocks][n0/2+1][VM_QUARTICS][nzc] alias sums for ky, kx >= 0 */
};

/* Zeroes products of odd power along an axis at its Nyquist frequency, where the aliases +-pi cancel. */
static void ZeroNyquist(VmGrid grid, const int64_t frequency[2], double *sums)
{
  const int64_t nzc = grid->nzc;
  for (int c = 0; c < VM_QUARTICS; ++c) {
    const int *power = vm_quartic_power[c];
    const bool zero =
        (power[0] % 2 && 2 * frequency[0] == grid->n[0]) || (power[1] % 2 && 2 * frequency[1] == grid->n[1]);
    if (zero)
      for (int64_t z = 0; z < nzc; ++z) sums[c * nzc + z] = 0.0;
    if (power[2] % 2 && grid->n[2] % 2 == 0) sums[c * nzc + grid->n[2] / 2] = 0.0;
  }
}

static PetscErrorCode BuildTable(VmGreen green)
{
  VmGrid grid = green->fft->grid;
  const int64_t nzc = grid->nzc, nkx = grid->n[0] / 2 + 1, block = nkx * VM_QUARTICS * nzc;
  int64_t *first, blocks = 0;
  double *kz, *room;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(grid->n[1] / 2 + 1, &first, nzc, &kz, VM_ALIAS_ROOM(nzc), &room));
  PetscCall(PetscMalloc1(grid->ny, &green->row));
  for (int64_t y = 0; y <= grid->n[1] / 2; ++y) first[y] = -1;
  for (int64_t y = 0; y < grid->ny; ++y) {
    const int64_t frequency = llabs(VmFftFrequency(grid->y0 + y, grid->n[1]));
    if (first[frequency] < 0) first[frequency] = blocks++;
    green->row[y] = first[frequency];
  }
  PetscCall(PetscMalloc1((size_t)blocks * block, &green->table));
  for (int64_t z = 0; z < nzc; ++z) kz[z] = 2.0 * VM_PI * (double)z / (double)grid->n[2];
  for (int64_t y = 0; y <= grid->n[1] / 2; ++y) {
    if (first[y] < 0) continue;
    for (int64_t x = 0; x < nkx; ++x) {
      double *sums = green->table + first[y] * block + x * VM_QUARTICS * nzc;
      VmAliasSum(2.0 * VM_PI * (double)x / (double)grid->n[0], 2.0 * VM_PI * (double)y / (double)grid->n[1], (int)nzc,
                 kz, room, sums);
      ZeroNyquist(grid, (const int64_t[2]){x, y}, sums);
    }
  }
  PetscCall(PetscFree3(first, kz, room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGreenCreate(VmGrid grid, double shear, double bulk, VmGreen *green)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(green));
  (*green)->shear = shear;
  (*green)->lame = bulk - 2.0 * shear / 3.0;
  PetscCall(VmFftCreate(grid, 6, &(*green)->fft));
  PetscCall(BuildTable(*green));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGreenDestroy(VmGreen *green)
{
  PetscFunctionBegin;
  if (!*green) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmFftDestroy(&(*green)->fft));
  PetscCall(PetscFree((*green)->row));
  PetscCall(PetscFree((*green)->table));
  PetscCall(PetscFree(*green));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The operator on one part, real or imaginary, of an eigenstrain eps in its own octant; q: the alias sums of the mode,
 * averages <n_i n_j n_k n_l>. */
static inline __attribute__((always_inline)) void Apply(double shear, double lame, const double q[VM_QUARTICS],
                                                        const double eps[6], double sig[6])
{
  const double xx = q[0] + q[3] + q[5], yy = q[3] + q[10] + q[12], zz = q[5] + q[12] + q[14]; /* <n_i n_j> */
  const double yz = q[4] + q[11] + q[13], xz = q[2] + q[7] + q[9], xy = q[1] + q[6] + q[8];
  const double trace = lame * (eps[0] + eps[1] + eps[2]), half = 0.5 / shear;
  const double coupling = (lame + shear) / (shear * (lame + 2.0 * shear));
  double t[6], twice[6], strain[6];
  for (int c = 0; c < 6; ++c) t[c] = 2.0 * shear * eps[c] + (c < 3 ? trace : 0.0), twice[c] = c < 3 ? t[c] : 2.0 * t[c];
  /* n_i n_l tau_jl + n_j n_l tau_il, and n_i n_j n_k n_l tau_kl */
  const double quadratic[6] = {2.0 * (xx * t[0] + xy * t[5] + xz * t[4]),
                               2.0 * (xy * t[5] + yy * t[1] + yz * t[3]),
                               2.0 * (xz * t[4] + yz * t[3] + zz * t[2]),
                               (xz * t[5] + yz * (t[1] + t[2])) + ((yy + zz) * t[3] + xy * t[4]),
                               (xz * (t[0] + t[2]) + (xx + zz) * t[4]) + (yz * t[5] + xy * t[3]),
                               (xy * (t[0] + t[1]) + (xx + yy) * t[5]) + (yz * t[4] + xz * t[3])};
  static const unsigned char index[6][6] = {{0, 3, 5, 4, 2, 1},    {3, 10, 12, 11, 7, 6}, {5, 12, 14, 13, 9, 8},
                                            {4, 11, 13, 12, 8, 7}, {2, 7, 9, 8, 5, 4},    {1, 6, 8, 7, 4, 3}};
  for (int c = 0; c < 6; ++c) {
    double contraction = 0.0;
    for (int d = 0; d < 6; ++d) contraction += q[index[c][d]] * twice[d];
    strain[c] = half * quadratic[c] - coupling * contraction - eps[c];
  }
  const double volumetric = lame * (strain[0] + strain[1] + strain[2]);
  for (int c = 0; c < 6; ++c) sig[c] = 2.0 * shear * strain[c] + (c < 3 ? volumetric : 0.0);
}

/* The operator on a row of modes along kz, in place; turn: signs of yz, xz, xy that take it into its octant. Of a
 * deviator, zz is left out. */
static inline __attribute__((always_inline)) void Row(bool deviator, int64_t nzc, double shear, double lame,
                                                      const double *restrict sums, const double turn[3], double *v,
                                                      int64_t stride)
{
  double *xx = v, *yy = v + stride, *zz = v + 2 * stride, *yz = v + (deviator ? 2 : 3) * stride, *xz = yz + stride,
         *xy = xz + stride;
  VM_NO_OVERLAP
  for (int64_t z = 0; z < nzc; ++z) {
    double q[VM_QUARTICS];
    for (int c = 0; c < VM_QUARTICS; ++c) q[c] = sums[c * nzc + z];
    double eps[2][6], sig[2][6];
    for (int p = 0; p < 2; ++p) {
      const int64_t i = 2 * z + p;
      eps[p][0] = xx[i], eps[p][1] = yy[i], eps[p][2] = deviator ? 0.0 - (xx[i] + yy[i]) : zz[i];
      eps[p][3] = turn[0] * yz[i], eps[p][4] = turn[1] * xz[i], eps[p][5] = turn[2] * xy[i];
    }
    Apply(shear, lame, q, eps[0], sig[0]);
    Apply(shear, lame, q, eps[1], sig[1]);
    for (int p = 0; p < 2; ++p) {
      const int64_t i = 2 * z + p;
      const double mean = deviator ? (sig[p][0] + sig[p][1] + sig[p][2]) * (1.0 / 3.0) : 0.0;
      xx[i] = sig[p][0] - mean, yy[i] = sig[p][1] - mean;
      if (!deviator) zz[i] = sig[p][2];
      yz[i] = turn[0] * sig[p][3], xz[i] = turn[1] * sig[p][4], xy[i] = turn[2] * sig[p][5];
    }
  }
}

VM_SIMD_CLONES static void TensorRow(int64_t nzc, double shear, double lame, const double *sums, const double turn[3],
                                     double *v, int64_t stride)
{
  Row(false, nzc, shear, lame, sums, turn, v, stride);
}

VM_SIMD_CLONES static void DeviatorRow(int64_t nzc, double shear, double lame, const double *sums, const double turn[3],
                                       double *v, int64_t stride)
{
  Row(true, nzc, shear, lame, sums, turn, v, stride);
}

/* The modes of one ky. */
static void Plane(VmGreen green, int components, int64_t y)
{
  const VmGrid grid = green->fft->grid;
  const int64_t n0 = grid->n[0], nzc = grid->nzc, block = (n0 / 2 + 1) * VM_QUARTICS * nzc, stride = green->fft->stride;
  const double sign_y = VmFftFrequency(grid->y0 + y, grid->n[1]) < 0 ? -1.0 : 1.0;
  for (int64_t x = 0; x < n0; ++x) {
    const int64_t frequency = VmFftFrequency(x, n0);
    const double sign_x = frequency < 0 ? -1.0 : 1.0, turn[3] = {sign_y, sign_x, sign_x * sign_y};
    const double *sums = green->table + green->row[y] * block + llabs(frequency) * VM_QUARTICS * nzc;
    double *modes = green->fft->work + 2 * (y * n0 + x) * nzc;
    (components == 6 ? TensorRow : DeviatorRow)(nzc, green->shear, green->lame, sums, turn, modes, stride);
    if (frequency == 0 && grid->y0 + y == 0)
      for (int c = 0; c < components; ++c) modes[c * stride] = modes[c * stride + 1] = 0.0;
  }
}

static void TensorPlane(int64_t y, void *green) { Plane(green, 6, y); }
static void DeviatorPlane(int64_t y, void *green) { Plane(green, 5, y); }

PetscErrorCode VmGreenStress(VmGreen green, const double *eigenstrain, double *stress)
{
  VmFft fft = green->fft;
  const int64_t np = fft->grid->np;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) VmFftPack(fft, c, eigenstrain + c * np);
  PetscCall(VmFftFilter(fft, 6, TensorPlane, green));
  for (int c = 0; c < 6; ++c) VmFftUnpack(fft, c, 1.0 / (double)fft->grid->total, stress + c * np);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGreenDeviator(VmGreen green, const double *eigenstrain, double *deviator)
{
  VmFft fft = green->fft;
  const int64_t np = fft->grid->np;
  static const int component[5] = {VM_XX, VM_YY, VM_YZ, VM_XZ, VM_XY};
  PetscFunctionBegin;
  for (int c = 0; c < 5; ++c) VmFftPack(fft, c, eigenstrain + component[c] * np);
  PetscCall(VmFftFilter(fft, 5, DeviatorPlane, green));
  for (int c = 0; c < 5; ++c) VmFftUnpack(fft, c, 1.0 / (double)fft->grid->total, deviator + c * np);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half the phase advance of one voxel, k a/2; sin(x)/x is the average of a plane wave over a voxel's edge. */
static double VoxelAverage(double half) { return half == 0.0 ? 1.0 : sin(half) / half; }

PetscErrorCode VmGreenDisplacement(VmGreen green, const double *eigenstrain, double *displacement)
{
  VmFft fft = green->fft;
  VmGrid grid = fft->grid;
  const double shear = green->shear, lame = green->lame, coupling = (lame + shear) / (shear * (lame + 2.0 * shear));
  const int64_t n0 = grid->n[0];

  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) VmFftPack(fft, c, eigenstrain + c * grid->np);
  PetscCall(VmFftForward(fft, 6));
  double complex *mode[6];
  for (int c = 0; c < 6; ++c) mode[c] = (double complex *)(fft->work + c * fft->stride);
  for (int64_t y = 0; y < grid->ny; ++y)
    for (int64_t x = 0; x < n0; ++x)
      for (int64_t z = 0; z < grid->nzc; ++z) {
        const int64_t at = (y * n0 + x) * grid->nzc + z;
        const int64_t frequency[3] = {VmFftFrequency(x, n0), VmFftFrequency(grid->y0 + y, grid->n[1]), z};
        double q[3], weight = 1.0, norm2 = 0.0;
        bool nyquist = false;
        for (int d = 0; d < 3; ++d) {
          q[d] = 2.0 * VM_PI * (double)frequency[d] / grid->length[d];
          weight *= VoxelAverage(0.5 * q[d] * grid->spacing);
          norm2 += q[d] * q[d];
          nyquist = nyquist || (grid->n[d] > 1 && 2 * llabs(frequency[d]) == grid->n[d]);
        }
        double complex v[6], force[3], u[3] = {0.0, 0.0, 0.0}, along = 0.0;
        for (int c = 0; c < 6; ++c) v[c] = mode[c][at];
        const double complex trace = lame * (v[0] + v[1] + v[2]);
        for (int c = 0; c < 6; ++c) v[c] = 2.0 * shear * v[c] + (c < 3 ? trace : 0.0);
        for (int i = 0; i < 3; ++i) {
          force[i] = 0.0;
          for (int j = 0; j < 3; ++j) force[i] += v[vm_voigt_index[i][j]] * q[j];
          along += force[i] * q[i];
        }
        if (norm2 > 0.0 && !nyquist)
          for (int i = 0; i < 3; ++i)
            u[i] = -I * weight * (force[i] / (shear * norm2) - coupling * q[i] * along / (norm2 * norm2));
        for (int i = 0; i < 3; ++i) mode[i][at] = u[i];
      }
  PetscCall(VmFftBackward(fft, 3));
  for (int c = 0; c < 3; ++c) VmFftUnpack(fft, c, 1.0 / (double)grid->total, displacement + c * grid->np);
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmGrid VmGreenGrid(VmGreen green) { return green->fft->grid; }
