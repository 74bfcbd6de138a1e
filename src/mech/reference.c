/* Green operator of a homogeneous medium with the same elements: the 3x3 symbol of its stiffness, inverted mode by
 * mode.
 *
 * With s = sin(q/2), c = cos(q/2) per axis and h = c^2 (+ s^2/3 with full integration) the symbol is
 * K_xx = 4 [(lame + 2G) s_x^2 h_y h_z + G (s_y^2 h_x h_z + s_z^2 h_x h_y)], K_xy = 4 (lame + G) s_x c_x s_y c_y h_z. */
#include "equilibrium_private.h"
#include <vitromech/simd.h>
#include <math.h>

PetscErrorCode VmReferenceCreate(VmEquilibrium e)
{
  const VmGrid grid = e->grid;
  const double third = e->options.element == VM_ELEMENT_FULL ? 1.0 / 3.0 : 0.0;
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) {
    const int64_t n = grid->n[d];
    PetscCall(PetscMalloc1(3 * (size_t)n, &e->wave[d]));
    for (int64_t k = 0; k < n; ++k) {
      const double half = VM_PI * (double)VmFftFrequency(k, n) / (double)n;
      const double s = sin(half), c = 2 * k == n ? 0.0 : cos(half);
      e->wave[d][k] = s * s;
      e->wave[d][n + k] = s * c;
      e->wave[d][2 * n + k] = c * c + third * s * s;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmReferenceDestroy(VmEquilibrium e)
{
  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(e->wave[d]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sin^2, sin cos and h of one axis */
typedef struct {
  double ss, sc, h;
} Wave;

static Wave WaveOf(VmEquilibrium e, int d, int64_t k)
{
  const int64_t n = e->grid->n[d];
  return (Wave){e->wave[d][k], e->wave[d][n + k], e->wave[d][2 * n + k]};
}

/* Solves K v = f for the modes kz of a row, in place; factor: 1/(4 N). Singular modes become NaN. */
VM_SIMD_CLONES static void SolveRow(int64_t nzc, int64_t nz, const double *wave, Wave x, Wave y, double lame, double g,
                                    double factor, double *a, double *b, double *c)
{
  const double *ss = wave, *sc = wave + nz, *hz = wave + 2 * nz, own = lame + g;
  const double xy_ss = x.ss * y.h + y.ss * x.h, hh = x.h * y.h;
  VM_NO_OVERLAP
  for (int64_t z = 0; z < nzc; ++z) {
    const double dx = x.ss * y.h * hz[z], dy = y.ss * x.h * hz[z], dz = ss[z] * hh;
    const double base = g * (xy_ss * hz[z] + dz);
    const double xx = base + own * dx, yy = base + own * dy, zz = base + own * dz;
    const double xy = own * x.sc * y.sc * hz[z], xz = own * x.sc * sc[z] * y.h, yz = own * y.sc * sc[z] * x.h;
    const double mxx = yy * zz - yz * yz, mxy = xz * yz - xy * zz, mxz = xy * yz - xz * yy;
    const double myy = xx * zz - xz * xz, myz = xy * xz - xx * yz, mzz = xx * yy - xy * xy;
    const double scale = factor / (xx * mxx + xy * mxy + xz * mxz);
    for (int part = 0; part < 2; ++part) {
      const double u = scale * a[2 * z + part], v = scale * b[2 * z + part], w = scale * c[2 * z + part];
      a[2 * z + part] = mxx * u + mxy * v + mxz * w;
      b[2 * z + part] = mxy * u + myy * v + myz * w;
      c[2 * z + part] = mxz * u + myz * v + mzz * w;
    }
  }
}

/* Modes without stiffness: translation, and with one integration point those alternating along two axes. */
static void ZeroRow(VmEquilibrium e, int64_t kx, int64_t ky, double *row)
{
  const VmGrid grid = e->grid;
  const int64_t nz = grid->n[2];
  const int alternating = (2 * kx == grid->n[0]) + (2 * ky == grid->n[1]);
  if (kx == 0 && ky == 0) row[0] = row[1] = 0.0;
  if (e->options.element == VM_ELEMENT_FULL) return;
  if (alternating == 2)
    for (int64_t z = 0; z < 2 * grid->nzc; ++z) row[z] = 0.0;
  if (alternating == 1 && nz % 2 == 0) row[nz] = row[nz + 1] = 0.0;
}

PetscErrorCode VmReferenceSolve(VmEquilibrium e)
{
  const VmGrid grid = e->grid;
  const double factor = 0.25 / (double)grid->total, lame = e->bulk - 2.0 * e->shear / 3.0;

  PetscFunctionBegin;
  PetscCall(VmFftForward(e->fft, 3));
  for (int64_t y = 0; y < grid->ny; ++y) {
    const int64_t ky = grid->y0 + y;
    for (int64_t kx = 0; kx < grid->n[0]; ++kx) {
      double *row[3];
      for (int i = 0; i < 3; ++i) row[i] = e->fft->work + i * e->fft->stride + (y * grid->n[0] + kx) * 2 * grid->nzc;
      SolveRow(grid->nzc, grid->n[2], e->wave[2], WaveOf(e, 0, kx), WaveOf(e, 1, ky), lame, e->shear, factor, row[0],
               row[1], row[2]);
      for (int i = 0; i < 3; ++i) ZeroRow(e, kx, ky, row[i]);
    }
  }
  PetscCall(VmFftBackward(e->fft, 3));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmReferenceMean(VmEquilibrium e, const double stress[6], double strain[6])
{
  const double two_g = 2.0 * e->shear, lame = e->bulk - 2.0 * e->shear / 3.0;
  double pressure = 0.0;
  int count = 0;
  for (int c = 0; c < 3; ++c) {
    if (e->controlled[c]) pressure += stress[c], ++count;
  }
  for (int c = 0; c < 6; ++c) {
    const double share = c < 3 ? lame / (two_g + count * lame) * pressure : 0.0;
    strain[c] = e->controlled[c] ? (stress[c] - share) / two_g : 0.0;
  }
}
