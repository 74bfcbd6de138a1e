/* ranks: 1; timeout: 30; links: vm_models
 * The three-parameter solid against its closed solutions: relaxation, creep, loops, frequency, energy, limits. */
#include "material_point.h"

#define GI 24.0 /* GPa */
#define GII 8.0
#define ETA 1.5 /* GPa s */
#define TAU (ETA / GII)
static const char *const sample =
    "{relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: 100 GPa}";

static double Random(uint32_t draw) { return VmRngUniform((VmRngKey){11, VM_STREAM_TEST}, 0, draw); }

/* A step of strain relaxes as G_I + G_II exp(-t/tau), with steps of 1e-9 tau to 30 tau. */
static PetscErrorCode CheckRelaxation(void)
{
  double worst = 0.0;
  PetscFunctionBegin;
  for (uint32_t run = 0; run < 20; ++run) {
    Point point;
    const double eps[6] = {0.01, 0.02, -0.03, 0.004, -0.005, 0.006};
    double time = 0.0;
    PetscCall(PointCreate("zener", sample, &point));
    PointStrain(&point, eps, 0.0, NULL);
    for (uint32_t step = 0; step < 12; ++step) {
      const double dt = step ? TAU * pow(10.0, -9.0 + 10.5 * Random(run * 100 + step)) : 0.0;
      time += dt;
      PointStrain(&point, eps, dt, NULL);
      for (int c = 0; c < 6; ++c) {
        const double wanted = 2.0 * (GI + GII * exp(-time / TAU)) * eps[c]; /* the strain has no trace */
        worst = fmax(worst, fabs(point.stress[c] / wanted - 1.0));
      }
    }
    PetscCall(PointDestroy(&point));
  }
  VmFigure("relaxation at any dt, relative error", worst);
  VmExpect(worst <= 1e-10, "relaxation is off by %g", worst);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A ramp of constant rate in one step of any length: 2 G_I e + 2 eta e' (1 - exp(-t/tau)). */
static PetscErrorCode CheckRamp(void)
{
  PetscFunctionBegin;
  for (double dt = 1e-12 * TAU; dt < 1e6 * TAU; dt *= 10.0) {
    Point point;
    const double eps[6] = {0, 0, 0, 0, 0, 0.01};
    PetscCall(PointCreate("zener", sample, &point));
    PointStrain(&point, eps, dt, NULL);
    const double wanted = 2.0 * GI * 0.01 - 2.0 * ETA * 0.01 / dt * expm1(-dt / TAU);
    VmExpectNear(point.stress[5] / wanted, 1.0, 1e-13);
    PetscCall(PointDestroy(&point));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest relative error of the strain under constant shear stress over 5 tau_sigma, in steps dt. */
static PetscErrorCode CreepError(double dt, double *error)
{
  static const bool free[6] = {true, true, true, true, true, true};
  const double target[6] = {0, 0, 0, 0, 0, 0.5}, late = ETA * (GI + GII) / (GI * GII);
  Point point;
  PetscFunctionBegin;
  *error = 0.0;
  PetscCall(PointCreate("zener", sample, &point));
  for (int step = 0; step * dt <= 5.0 * late; ++step) {
    VmExpect(PointMixed(&point, free, target, step ? dt : 0.0) <= 3, "a linear law needs one correction");
    const double wanted = 0.25 * (1.0 / GI - GII / (GI * (GI + GII)) * exp(-step * dt / late));
    *error = fmax(*error, fabs(point.strain[5] / wanted - 1.0));
  }
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckCreep(void)
{
  double coarse, fine;
  PetscFunctionBegin;
  PetscCall(CreepError(TAU / 50.0, &coarse));
  PetscCall(CreepError(TAU / 100.0, &fine));
  VmFigure("creep, relative error at dt = tau/100", fine);
  VmFigure("creep, order in dt", log2(coarse / fine));
  VmExpect(fine <= 1e-6, "creep is off by %g", fine);
  VmExpectNear(log2(coarse / fine), 2.0, 0.02);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckHarmonic(void)
{
  double worst = 0.0;
  Point point;
  PetscFunctionBegin;
  PetscCall(PointCreate("zener", sample, &point));
  for (double x = 1e-6; x < 2e6; x *= 10.0) {
    double complex bulk;
    const double complex shear = PointHarmonic(&point, x / TAU, 300.0, &bulk);
    const double storage = GI + GII * x * x / (1.0 + x * x), loss = GII * x / (1.0 + x * x);
    worst = fmax(worst, fabs(creal(shear) / storage - 1.0));
    worst = fmax(worst, fabs(cimag(shear) / loss - 1.0));
    worst = fmax(worst, cabs(bulk / 100.0 - 1.0));
  }
  VmFigure("harmonic moduli, relative error", worst);
  VmExpect(worst <= 1e-10, "moduli are off by %g", worst);
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Relative error of the area of the steady loop of a sinusoidal strain, `steps` to a period. */
static PetscErrorCode LoopError(double omega, int steps, double *error)
{
  const double amplitude = 0.01, dt = 2.0 * VM_PI / omega / steps;
  const int settled = (int)ceil(40.0 * TAU * omega / (2.0 * VM_PI)) * steps;
  double area = 0.0;
  Point point;
  PetscFunctionBegin;
  PetscCall(PointCreate("zener", sample, &point));
  for (int step = 1; step <= settled + steps; ++step) {
    const double eps[6] = {0, 0, 0, 0, 0, amplitude * sin(2.0 * VM_PI * step / steps)};
    const double old_strain = point.strain[5], old_stress = point.stress[5];
    PointStrain(&point, eps, dt, NULL);
    if (step > settled) area += 0.5 * (old_stress + point.stress[5]) * (point.strain[5] - old_strain);
  }
  *error = area / (2.0 * VM_PI * cimag(PointHarmonic(&point, omega, 300.0, NULL)) * amplitude * amplitude) - 1.0;
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Loop area pi E'' eps_a^2. With straight lines between the points of a sine the polygon loses (omega dt)^2/6 of the
 * area, and the stress (omega dt)^2/12 of its amplitude. */
static PetscErrorCode CheckLoop(void)
{
  double coarse, fine, slow;
  PetscFunctionBegin;
  PetscCall(LoopError(1.0 / TAU, 314, &coarse));
  PetscCall(LoopError(1.0 / TAU, 628, &fine));
  PetscCall(LoopError(0.1 / TAU, 6283, &slow));
  VmFigure("loop area at omega tau = 1, relative error at dt = tau/100", fine);
  VmFigure("loop area at omega tau = 0.1, relative error at dt = tau/100", slow);
  VmFigure("loop area, order in dt", log2(coarse / fine));
  VmExpect(fabs(slow) <= 1e-6, "the loop is off by %g", slow);
  VmExpectNear(fine / (-0.25 * pow(2.0 * VM_PI / 628.0, 2)), 1.0, 1e-3);
  VmExpectNear(log2(coarse / fine), 2.0, 0.01);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Work is stored or dissipated; with the trapezoidal work of the stress at the ends of steps to second order in dt. */
static PetscErrorCode CheckEnergy(void)
{
  double macroscopic[2];
  PetscFunctionBegin;
  for (int fine = 0; fine < 2; ++fine) {
    const int steps = 400 << fine;
    const double dt = 4.0 * TAU / steps;
    double work = 0.0, stored = 0.0, dissipation = 0.0, trapezoid = 0.0;
    Point point;
    PetscCall(PointCreate("zener", sample, &point));
    for (int step = 1; step <= steps; ++step) {
      const Point before = point;
      double eps[6];
      for (int c = 0; c < 6; ++c) eps[c] = 0.01 * sin((1.0 + 0.3 * c) * step * dt / TAU);
      PointEnergy(&point, eps, dt, &work, &stored, &dissipation);
      PointStrain(&point, eps, dt, NULL);
      for (int c = 0; c < 6; ++c)
        trapezoid += 0.5 * (before.stress[c] + point.stress[c]) * (point.strain[c] - before.strain[c]);
    }
    const double balance = fabs(work - stored - dissipation) / work;
    if (!fine) VmFigure("energy balance |W - dE - D|/W", balance);
    VmExpect(balance < 1e-12, "energy is off by %g", balance);
    VmExpect(dissipation > 0.0, "dissipation is %g", dissipation);
    macroscopic[fine] = fabs(trapezoid - work) / work;
    PetscCall(PointDestroy(&point));
  }
  VmFigure("trapezoidal work, order in dt", log2(macroscopic[0] / macroscopic[1]));
  VmExpectNear(log2(macroscopic[0] / macroscopic[1]), 2.0, 0.02);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G_I = mu/(1 + alpha), G_II = alpha mu/(1 + alpha) (A2): an elastic glass for alpha -> 0, a Maxwell liquid for
 * alpha -> infinity. */
static PetscErrorCode CheckLimits(void)
{
  const double mu = 32.0, eps[6] = {0, 0, 0, 0, 0, 0.01};
  PetscFunctionBegin;
  for (int n = 0; n <= 4; ++n) {
    const double alpha = n ? pow(10.0, 3.0 * n - 8.0) : 0.0; /* 0, 1e-5 ... 1e4 */
    char yaml[256];
    Point glass, liquid;
    snprintf(yaml, sizeof yaml,
             "{relaxed_shear_modulus: %.17g GPa, flow_unit_shear_modulus: %.17g GPa, viscosity: 1.5 GPa s, "
             "bulk_modulus: 100 GPa}",
             mu / (1.0 + alpha), alpha * mu / (1.0 + alpha));
    PetscCall(PointCreate("zener", yaml, &glass));
    PointStrain(&glass, eps, 0.0, NULL);
    VmExpectNear(glass.stress[5], 2.0 * mu * 0.01, 1e-14);
    PointStrain(&glass, eps, 1e9, NULL);
    VmExpectNear(glass.stress[5], 2.0 * mu * 0.01 / (1.0 + alpha), 1e-14);
    PetscCall(PointDestroy(&glass));

    snprintf(yaml, sizeof yaml,
             "{relaxed_shear_modulus: %.17g GPa, flow_unit_shear_modulus: %.17g GPa, viscosity: 1.5 GPa s, "
             "bulk_modulus: 100 GPa}",
             n ? mu * pow(10.0, 1.0 - 3.0 * n) : 0.0, mu);
    PetscCall(PointCreate("zener", yaml, &liquid));
    const double left = n ? mu * pow(10.0, 1.0 - 3.0 * n) : 0.0;
    PointStrain(&liquid, eps, 0.0, NULL);
    PointStrain(&liquid, eps, 0.1, NULL);
    VmExpectNear(liquid.stress[5], 0.02 * (left + mu * exp(-0.1 * mu / 1.5)), 1e-14);
    PetscCall(PointDestroy(&liquid));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Viscosity by Arrhenius and by Vogel-Fulcher-Tammann: the loss peak stands at omega = G_II/eta(T). */
static PetscErrorCode CheckTemperature(void)
{
  PetscFunctionBegin;
  for (int vft = 0; vft < 2; ++vft) {
    const double frozen = vft ? 250.0 : 0.0;
    char yaml[400];
    Point point;
    snprintf(yaml, sizeof yaml,
             "{relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: 100 "
             "GPa, activation_energy: 0.2 eV, reference_temperature: 400 K, vft_temperature: %g K}",
             frozen);
    PetscCall(PointCreate("zener", yaml, &point));
    for (double temperature = 300.0; temperature < 601.0; temperature += 100.0) {
      const double eta =
          1.5 * exp(0.2 / VM_BOLTZMANN / (temperature - frozen)) / exp(0.2 / VM_BOLTZMANN / (400.0 - frozen));
      const double complex shear = PointHarmonic(&point, GII / eta, temperature, NULL);
      VmExpectNear(cimag(shear) / (0.5 * GII), 1.0, 1e-12);
      VmExpectNear(creal(shear) / (GI + 0.5 * GII), 1.0, 1e-12);
    }
    if (vft) {
      const double complex shear = PointHarmonic(&point, 1e-30, frozen, NULL);
      VmExpectNear(creal(shear), GI + GII, 0.0);
      VmExpectNear(cimag(shear), 0.0, 0.0);
    }
    PetscCall(PointDestroy(&point));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* E_1, E_2 and eta of uniaxial stress: the complex Young's modulus 9KG/(3K + G) is E_1 + E_2 i omega tau/(1 + i omega
 * tau) with tau = eta/E_2. */
static PetscErrorCode CheckYoung(void)
{
  double worst = 0.0;
  Point point;
  PetscFunctionBegin;
  PetscCall(
      PointCreate("zener",
                  "{relaxed_young_modulus: 35 GPa, flow_unit_young_modulus: 5 GPa, uniaxial_viscosity: 1.5 GPa s, "
                  "bulk_modulus: 44 GPa}",
                  &point));
  for (double omega = 1e-4; omega < 1e6; omega *= 3.0) {
    double complex bulk;
    const double complex shear = PointHarmonic(&point, omega, 300.0, &bulk), ix = I * omega * 1.5 / 5.0;
    const double complex young = 9.0 * bulk * shear / (3.0 * bulk + shear), wanted = 35.0 + 5.0 * ix / (1.0 + ix);
    worst = fmax(worst, fabs(creal(young) / creal(wanted) - 1.0));
    worst = fmax(worst, fabs(cimag(young) / cimag(wanted) - 1.0));
  }
  VmFigure("moduli of uniaxial stress, relative error", worst);
  VmExpect(worst <= 1e-10, "moduli are off by %g", worst);
  PetscCall(PointDestroy(&point));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(CheckRelaxation());
  PetscCall(CheckRamp());
  PetscCall(CheckCreep());
  PetscCall(CheckHarmonic());
  PetscCall(CheckLoop());
  PetscCall(CheckEnergy());
  PetscCall(CheckLimits());
  PetscCall(CheckTemperature());
  PetscCall(CheckYoung());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
