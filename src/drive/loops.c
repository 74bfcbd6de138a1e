/* Hysteresis loops of cyclic stages, whatever the engine: work per cycle, amplitudes and phase lag. */
#include "sim_private.h"
#include <math.h>
#include <string.h>

static const struct {
  const char *name;
  int64_t width;
  VmMeta meta;
} columns[] = {
    {"stage", 0, {"1", "loading stage", "cycle"}},
    {"cycle", 0, {"1", "number of the cycle in its stage, from 0", "cycle"}},
    {"time", 0, {"s", "end of the cycle", "cycle"}},
    {"area", 0, {"GPa", "area of the loop: work of the mean stress in the cycle, per volume", "cycle"}},
    {"strain_amplitude", 6, {"1", "amplitude of the first harmonic of the mean strain", "cycle,component"}},
    {"stress_amplitude", 6, {"GPa", "amplitude of the first harmonic of the mean stress", "cycle,component"}},
    {"phase_lag",
     6,
     {"rad", "phase of the strain behind the stress, first harmonic; NaN: no strain or stress", "cycle,component"}}};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void ColumnPath(int column, char path[64]) { snprintf(path, 64, VM_PATH_CYCLES "/%s", columns[column].name); }

static double Period(VmSim sim, int64_t stage)
{
  const VmPlugin *plugin = (const VmPlugin *)sim->params->loading.items + stage;
  const VmLoadingOps *ops = (const VmLoadingOps *)plugin->head;
  return ops->period ? ops->period(plugin->params) : 0.0;
}

PetscErrorCode VmLoopsOpen(VmSim sim, bool resume)
{
  bool any = false;
  char path[64];
  PetscFunctionBegin;
  for (int i = 0; i < sim->params->loading.count; ++i) any |= Period(sim, i) > 0.0;
  for (int c = 0; any && c < COLUMNS; ++c) {
    ColumnPath(c, path);
    if (resume) PetscCall(VmH5RowsTruncate(sim->file, path, sim->loops.rows));
    else PetscCall(VmH5RowsCreate(sim->file, path, VM_F64, columns[c].width, columns[c].meta));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void BeginCycle(VmLoops *loops)
{
  loops->start = loops->stage_start + loops->period * (double)loops->cycle;
  loops->area = 0.0;
  memset(loops->strain_wave, 0, sizeof loops->strain_wave);
  memset(loops->stress_wave, 0, sizeof loops->stress_wave);
}

PetscErrorCode VmLoopsBegin(VmSim sim)
{
  VmLoops *loops = &sim->loops;
  PetscFunctionBegin;
  loops->period = Period(sim, sim->at.stage);
  loops->stage_start = sim->now.time;
  loops->cycle = 0;
  BeginCycle(loops);
  loops->time = sim->now.time;
  memcpy(loops->strain, sim->now.strain, sizeof loops->strain);
  memcpy(loops->stress, sim->now.stress, sizeof loops->stress);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Integral with cosine and sine of what goes straight from a to b, over the turns [from, to] of the cycle; in units of
 * the period. */
static void AddWave(double from, double to, const double a[6], const double b[6], double wave[2][6])
{
  const double omega = 2.0 * VM_PI, c0 = cos(omega * from), c1 = cos(omega * to), s0 = sin(omega * from),
               s1 = sin(omega * to);
  for (int c = 0; c < 6; ++c) {
    const double slope = (b[c] - a[c]) / (to - from);
    wave[0][c] += (b[c] * s1 - a[c] * s0) / omega + slope * (c1 - c0) / (omega * omega);
    wave[1][c] += -(b[c] * c1 - a[c] * c0) / omega + slope * (s1 - s0) / (omega * omega);
  }
}

static PetscErrorCode WriteCycle(VmSim sim)
{
  VmLoops *loops = &sim->loops;
  double values[COLUMNS][6] = {{(double)sim->at.stage}, {(double)loops->cycle}, {loops->time}, {loops->area}};
  char path[64];
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    /* a wave is the real part of amplitude exp(i omega t); the integral with exp(-i omega t) is half of it */
    const double strain = 2.0 * hypot(loops->strain_wave[0][c], loops->strain_wave[1][c]);
    const double stress = 2.0 * hypot(loops->stress_wave[0][c], loops->stress_wave[1][c]);
    const double lag = atan2(-loops->stress_wave[1][c], loops->stress_wave[0][c]) -
                       atan2(-loops->strain_wave[1][c], loops->strain_wave[0][c]);
    values[4][c] = strain;
    values[5][c] = stress;
    values[6][c] = strain > 1e-15 && stress > 1e-15 ? remainder(lag, 2.0 * VM_PI) : NAN;
  }
  for (int c = 0; c < COLUMNS; ++c) {
    ColumnPath(c, path);
    PetscCall(VmH5RowsAppend(sim->file, path, VM_F64, 1, values[c]));
  }
  ++loops->rows;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the straight way from where the loop was last looked at to a time, strain and stress in the same cycle. */
static void Add(VmLoops *loops, double time, const double strain[6], const double stress[6])
{
  const double from = (loops->time - loops->start) / loops->period, to = (time - loops->start) / loops->period;
  double mean[6], change[6];
  for (int c = 0; c < 6; ++c) mean[c] = 0.5 * (stress[c] + loops->stress[c]), change[c] = strain[c] - loops->strain[c];
  loops->area += VmDot6(mean, change);
  if (to > from) {
    AddWave(from, to, loops->strain, strain, loops->strain_wave);
    AddWave(from, to, loops->stress, stress, loops->stress_wave);
  }
  loops->time = time;
  memcpy(loops->strain, strain, sizeof loops->strain);
  memcpy(loops->stress, stress, sizeof loops->stress);
}

PetscErrorCode VmLoopsFollow(VmSim sim)
{
  VmLoops *loops = &sim->loops;
  const VmNow *now = &sim->now;
  PetscFunctionBegin;
  if (loops->period == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  for (;;) {
    const double end = loops->stage_start + loops->period * (double)(loops->cycle + 1), rounding = 1e-9 * loops->period;
    if (now->time < end - rounding) break;
    const double share = now->time > loops->time ? PetscMin((end - loops->time) / (now->time - loops->time), 1.0) : 1.0;
    double strain[6], stress[6];
    for (int c = 0; c < 6; ++c) {
      strain[c] = loops->strain[c] + share * (now->strain[c] - loops->strain[c]);
      stress[c] = loops->stress[c] + share * (now->stress[c] - loops->stress[c]);
    }
    Add(loops, PetscMin(end, now->time), strain, stress);
    PetscCall(WriteCycle(sim));
    ++loops->cycle;
    BeginCycle(loops);
  }
  Add(loops, now->time, now->strain, now->stress);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmLoopsScalars(VmSim sim, VmScalars *s)
{
  VmLoops *loops = &sim->loops;
  VmScalar(s, &loops->period), VmScalar(s, &loops->stage_start), VmScalar(s, &loops->start);
  VmScalarInteger(s, &loops->cycle), VmScalarInteger(s, &loops->rows);
  VmScalar(s, &loops->time), VmScalarSix(s, loops->strain), VmScalarSix(s, loops->stress), VmScalar(s, &loops->area);
  for (int i = 0; i < 2; ++i) VmScalarSix(s, loops->strain_wave[i]), VmScalarSix(s, loops->stress_wave[i]);
}
