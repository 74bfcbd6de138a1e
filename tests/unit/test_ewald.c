/* links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/bessel.h"
#include "analysis/synth/ewald.h"
#include <complex.h>

/* Terms of the series in Bessel functions and Chebyshev polynomials until what is left is below the accuracy. */
static int JacobiAnger(double most, double accuracy)
{
  enum { MANY = 400 };
  double bessel[MANY], left = 0.0;
  int terms = MANY;
  VmBesselSeries(most, MANY, bessel);
  while (terms > 1 && left + 2.0 * fabs(bessel[terms - 1]) < accuracy) left += 2.0 * fabs(bessel[--terms]);
  return terms;
}

/* Against the phase itself at points that are not the nodes, the ends included. */
static PetscErrorCode TestAccuracy(double most, double accuracy)
{
  enum { POINTS = 201, FUNCTIONS = 400 };
  double worst = 0.0, beyond = 0.0, c[FUNCTIONS], f[POINTS][FUNCTIONS];
  VmEwald ewald;

  PetscFunctionBegin;
  PetscCall(VmEwaldCreate(most, accuracy, &ewald));
  VmExpect(ewald.functions % 2 == 0 && ewald.functions < FUNCTIONS, "%d functions", ewald.functions);
  for (int j = 0; j < POINTS; ++j) VmEwaldFunctions(&ewald, 2.0 * j / (POINTS - 1) - 1.0, 0, ewald.functions, f[j]);
  for (int i = 0; i < 2 * POINTS; ++i) {
    const double x = most * i / (POINTS - 1);
    VmEwaldCoefficients(&ewald, x, c);
    for (int j = 0; j < POINTS; ++j) {
      double complex sum = 0.0;
      for (int p = 0; p < ewald.functions; ++p) sum += (p % 2 ? I : 1.0) * c[p] * f[j][p];
      const double error = cabs(sum - cexp(I * x * (2.0 * j / (POINTS - 1) - 1.0)));
      if (i < POINTS) worst = fmax(worst, error);
      else beyond = fmax(beyond, error);
    }
  }
  VmFigure("largest_phase", most);
  VmFigure("functions", ewald.functions);
  VmFigure("worst_error_over_accuracy", worst / accuracy);
  VmExpect(worst < 1.5 * accuracy, "error %g at accuracy %g", worst, accuracy);
  VmExpect(most == 0.0 || ewald.functions <= JacobiAnger(most, accuracy), "%d functions, %d of Jacobi and Anger",
           ewald.functions, JacobiAnger(most, accuracy));
  VmExpect(most < 5.0 || ewald.functions > 2.0 * most / VM_PI,
           "%d functions: fewer than the phase has degrees of freedom", ewald.functions);
  VmExpect(beyond < 20.0, "error %g beyond the largest phase", beyond);
  PetscCall(VmEwaldDestroy(&ewald));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A flat sphere: one function, which is constant. */
static PetscErrorCode TestFlat(void)
{
  double c[2], f[2];
  VmEwald ewald;

  PetscFunctionBegin;
  PetscCall(VmEwaldCreate(0.0, 1e-4, &ewald));
  VmExpect(ewald.functions == 2, "%d functions", ewald.functions);
  VmEwaldCoefficients(&ewald, 0.0, c);
  VmEwaldFunctions(&ewald, 0.7, 0, 2, f);
  VmExpectNear(c[0] * f[0], 1.0, 1e-14);
  VmExpectNear(c[1], 0.0, 1e-14);
  PetscCall(VmEwaldDestroy(&ewald));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestFlat());
  PetscCall(TestAccuracy(0.3, 1e-4));
  PetscCall(TestAccuracy(13.2, 1e-4));
  PetscCall(TestAccuracy(27.7, 1e-4));
  PetscCall(TestAccuracy(27.7, 1e-8));
  PetscCall(TestAccuracy(150.0, 1e-4));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
