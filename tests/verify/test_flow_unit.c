/* ranks: 1; timeout: 30; links: vm_models
 * Flow units that multiply: closed form of their fraction, yield and steady flow, energy. */
#include "material_point.h"

/* A law whose three fractions differ. */
static PetscErrorCode CheckFraction(void)
{
  const double c0 = 0.02, initial = 0.1, final = 0.7, k = 3.0, kappa = k * (final - c0);
  const double eps[6] = {0}, a = (initial - c0) / (final - initial);
  double worst = 0.0, time = 0.0;
  Point point;
  PetscFunctionBegin;
  PetscCall(PointCreate("flow_unit",
                        "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, "
                        "saturation_stress: 0.5 GPa, initial_fraction: 0.1, lower_fraction: 0.02, final_fraction: 0.7, "
                        "rate_constant: 3 1/s}",
                        &point));
  for (uint32_t step = 0; time < 20.0; ++step) {
    const double dt = pow(10.0, -6.0 + 6.3 * VmRngUniform((VmRngKey){13, VM_STREAM_TEST}, 0, step));
    time += dt;
    PointStrain(&point, eps, dt, NULL);
    const double growth = a * exp(kappa * time), wanted = (c0 + final * growth) / (1.0 + growth);
    worst = fmax(worst, fabs(initial + point.state[0] - wanted));
  }
  VmFigure("fraction of flow units, error", worst);
  VmExpect(worst <= 1e-12, "the fraction is off by %g", worst);
  VmExpectNear(initial + point.state[0], final, 1e-12);
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Parameters like those of La60Ni15Al25 at 413 K, 0.9 of the glass transition. */
static const char *const lanthanum =
    "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 13 GPa, bulk_modulus: 44 GPa, saturation_stress: 0.5 GPa, "
    "initial_fraction: 0.003, rate_constant: 0.0175 1/s}";
#define INITIAL 0.003
#define RATE 1e-4 /* 1/s */

/* Uniaxial tension, the sides free of stress. The strain at which the fraction crosses 0.25, the strain and the height
 * of the greatest stress, and the stress at 6 % and at 10 % strain. */
typedef struct {
  double crossing, yield, peak, at6, at10;
} Curve;

static PetscErrorCode Tension(double rate, Curve *curve)
{
  static const bool free[6] = {false, true, true, true, true, true};
  const double step = 2e-4;
  Point point;
  PetscFunctionBegin;
  memset(curve, 0, sizeof *curve);
  PetscCall(PointCreate("flow_unit", lanthanum, &point));
  for (int n = 1; n <= 500; ++n) {
    const double target[6] = {n * step}, before = INITIAL + point.state[0];
    VmExpect(PointMixed(&point, free, target, step / rate) <= 8, "Newton's method converges at second order");
    const double c = INITIAL + point.state[0];
    if (before < 0.25 && c >= 0.25) curve->crossing = n * step;
    if (point.stress[0] > curve->peak) curve->peak = point.stress[0], curve->yield = n * step;
    if (n == 300) curve->at6 = point.stress[0];
  }
  curve->at10 = point.stress[0];
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckTension(void)
{
  Curve curve, slow;
  PetscFunctionBegin;
  PetscCall(Tension(RATE, &curve));
  PetscCall(Tension(0.5 * RATE, &slow));
  VmFigure("strain at which the fraction crosses 0.25", curve.crossing);
  VmFigure("strain at yield", curve.yield);
  VmFigure("stress at yield [GPa]", curve.peak);
  VmFigure("stress at 6 % strain [GPa]", curve.at6);
  VmFigure("stress at 10 % strain [GPa]", curve.at10);
  VmExpect(curve.crossing > 0.0 && curve.crossing < curve.yield, "the fraction crosses 0.25 at %g", curve.crossing);
  VmExpectNear(curve.yield, 0.03, 0.003);
  VmExpectNear(curve.at6 / curve.at10, 1.0, 0.05);
  VmExpectNear(curve.at10, 0.5, 0.005);                    /* nothing but flow units at their saturation stress */
  VmExpectNear(slow.crossing, 0.5 * curve.crossing, 2e-4); /* flow units multiply in time, whatever the rate */
  VmExpect(slow.peak < curve.peak, "slow tension bears %g GPa", slow.peak);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Simple shear with a fixed fraction: tau = (1 - c) G_1 gamma + c tau_s (1 - exp(-G_2 gamma/tau_s)), eq. 2 of the
 * source with tau_s = sigma_s/sqrt(3). */
static PetscErrorCode CheckShear(void)
{
  const double c = 0.3, yield = 0.5 / sqrt(3.0);
  Point point;
  PetscFunctionBegin;
  PetscCall(PointCreate("flow_unit",
                        "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, "
                        "saturation_stress: 0.5 GPa, initial_fraction: 0.3, rate_constant: 0 1/s}",
                        &point));
  for (double gamma = 1e-9; gamma < 1.0; gamma *= 10.0) {
    const double eps[6] = {0, 0, 0, 0, 0, gamma / sqrt(2.0)};
    PointStrain(&point, eps, 1.0, NULL);
    const double wanted = (1.0 - c) * 13.0 * gamma - c * yield * expm1(-11.0 * gamma / yield);
    VmExpectNear(point.stress[5] / sqrt(2.0) / wanted, 1.0, 1e-13);
  }
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Free energy of matrix and flow units at a strain; the difference is what turning one into the other dissipates. */
static void Energies(const double strain[6], double *matrix, double *flow_unit)
{
  const double trace = strain[0] + strain[1] + strain[2];
  double square = 0.0;
  for (int c = 0; c < 6; ++c) square += strain[c] * strain[c];
  square -= trace * trace / 3.0;
  const double equivalent = sqrt(2.0 / 3.0 * square), slope = 3.0 * 11.0 / 0.5;
  *matrix = 22.0 * trace * trace + 13.0 * square;
  *flow_unit = 22.0 * trace * trace + 0.5 * (equivalent + expm1(-slope * equivalent) / slope);
}

/* Work = stored energy + dissipation in steps of any length; the trapezoid of the stress at the ends of the steps is
 * off in the second order of dt. The strain turns round at zero. */
static PetscErrorCode CheckEnergy(void)
{
  double error[2];
  PetscFunctionBegin;
  for (int fine = 0; fine < 2; ++fine) {
    const int steps = 500 << fine;
    double work = 0.0, stored = 0.0, dissipation = 0.0, trapezoid = 0.0, matrix, flow_unit;
    Point point;
    PetscCall(PointCreate("flow_unit",
                          "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, "
                          "saturation_stress: 0.5 GPa, initial_fraction: 0.1, rate_constant: 2 1/s}",
                          &point));
    for (int step = 1; step <= steps; ++step) {
      const Point before = point;
      const double lost = dissipation;
      double eps[6];
      for (int c = 0; c < 6; ++c) eps[c] = 0.02 * sin(4.0 * step / steps) * (c % 2 ? 1.0 : -0.4 * c);
      PointEnergy(&point, eps, 2.0 / steps, &work, &stored, &dissipation);
      PointStrain(&point, eps, 2.0 / steps, NULL);
      VmExpect(dissipation >= lost, "energy %g is created", lost - dissipation);
      Energies(eps, &matrix, &flow_unit);
      const double c = 0.1 + point.state[0];
      VmExpectNear(stored, (1.0 - c) * matrix + c * flow_unit, 1e-13 * matrix);
      for (int k = 0; k < 6; ++k)
        trapezoid += 0.5 * (before.stress[k] + point.stress[k]) * (point.strain[k] - before.strain[k]);
    }
    VmExpect(dissipation > 0.0, "dissipation is %g", dissipation);
    if (fine) VmFigure("energy balance |W - dE - D|/W", fabs(work - stored - dissipation) / work);
    VmExpect(fabs(work - stored - dissipation) < 1e-10 * work, "energy is off by %g", work - stored - dissipation);
    error[fine] = fabs(trapezoid - work) / work;
    PetscCall(PointDestroy(&point));
  }
  VmFigure("trapezoidal work, order in dt", log2(error[0] / error[1]));
  VmExpectNear(log2(error[0] / error[1]), 2.0, 0.1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(CheckFraction());
  PetscCall(CheckShear());
  PetscCall(CheckTension());
  PetscCall(CheckEnergy());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
