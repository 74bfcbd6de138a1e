#include "sim_private.h"
#include <vitromech/timer.h>
#include <math.h>
#include <string.h>

/* Part of the expected way to a limit that is gone at once: where the expectation is not exact, a limit is approached
 * by ever shorter steps. */
#define CAUTION 0.9

static const VmPlugin *Stage(VmSim sim, int64_t stage) { return (const VmPlugin *)sim->params->loading.items + stage; }

static const VmStageParams *StageCommon(VmSim sim) { return Stage(sim, sim->at.stage)->common; }

/* Time at which strain component c of the stage reaches its limit at the present rate, HUGE_VAL if it does not approach
 * it. A limit that is already behind counts as reached. */
static double LimitTime(VmSim sim, int c)
{
  const VmNow *now = &sim->now;
  const double limit = StageCommon(sim)->until.strain[c], rate = now->strain_rate[c];
  if (isnan(limit)) return HUGE_VAL;
  const double way = limit - sim->at.stage_strain[c], rest = limit - now->strain[c];
  if (rest * way <= 0.0) return now->time;
  if (!sim->at.now.stress_controlled[c]) {
    if (rate * way <= 0.0) return rate == 0.0 ? HUGE_VAL : now->time;
    return sim->at.segment_start + (limit - sim->at.segment_strain[c]) / rate;
  }
  if (!sim->ops->exact && fabs(rest) <= sim->params->solver.tolerance * PetscMax(fabs(way), fabs(limit)))
    return now->time;
  const double ahead = rest / rate;
  if (!(ahead > 0.0)) return HUGE_VAL;
  return now->time + (sim->ops->exact ? ahead : CAUTION * ahead);
}

/* Time at which heating or cooling has come to its end; HUGE_VAL if it goes on. */
static double ArrivalTime(VmSim sim)
{
  const VmTemperatureParams *temperature = StageCommon(sim)->temperature;
  if (!temperature || isnan(temperature->to) || sim->at.now.temperature_rate == 0.0) return HUGE_VAL;
  return sim->at.segment_start + (temperature->to - sim->at.segment_temperature) / sim->at.now.temperature_rate;
}

/* Whether the end of heating or cooling is all that ends the stage. */
static bool EndsByTemperature(VmSim sim)
{
  const VmStageParams *common = StageCommon(sim);
  bool limited = !common->temperature || isnan(common->temperature->to) || !isnan(common->duration) ||
                 common->until.events > 0 || isfinite(sim->at.now.duration);
  for (int c = 0; c < 6; ++c) limited |= !isnan(common->until.strain[c]);
  return !limited;
}

static double StageEnd(VmSim sim)
{
  const VmStageParams *common = StageCommon(sim);
  const VmNow *now = &sim->now;
  double end = sim->at.segment_end;
  if (!isnan(common->duration)) end = PetscMin(end, sim->at.stage_start + common->duration);
  if (common->until.events && now->events - sim->at.stage_events >= common->until.events) end = now->time;
  for (int c = 0; c < 6; ++c) end = PetscMin(end, LimitTime(sim, c));
  if (EndsByTemperature(sim)) end = PetscMin(end, sim->at.now.temperature_rate == 0.0 ? now->time : ArrivalTime(sim));
  return end;
}

/* Time at which the next history row is due if no event comes before. */
static double RowTime(VmSim sim)
{
  const VmNow *now = &sim->now;
  double due = HUGE_VAL;
  if (!isnan(sim->output->every.time)) due = sim->at.row_time + sim->output->every.time;
  if (!isnan(sim->output->every.strain))
    for (int c = 0; c < 6; ++c) {
      const double rate = now->strain_rate[c], change = now->strain[c] - sim->at.row_strain[c];
      if (rate != 0.0)
        due = PetscMin(due, now->time + (sim->output->every.strain - (rate > 0.0 ? change : -change)) / fabs(rate));
    }
  return PetscMax(due, now->time);
}

/* A row is due when its time has come or events have moved the strain far enough. */
static bool RowDue(VmSim sim, double row_time)
{
  const VmNow *now = &sim->now;
  if (now->time >= row_time) return true;
  if (sim->output->every.events && now->events - sim->at.row_events >= sim->output->every.events) return true;
  if (sim->output->every.steps && now->steps - sim->at.row_steps >= sim->output->every.steps) return true;
  if (!isnan(sim->output->every.strain))
    for (int c = 0; c < 6; ++c)
      if (fabs(now->strain[c] - sim->at.row_strain[c]) >= sim->output->every.strain) return true;
  return false;
}

/* Gives at->now to the engine as it begins at the present time. */
static PetscErrorCode Give(VmSim sim)
{
  VmProgramme *at = &sim->at;
  PetscFunctionBegin;
  at->segment_start = sim->now.time;
  at->segment_end = sim->now.time + at->now.duration;
  at->segment_temperature = sim->now.temperature;
  memcpy(at->segment_strain, sim->now.strain, sizeof at->segment_strain);
  PetscCall(sim->ops->begin(sim, &at->now));
  at->begun = true;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gives the way to a temperature its direction and duration; false if the body is there already. */
static bool SetWay(double temperature, VmSegment *segment)
{
  if (isnan(segment->temperature_to)) return true;
  const double way = segment->temperature_to - temperature;
  segment->duration = fabs(way / segment->temperature_rate);
  segment->temperature_rate = copysign(segment->temperature_rate, way);
  return way != 0.0;
}

/* Begins the next segment of the stage; *more = false if the stage has none. */
static PetscErrorCode BeginSegment(VmSim sim, bool *more)
{
  const VmPlugin *stage = Stage(sim, sim->at.stage);
  const VmTemperatureParams *temperature = StageCommon(sim)->temperature;
  VmSegment *segment = &sim->at.now;
  PetscFunctionBegin;
  for (;; ++sim->at.segment) {
    *more = ((const VmLoadingOps *)stage->head)
                ->segment(stage->params, stage->common, (int)sim->at.segment, sim->now.stress, segment);
    if (!*more) PetscFunctionReturn(PETSC_SUCCESS);
    if (SetWay(sim->now.temperature, segment)) break;
  }
  if (temperature && !isnan(temperature->to)) {
    const double way = temperature->to - sim->now.temperature;
    segment->temperature_rate = way == 0.0 ? 0.0 : copysign(segment->temperature_rate, way);
  }
  PetscCall(Give(sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Heating or cooling has come to its end within a segment: what is left of it goes on at this temperature. */
static PetscErrorCode Arrive(VmSim sim)
{
  VmSegment *segment = &sim->at.now;
  PetscFunctionBegin;
  sim->now.temperature = StageCommon(sim)->temperature->to;
  segment->temperature_rate = 0.0;
  memcpy(segment->level, sim->now.stress, sizeof segment->level);
  if (isfinite(segment->duration)) segment->duration = sim->at.segment_end - sim->now.time;
  PetscCall(Give(sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Segments that are counted for the length of a stage, at most. */
enum { MOST_COUNTED = 100000 };

static double LengthOfSegments(VmSim sim)
{
  const VmPlugin *stage = Stage(sim, sim->at.stage);
  const double no_stress[6] = {0.0};
  double length = 0.0, temperature = sim->at.stage_temperature;
  for (int i = 0; i < MOST_COUNTED; ++i) {
    VmSegment segment;
    if (!((const VmLoadingOps *)stage->head)->segment(stage->params, stage->common, i, no_stress, &segment))
      return length;
    SetWay(temperature, &segment);
    if (!isnan(segment.temperature_to)) temperature = segment.temperature_to;
    length += segment.duration;
  }
  return NAN;
}

/* Fraction of the stage that is done, as far as its limits tell. */
static double StageFraction(VmSim sim)
{
  const VmStageParams *common = StageCommon(sim);
  const VmNow *now = &sim->now;
  double done = 0.0;
  if (!isnan(common->duration)) done = (now->time - sim->at.stage_start) / common->duration;
  if (sim->at.stage_length > 0.0) done = PetscMax(done, (now->time - sim->at.stage_start) / sim->at.stage_length);
  if (common->until.events)
    done = PetscMax(done, (double)(now->events - sim->at.stage_events) / (double)common->until.events);
  if (EndsByTemperature(sim))
    done = (now->temperature - sim->at.stage_temperature) / (common->temperature->to - sim->at.stage_temperature);
  for (int c = 0; c < 6; ++c)
    if (!isnan(common->until.strain[c]))
      done = PetscMax(done,
                      (now->strain[c] - sim->at.stage_strain[c]) / (common->until.strain[c] - sim->at.stage_strain[c]));
  return PetscMin(PetscMax(done, 0.0), 1.0);
}

/* Length of a stage as the limits of strain component c or, for c = 6, durations tell it; NAN if they do not. */
static double StageLength(VmSim sim, int64_t stage, int c)
{
  const VmStageParams *common = Stage(sim, stage)->common;
  if (c == 6) return common->duration;
  const VmStageParams *before = stage > 0 ? Stage(sim, stage - 1)->common : NULL;
  return fabs(common->until.strain[c] - (before ? before->until.strain[c] : 0.0));
}

/* Fraction of the programme that is done. Stages count by their strain or duration if all have one of the same kind,
 * else each the same. */
static double Fraction(VmSim sim)
{
  const int64_t now = sim->at.stage, count = sim->params->loading.count;
  const double own = StageFraction(sim);
  for (int c = 0; c <= 6; ++c) {
    double before = 0.0, all = 0.0;
    for (int64_t stage = 0; stage < count; ++stage) {
      if (stage == now) before = all + own * StageLength(sim, stage, c);
      all += StageLength(sim, stage, c);
    }
    if (all > 0.0) return before / all;
  }
  return ((double)now + own) / (double)count;
}

static PetscErrorCode ShowProgress(VmSim sim, VmProgress progress)
{
  char more[128];
  PetscFunctionBegin;
  sim->ops->progress(sim, sizeof more, more);
  PetscCall(VmProgressUpdate(progress, Fraction(sim), "stage %lld  time %.4g s  strain %.4f  stress %.3f GPa  %s",
                             (long long)sim->at.stage, sim->now.time, VmEquivalentStrain(sim->now.strain),
                             VmEquivalentStress(sim->now.stress), more));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Saves a checkpoint if one is due; *stop if a stop was requested. */
static PetscErrorCode Look(VmSim sim, VmProgress progress, bool *stop)
{
  PetscFunctionBegin;
  int due = VmTime() - sim->checkpoint_clock >= sim->output->checkpoint_every;
  PetscCallMPI(MPI_Bcast(&due, 1, MPI_INT, 0, sim->comm));
  PetscCall(VmStopRequested(sim->comm, stop));
  if (due || *stop) {
    PetscCall(VmSimCheckpointSave(sim));
    sim->checkpoint_clock = VmTime();
  }
  PetscCall(ShowProgress(sim, progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Runs the present stage to its end, or to a stop. */
static PetscErrorCode RunStage(VmSim sim, VmProgress progress, bool *stop)
{
  PetscFunctionBegin;
  for (int64_t step = 1;; ++step) {
    if (!sim->at.begun) {
      bool more;
      PetscCall(BeginSegment(sim, &more));
      if (!more) PetscFunctionReturn(PETSC_SUCCESS);
      /* stresses that a stage sets at its start are no part of its cycles */
      if (sim->now.time == sim->at.stage_start) PetscCall(VmLoopsBegin(sim));
      else PetscCall(VmLoopsFollow(sim));
      PetscCall(VmSimWriteRow(sim, false));
    }
    const double end = StageEnd(sim), due = RowTime(sim);
    /* a row that falls on the end of the stage is the stage's own last row */
    const double row = fabs(due - end) <= 1e-9 * (end - sim->at.stage_start) ? end : due;
    if (end <= sim->now.time) PetscFunctionReturn(PETSC_SUCCESS);
    /* right before a step, which renews all that a checkpoint does not hold */
    if (step % sim->ops->steps_per_look == 0) {
      PetscCall(Look(sim, progress, stop));
      if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
    }
    const double arrival = ArrivalTime(sim);
    PetscCall(sim->ops->advance(sim, PetscMin(PetscMin(end, row), arrival)));
    PetscCall(VmLoopsFollow(sim));
    if (sim->now.time >= arrival) PetscCall(Arrive(sim));
    if (sim->now.time >= StageEnd(sim)) {
      if (sim->now.time < sim->at.segment_end) PetscFunctionReturn(PETSC_SUCCESS);
      if (!isnan(sim->at.now.temperature_to)) sim->now.temperature = sim->at.now.temperature_to;
      ++sim->at.segment, sim->at.begun = false;
    } else if (RowDue(sim, row)) {
      PetscCall(VmSimWriteRow(sim, false));
    }
  }
}

PetscErrorCode VmProgrammeRun(VmSim sim, VmProgress progress, bool *stop)
{
  VmProgramme *at = &sim->at;
  PetscFunctionBegin;
  *stop = false;
  for (; at->stage < sim->params->loading.count; ++at->stage, at->segment = 0, at->begun = false) {
    if (!at->begun && at->segment == 0) {
      at->stage_start = sim->now.time, at->stage_events = sim->now.events;
      memcpy(at->stage_strain, sim->now.strain, sizeof at->stage_strain);
      at->stage_temperature = sim->now.temperature;
      PetscCall(VmLoopsBegin(sim));
    }
    const bool harmonic = ((const VmLoadingOps *)Stage(sim, at->stage)->head)->harmonic != NULL;
    at->stage_length = harmonic ? NAN : LengthOfSegments(sim);
    if (harmonic) PetscCall(VmSpectrumRun(sim, Stage(sim, at->stage), progress, stop));
    else PetscCall(RunStage(sim, progress, stop));
    if (*stop) break;
    PetscCall(VmSimWriteRow(sim, true));
    PetscCall(VmStageFit(sim, Stage(sim, at->stage)));
    PetscCall(VmStageFlow(sim, Stage(sim, at->stage)));
    if (sim->ops->stage_over) PetscCall(sim->ops->stage_over(sim));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
