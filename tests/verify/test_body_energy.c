/* ranks: 1 2; timeout: 240; links: vm_solvers
 * A random mixture: work is stored or dissipated, orders in the time step, bounds of the effective moduli. */
#include "body_case.h"

enum { LINEAR, NONLINEAR };

/* Three-parameter solids with a lognormal viscosity, elastic voxels, and flow units if nonlinear. */
static PetscErrorCode MixtureCreate(int kind, const VmBodyOptions *options, Case *c)
{
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 6, 5, 4, c));
  PetscCall(CaseMaterial(c, "zener",
                         "{relaxed_shear_modulus: 14 GPa, flow_unit_shear_modulus: 20 GPa, viscosity: 6 GPa s, "
                         "bulk_modulus: 100 GPa}",
                         0.0));
  PetscCall(CaseMaterial(c, "elastic", "{shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa}", 0.0));
  if (kind == NONLINEAR)
    PetscCall(CaseMaterial(c, "flow_unit",
                           "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, "
                           "saturation_stress: 0.5 GPa, initial_fraction: 0.1, rate_constant: 2 1/s}",
                           0.0));
  PetscCall(CaseVary(c, "viscosity"));
  for (int64_t i = 0; i < c->grid->np; ++i) {
    c->phase[i] = (uint8_t)(c->materials * CaseRandom(c, i, 0));
    c->factor[0][i] = exp(3.0 * (CaseRandom(c, i, 1) - 0.5));
  }
  PetscCall(CaseStart(c, options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two components of strain on smooth paths of their own, one free of stress, the others held. */
static VmMacroLoad Path(double t)
{
  return (VmMacroLoad){.stress_controlled = {[VM_YY] = true},
                       .level = {[VM_XX] = 0.01 * sin(1.7 * t), [VM_XY] = 0.015 * sin(t) * sin(t)}};
}

typedef struct {
  double work, stored, dissipated, macroscopic, stress[6];
} Sums;

static PetscErrorCode Follow(Case *c, double from, double to, int steps, Sums *sums)
{
  VmBodyStep step;
  PetscFunctionBegin;
  for (int n = 1; n <= steps; ++n) {
    const VmMacroLoad load = Path(from + (to - from) * n / steps);
    PetscCall(CaseStep(c, &load, (to - from) / steps, 300.0, &step));
    VmExpect(step.dissipated >= 0.0, "dissipation %g", step.dissipated);
    sums->work += step.work, sums->dissipated += step.dissipated, sums->macroscopic += step.macroscopic_work;
  }
  sums->stored = step.stored;
  memcpy(sums->stress, step.mean_stress, sizeof sums->stress);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckBalance(int kind, int element)
{
  const VmBodyOptions options = CaseOptions(element, VM_KRYLOV_CG, 1e-10);
  const char *const name = kind == LINEAR ? "linear" : "with flow units";
  double error[2];
  char text[128];
  PetscFunctionBegin;
  for (int fine = 0; fine < 2; ++fine) {
    Sums sums = {0};
    Case c;
    PetscCall(MixtureCreate(kind, &options, &c));
    PetscCall(Follow(&c, 0.0, 2.5, 40 << fine, &sums));
    const double balance = fabs(sums.work - sums.stored - sums.dissipated) / sums.work;
    snprintf(text, sizeof text, "mixture %s, %s: |W - dE - D|/W, %d steps", name, element ? "reduced" : "full",
             40 << fine);
    VmFigure(text, balance);
    VmExpect(balance < 1e-8, "energy is off by %g", balance);
    VmExpect(sums.dissipated > 0.1 * sums.work, "hardly any dissipation: %g of %g", sums.dissipated, sums.work);
    error[fine] = fabs(sums.macroscopic - sums.work) / sums.work;
    PetscCall(CaseDestroy(&c));
  }
  VmFigure("  macroscopic work, relative error", error[1]);
  VmFigure("  macroscopic work, order in dt", log2(error[0] / error[1]));
  VmExpectNear(log2(error[0] / error[1]), 2.0, 0.15);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Difference of the stress after one step dt and after its halves, from the same smooth past. */
static PetscErrorCode Halves(int kind, double dt, double *difference)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-12);
  double stress[2][6], square = 0.0;
  PetscFunctionBegin;
  for (int halves = 0; halves < 2; ++halves) {
    Sums sums = {0};
    Case c;
    PetscCall(MixtureCreate(kind, &options, &c));
    PetscCall(Follow(&c, 0.0, 0.8, 16, &sums));
    PetscCall(Follow(&c, 0.8, 0.8 + dt, 1 + halves, &sums));
    memcpy(stress[halves], sums.stress, sizeof sums.stress);
    PetscCall(CaseDestroy(&c));
  }
  for (int k = 0; k < 6; ++k) square += pow(stress[0][k] - stress[1][k], 2);
  *difference = sqrt(square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In a step the strain of each point is a straight line: its curvature, of the order dt^2, changes the stress that
 * relaxes on the way by dt^3. */
static PetscErrorCode CheckHalves(int kind)
{
  double coarse, fine;
  PetscFunctionBegin;
  PetscCall(Halves(kind, 0.02, &coarse));
  PetscCall(Halves(kind, 0.01, &fine));
  VmFigure(kind == LINEAR ? "one step and two halves, linear: order" : "one step and two halves, flow units: order",
           log2(coarse / fine));
  VmExpectNear(log2(coarse / fine), 3.0, 0.1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Effective shear modulus at once and after all has relaxed, between the means of G and of 1/G of the voxels. */
static PetscErrorCode CheckBounds(void)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-10);
  const VmMacroLoad load = {.level = {[VM_YZ] = 0.005}};
  double soft = 0.0, elastic;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(MixtureCreate(LINEAR, &options, &c));
  double *is_elastic = c.strain;
  for (int64_t i = 0; i < c.grid->np; ++i) is_elastic[i] = c.phase[i];
  PetscCall(VmSumField(c.grid, is_elastic, &elastic));
  elastic /= (double)c.grid->total;
  for (int late = 0; late < 2; ++late) {
    const double g = late ? 14.0 : 34.0, voigt = elastic * 31.3 + (1.0 - elastic) * g;
    const double reuss = 1.0 / (elastic / 31.3 + (1.0 - elastic) / g);
    PetscCall(CaseStep(&c, &load, late ? 1e12 : 0.0, 300.0, &step));
    const double shear = step.mean_stress[VM_YZ] / 0.01;
    VmFigure(late ? "relaxed shear modulus [GPa]" : "instantaneous shear modulus [GPa]", shear);
    VmFigure("  Voigt bound", voigt);
    VmFigure("  Reuss bound", reuss);
    VmExpect(shear < voigt && shear > reuss, "%g GPa", shear);
    VmExpect(!late || shear < soft, "it does not relax");
    soft = shear;
  }
  VmExpectNear(step.stored, 0.5 * step.mean_stress[VM_YZ] * 0.01, 1e-9 * step.stored); /* all springs, nothing flows */
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (int kind = LINEAR; kind <= NONLINEAR; ++kind) {
    for (int element = VM_ELEMENT_FULL; element <= VM_ELEMENT_REDUCED; ++element)
      PetscCall(CheckBalance(kind, element));
    PetscCall(CheckHalves(kind));
  }
  PetscCall(CheckBounds());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
