#include <vitromech/mech.h>
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

/* Projectors of one mode: quartic[6][6] = <n_i n_j n_k n_l> by component pairs, and quadratic[6] = <n_i n_j>. */
static void Projectors(const double *sums, int64_t stride, double sign_x, double sign_y, double quartic[6][6],
                       double quadratic[6])
{
  double product[VM_QUARTICS];
  for (int c = 0; c < VM_QUARTICS; ++c)
    product[c] =
        sums[c * stride] * (vm_quartic_power[c][0] % 2 ? sign_x : 1.0) * (vm_quartic_power[c][1] % 2 ? sign_y : 1.0);
  static const unsigned char index[6][6] = {{0, 3, 5, 4, 2, 1},    {3, 10, 12, 11, 7, 6}, {5, 12, 14, 13, 9, 8},
                                            {4, 11, 13, 12, 8, 7}, {2, 7, 9, 8, 5, 4},    {1, 6, 8, 7, 4, 3}};
  for (int a = 0; a < 6; ++a) {
    for (int b = 0; b < 6; ++b) quartic[a][b] = product[index[a][b]];
    quadratic[a] = quartic[a][0] + quartic[a][1] + quartic[a][2];
  }
}

/* Stress of one mode from its eigenstrain (both six complex components, in place). */
static void ModeStress(double shear, double lame, double quartic[6][6], const double quadratic[6], double complex v[6])
{
  const double coupling = (lame + shear) / (shear * (lame + 2.0 * shear));
  double complex tau[6], eps[6];
  const double complex trace = lame * (v[0] + v[1] + v[2]);
  for (int c = 0; c < 6; ++c) tau[c] = 2.0 * shear * v[c] + (c < 3 ? trace : 0.0);
  for (int c = 0; c < 6; ++c) {
    const int i = vm_voigt_pair[c][0], j = vm_voigt_pair[c][1];
    double complex sum = 0.0;
    for (int l = 0; l < 3; ++l)
      sum += quadratic[vm_voigt_index[j][l]] * tau[vm_voigt_index[i][l]] +
             quadratic[vm_voigt_index[i][l]] * tau[vm_voigt_index[j][l]];
    double complex contraction = 0.0;
    for (int d = 0; d < 6; ++d) contraction += (d < 3 ? 1.0 : 2.0) * quartic[c][d] * tau[d];
    eps[c] = 0.5 / shear * sum - coupling * contraction - v[c];
  }
  const double complex volumetric = lame * (eps[0] + eps[1] + eps[2]);
  for (int c = 0; c < 6; ++c) v[c] = 2.0 * shear * eps[c] + (c < 3 ? volumetric : 0.0);
}

PetscErrorCode VmGreenStress(VmGreen green, const double *eigenstrain, double *stress)
{
  VmFft fft = green->fft;
  VmGrid grid = fft->grid;
  const int64_t n0 = grid->n[0], nzc = grid->nzc, block = (n0 / 2 + 1) * VM_QUARTICS * nzc;

  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) VmFftPack(fft, c, eigenstrain + c * grid->np);
  PetscCall(VmFftForward(fft, 6));
  double complex *mode[6];
  for (int c = 0; c < 6; ++c) mode[c] = (double complex *)(fft->work + c * fft->stride);
  for (int64_t y = 0; y < grid->ny; ++y)
    for (int64_t x = 0; x < n0; ++x) {
      const int64_t fx = VmFftFrequency(x, n0), fy = VmFftFrequency(grid->y0 + y, grid->n[1]);
      const double *sums = green->table + green->row[y] * block + llabs(fx) * VM_QUARTICS * nzc;
      for (int64_t z = 0; z < nzc; ++z) {
        const int64_t at = (y * n0 + x) * nzc + z;
        double quartic[6][6], quadratic[6];
        double complex v[6];
        for (int c = 0; c < 6; ++c) v[c] = mode[c][at];
        Projectors(sums + z, nzc, fx < 0 ? -1.0 : 1.0, fy < 0 ? -1.0 : 1.0, quartic, quadratic);
        if (fx || fy || z) ModeStress(green->shear, green->lame, quartic, quadratic, v);
        else
          for (int c = 0; c < 6; ++c) v[c] = 0.0;
        for (int c = 0; c < 6; ++c) mode[c][at] = v[c];
      }
    }
  PetscCall(VmFftBackward(fft, 6));
  for (int c = 0; c < 6; ++c) VmFftUnpack(fft, c, 1.0 / (double)grid->total, stress + c * grid->np);
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
