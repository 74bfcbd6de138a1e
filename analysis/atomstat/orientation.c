#include "orientation.h"
#include "../atoms/cell.h"
#include "share.h"
#include <math.h>

static double Factorial(int n)
{
  double product = 1.0;
  for (int i = 2; i <= n; ++i) product *= i;
  return product;
}

/* Associated Legendre functions with the phase (-1)^m, by recursion in l. */
void VmHarmonics(int l, const double r[3], double *y)
{
  const double length = sqrt(VmDot3(r, r)), c = r[2] / length, s = sqrt(fmax(0.0, 1.0 - c * c));
  const double flat = hypot(r[0], r[1]), x = flat > 0.0 ? r[0] / flat : 1.0, z = flat > 0.0 ? r[1] / flat : 0.0;
  double sectoral = 1.0, re = 1.0, im = 0.0; /* P_mm; e^(i m phi) */
  for (int m = 0; m <= l; ++m) {
    double below = 0.0, p = sectoral;
    for (int n = m + 1; n <= l; ++n) {
      const double next = ((2 * n - 1) * c * p - (n + m - 1) * below) / (n - m);
      below = p;
      p = next;
    }
    const double norm = sqrt((2 * l + 1) / (4.0 * VM_PI) * Factorial(l - m) / Factorial(l + m));
    y[2 * m] = norm * p * re;
    y[2 * m + 1] = norm * p * im;
    const double turned = re * x - im * z;
    im = re * z + im * x;
    re = turned;
    sectoral *= -(2 * m + 1) * s;
  }
}

static double Square(int l, const double *q)
{
  double sum = q[0] * q[0] + q[1] * q[1];
  for (int m = 1; m <= l; ++m) sum += 2.0 * (q[2 * m] * q[2 * m] + q[2 * m + 1] * q[2 * m + 1]);
  return sum;
}

double VmOrderQ(int l, const double *q) { return sqrt(4.0 * VM_PI / (2 * l + 1) * Square(l, q)); }

/* (l l l; m1 m2 -m1-m2), by Racah's formula. */
static double ThreeJ(int l, int m1, int m2)
{
  const int m3 = -m1 - m2;
  const double triangle = sqrt(pow(Factorial(l), 3) / Factorial(3 * l + 1));
  const double root = sqrt(Factorial(l + m1) * Factorial(l - m1) * Factorial(l + m2) * Factorial(l - m2) *
                           Factorial(l + m3) * Factorial(l - m3));
  double sum = 0.0;
  for (int t = 0; t <= l; ++t) {
    const int a = l - t, b = l - m1 - t, c = l + m2 - t, d = t + m1, e = t - m2;
    if (a < 0 || b < 0 || c < 0 || d < 0 || e < 0) continue;
    const double term = Factorial(t) * Factorial(a) * Factorial(b) * Factorial(c) * Factorial(d) * Factorial(e);
    sum += (t % 2 ? -1.0 : 1.0) / term;
  }
  return (m3 % 2 ? -1.0 : 1.0) * triangle * root * sum;
}

void VmWignerSet(int l, VmWigner *wigner)
{
  *wigner = (VmWigner){.l = l};
  for (int m1 = -l; m1 <= l; ++m1)
    for (int m2 = PetscMax(-l, -l - m1); m2 <= PetscMin(l, l - m1); ++m2)
      wigner->of[l + m1][l + m2] = ThreeJ(l, m1, m2);
}

/* q_lm of any sign of m */
static void Component(const double *q, int m, double value[2])
{
  const int at = abs(m);
  const double sign = m < 0 && at % 2 ? -1.0 : 1.0;
  value[0] = sign * q[2 * at];
  value[1] = (m < 0 ? -sign : sign) * q[2 * at + 1];
}

double VmOrderW(const VmWigner *wigner, const double *q)
{
  const int l = wigner->l;
  const double square = Square(l, q);
  double sum = 0.0;
  if (!(square > 0.0)) return NAN;
  for (int m1 = -l; m1 <= l; ++m1)
    for (int m2 = PetscMax(-l, -l - m1); m2 <= PetscMin(l, l - m1); ++m2) {
      double a[2], b[2], c[2];
      Component(q, m1, a);
      Component(q, m2, b);
      Component(q, -m1 - m2, c);
      sum += wigner->of[l + m1][l + m2] * ((a[0] * b[0] - a[1] * b[1]) * c[0] - (a[0] * b[1] + a[1] * b[0]) * c[1]);
    }
  return sum / (square * sqrt(square));
}

static PetscErrorCode OfAtom(VmShell *shell, int l, int64_t i, double *q)
{
  double y[2 * (VM_HARMONIC_MOST + 1)];
  PetscFunctionBegin;
  PetscCall(VmShellOf(shell, i));
  for (int c = 0; c < 2 * (l + 1); ++c) q[c] = 0.0;
  for (int64_t k = 0; k < shell->list.n; ++k) {
    VmHarmonics(l, shell->list.of[k].r, y);
    for (int c = 0; c < 2 * (l + 1); ++c) q[c] += shell->weight[k] * y[c];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Average(VmShell *shell, int l, int64_t i, const double *q, double *average)
{
  const int width = 2 * (l + 1);
  PetscFunctionBegin;
  PetscCall(VmShellOf(shell, i));
  for (int c = 0; c < width; ++c) average[c] = q[i * width + c];
  for (int64_t k = 0; k < shell->list.n; ++k)
    for (int c = 0; c < width; ++c) average[c] += q[shell->list.of[k].atom * width + c];
  for (int c = 0; c < width; ++c) average[c] /= (double)(shell->list.n + 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmOrderParameters(const VmStructure *structure, VmShell *shell, int l, double *q, double *average)
{
  const int64_t n = structure->atoms->n;
  const int width = 2 * (l + 1);
  VmShare share;
  double *mine;
  PetscFunctionBegin;
  PetscCall(VmShareOf(structure->comm, n, &share));
  PetscCall(PetscMalloc1((size_t)((share.end - share.begin) * width), &mine));
  for (int64_t i = share.begin; i < share.end; ++i) PetscCall(OfAtom(shell, l, i, mine + (i - share.begin) * width));
  PetscCall(VmShareGather(structure->comm, n, width, mine, q));
  for (int64_t i = share.begin; i < share.end && average; ++i)
    PetscCall(Average(shell, l, i, q, mine + (i - share.begin) * width));
  if (average) PetscCall(VmShareGather(structure->comm, n, width, mine, average));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}
