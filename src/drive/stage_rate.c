/* Strain-rate sensitivity from a jump of the strain rate between two stages. */
#include "sim_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TIME = 0, STAGE = 1, STRESS = 8, BLOCKS = 5 };

/* Equivalent stress over the second half of a stage: mean and standard error (of five blocks; NAN: too few rows). */
typedef struct {
  double mean, error;
} Level;

/* Mean over [from, to] of what goes straight from row to row. */
static double Average(const double *rows, int width, int64_t first, int64_t count, double from, double to)
{
  double sum = 0.0;
  for (int64_t i = first; i + 1 < first + count; ++i) {
    const double *a = rows + i * width, *b = a + width, dt = b[TIME] - a[TIME];
    const double low = fmax(from, a[TIME]), high = fmin(to, b[TIME]);
    if (!(high > low)) continue;
    const double at_a = VmEquivalentStress(a + STRESS), at_b = VmEquivalentStress(b + STRESS);
    sum += (high - low) * (at_a + (at_b - at_a) * (0.5 * (low + high) - a[TIME]) / dt);
  }
  return sum / (to - from);
}

static Level SecondHalf(const double *rows, int width, int64_t first, int64_t count)
{
  const double end = rows[(first + count - 1) * width + TIME], start = 0.5 * (rows[first * width + TIME] + end),
               part = (end - start) / BLOCKS;
  double squares = 0.0;
  Level level = {.mean = Average(rows, width, first, count, start, end), .error = NAN};
  if (count < 4 * BLOCKS) return level;
  for (int b = 0; b < BLOCKS; ++b) {
    const double block = Average(rows, width, first, count, start + b * part, start + (b + 1) * part);
    squares += (block - level.mean) * (block - level.mean);
  }
  level.error = sqrt(squares / (BLOCKS * (BLOCKS - 1)));
  return level;
}

/* Rows of a stage that ends before row `end`. */
static int64_t RowsBefore(const double *rows, int width, int64_t end, int64_t stage)
{
  int64_t count = 0;
  while (count < end && rows[(end - 1 - count) * width + STAGE] == (double)stage) ++count;
  return count;
}

static PetscErrorCode Write(VmSim sim, const double rate[2], const Level level[2])
{
  const double step = log(rate[1] / rate[0]), m = log(level[1].mean / level[0].mean) / step,
               error = hypot(level[1].error / level[1].mean, level[0].error / level[0].mean) / fabs(step);
  const struct {
    const char *name;
    double value;
    VmMeta meta;
  } values[] = {
      {"rate_before", rate[0], {"1/s", "equivalent strain rate before the jump", NULL}},
      {"rate_after", rate[1], {"1/s", "equivalent strain rate after the jump", NULL}},
      {"stress_before", level[0].mean, {"GPa", "equivalent stress, mean of the second half of the stage", NULL}},
      {"stress_after", level[1].mean, {"GPa", "equivalent stress, mean of the second half of the stage", NULL}},
      {"m", m, {"1", "strain-rate sensitivity d ln stress/d ln rate", NULL}},
      {"m_error", error, {"1", "standard error of m, from five blocks of each stress; nan: too few rows", NULL}}};
  const int64_t stage = sim->at.stage;
  char group[64], path[128];
  PetscFunctionBegin;
  snprintf(group, sizeof group, VM_PATH_STATISTICS "/strain_rate_sensitivity_%lld", (long long)stage);
  for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
    snprintf(path, sizeof path, "%s/%s", group, values[i].name);
    PetscCall(VmH5Write(sim->file, path, VM_F64, 0, NULL, &values[i].value, values[i].meta));
  }
  PetscCall(VmH5AttrText(sim->file, group, "statistic", "strain_rate_sensitivity"));
  PetscCall(VmH5AttrInt(sim->file, group, "stage", 1, &stage));
  char uncertain[64] = " (too few rows for an error)";
  if (!isnan(error)) snprintf(uncertain, sizeof uncertain, " +- %.1g", error);
  PetscCall(VmLog(sim->comm, "stage %lld: strain-rate sensitivity %.3g%s between %.3g and %.3g 1/s", (long long)stage,
                  m, uncertain, rate[0], rate[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain rates that a stage prescribes from its start to its end; 0 where it does not. */
static void Prescribed(VmSim sim, const VmPlugin *stage, double rate[6])
{
  const VmLoadingOps *ops = (const VmLoadingOps *)stage->head;
  const VmSegment *segment = &sim->at.now;
  VmSegment second;
  const bool one = !ops->harmonic && !ops->segment(stage->params, stage->common, 1, sim->now.stress, &second);
  for (int c = 0; c < 6; ++c) rate[c] = one && !segment->stress_controlled[c] ? segment->rate[c] : 0.0;
}

PetscErrorCode VmStageRate(VmSim sim, const VmPlugin *stage)
{
  VmProgramme *at = &sim->at;
  const double *rows = VmHistoryData(sim->history);
  const int width = VmHistoryWidth(sim->history);
  double now[6], before[6];

  PetscFunctionBegin;
  memcpy(before, at->strain_rate, sizeof before);
  Prescribed(sim, stage, now);
  memcpy(at->strain_rate, now, sizeof now);
  const double rate[2] = {VmEquivalentStrain(before), VmEquivalentStrain(now)};
  if (rate[0] == 0.0 || rate[1] == 0.0 || fabs(log(rate[1] / rate[0])) < 1e-3) PetscFunctionReturn(PETSC_SUCCESS);
  for (int c = 0; c < 6; ++c)
    if (fabs(before[c] / rate[0] - now[c] / rate[1]) > 1e-9) PetscFunctionReturn(PETSC_SUCCESS);
  const int64_t end = VmHistoryRows(sim->history), count = RowsBefore(rows, width, end, at->stage),
                earlier = RowsBefore(rows, width, end - count, at->stage - 1);
  if (count < 3 || earlier < 3) PetscFunctionReturn(PETSC_SUCCESS);
  const Level level[2] = {SecondHalf(rows, width, end - count - earlier, earlier),
                          SecondHalf(rows, width, end - count, count)};
  if (level[0].mean > 0.0 && level[1].mean > 0.0) PetscCall(Write(sim, rate, level));
  PetscFunctionReturn(PETSC_SUCCESS);
}
