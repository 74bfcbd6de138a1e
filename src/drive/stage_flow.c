/* Flow in a stage that is over: stress, strain rate and viscosity of its second half, and the strain-rate sensitivity
 * if the stage before flowed in the same direction at another rate or stress. */
#include "sim_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TIME = 0, STAGE = 1, STRAIN = 2, STRESS = 8, BLOCKS = 5 };

/* Mean and standard error (of five blocks; NAN: too few rows). */
typedef struct {
  double mean, error;
} Level;

/* Equivalents [GPa], [1/s] along the direction in which the stage is driven. */
typedef struct {
  Level stress, rate;
} Flow;

/* Rows of a stage. */
typedef struct {
  const double *rows;
  int width;
  int64_t count;
} Stretch;

/* Mean stress over [from, to] along n; rows are joined by straight lines. */
static double MeanStress(Stretch s, const double n[6], double from, double to)
{
  double sum = 0.0;
  for (int64_t i = 0; i + 1 < s.count; ++i) {
    const double *a = s.rows + i * s.width, *b = a + s.width, dt = b[TIME] - a[TIME];
    const double low = fmax(from, a[TIME]), high = fmin(to, b[TIME]);
    if (!(high > low)) continue;
    const double at_a = VmDot6(n, a + STRESS), at_b = VmDot6(n, b + STRESS);
    sum += (high - low) * (at_a + (at_b - at_a) * (0.5 * (low + high) - a[TIME]) / dt);
  }
  return sqrt(1.5) * sum / (to - from);
}

static double StrainAt(Stretch s, const double n[6], double time)
{
  int64_t i = 0;
  while (i + 2 < s.count && s.rows[(i + 1) * s.width + TIME] < time) ++i;
  const double *a = s.rows + i * s.width, *b = a + s.width, dt = b[TIME] - a[TIME];
  const double at_a = VmDot6(n, a + STRAIN), at_b = VmDot6(n, b + STRAIN);
  return dt > 0.0 ? at_a + (at_b - at_a) * (time - a[TIME]) / dt : at_b;
}

static double MeanRate(Stretch s, const double n[6], double from, double to)
{
  return sqrt(2.0 / 3.0) * (StrainAt(s, n, to) - StrainAt(s, n, from)) / (to - from);
}

static Level SecondHalf(Stretch s, const double n[6], double (*mean)(Stretch, const double *, double, double))
{
  const double end = s.rows[(s.count - 1) * s.width + TIME], start = 0.5 * (s.rows[TIME] + end),
               part = (end - start) / BLOCKS;
  double squares = 0.0;
  Level level = {.mean = mean(s, n, start, end), .error = NAN};
  if (s.count < 4 * BLOCKS) return level;
  for (int b = 0; b < BLOCKS; ++b) {
    const double block = mean(s, n, start + b * part, start + (b + 1) * part);
    squares += (block - level.mean) * (block - level.mean);
  }
  level.error = sqrt(squares / (BLOCKS * (BLOCKS - 1)));
  return level;
}

/* Rows of a stage that ends before row `end`. */
static Stretch RowsBefore(VmSim sim, int64_t end, int64_t stage)
{
  const double *rows = VmHistoryData(sim->history);
  Stretch s = {.width = VmHistoryWidth(sim->history)};
  while (s.count < end && rows[(end - 1 - s.count) * s.width + STAGE] == (double)stage) ++s.count;
  s.rows = rows + (end - s.count) * s.width;
  return s;
}

/* False if nothing moves, or the rows are too few; noise of slow flow may be backwards. */
static bool Measure(Stretch s, const double n[6], Flow *flow)
{
  if (s.count < 3 || !(s.rows[(s.count - 1) * s.width + TIME] > s.rows[TIME])) return false;
  flow->stress = SecondHalf(s, n, MeanStress), flow->rate = SecondHalf(s, n, MeanRate);
  return flow->rate.mean != 0.0;
}

static double Relative(Level level) { return level.error / fabs(level.mean); }

static PetscErrorCode Write(VmSim sim, const char *statistic, const char *name, double value, VmMeta meta)
{
  char path[128];
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s_%lld/%s", statistic, (long long)sim->at.stage, name);
  PetscCall(VmH5Write(sim->file, path, VM_F64, 0, NULL, &value, meta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Describe(VmSim sim, const char *statistic)
{
  const int64_t stage = sim->at.stage;
  char group[128];
  PetscFunctionBegin;
  snprintf(group, sizeof group, VM_PATH_STATISTICS "/%s_%lld", statistic, (long long)stage);
  PetscCall(VmH5AttrText(sim->file, group, "statistic", statistic));
  PetscCall(VmH5AttrInt(sim->file, group, "stage", 1, &stage));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What follows a number in the log. */
static const char *Uncertain(double error, char text[64])
{
  if (isnan(error)) return " (too few rows for an error)";
  snprintf(text, 64, " +- %.1g", error);
  return text;
}

static PetscErrorCode WriteFlow(VmSim sim, Flow flow, bool creep)
{
  static const char statistic[] = "flow";
  const double viscosity = flow.stress.mean / (3.0 * flow.rate.mean),
               error = fabs(viscosity) * hypot(Relative(flow.stress), Relative(flow.rate));
  const struct {
    const char *name;
    double value;
    VmMeta meta;
  } values[] = {
      {"stress", flow.stress.mean, {"GPa", "equivalent stress, mean of the second half of the stage", NULL}},
      {"stress_error", flow.stress.error, {"GPa", "standard error, from five blocks; nan: too few rows", NULL}},
      {"strain_rate", flow.rate.mean, {"1/s", "equivalent strain rate, mean of the second half of the stage", NULL}},
      {"strain_rate_error", flow.rate.error, {"1/s", "standard error, from five blocks; nan: too few rows", NULL}},
      {"viscosity", viscosity, {"GPa s", "stress/(3 strain_rate)", NULL}},
      {"viscosity_error", error, {"GPa s", "standard error; nan: too few rows", NULL}}};
  char text[64];
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof values / sizeof *values; ++i)
    PetscCall(Write(sim, statistic, values[i].name, values[i].value, values[i].meta));
  PetscCall(Describe(sim, statistic));
  if (creep)
    PetscCall(VmLog(sim->comm, "stage %lld: viscosity %.3g%s GPa s in the second half", (long long)sim->at.stage,
                    viscosity, Uncertain(error, text)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* m = d ln stress/d ln rate. */
static PetscErrorCode WriteSensitivity(VmSim sim, Flow before, Flow after)
{
  static const char statistic[] = "strain_rate_sensitivity";
  const double step = log(after.rate.mean / before.rate.mean), m = log(after.stress.mean / before.stress.mean) / step,
               error = hypot(hypot(Relative(before.stress), Relative(after.stress)),
                             m * hypot(Relative(before.rate), Relative(after.rate))) /
                       fabs(step);
  const struct {
    const char *name;
    double value;
    VmMeta meta;
  } values[] = {
      {"rate_before", before.rate.mean, {"1/s", "equivalent strain rate before the jump", NULL}},
      {"rate_after", after.rate.mean, {"1/s", "equivalent strain rate after the jump", NULL}},
      {"stress_before", before.stress.mean, {"GPa", "equivalent stress before the jump", NULL}},
      {"stress_after", after.stress.mean, {"GPa", "equivalent stress after the jump", NULL}},
      {"m", m, {"1", "strain-rate sensitivity d ln stress/d ln rate", NULL}},
      {"m_error", error, {"1", "standard error of m, from five blocks of each stage; nan: too few rows", NULL}}};
  char text[64];
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof values / sizeof *values; ++i)
    PetscCall(Write(sim, statistic, values[i].name, values[i].value, values[i].meta));
  PetscCall(Describe(sim, statistic));
  PetscCall(VmLog(sim->comm, "stage %lld: strain-rate sensitivity %.3g%s between %.3g and %.3g 1/s",
                  (long long)sim->at.stage, m, Uncertain(error, text), before.rate.mean, after.rate.mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How a stage is driven: strain rates that it prescribes from start to end or, if there are none, constant stresses. */
static VmDrive DriveOf(VmSim sim, const VmPlugin *stage)
{
  const VmLoadingOps *ops = (const VmLoadingOps *)stage->head;
  const VmSegment *segment = &sim->at.now;
  VmSegment second;
  VmDrive drive = {.kind = VM_DRIVE_OTHER, .temperature = sim->now.temperature};
  if (ops->harmonic || ops->segment(stage->params, stage->common, 1, sim->now.stress, &second)) return drive;
  if (sim->at.stage_temperature != sim->now.temperature) return drive;
  double rate[6], stress[6];
  bool strained = false, constant = true;
  for (int c = 0; c < 6; ++c) {
    const bool by_stress = segment->stress_controlled[c];
    rate[c] = by_stress ? 0.0 : segment->rate[c], stress[c] = by_stress ? segment->level[c] : 0.0;
    strained |= rate[c] != 0.0, constant &= !by_stress || segment->rate[c] == 0.0;
  }
  memcpy(drive.direction, strained ? rate : stress, sizeof drive.direction);
  const double mean = (drive.direction[0] + drive.direction[1] + drive.direction[2]) / 3.0;
  for (int c = 0; c < 3; ++c) drive.direction[c] -= mean;
  const double norm = sqrt(VmDot6(drive.direction, drive.direction));
  if (!constant || norm == 0.0) return drive;
  for (int c = 0; c < 6; ++c) drive.direction[c] /= norm;
  drive.kind = strained ? VM_DRIVE_STRAIN : VM_DRIVE_STRESS;
  return drive;
}

static bool SameWay(const VmDrive *a, const VmDrive *b)
{
  if (a->kind != b->kind || a->temperature != b->temperature) return false;
  for (int c = 0; c < 6; ++c)
    if (fabs(a->direction[c] - b->direction[c]) > 1e-9) return false;
  return true;
}

PetscErrorCode VmStageFlow(VmSim sim, const VmPlugin *stage)
{
  VmProgramme *at = &sim->at;
  const int64_t end = VmHistoryRows(sim->history);
  const VmDrive before = at->drive;
  Flow flow, earlier;

  PetscFunctionBegin;
  at->drive = DriveOf(sim, stage);
  if (at->drive.kind == VM_DRIVE_OTHER) PetscFunctionReturn(PETSC_SUCCESS);
  const Stretch rows = RowsBefore(sim, end, at->stage);
  if (!Measure(rows, at->drive.direction, &flow)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(WriteFlow(sim, flow, at->drive.kind == VM_DRIVE_STRESS));
  if (!SameWay(&before, &at->drive)) PetscFunctionReturn(PETSC_SUCCESS);
  if (!Measure(RowsBefore(sim, end - rows.count, at->stage - 1), before.direction, &earlier))
    PetscFunctionReturn(PETSC_SUCCESS);
  if (fmin(fmin(flow.stress.mean, flow.rate.mean), fmin(earlier.stress.mean, earlier.rate.mean)) <= 0.0)
    PetscFunctionReturn(PETSC_SUCCESS);
  const double driven =
      at->drive.kind == VM_DRIVE_STRAIN ? flow.rate.mean / earlier.rate.mean : flow.stress.mean / earlier.stress.mean;
  if (fabs(log(driven)) > 1e-3) PetscCall(WriteSensitivity(sim, earlier, flow));
  PetscFunctionReturn(PETSC_SUCCESS);
}
