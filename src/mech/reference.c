/* Green operator of a homogeneous medium with the same elements: the 3x3 symbol of its stiffness, inverted mode by
 * mode.
 *
 * With s = sin(q/2), c = cos(q/2) per axis and h = c^2 + s^2/3 the symbol of full integration is
 * K_xx = 4 [(lame + 2G) s_x^2 h_y h_z + G (s_y^2 h_x h_z + s_z^2 h_x h_y)], K_xy = 4 (lame + G) s_x c_x s_y c_y h_z.
 * With reduced integration h = c^2 and K = 4 [G v^2 + (lame + G) v v^T], v = (s_x c_y c_z, c_x s_y c_z, c_x c_y s_z).
 */
#include "equilibrium_private.h"
#include <vitromech/simd.h>
#include <math.h>

PetscErrorCode VmReferenceCreate(VmEquilibrium e)
{
  const VmGrid grid = e->grid;
  PetscFunctionBegin;
  PetscCall(VmFftCreate(grid, 3, &e->fft));
  for (int d = 0; d < 3; ++d) {
    const int64_t n = grid->n[d];
    PetscCall(PetscMalloc1(2 * (size_t)n, &e->wave[d]));
    for (int64_t k = 0; k < n; ++k) {
      const double half = VM_PI * (double)VmFftFrequency(k, n) / (double)n;
      e->wave[d][k] = sin(half);
      e->wave[d][n + k] = 2 * k == n ? 0.0 : cos(half);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmReferenceDestroy(VmEquilibrium e)
{
  PetscFunctionBegin;
  PetscCall(VmFftDestroy(&e->fft));
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(e->wave[d]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sine and cosine of half a phase */
typedef struct {
  double s, c;
} Wave;

static Wave WaveOf(VmEquilibrium e, int d, int64_t k) { return (Wave){e->wave[d][k], e->wave[d][e->grid->n[d] + k]}; }

/* Lame's constants, and 1/(4 N) */
typedef struct {
  double lame, shear, factor;
} Medium;

/* Solves K v = f for the modes kz of a row, in place, wave: sines and cosines [2][nz]; and Re f.v of each mode.
 * Singular modes become NaN. */
VM_SIMD_CLONES static void SolveReduced(int64_t nzc, int64_t nz, const double *wave, Wave x, Wave y, Medium m,
                                        double *a, double *b, double *c, double *dot)
{
  const double vx = x.s * y.c, vy = x.c * y.s, vz = x.c * y.c;
  const double coupling = (m.lame + m.shear) / (m.lame + 2.0 * m.shear), factor = m.factor / m.shear;
  VM_NO_OVERLAP
  for (int64_t z = 0; z < nzc; ++z) {
    const double p = vx * wave[nz + z], q = vy * wave[nz + z], r = vz * wave[z];
    const double inverse = 1.0 / (p * p + q * q + r * r), scale = factor * inverse, bind = coupling * inverse;
    const double a0 = a[2 * z], b0 = b[2 * z], c0 = c[2 * z], a1 = a[2 * z + 1], b1 = b[2 * z + 1], c1 = c[2 * z + 1];
    const double along0 = bind * (p * a0 + q * b0 + r * c0), along1 = bind * (p * a1 + q * b1 + r * c1);
    const double u0 = scale * (a0 - along0 * p), v0 = scale * (b0 - along0 * q), w0 = scale * (c0 - along0 * r);
    const double u1 = scale * (a1 - along1 * p), v1 = scale * (b1 - along1 * q), w1 = scale * (c1 - along1 * r);
    dot[z] = (a0 * u0 + b0 * v0 + c0 * w0) + (a1 * u1 + b1 * v1 + c1 * w1);
    a[2 * z] = u0, b[2 * z] = v0, c[2 * z] = w0;
    a[2 * z + 1] = u1, b[2 * z + 1] = v1, c[2 * z + 1] = w1;
  }
}

VM_SIMD_CLONES static void SolveFull(int64_t nzc, int64_t nz, const double *wave, Wave x, Wave y, Medium m, double *a,
                                     double *b, double *c, double *dot)
{
  const double third = 1.0 / 3.0, own = m.lame + m.shear;
  const double x_ss = x.s * x.s, y_ss = y.s * y.s, x_h = x.c * x.c + third * x_ss, y_h = y.c * y.c + third * y_ss;
  const double x_sc = x.s * x.c, y_sc = y.s * y.c;
  VM_NO_OVERLAP
  for (int64_t z = 0; z < nzc; ++z) {
    const double z_ss = wave[z] * wave[z], z_sc = wave[z] * wave[nz + z];
    const double z_h = wave[nz + z] * wave[nz + z] + third * z_ss;
    const double dx = x_ss * y_h * z_h, dy = y_ss * x_h * z_h, dz = z_ss * x_h * y_h, base = m.shear * (dx + dy + dz);
    const double xx = base + own * dx, yy = base + own * dy, zz = base + own * dz;
    const double xy = own * x_sc * y_sc * z_h, xz = own * x_sc * z_sc * y_h, yz = own * y_sc * z_sc * x_h;
    const double mxx = yy * zz - yz * yz, mxy = xz * yz - xy * zz, mxz = xy * yz - xz * yy;
    const double myy = xx * zz - xz * xz, myz = xy * xz - xx * yz, mzz = xx * yy - xy * xy;
    const double scale = m.factor / (xx * mxx + xy * mxy + xz * mxz);
    double sum = 0.0;
    for (int part = 0; part < 2; ++part) {
      const double f = a[2 * z + part], g = b[2 * z + part], h = c[2 * z + part];
      const double u = scale * (mxx * f + mxy * g + mxz * h), v = scale * (mxy * f + myy * g + myz * h),
                   w = scale * (mxz * f + myz * g + mzz * h);
      sum += f * u + g * v + h * w;
      a[2 * z + part] = u, b[2 * z + part] = v, c[2 * z + part] = w;
    }
    dot[z] = sum;
  }
}

/* Modes without stiffness: translation, and with one integration point those alternating along two axes. Zeroes them
 * in a row of `width` numbers per mode. */
static void ZeroRow(VmEquilibrium e, int64_t kx, int64_t ky, int width, double *row)
{
  const VmGrid grid = e->grid;
  const int64_t nz = grid->n[2];
  const int alternating = (2 * kx == grid->n[0]) + (2 * ky == grid->n[1]);
  int64_t from = 0, to = 0;
  if (kx == 0 && ky == 0) to = 1;
  if (e->options.element == VM_ELEMENT_REDUCED) {
    if (alternating == 2) to = grid->nzc;
    if (alternating == 1 && nz % 2 == 0) from = nz / 2, to = grid->nzc;
  }
  for (int64_t i = from * width; i < to * width; ++i) row[i] = 0.0;
}

/* Sum over a row of modes, those that stand for their conjugates too counted twice. */
static double SumRow(int64_t n, int64_t nzc, const double *dot)
{
  double lane[8] = {0.0};
  const int64_t whole = nzc - nzc % 8;
  for (int64_t z = 0; z < whole; z += 8)
    for (int j = 0; j < 8; ++j) lane[j] += dot[z + j];
  for (int64_t z = whole; z < nzc; ++z) lane[z - whole] += dot[z];
  const double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  return 2.0 * sum - dot[0] - (n % 2 == 0 ? dot[nzc - 1] : 0.0);
}

typedef struct {
  VmEquilibrium e;
  double *dots; /* [ny] */
  double *dot;  /* [nzc] */
} Filter;

static void SolvePlane(int64_t y, void *context)
{
  const Filter *filter = context;
  const VmEquilibrium e = filter->e;
  const VmGrid grid = e->grid;
  const int64_t ky = grid->y0 + y;
  const Medium medium = {e->bulk - 2.0 * e->shear / 3.0, e->shear, 0.25 / (double)grid->total};
  double sum = 0.0;
  for (int64_t kx = 0; kx < grid->n[0]; ++kx) {
    double *row[3];
    for (int i = 0; i < 3; ++i) row[i] = e->fft->work + i * e->fft->stride + (y * grid->n[0] + kx) * 2 * grid->nzc;
    (e->options.element == VM_ELEMENT_FULL ? SolveFull : SolveReduced)(grid->nzc, grid->n[2], e->wave[2],
                                                                       WaveOf(e, 0, kx), WaveOf(e, 1, ky), medium,
                                                                       row[0], row[1], row[2], filter->dot);
    for (int i = 0; i < 3; ++i) ZeroRow(e, kx, ky, 2, row[i]);
    ZeroRow(e, kx, ky, 1, filter->dot);
    sum += SumRow(grid->n[2], grid->nzc, filter->dot);
  }
  filter->dots[y] = sum;
}

PetscErrorCode VmReferenceSolve(VmEquilibrium e, double *dot)
{
  Filter filter = {.e = e};
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)e->grid->ny, &filter.dots, (size_t)e->grid->nzc, &filter.dot));
  PetscCall(VmFftFilter(e->fft, 3, SolvePlane, &filter));
  if (dot) PetscCall(VmSumModes(e->grid, 1, filter.dots, dot));
  PetscCall(PetscFree2(filter.dots, filter.dot));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmReferenceApply(VmEquilibrium e, const double *force, double *displacement)
{
  const int64_t np = e->grid->np;
  PetscFunctionBegin;
  for (int i = 0; i < 3; ++i) VmFftPack(e->fft, i, force + i * np);
  PetscCall(VmReferenceSolve(e, NULL));
  for (int i = 0; i < 3; ++i) VmFftUnpack(e->fft, i, 1.0, displacement + i * np);
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

int64_t VmReferenceBytes(VmEquilibrium e)
{
  const int64_t n = e->grid->n[0] + e->grid->n[1] + e->grid->n[2];
  return (int64_t)sizeof(double) * (3 * e->fft->stride + 2 * n);
}
