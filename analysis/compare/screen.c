#include "screen.h"

#include <vitromech/probability.h>

#include <math.h>
#include <stdlib.h>

/* Takes out of v its part along each of `count` unit vectors. */
static void Orthogonalise(int n, int count, const double *basis, double *v)
{
  for (int b = 0; b < count; ++b) {
    double dot = 0.0;
    for (int i = 0; i < n; ++i) dot += basis[b * n + i] * v[i];
    for (int i = 0; i < n; ++i) v[i] -= dot * basis[b * n + i];
  }
}

static double Square(int n, const double *v)
{
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += v[i] * v[i];
  return sum;
}

/* Orthonormal vectors of 1, x_j and x_j^2; returns how many. */
static int Basis(int n, int d, const double *x, double *basis)
{
  int count = 0;
  for (int term = 0; term <= 2 * d; ++term) {
    double *v = basis + count * n;
    for (int i = 0; i < n; ++i) {
      const double value = term == 0 ? 1.0 : x[i * d + (term - 1) % d];
      v[i] = term > d ? value * value : value;
    }
    const double whole = Square(n, v);
    Orthogonalise(n, count, basis, v);
    Orthogonalise(n, count, basis, v);
    const double left = Square(n, v);
    if (left <= 1e-9 * whole) continue;
    for (int i = 0; i < n; ++i) v[i] /= sqrt(left);
    ++count;
  }
  return count;
}

PetscErrorCode VmTrendProbability(int n, int d, const double *x, const double *y, double *probability)
{
  double *basis, *rest;
  PetscFunctionBegin;
  *probability = 1.0;
  PetscCall(PetscMalloc2((size_t)(n * (2 * d + 1)), &basis, (size_t)n, &rest));
  const int terms = Basis(n, d, x, basis) - 1, freedom = n - 1 - terms;
  for (int i = 0; i < n; ++i) rest[i] = y[i];
  Orthogonalise(n, 1, basis, rest);
  const double total = Square(n, rest);
  Orthogonalise(n, terms + 1, basis, rest);
  const double left = Square(n, rest);
  if (terms > 0 && freedom > 0 && total > 0.0)
    *probability = VmFisherTail((total - left) / terms / fmax(left / freedom, 1e-300), terms, freedom);
  PetscCall(PetscFree2(basis, rest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *a, const void *b)
{
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

double VmFalseDiscoveryLimit(int n, double *probability, double part)
{
  qsort(probability, (size_t)n, sizeof *probability, Ascending);
  for (int i = n - 1; i >= 0; --i)
    if (probability[i] <= part * (i + 1) / n) return probability[i];
  return -1.0;
}
