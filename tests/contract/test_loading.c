/* ranks: 1; timeout: 30; links: vm_models
 * What every loading programme must obey: segments that follow each other, one control of a component, an end. */
#include "vm_test.h"
#include <vitromech/loading.h>

enum { MOST_SEGMENTS = 1000 };

typedef struct {
  VmList stages;
} Programme;
static const VmParam rows[] = {{.key = "loading",
                                .type = VM_PLUGINS,
                                .offset = offsetof(Programme, stages),
                                .plugin = &vm_loading_kind,
                                .subtable = &vm_stage_table,
                                .doc = "stages"},
                               {0}};
static const VmTable table = {.name = "programme", .doc = "stages", .size = sizeof(Programme), .rows = rows};

/* Reads "{programme: ...}"; the problems of its keys are counted. */
static PetscErrorCode Read(const char *yaml, Programme *programme, int *problems)
{
  char text[1024];
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  memset(programme, 0, sizeof *programme);
  snprintf(text, sizeof text, "{loading: [%s]}", yaml);
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "stage", &report));
  PetscCall(VmTreeParse(text, strlen(text), report, &root));
  PetscCall(VmParamsRead(&table, root, report, programme));
  *problems = VmReportCount(report);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *Complaint(const Programme *programme)
{
  const VmPlugin *stage = programme->stages.items;
  return ((const VmLoadingOps *)stage->head)->complaint(stage->params, stage->common);
}

/* Stages without fault; every programme has one. */
static const char *const good[] = {
    "{programme: strain_rate, control: {xy: {strain_rate: 1e-4 1/s}, zz: {stress: 0 GPa}}, until: {xy: 0.02}}",
    "{programme: stress_rate, control: {xx: {stress_rate: 1e-3 GPa/s}, yy: {stress: 0.1 GPa, stress_rate: -1 MPa/s}}, "
    "duration: 100 s}",
    "{programme: creep, control: {xy: {stress: 0.5 GPa}}, duration: 100 s}",
    "{programme: relaxation, duration: 100 s}",
    "{programme: tension, strain_rate: 1e-3 1/s, strain: 0.02}",
    "{programme: compression, axis: yy, strain_rate: 1e-3 1/s, strain: 0.02, control: {xx: {strain_rate: 0 1/s}}}",
    "{programme: shear, plane: xz, shear_rate: -1e-3 1/s, shear: 0.02, control: {zz: {stress: 0.1 GPa}}}",
    "{programme: unloading, duration: 10 s}",
    "{programme: annealing, temperature: {rate: 5 K/s, to: 400 K}}",
    "{programme: thermal_cycle, low: 77 K, high: 300 K, rate: 10 K/s, hold: 20 s, cycles: 3}",
    "{programme: relaxation, duration: 100 s, fit: kww}",
    "{programme: harmonic, amplitude: {xx: {strain: 1e-3}}, frequencies: {from: 1e-3 Hz, to: 1 kHz}, control: {yy: "
    "{stress: 0 GPa}, zz: {stress: 0 GPa}}, temperatures: {from: 300 K, to: 400 K, points: 3}, fit: havriliak_negami}",
    "{programme: cyclic, amplitude: {xy: {strain: 0.01}, xx: {stress: 0.3 GPa}}, period: 40 s, cycles: 3, "
    "control: {yy: {stress: 0.2 GPa}, zz: {stress_rate: 1e-3 GPa/s}}}",
    "{programme: cyclic, waveform: sine, points: 40, amplitude: {xy: {strain: 0.01}, xx: {stress: 0.3 GPa}}, period: "
    "40 s, cycles: 3, temperature: {rate: 1 K/s}}",
    "{programme: piecewise, points: [{duration: 10 s, to: {xy: {strain: 0.01}}}, {duration: 5 s, to: {xx: {stress: 0.4 "
    "GPa}}}, {duration: 20 s, to: {xy: {strain: -0.005}}}], control: {yy: {stress: 0.2 GPa}}}"};

/* Stages that must be refused, and a word of the complaint; NULL: the keys themselves are at fault. */
static const struct {
  const char *yaml, *complaint;
} bad[] = {
    {"{programme: strain_rate, duration: 1 s}", "strain_rate"},
    {"{programme: strain_rate, control: {xy: {stress: 1 GPa}}, duration: 1 s}", "strain_rate"},
    {"{programme: stress_rate, duration: 1 s}", "stress_rate"},
    {"{programme: stress_rate, control: {xy: {stress: 1 GPa}}, duration: 1 s}", "stress_rate"},
    {"{programme: creep, duration: 1 s}", "stress"},
    {"{programme: creep, control: {xy: {strain_rate: 1 1/s}}, duration: 1 s}", "stress"},
    {"{programme: relaxation, control: {xy: {stress: 1 GPa}}, duration: 1 s}", "control"},
    {"{programme: tension, strain_rate: 1 1/s, strain: 0.1, control: {zz: {stress: 0 GPa}}}", "one of them"},
    {"{programme: tension, strain_rate: 1 1/s, strain: 0.1, axis: xy}", NULL},
    {"{programme: compression, strain_rate: -1 1/s, strain: 0.1}", NULL},
    {"{programme: shear, shear_rate: 1 1/s, shear: 0.1, control: {xy: {stress: 0 GPa}}}", "one of them"},
    {"{programme: shear, shear_rate: 0 1/s, shear: 0.1}", "never"},
    {"{programme: unloading}", "duration"},
    {"{programme: unloading, duration: 1 s, control: {xy: {stress: 1 GPa}}}", "control"},
    {"{programme: annealing}", "no end"},
    {"{programme: thermal_cycle, low: 77 K, high: 300 K, rate: 1 K/s, temperature: {rate: 1 K/s}}", "temperature"},
    {"{programme: thermal_cycle, low: 300 K, high: 77 K, rate: 1 K/s}", NULL},
    {"{programme: strain_rate, control: {xy: {strain_rate: 1 1/s}}}", "no end"},
    {"{programme: stress_rate, control: {xy: {stress_rate: 1 GPa/s}}}", "no end"},
    {"{programme: creep, control: {xy: {stress: 1 GPa}}}", "no end"},
    {"{programme: relaxation}", "no end"},
    {"{programme: cyclic, period: 1 s}", "amplitude"},
    {"{programme: cyclic, amplitude: {xy: {strain: 0.1}}, control: {xy: {stress: 0 GPa}}, period: 1 s}", "one of them"},
    {"{programme: piecewise, points: []}", "point"},
    {"{programme: piecewise, points: [{duration: 1 s}]}", "point"},
    {"{programme: piecewise, points: [{duration: 1 s, to: {xy: {strain: 0.1}}}], control: {xy: {stress: 0 GPa}}}",
     "one of them"},
    {"{programme: cyclic, amplitude: {xy: {strain: 0.1, stress: 1 GPa}}, period: 1 s}", NULL},
    {"{programme: cyclic, amplitude: {xy: {}}, period: 1 s}", NULL},
    {"{programme: cyclic, amplitude: {xy: {strain: 0.1}}}", NULL},
    {"{programme: cyclic, amplitude: {xy: {strain: 0.1}}, period: 1 s, until: {xy: 0.1}}", NULL},
    {"{programme: piecewise, points: [{duration: 1 s, to: {xy: {strain: 0.1}}}, {duration: 1 s, to: {xy: {stress: 1 "
     "GPa}}}]}",
     NULL},
    {"{programme: relaxation, duration: 1 s, fit: vft}", NULL},
    {"{programme: harmonic, frequencies: {from: 1 Hz, to: 2 Hz}}", "exactly one"},
    {"{programme: harmonic, amplitude: {xx: {strain: 1e-3}, xy: {strain: 1e-3}}, frequencies: {from: 1 Hz, to: 2 Hz}}",
     "exactly one"},
    {"{programme: harmonic, amplitude: {xx: {strain: 0}}, frequencies: {from: 1 Hz, to: 2 Hz}}", "amplitude of 0"},
    {"{programme: harmonic, amplitude: {xx: {strain: 1e-3}}, frequencies: {from: 1 Hz, to: 2 Hz}, duration: 1 s}",
     "no time"},
    {"{programme: harmonic, amplitude: {xx: {strain: 1e-3}}, frequencies: {from: 1 Hz, to: 2 Hz}, control: {yy: "
     "{stress: "
     "1 GPa}}}",
     "nothing else"},
    {"{programme: harmonic, amplitude: {xx: {strain: 1e-3}}, frequencies: {from: 3 Hz, to: 2 Hz}}", NULL},
    {"{programme: harmonic, amplitude: {xx: {strain: 1e-3}}, frequencies: {from: 3 K, to: 2 Hz}}", NULL},
    {"{programme: harmonic, amplitude: {xx: {strain: 1e-3}}}", NULL},
    {"{programme: relaxation, duration: 1 s, temperature: {to: 400 K}}", NULL},
    {"{programme: relaxation, duration: 1 s, temperature: {rate: 0 K/s}}", NULL},
    {"{programme: relaxation, temperature: {rate: 1 K/s}}", "no end"},
    {"{programme: creep, control: {xy: {stress: 1 GPa, strain_rate: 1 1/s}}, duration: 1 s}", NULL}};

static PetscErrorCode CheckRefused(void)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    Programme programme;
    int problems;
    PetscCall(Read(bad[i].yaml, &programme, &problems));
    if (!bad[i].complaint) VmExpect(problems > 0, "%s is accepted", bad[i].yaml);
    else {
      VmExpect(problems == 0, "%s has faulty keys", bad[i].yaml);
      const char *complaint = problems ? NULL : Complaint(&programme);
      VmExpect(complaint && strstr(complaint, bad[i].complaint), "%s: %s", bad[i].yaml,
               complaint ? complaint : "no complaint");
    }
    PetscCall(VmParamsFree(&table, &programme));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain and stress of the driven components, and what they were at the corners. */
typedef struct {
  int segments;
  double time, strain[6], stress[6];
  double corner_time[MOST_SEGMENTS], corner_strain[MOST_SEGMENTS][6], corner_stress[MOST_SEGMENTS][6];
} Path;

/* Follows a programme from a strained and stressed state: the control of a component stays what it is, stresses go on
 * where they were but for the first segment, and a programme without a longest duration is over by itself. */
static void Follow(const Programme *programme, Path *path)
{
  const VmPlugin *stage = programme->stages.items;
  const VmLoadingOps *ops = (const VmLoadingOps *)stage->head;
  const VmStageParams *common = stage->common;
  VmSegment first, segment;
  memset(path, 0, sizeof *path);
  for (int c = 0; c < 6; ++c) path->strain[c] = 0.001 * c, path->stress[c] = 0.05 * (c + 1);
  for (int index = 0; index < MOST_SEGMENTS && ops->segment(stage->params, common, index, path->stress, &segment);
       ++index) {
    if (index == 0) first = segment;
    VmExpect(segment.duration > 0.0, "%s: a segment of %g s", ops->head.name, segment.duration);
    const double duration = fmin(segment.duration, 1e3);
    for (int c = 0; c < 6; ++c) {
      VmExpectInt(segment.stress_controlled[c], first.stress_controlled[c]);
      VmExpect(isfinite(segment.rate[c]), "%s: rate %g", ops->head.name, segment.rate[c]);
      if (segment.stress_controlled[c]) {
        if (index) VmExpectNear(segment.level[c], path->stress[c], 0.0);
        path->stress[c] = segment.level[c] + segment.rate[c] * duration;
      } else path->strain[c] += segment.rate[c] * duration;
    }
    if (isnan(segment.temperature_to))
      VmExpectNear(segment.temperature_rate, common->temperature ? common->temperature->rate : 0.0, 0.0);
    else VmExpect(ops->heats && segment.temperature_rate > 0.0, "%s: a way without rate", ops->head.name);
    path->time += duration;
    path->corner_time[index] = path->time;
    memcpy(path->corner_strain[index], path->strain, sizeof path->strain);
    memcpy(path->corner_stress[index], path->stress, sizeof path->stress);
    path->segments = index + 1;
  }
  if (ops->harmonic) VmExpectInt(path->segments, 0); /* no time passes */
  else
    VmExpect(path->segments > 0 && path->segments < MOST_SEGMENTS, "%s: %d segments", ops->head.name, path->segments);
  if (path->segments > 1)
    VmExpect(!ops->segment(stage->params, common, path->segments + 1, path->stress, &segment),
             "%s goes on after its end", ops->head.name);
}

static void CheckCyclic(const Path *path)
{
  VmExpectInt(path->segments, 7);
  VmExpectNear(path->time, 120.0, 1e-12);
  for (int i = 0; i < path->segments; ++i) {
    const double sign = i == 6 ? 0.0 : i % 2 ? -1.0 : 1.0;
    VmExpectNear(path->corner_time[i], i == 6 ? 120.0 : 10.0 + 20.0 * i, 1e-12);
    VmExpectNear(path->corner_strain[i][VM_XY], 0.005 + sign * 0.01, 1e-15);
    VmExpectNear(path->corner_stress[i][VM_XX], 0.05 + sign * 0.3, 1e-14);
    VmExpectNear(path->corner_stress[i][VM_YY], 0.2, 0.0);
    VmExpectNear(path->corner_stress[i][VM_ZZ], 0.15 + 1e-3 * path->corner_time[i], 1e-14);
    VmExpectNear(path->corner_strain[i][VM_XZ], 0.004, 0.0);
  }
}

static void CheckSine(const Path *path)
{
  VmExpectInt(path->segments, 120);
  for (int i = 0; i < path->segments; ++i) {
    const double sine = sin(2.0 * VM_PI * (i + 1) / 40.0);
    VmExpectNear(path->corner_time[i], i + 1.0, 1e-12);
    VmExpectNear(path->corner_strain[i][VM_XY], 0.005 + sine * 0.01, 1e-15);
    VmExpectNear(path->corner_stress[i][VM_XX], 0.05 + sine * 0.3, 1e-14);
  }
}

static void CheckPiecewise(const Path *path)
{
  static const double strain[] = {0.01, 0.01, -0.005}, stress[] = {0.05, 0.4, 0.4}, time[] = {10.0, 15.0, 35.0};
  VmExpectInt(path->segments, 3);
  for (int i = 0; i < 3; ++i) {
    VmExpectNear(path->corner_time[i], time[i], 1e-13);
    VmExpectNear(path->corner_strain[i][VM_XY], 0.005 + strain[i], 1e-15);
    VmExpectNear(path->corner_stress[i][VM_XX], stress[i], 1e-15);
    VmExpectNear(path->corner_stress[i][VM_YY], 0.2, 0.0);
  }
}

static void CheckStressRate(const Path *path)
{
  VmExpectInt(path->segments, 1);
  VmExpectNear(path->stress[VM_XX], 0.05 + 0.1, 1e-15);
  VmExpectNear(path->stress[VM_YY], 0.1 - 0.1, 1e-15);
}

/* The axis is strained; five components are free, or as control says. */
static void CheckUniaxial(const Path *path, int axis, double strain, double held_xx)
{
  VmExpectInt(path->segments, 1);
  VmExpectNear(path->time, 20.0, 1e-12);
  for (int c = 0; c < 6; ++c) {
    if (c == axis) VmExpectNear(path->strain[c], 0.001 * c + strain, 1e-15);
    else VmExpectNear(path->stress[c], c == VM_XX ? held_xx : 0.0, 0.0);
  }
}

static void CheckShear(const Path *path)
{
  VmExpectNear(path->time, 20.0, 1e-12);
  VmExpectNear(path->strain[VM_XZ], 0.004 - 0.01, 1e-15);
  VmExpectNear(path->strain[VM_XX], 0.0, 0.0);
  VmExpectNear(path->stress[VM_ZZ], 0.1, 0.0);
}

static void CheckUnloading(const Path *path)
{
  VmExpectNear(path->time, 10.0, 0.0);
  for (int c = 0; c < 6; ++c) VmExpectNear(path->stress[c], 0.0, 1e-15);
}

/* Cold, hold, warm, hold, three times; ways are as long as the way is. */
static void CheckThermalCycle(const Programme *programme)
{
  const VmPlugin *stage = programme->stages.items;
  const double zero[6] = {0.0};
  VmSegment segment;
  for (int index = 0; index < 12; ++index) {
    VmExpect(((const VmLoadingOps *)stage->head)->segment(stage->params, stage->common, index, zero, &segment),
             "segment %d is missing", index);
    if (index % 2) VmExpectNear(segment.duration, 20.0, 0.0);
    else VmExpectNear(segment.temperature_to, index % 4 ? 300.0 : 77.0, 0.0);
    VmExpectNear(segment.temperature_rate, index % 2 ? 0.0 : 10.0, 0.0);
    for (int c = 0; c < 6; ++c) VmExpect(segment.stress_controlled[c] && segment.level[c] == 0.0, "not free");
  }
  VmExpect(!((const VmLoadingOps *)stage->head)->segment(stage->params, stage->common, 12, zero, &segment), "no end");
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(CheckRefused());
  for (int m = 0; vm_loading_kind.table[m]; ++m) {
    const char *name = vm_loading_kind.table[m]->name;
    int samples = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; ++i) {
      static Path path;
      Programme programme;
      int problems;
      PetscCall(Read(good[i], &programme, &problems));
      VmExpect(problems == 0, "%s is refused", good[i]);
      const VmPlugin *stage = programme.stages.items;
      if (!problems && stage->head == vm_loading_kind.table[m]) {
        ++samples;
        VmExpect(!Complaint(&programme), "%s: %s", good[i], Complaint(&programme));
        Follow(&programme, &path);
        if (!strcmp(name, "cyclic")) (strstr(good[i], "sine") ? CheckSine : CheckCyclic)(&path);
        if (!strcmp(name, "piecewise")) CheckPiecewise(&path);
        if (!strcmp(name, "stress_rate")) CheckStressRate(&path);
        if (!strcmp(name, "tension")) CheckUniaxial(&path, VM_ZZ, 0.02, 0.0);
        if (!strcmp(name, "compression")) CheckUniaxial(&path, VM_YY, -0.02, 0.05);
        if (!strcmp(name, "shear")) CheckShear(&path);
        if (!strcmp(name, "unloading")) CheckUnloading(&path);
        if (!strcmp(name, "thermal_cycle")) CheckThermalCycle(&programme);
      }
      PetscCall(VmParamsFree(&table, &programme));
    }
    VmExpect(samples > 0, "programme %s has no sample in this test", name);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
