/* Conjugate orthogonal conjugate gradients (van der Vorst & Melissen, IEEE Trans. Magn. 26 (1990) 706): conjugate
 * gradients with a.b = sum a_i b_i without conjugation, for complex symmetric operators and preconditioners; sums in
 * the order of the planes. */
#include "harmonic_private.h"
#include <vitromech/simd.h>
#include <math.h>

/* Size of r.z and p.Ap over the product of the norms below which nothing but rounding is left of them. */
static const double vanished = 1e-14;

static double AddLanes(const double lane[8])
{
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* Adds a.b without conjugation (re, im), |a|^2 and |b|^2 of a plane to sums. */
VM_SIMD_CLONES static void DotPlane(int64_t n, const double *a_re, const double *a_im, const double *b_re,
                                    const double *b_im, double sums[4])
{
  const int64_t whole = n - n % 8;
  double re[8] = {0.0}, im[8] = {0.0}, aa[8] = {0.0}, bb[8] = {0.0};
  for (int64_t z = 0; z < n; z += 8)
    for (int64_t k = z; k < (z < whole ? z + 8 : n); ++k) {
      const int64_t j = k - z;
      re[j] += a_re[k] * b_re[k] - a_im[k] * b_im[k];
      im[j] += a_re[k] * b_im[k] + a_im[k] * b_re[k];
      aa[j] += a_re[k] * a_re[k] + a_im[k] * a_im[k];
      bb[j] += b_re[k] * b_re[k] + b_im[k] * b_im[k];
    }
  sums[0] += AddLanes(re), sums[1] += AddLanes(im), sums[2] += AddLanes(aa), sums[3] += AddLanes(bb);
}

/* a.b without conjugation, and the squared norms. */
typedef struct {
  double complex dot;
  double a, b;
} Product;

static PetscErrorCode Dot(VmHarmonic h, const VmComplexUnknown *a, const VmComplexUnknown *b, Product *product)
{
  const VmGrid grid = h->grid;
  double(*partial)[4], total[4];
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)grid->nx, &partial));
  for (int64_t x = 0; x < grid->nx; ++x)
    for (int i = 0; i < 3; ++i) {
      const int64_t at = i * grid->np + x * grid->plane;
      DotPlane(grid->plane, a->u[RE] + at, a->u[IM] + at, b->u[RE] + at, b->u[IM] + at, partial[x]);
    }
  PetscCall(VmSumPlanes(grid, 4, (const double *)partial, total));
  PetscCall(PetscFree(partial));
  *product = (Product){total[0] + I * total[1], total[2], total[3]};
  for (int c = 0; c < 6; ++c) {
    product->dot += a->mean[c] * b->mean[c];
    product->a += creal(a->mean[c] * conj(a->mean[c]));
    product->b += creal(b->mean[c] * conj(b->mean[c]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmComplexNorm(VmHarmonic h, const VmComplexUnknown *a, double *norm)
{
  Product product;
  PetscFunctionBegin;
  PetscCall(Dot(h, a, a, &product));
  *norm = sqrt(product.a);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = factor y + a x over n numbers; factor and a complex. */
VM_SIMD_CLONES static void Combine(int64_t n, double complex factor, double complex a, const double *x_re,
                                   const double *x_im, double *y_re, double *y_im)
{
  const double f_re = creal(factor), f_im = cimag(factor), a_re = creal(a), a_im = cimag(a);
  VM_NO_OVERLAP
  for (int64_t k = 0; k < n; ++k) {
    const double re = f_re * y_re[k] - f_im * y_im[k] + (a_re * x_re[k] - a_im * x_im[k]);
    const double im = f_re * y_im[k] + f_im * y_re[k] + (a_re * x_im[k] + a_im * x_re[k]);
    y_re[k] = re, y_im[k] = im;
  }
}

static void Add(VmHarmonic h, double complex factor, VmComplexUnknown *y, double complex a, const VmComplexUnknown *x)
{
  Combine(3 * h->grid->np, factor, a, x->u[RE], x->u[IM], y->u[RE], y->u[IM]);
  for (int c = 0; c < 6; ++c) y->mean[c] = factor * y->mean[c] + a * x->mean[c];
}

static PetscErrorCode Apply(VmHarmonic h, const VmComplexUnknown *x, VmComplexUnknown *product)
{
  double complex strain[6] = {0.0}, stress[6];
  bool mixed = false;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) mixed = mixed || h->controlled[c], product->mean[c] = 0.0;
  VmComplexAdd(h, x->mean, strain);
  PetscCall(VmComplexForces(h, x->u, strain, product->u, mixed ? stress : NULL));
  if (mixed) {
    for (int c = 0; c < 6; ++c) stress[c] /= (double)h->grid->total;
    VmComplexPack(h, stress, product->mean);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* z = preconditioned r: the reference medium is real and takes the parts one by one. */
static PetscErrorCode Precondition(VmHarmonic h, const VmComplexUnknown *r, VmComplexUnknown *z)
{
  PetscFunctionBegin;
  for (int part = 0; part < PARTS; ++part) PetscCall(VmReferenceApply(h->e, r->u[part], z->u[part]));
  VmComplexMean(h, r->mean, z->mean);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool Vanished(const Product *product)
{
  const double size = cabs(product->dot);
  return !(isfinite(size) && size > vanished * sqrt(product->a) * sqrt(product->b));
}

PetscErrorCode VmConjugateOrthogonal(VmHarmonic h, double target, double unit, VmHarmonicResult *result)
{
  double complex last = 1.0;
  double norm = h->history[0] * unit;

  PetscFunctionBegin;
  while (norm > target) {
    Product rz, pq;
    if (result->iterations == h->e->options.max_iterations) {
      result->status = VM_SOLVE_TOO_SLOW;
      break;
    }
    PetscCall(Precondition(h, &h->residual, &h->product));
    PetscCall(Dot(h, &h->residual, &h->product, &rz));
    Add(h, result->iterations > 0 ? rz.dot / last : 0.0, &h->direction, 1.0, &h->product);
    last = rz.dot;
    PetscCall(Apply(h, &h->direction, &h->product));
    PetscCall(Dot(h, &h->direction, &h->product, &pq));
    if (Vanished(&rz) || Vanished(&pq)) {
      result->status = VM_SOLVE_BROKE_DOWN;
      break;
    }
    Add(h, 1.0, &h->solution, last / pq.dot, &h->direction);
    Add(h, 1.0, &h->residual, -last / pq.dot, &h->product);
    PetscCall(VmComplexNorm(h, &h->residual, &norm));
    h->history[++result->iterations] = norm / unit;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
