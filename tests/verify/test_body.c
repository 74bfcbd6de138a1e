/* ranks: 1 3; timeout: 240; links: vm_solvers
 * A body of one three-parameter solid is that solid; layers of two of them have exact solutions; what varies in space
 * enters; thermal strain. */
#include "body_case.h"

#define GI 24.0 /* GPa */
#define GII 8.0
#define ETA 1.5 /* GPa s */
#define TAU (ETA / GII)
static const char *const sample =
    "{relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: 100 GPa}";

static const VmMacroLoad at_rest = {.level = {0}};

/* A step of strain relaxes as G_I + G_II exp(-t/tau), with steps of 1e-9 tau to 30 tau. */
static PetscErrorCode CheckRelaxation(int element)
{
  const VmBodyOptions options = CaseOptions(element, VM_KRYLOV_CG, 1e-12);
  const VmMacroLoad load = {.level = {0.01, 0.02, -0.03, 0.004, -0.005, 0.006}};
  double worst = 0.0, time = 0.0;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 4, 3, 5, &c));
  PetscCall(CaseMaterial(&c, "zener", sample, 0.0));
  PetscCall(CaseStart(&c, &options));
  for (uint32_t n = 0; n < 24; ++n) {
    const double dt = n ? TAU * pow(10.0, -9.0 + 10.5 * VmRngUniform((VmRngKey){19, VM_STREAM_TEST}, 0, n)) : 0.0;
    PetscCall(CaseStep(&c, &load, dt, 300.0, &step));
    time += dt;
    for (int k = 0; k < 6; ++k)
      worst = fmax(worst, fabs(step.mean_stress[k] / (2.0 * (GI + GII * exp(-time / TAU)) * load.level[k]) - 1.0));
    VmExpectInt(step.krylov, 0);
  }
  VmFigure("relaxation at any dt, relative error", worst);
  VmExpect(worst <= 1e-10, "relaxation is off by %g", worst);
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest relative error of the strain under constant shear stress over 5 tau_sigma, in steps dt. */
static PetscErrorCode CreepError(double dt, double *error)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-13);
  const VmMacroLoad load = {.stress_controlled = {true, true, true, true, true, true}, .level = {[VM_XY] = 0.5}};
  const double late = ETA * (GI + GII) / (GI * GII);
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  *error = 0.0;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 3, 2, 2, &c));
  PetscCall(CaseMaterial(&c, "zener", sample, 0.0));
  PetscCall(CaseStart(&c, &options));
  for (int n = 0; n * dt <= 5.0 * late; ++n) {
    PetscCall(CaseStep(&c, &load, n ? dt : 0.0, 300.0, &step));
    const double wanted = 0.25 * (1.0 / GI - GII / (GI * (GI + GII)) * exp(-n * dt / late));
    *error = fmax(*error, fabs(step.mean_strain[VM_XY] / wanted - 1.0));
    VmExpectNear(step.mean_stress[VM_XY], 0.5, 1e-12);
  }
  PetscCall(CaseDestroy(&c));
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

/* Relative error of the area of the loop after the transient, with `steps` to a period, and of the dissipated energy
 * from the same theory. */
static PetscErrorCode LoopError(double omega, int steps, double *error, double *dissipated)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-12);
  const double dt = 2.0 * VM_PI / omega / steps, x = omega * TAU, amplitude = 0.01;
  const double wanted = VM_PI * 4.0 * GII * x / (1.0 + x * x) * amplitude * amplitude; /* 2 eps_xy is the shear */
  const int settled = (int)ceil(24.0 * TAU / dt);
  double area = 0.0, lost = 0.0;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 3, 1, 1, &c));
  PetscCall(CaseMaterial(&c, "zener", sample, 0.0));
  PetscCall(CaseStart(&c, &options));
  for (int n = 1; n <= settled + steps; ++n) {
    const VmMacroLoad load = {.level = {[VM_XY] = amplitude * sin(2.0 * VM_PI * n / steps)}};
    PetscCall(CaseStep(&c, &load, dt, 300.0, &step));
    if (n > settled) area += step.macroscopic_work, lost += step.dissipated;
  }
  *error = area / wanted - 1.0;
  *dissipated = lost / wanted - 1.0;
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* pi G'' gamma_a^2. Straight lines between the points of a sine lose (omega dt)^2/4 of the area of the polygon
 * (docs/theory/materials.md). */
static PetscErrorCode CheckLoop(void)
{
  double coarse, fine, slow, lost;
  PetscFunctionBegin;
  PetscCall(LoopError(1.0 / TAU, 314, &coarse, &lost));
  PetscCall(LoopError(1.0 / TAU, 628, &fine, &lost));
  PetscCall(LoopError(0.1 / TAU, 6283, &slow, &lost));
  VmFigure("loop area at omega tau = 1, relative error at dt = tau/100", fine);
  VmFigure("  times -4/(omega dt)^2", -4.0 * fine / pow(2.0 * VM_PI / 628.0, 2));
  VmFigure("loop area at omega tau = 0.1, relative error at dt = tau/100", slow);
  VmFigure("dissipation at omega tau = 0.1, relative error at dt = tau/100", lost);
  VmFigure("loop area, order in dt", log2(coarse / fine));
  VmExpect(fabs(slow) <= 1e-6, "the loop is off by %g", slow);
  VmExpect(fabs(lost) <= 1e-6, "the dissipation is off by %g", lost);
  VmExpectNear(fine / (-0.25 * pow(2.0 * VM_PI / 628.0, 2)), 1.0, 1e-3);
  VmExpectNear(log2(coarse / fine), 2.0, 0.01);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two solids in layers of 2/5 and 3/5 of the box. */
static const double layer[2][3] = {{24.0, 8.0, 1.5}, {5.0, 30.0, 60.0}}; /* G_I, G_II [GPa], eta [GPa s] */
static const double share[2] = {0.4, 0.6};

static PetscErrorCode LayersCreate(int axis, const VmBodyOptions *options, Case *c)
{
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, axis == 0 ? 5 : 2, axis == 1 ? 5 : 3, axis == 2 ? 5 : 2, c));
  for (int k = 0; k < 2; ++k) {
    char yaml[200];
    snprintf(yaml, sizeof yaml,
             "{relaxed_shear_modulus: %g GPa, flow_unit_shear_modulus: %g GPa, viscosity: %g GPa s, bulk_modulus: %d "
             "GPa}",
             layer[k][0], layer[k][1], layer[k][2], 100 + 50 * k);
    PetscCall(CaseMaterial(c, "zener", yaml, 0.0));
  }
  for (int64_t i = 0; i < c->grid->np; ++i) {
    int64_t at[3];
    CaseVoxel(c, i, at);
    c->phase[i] = at[axis] >= 2;
  }
  PetscCall(CaseStart(c, options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stress per unit of shear at time t after a step of it across the layers: the inverse Laplace transform of
 * 1/(p J(p)), J = sum of share/G(p), a constant and the exponentials of the two poles of 1/J. */
static double Series(double t)
{
  double a[2], b[2], tau[2], q[3] = {0.0}, sum;
  for (int k = 0; k < 2; ++k) {
    tau[k] = layer[k][2] / layer[k][1];
    a[k] = layer[k][0];
    b[k] = (layer[k][0] + layer[k][1]) * tau[k];
  }
  for (int k = 0; k < 2; ++k) { /* q = sum share_k (1 + p tau_k)(a_l + p b_l) */
    const int l = 1 - k;
    q[0] += share[k] * a[l];
    q[1] += share[k] * (tau[k] * a[l] + b[l]);
    q[2] += share[k] * tau[k] * b[l];
  }
  sum = a[0] * a[1] / q[0];
  for (int sign = -1; sign <= 1; sign += 2) {
    const double p = (-q[1] + sign * sqrt(q[1] * q[1] - 4.0 * q[2] * q[0])) / (2.0 * q[2]);
    sum += (a[0] + b[0] * p) * (a[1] + b[1] * p) / (p * (q[1] + 2.0 * q[2] * p)) * exp(p * t);
  }
  return sum;
}

static double Parallel(double t)
{
  double sum = 0.0;
  for (int k = 0; k < 2; ++k) sum += share[k] * (layer[k][0] + layer[k][1] * exp(-t * layer[k][1] / layer[k][2]));
  return sum;
}

/* Largest relative error of a shear that relaxes, along or across the layers, over 8 s. */
static PetscErrorCode LayerError(int axis, int component, int element, int krylov, int steps, double *error)
{
  const VmBodyOptions options = CaseOptions(element, krylov, 1e-13);
  const int first = vm_voigt_pair[component][0], second = vm_voigt_pair[component][1];
  VmMacroLoad load = {.level = {0}};
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  *error = 0.0;
  load.level[component] = 0.01;
  PetscCall(LayersCreate(axis, &options, &c));
  for (int n = 0; n <= steps; ++n) {
    PetscCall(CaseStep(&c, &load, n ? 8.0 / steps : 0.0, 300.0, &step));
    const double t = 8.0 * n / steps, wanted = first == axis || second == axis ? Series(t) : Parallel(t);
    *error = fmax(*error, fabs(step.mean_stress[component] / (0.02 * wanted) - 1.0));
  }
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckLayers(void)
{
  double along = 0.0, coarse, fine, most = 0.0, slowest = 2.0, error;
  PetscFunctionBegin;
  VmExpectNear(Series(0.0), 1.0 / (0.4 / 32.0 + 0.6 / 35.0), 1e-12);
  VmExpectNear(Series(1e9), 1.0 / (0.4 / 24.0 + 0.6 / 5.0), 1e-12);
  for (int axis = 0; axis < 3; ++axis)
    for (int component = VM_YZ; component <= VM_XY; ++component) {
      const int element = axis == 1 ? VM_ELEMENT_FULL : VM_ELEMENT_REDUCED;
      const int krylov = axis == 2 ? VM_KRYLOV_PETSC : VM_KRYLOV_CG;
      if (component - VM_YZ == axis) {
        PetscCall(LayerError(axis, component, element, krylov, 7, &error));
        along = fmax(along, error);
        continue;
      }
      PetscCall(LayerError(axis, component, element, krylov, 200, &coarse));
      PetscCall(LayerError(axis, component, element, krylov, 400, &fine));
      most = fmax(most, fine);
      slowest = fmin(slowest, log2(coarse / fine));
    }
  VmFigure("shear along the layers, relative error at any dt", along);
  VmFigure("shear across the layers, relative error at dt = 0.02 s", most);
  VmFigure("shear across the layers, order in dt", slowest);
  VmExpect(along <= 1e-10, "off by %g", along);
  VmExpect(most <= 1e-4, "off by %g", most);
  VmExpectNear(slowest, 2.0, 0.1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Across layers the displacement along them rises from node to node by twice the shear of the layer less its mean. */
static PetscErrorCode CheckDisplacement(void)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-13);
  const VmMacroLoad load = {.level = {[VM_XY] = 0.01}};
  double *displacement, *along, *shear, most = 0.0;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(LayersCreate(0, &options, &c));
  PetscCall(PetscMalloc3(3 * (size_t)c.grid->np, &displacement, (size_t)c.grid->total, &along, (size_t)c.grid->total,
                         &shear));
  PetscCall(CaseStep(&c, &load, 0.0, 300.0, &step));
  PetscCall(VmBodyFields(c.body, c.strain, NULL));
  PetscCall(VmBodyDisplacement(c.body, displacement));
  PetscCall(VmFieldGather(c.grid, displacement + c.grid->np, true, along));
  PetscCall(VmFieldGather(c.grid, c.strain + VM_XY * c.grid->np, true, shear));
  for (int64_t i = 0; i < c.grid->total; ++i) {
    const double rise = along[(i + c.grid->plane) % c.grid->total] - along[i];
    most = fmax(most, fabs(rise - 2.0 * (shear[i] - 0.01) * c.grid->spacing));
    VmExpect(fabs(shear[i] - 0.01) > 1e-4, "the layers are alike");
  }
  VmExpect(most < 1e-15, "displacement and strain differ by %g nm", most);
  PetscCall(PetscFree3(displacement, along, shear));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Factors of the parameters make layers of one law the same body as layers of two. */
static PetscErrorCode CheckFactors(void)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-13);
  static const char *const names[4] = {"relaxed_shear_modulus", "flow_unit_shear_modulus", "viscosity", "bulk_modulus"};
  const VmMacroLoad load = {.level = {0.01, 0.0, 0.0, 0.0, 0.0, 0.01}};
  VmBodyStep one, two;
  Case a, b;
  PetscFunctionBegin;
  PetscCall(LayersCreate(0, &options, &a));
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 5, 3, 2, &b));
  PetscCall(CaseMaterial(&b, "zener", sample, 0.0));
  for (int v = 0; v < 4; ++v) {
    PetscCall(CaseVary(&b, names[v]));
    for (int64_t i = 0; i < b.grid->np; ++i)
      if (a.phase[i]) b.factor[v][i] = v < 3 ? layer[1][v] / layer[0][v] : 1.5;
  }
  PetscCall(CaseStart(&b, &options));
  for (int n = 0; n < 5; ++n) {
    PetscCall(CaseStep(&a, &load, 0.3 * n, 300.0, &one));
    PetscCall(CaseStep(&b, &load, 0.3 * n, 300.0, &two));
    for (int k = 0; k < 6; ++k) VmExpectNear(two.mean_stress[k], one.mean_stress[k], 1e-11);
    VmExpectNear(two.dissipated, one.dissipated, 1e-13);
  }
  PetscCall(CaseDestroy(&b));
  PetscCall(CaseDestroy(&a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What holds no matter where the layers are: uniform expansion of any mixture is free of stress. */
static PetscErrorCode CheckFreeExpansion(void)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_FULL, VM_KRYLOV_CG, 1e-12);
  const VmMacroLoad load = {.stress_controlled = {true, true, true, true, true, true}};
  VmBodyStep step;
  double most = 0.0;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 4, 5, 3, &c));
  PetscCall(CaseMaterial(&c, "zener", sample, 1.2e-5));
  PetscCall(CaseMaterial(&c, "elastic", "{shear_modulus: 3 GPa, bulk_modulus: 5 GPa}", 1.2e-5));
  PetscCall(CaseMaterial(&c, "flow_unit",
                         "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, "
                         "saturation_stress: 0.5 GPa, initial_fraction: 0.1, rate_constant: 2 1/s}",
                         1.2e-5));
  for (int64_t i = 0; i < c.grid->np; ++i) c.phase[i] = (uint8_t)(3.0 * CaseRandom(&c, i, 0));
  PetscCall(CaseStart(&c, &options));
  for (int n = 1; n <= 4; ++n) {
    PetscCall(CaseStep(&c, &load, 0.1, 300.0 + 50.0 * n, &step));
    for (int k = 0; k < 6; ++k) VmExpectNear(step.mean_strain[k], k < 3 ? 1.2e-5 * 50.0 * n : 0.0, 1e-12);
  }
  PetscCall(VmBodyFields(c.body, c.strain, c.stress));
  for (int64_t i = 0; i < 6 * c.grid->np; ++i) most = fmax(most, fabs(c.stress[i]));
  VmExpect(most < 1e-10, "free expansion by 0.0024 causes a stress of %g GPa", most);
  VmExpectNear(step.work, 0.0, 1e-12);
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two elastic layers that expand differently, the mean stress zero: biaxial stress M (strain - alpha dT) with
 * M = E/(1 - nu) and one strain along the layers; with the mean strain held, the layers press on each other too. The
 * expansion comes as a factor of one material. */
static PetscErrorCode CheckBimaterial(int element)
{
  static const double shear[2] = {35.0, 12.0}, bulk[2] = {110.0, 30.0}, alpha[2] = {1e-5, 2.5e-5}, heat = 120.0;
  const VmBodyOptions options = CaseOptions(element, VM_KRYLOV_CG, 1e-13);
  VmMacroLoad load = {.stress_controlled = {true, true, true, true, true, true}};
  double biaxial[2], weight = 0.0, sum = 0.0, axial = 0.0, give = 0.0, wanted[2][3], most = 0.0;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 2, 3, 5, &c));
  for (int k = 0; k < 2; ++k) {
    char yaml[100];
    snprintf(yaml, sizeof yaml, "{shear_modulus: %g GPa, bulk_modulus: %g GPa}", shear[k], bulk[k]);
    PetscCall(CaseMaterial(&c, "elastic", yaml, alpha[0]));
    biaxial[k] = 18.0 * bulk[k] * shear[k] / (3.0 * bulk[k] + 4.0 * shear[k]);
    weight += share[k] * biaxial[k], sum += share[k] * biaxial[k] * alpha[k];
  }
  PetscCall(CaseVary(&c, "thermal_expansion"));
  for (int64_t i = 0; i < c.grid->np; ++i) {
    int64_t at[3];
    CaseVoxel(&c, i, at);
    c.phase[i] = at[2] >= 2;
    c.factor[0][i] = alpha[c.phase[i]] / alpha[0];
  }
  for (int k = 0; k < 2; ++k) { /* held: normal strain alpha dT + (p + 2 lame alpha dT)/(lame + 2G) averages to 0 */
    const double lame = bulk[k] - 2.0 * shear[k] / 3.0, normal = lame + 2.0 * shear[k];
    axial += share[k] * alpha[k] * heat * (1.0 + 2.0 * lame / normal);
    give += share[k] / normal;
  }
  for (int held = 0; held < 2; ++held) {
    for (int k = 0; k < 2; ++k) {
      const double lame = bulk[k] - 2.0 * shear[k] / 3.0, normal = lame + 2.0 * shear[k], free = alpha[k] * heat;
      const double across = held ? -axial / give : 0.0, elastic = (across + 2.0 * lame * free) / normal;
      wanted[k][2] = across;
      wanted[k][0] = wanted[k][1] =
          held ? lame * (elastic - 2.0 * free) - 2.0 * shear[k] * free : biaxial[k] * (sum / weight - alpha[k]) * heat;
    }
    PetscCall(CaseStart(&c, &options));
    if (held) load = at_rest;
    for (int n = 1; n <= 3; ++n) PetscCall(CaseStep(&c, &load, 1.0, 300.0 + heat / 3.0 * n, &step));
    PetscCall(VmBodyFields(c.body, NULL, c.stress));
    for (int k = 0; k < 6; ++k)
      for (int64_t i = 0; i < c.grid->np; ++i)
        most = fmax(most, fabs(c.stress[k * c.grid->np + i] - (k < 3 ? wanted[c.phase[i]][k] : 0.0)));
    if (!held) VmExpectNear(step.mean_strain[VM_YY], sum / weight * heat, 1e-14);
  }
  VmFigure("thermal stress of two layers, error [GPa]", most);
  VmExpect(most < 1e-11, "thermal stress is off by %g GPa", most);
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(CheckRelaxation(VM_ELEMENT_FULL));
  PetscCall(CheckRelaxation(VM_ELEMENT_REDUCED));
  PetscCall(CheckCreep());
  PetscCall(CheckLoop());
  PetscCall(CheckLayers());
  PetscCall(CheckDisplacement());
  PetscCall(CheckFactors());
  PetscCall(CheckFreeExpansion());
  PetscCall(CheckBimaterial(VM_ELEMENT_FULL));
  PetscCall(CheckBimaterial(VM_ELEMENT_REDUCED));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
