#include "ewald.h"
#include <petscblaslapack.h>
#include <math.h>
#include <string.h>

#define NEGLIGIBLE 1e-3 /* of the accuracy, for a coefficient of a polynomial */

/* Eigenvalues and eigenvectors of one of the two kernels at the nodes, the largest last. */
typedef struct {
  double *value;  /* [nodes] */
  double *vector; /* [nodes][nodes], one after the other */
} Eigen;

static double Kernel(const VmEwald *ewald, double x, int odd, int j)
{
  return odd ? sin(x * ewald->node[j]) : cos(x * ewald->node[j]);
}

static PetscErrorCode Solve(const VmEwald *ewald, double most, int odd, Eigen *eigen)
{
  PetscBLASInt n = ewald->nodes, lwork = 8 * n, info;
  double *work, *unsorted, *all;
  bool *used;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)lwork, &work, (size_t)n, &used));
  PetscCall(PetscMalloc2((size_t)n, &unsorted, (size_t)(n * n), &all));
  PetscCall(PetscMalloc2((size_t)n, &eigen->value, (size_t)(n * n), &eigen->vector));
  for (int i = 0; i < n; ++i) {
    used[i] = false;
    for (int j = 0; j < n; ++j) all[i * n + j] = Kernel(ewald, most * ewald->node[i], odd, j) / n;
  }
  LAPACKsyev_("V", "U", &n, all, &n, unsorted, work, &lwork, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "syev returned %d", (int)info);
  for (int p = 0; p < n; ++p) { /* the strongest first, whatever the sign */
    int best = -1;
    for (int i = 0; i < n; ++i) {
      if (!used[i] && (best < 0 || fabs(unsorted[i]) > fabs(unsorted[best]))) best = i;
    }
    used[best] = true;
    eigen->value[p] = unsorted[best];
    memcpy(eigen->vector + (ptrdiff_t)p * n, all + (ptrdiff_t)best * n, (size_t)n * sizeof *all);
  }
  PetscCall(PetscFree2(unsorted, all));
  PetscCall(PetscFree2(work, used));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fewest terms with which the kernel is right to the accuracy at all nodes. */
static PetscErrorCode CountTerms(const VmEwald *ewald, const Eigen *eigen, double most, int odd, double accuracy,
                                 int *terms)
{
  const int n = ewald->nodes;
  double *rest, worst;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(n * n), &rest));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) rest[i * n + j] = Kernel(ewald, most * ewald->node[i], odd, j);
  }
  for (*terms = 0; *terms < n; ++*terms) {
    const double *v = eigen->vector + (ptrdiff_t)*terms * n;
    worst = 0.0;
    for (int i = 0; i < n * n; ++i) worst = fmax(worst, fabs(rest[i]));
    if (worst <= accuracy) break;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) rest[i * n + j] -= n * eigen->value[*terms] * v[i] * v[j];
    }
  }
  PetscCall(PetscFree(rest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Chebyshev's coefficients of the functions from their values at the nodes. */
static PetscErrorCode Expand(const Eigen eigen[2], double accuracy, VmEwald *ewald)
{
  const int n = ewald->nodes, degrees = 2 * n;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(degrees * ewald->functions), &ewald->polynomial));
  for (int m = 0; m < degrees; ++m) {
    for (int p = m % 2; p < ewald->functions; p += 2) {
      double sum = 0.0;
      for (int j = 0; j < n; ++j)
        sum += ewald->value[j * ewald->functions + p] * cos(VM_PI * m * (2 * j + 1) / (4.0 * n));
      ewald->polynomial[m * ewald->functions + p] = sum * (m ? 2.0 : 1.0) / n;
      if (fabs(sum / n * eigen[p % 2].value[p / 2]) > NEGLIGIBLE * accuracy) ewald->degree = m + 1;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEwaldCreate(double most, double accuracy, VmEwald *ewald)
{
  const int n = 24 + (int)most; /* polynomials of degree 2n: beyond most, the coefficients fall faster than powers */
  Eigen eigen[2];

  PetscFunctionBegin;
  *ewald = (VmEwald){.nodes = n};
  PetscCall(PetscMalloc1((size_t)n, &ewald->node));
  for (int j = 0; j < n; ++j) ewald->node[j] = cos(VM_PI * (2 * j + 1) / (4.0 * n));
  for (int odd = 0; odd < 2; ++odd) {
    int terms;
    PetscCall(Solve(ewald, most, odd, &eigen[odd]));
    PetscCall(CountTerms(ewald, &eigen[odd], most, odd, accuracy, &terms));
    ewald->functions = PetscMax(ewald->functions, 2 * terms);
  }
  PetscCall(PetscMalloc1((size_t)(n * ewald->functions), &ewald->value));
  for (int j = 0; j < n; ++j) {
    for (int p = 0; p < ewald->functions; ++p)
      ewald->value[j * ewald->functions + p] = sqrt((double)n) * eigen[p % 2].vector[p / 2 * n + j];
  }
  PetscCall(Expand(eigen, accuracy, ewald));
  for (int odd = 0; odd < 2; ++odd) PetscCall(PetscFree2(eigen[odd].value, eigen[odd].vector));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEwaldDestroy(VmEwald *ewald)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(ewald->polynomial));
  PetscCall(PetscFree(ewald->node));
  PetscCall(PetscFree(ewald->value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The projection of exp(i x u) on the functions. */
void VmEwaldCoefficients(const VmEwald *ewald, double x, double *coefficient)
{
  const int count = ewald->functions;
  for (int p = 0; p < count; ++p) coefficient[p] = 0.0;
  for (int j = 0; j < ewald->nodes; ++j) {
    const double part[2] = {Kernel(ewald, x, 0, j) / ewald->nodes, Kernel(ewald, x, 1, j) / ewald->nodes};
    for (int p = 0; p < count; ++p) coefficient[p] += part[p % 2] * ewald->value[j * count + p];
  }
}

void VmEwaldFunctions(const VmEwald *ewald, double u, int first, int count, double *value)
{
  double before = u, here = 1.0; /* T_1 = T_-1 */

  for (int p = 0; p < count; ++p) value[p] = 0.0;
  for (int m = 0; m < ewald->degree; ++m) {
    const double *polynomial = ewald->polynomial + m * ewald->functions + first;
    for (int p = 0; p < count; ++p) value[p] += polynomial[p] * here;
    const double next = 2.0 * u * here - before;
    before = here;
    here = next;
  }
}
