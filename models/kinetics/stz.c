#include <vitromech/kinetics.h>
#include <math.h>

static const char *const per_choices[] = {"voxel", "mode", NULL};

static const VmParam argon_rows[] = {{.key = "shear_modulus",
                                      .type = VM_REAL,
                                      .offset = offsetof(VmArgon, shear),
                                      .unit = "GPa",
                                      .min = 1e-3,
                                      .max = 1e4,
                                      .doc = "shear modulus mu of the glass at the temperature of the run"},
                                     {.key = "poisson_ratio",
                                      .type = VM_REAL,
                                      .offset = offsetof(VmArgon, poisson),
                                      .unit = "1",
                                      .min = -0.99,
                                      .max = 0.499,
                                      .doc = "Poisson ratio nu of the glass"},
                                     {.key = "dilatancy",
                                      .type = VM_REAL,
                                      .offset = offsetof(VmArgon, dilatancy),
                                      .unit = "1",
                                      .default_text = "0.4",
                                      .min = 0.0,
                                      .max = 10.0,
                                      .doc = "volume strain over shear strain of a zone at the saddle point, beta",
                                      .source = "Homer & Schuh, Acta Mater. 57 (2009) 2823"},
                                     {.key = "shear_resistance",
                                      .type = VM_REAL,
                                      .offset = offsetof(VmArgon, resistance),
                                      .unit = "1",
                                      .default_text = "0.025",
                                      .min = 0.0,
                                      .max = 1.0,
                                      .doc = "ideal shear resistance over shear modulus, tau_0/mu",
                                      .source = "Homer & Schuh, Acta Mater. 57 (2009) 2823"},
                                     {0}};
static const VmTable argon_table = {.name = "argon",
                                    .doc = "barrier of a sheared, dilating inclusion in an elastic matrix",
                                    .size = sizeof(VmArgon),
                                    .rows = argon_rows};

static const VmParam barrier_rows[] = {
    {.key = "mean",
     .type = VM_REAL,
     .offset = offsetof(VmBarrierCommon, mean),
     .unit = "eV",
     .default_text = "none",
     .min = 1e-3,
     .max = 100.0,
     .doc = "mean barrier without stress, Q; give this or `argon`",
     .source = "Argon & Homer-Schuh: 1.73 eV for G = 37 GPa, nu = 0.352, gamma_0 = 0.1, Omega = 1.6 nm^3"},
    {.key = "argon",
     .type = VM_OPTIONAL,
     .offset = offsetof(VmBarrierCommon, argon),
     .subtable = &argon_table,
     .doc = "mean barrier from the elasticity of a sheared, dilating inclusion, instead of `mean`"},
    {.key = "spread",
     .type = VM_REAL,
     .offset = offsetof(VmBarrierCommon, spread),
     .unit = "eV",
     .default_text = "0 eV",
     .max = 100.0,
     .doc = "standard deviation of the barrier (Gaussian, drawn again until the barrier is positive)"},
    {.key = "per",
     .type = VM_ENUM,
     .offset = offsetof(VmBarrierCommon, per),
     .default_text = "voxel",
     .choices = per_choices,
     .doc = "whether the barrier varies from voxel to voxel or from mode to mode"},
    {.key = "friction",
     .type = VM_REAL,
     .offset = offsetof(VmBarrierCommon, friction),
     .unit = "1",
     .default_text = "0",
     .min = -10.0,
     .max = 10.0,
     .doc = "pressure dependence: the mean stress (positive in tension) times this adds to the resolved shear stress "
            "that a barrier feels; the activation volume of dilatation is friction saddle Omega gamma_0",
     .source = "about 0.1 by the asymmetry of strength: Schuh & Lund, Nat. Mater. 2 (2003) 449"},
    {0}};
static PetscErrorCode BarrierCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmBarrierCommon *p = params;
  PetscFunctionBegin;
  if (isnan(p->mean) && !p->argon)
    PetscCall(VmReportAdd(report, node, "the height of the barrier is missing; give mean or argon"));
  if (!isnan(p->mean) && p->argon)
    PetscCall(VmReportAdd(report, node, "both mean and argon set the height of the barrier; give one of them"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
static const VmTable barrier_common = {.name = "barrier",
                                       .doc = "height of the barriers",
                                       .size = sizeof(VmBarrierCommon),
                                       .rows = barrier_rows,
                                       .check = BarrierCheck};

static const VmParam softening_rows[] = {
    {.key = "permanent",
     .type = VM_REAL,
     .offset = offsetof(VmSoftening, permanent),
     .unit = "1",
     .default_text = "0",
     .min = -10.0,
     .max = 0.999,
     .doc = "fraction of the barrier lost for good after the first event of a voxel (negative: hardening)",
     .source = "hrSTZ: Zhao, Li & Wang, J. Appl. Phys. 113 (2013)"},
    {.key = "decaying",
     .type = VM_REAL,
     .offset = offsetof(VmSoftening, decaying),
     .unit = "1",
     .default_text = "0",
     .min = -10.0,
     .max = 0.999,
     .doc = "further fraction lost right after each event, recovered with `time`"},
    {.key = "time",
     .type = VM_REAL,
     .offset = offsetof(VmSoftening, time),
     .unit = "s",
     .default_text = "1e-3 s",
     .min = 1e-15,
     .max = 1e15,
     .doc = "relaxation time of the decaying part"},
    {0}};
static PetscErrorCode SofteningCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmSoftening *p = params;
  PetscFunctionBegin;
  if (p->permanent + fmax(p->decaying, 0.0) >= 1.0)
    PetscCall(VmReportAdd(report, node,
                          "permanent + decaying softening is %g; the sum must be below 1, or barriers vanish",
                          p->permanent + p->decaying));
  PetscFunctionReturn(PETSC_SUCCESS);
}
static const VmTable softening_table = {.name = "softening",
                                        .doc =
                                            "memory of events: barriers fall (or rise) where the glass has transformed",
                                        .size = sizeof(VmSoftening),
                                        .rows = softening_rows,
                                        .check = SofteningCheck};

static const VmParam rows[] = {
    {.key = "modes",
     .type = VM_INT,
     .offset = offsetof(VmStz, modes),
     .default_text = "20",
     .min = 1,
     .max = 1000,
     .doc = "shear modes each voxel can choose from",
     .source = "Homer & Schuh, Acta Mater. 57 (2009) 2823"},
    {.key = "attempt_frequency",
     .type = VM_REAL,
     .offset = offsetof(VmStz, attempt_frequency),
     .unit = "1/s",
     .default_text = "1e13 1/s",
     .min = 1e-12,
     .max = 1e18,
     .doc = "prefactor nu_0 of the rate of each mode"},
    {.key = "stz_volume",
     .type = VM_REAL,
     .offset = offsetof(VmStz, volume),
     .unit = "nm^3",
     .default_text = "1.6 nm^3",
     .min = 1e-3,
     .max = 1e3,
     .doc = "volume Omega of a shear transformation zone; at most the voxel's"},
    {.key = "stz_strain",
     .type = VM_REAL,
     .offset = offsetof(VmStz, strain),
     .unit = "1",
     .default_text = "0.1",
     .min = 1e-6,
     .max = 1.0,
     .doc = "engineering shear strain gamma_0 of a zone",
     .source = "Argon, Acta Metall. 27 (1979) 47"},
    {.key = "saddle",
     .type = VM_REAL,
     .offset = offsetof(VmStz, saddle),
     .unit = "1",
     .default_text = "0.5",
     .min = 0.0,
     .max = 1.0,
     .doc = "fraction of the zone's strain reached at the saddle point, in the work term saddle Omega sig:eps"},
    {.key = "barrier",
     .type = VM_PLUGIN,
     .offset = offsetof(VmStz, barrier),
     .plugin = &vm_barrier_kind,
     .subtable = &barrier_common,
     .doc = "height of the barrier and how it falls with stress"},
    {.key = "softening",
     .type = VM_BLOCK,
     .offset = offsetof(VmStz, softening),
     .subtable = &softening_table,
     .default_text = "",
     .doc = "memory of events"},
    {.key = "memory",
     .type = VM_PLUGIN,
     .offset = offsetof(VmStz, memory),
     .plugin = &vm_memory_kind,
     .default_text = "none",
     .doc = "further memory: a state of each voxel that events and rest change (finders full and thinned); left out: "
            "none"},
    {0}};
static const VmTable table = {
    .name = "stz", .doc = "thermally activated shear transformation zones", .size = sizeof(VmStz), .rows = rows};

const VmPluginHead vm_kinetics_stz = {.name = "stz",
                                      .doc = "thermally activated shear transformation zones",
                                      .source = "Bulatov & Argon (1994); Homer & Schuh, Acta Mater. 57 (2009) 2823",
                                      .params = &table};

/* Room between the draws of two modes, so that repeated draws never meet those of the next. */
enum { DRAWS_PER_MODE = 32 };

static uint32_t FirstDraw(const VmStz *stz, int64_t generation, int mode)
{
  return (uint32_t)((generation * stz->modes + mode) * DRAWS_PER_MODE);
}

void VmStzMode(const VmStz *stz, uint64_t seed, int64_t voxel, int64_t generation, int mode, double eps[6])
{
  double rotation[3][3];
  const VmRngKey key = {.seed = seed, .stream = VM_STREAM_CATALOGUE};
  VmRngRotation(key, (uint64_t)voxel, FirstDraw(stz, generation, mode), rotation);
  const double *n = rotation[0], *m = rotation[1], g = stz->strain;
  eps[0] = g * n[0] * m[0];
  eps[1] = g * n[1] * m[1];
  eps[2] = -(eps[0] + eps[1]);
  eps[3] = 0.5 * g * (n[1] * m[2] + n[2] * m[1]);
  eps[4] = 0.5 * g * (n[0] * m[2] + n[2] * m[0]);
  eps[5] = 0.5 * g * (n[0] * m[1] + n[1] * m[0]);
}

double VmStzWorkPerStress(const VmStz *stz) { return stz->saddle * stz->volume * VM_GPA_NM3_IN_EV * stz->strain; }

double VmStzPressureWork(const VmStz *stz, const double sig[6])
{
  const VmBarrierCommon *common = stz->barrier.common;
  return common->friction * VmStzWorkPerStress(stz) * ((sig[0] + sig[1] + sig[2]) / 3.0);
}

double VmStzMeanBarrier(const VmStz *stz)
{
  const VmBarrierCommon *common = stz->barrier.common;
  const VmArgon *argon = common->argon;
  if (!argon) return common->mean;
  const double nu = argon->poisson, beta = argon->dilatancy, gamma = stz->strain;
  const double share = (7.0 - 5.0 * nu) / (30.0 * (1.0 - nu)) + 2.0 * (1.0 + nu) / (9.0 * (1.0 - nu)) * beta * beta +
                       argon->resistance / (2.0 * gamma);
  return share * argon->shear * gamma * gamma * stz->volume * VM_GPA_NM3_IN_EV;
}

double VmStzBarrier(const VmStz *stz, uint64_t seed, int64_t voxel, int64_t generation, int mode, double ratio)
{
  const VmBarrierCommon *common = stz->barrier.common;
  const double mean = VmStzMeanBarrier(stz) * ratio;
  const VmRngKey key = {.seed = seed, .stream = VM_STREAM_BARRIER};
  const uint32_t first = FirstDraw(stz, generation, common->per == VM_PER_VOXEL ? 0 : mode);
  for (uint32_t draw = 0;; ++draw) {
    double gauss[2];
    VmRngNormal2(key, (uint64_t)voxel, first + draw, gauss);
    for (int i = 0; i < 2; ++i) {
      const double barrier = mean + common->spread * gauss[i];
      if (barrier > 0.0) return barrier;
    }
  }
}

double VmStzMemory(const VmStz *stz, bool transformed, double age)
{
  if (!transformed) return 1.0;
  const double x = age / stz->softening.time;
  /* past 40 recovery times nothing is left that a double could hold */
  return 1.0 - stz->softening.permanent - (x < 40.0 ? stz->softening.decaying * exp(-x) : 0.0);
}
