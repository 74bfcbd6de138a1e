#include "target.h"
#include <math.h>

#define ROW(member) offsetof(VmHarmonicParams, member)

static const VmParam frequency_rows[] = {{.key = "from",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmPointsParams, from),
                                          .unit = "Hz",
                                          .min = 1e-30,
                                          .max = 1e30,
                                          .doc = "first frequency f, cycles per second: omega = 2 pi f"},
                                         {.key = "to",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmPointsParams, to),
                                          .unit = "Hz",
                                          .min = 1e-30,
                                          .max = 1e30,
                                          .doc = "last frequency"},
                                         {.key = "points",
                                          .type = VM_INT,
                                          .offset = offsetof(VmPointsParams, points),
                                          .default_text = "25",
                                          .min = 1,
                                          .max = 100000,
                                          .doc = "number of frequencies, at equal ratios; 1: only the first"},
                                         {0}};
static const VmParam temperature_rows[] = {{.key = "from",
                                            .type = VM_REAL,
                                            .offset = offsetof(VmPointsParams, from),
                                            .unit = "K",
                                            .min = 1.0,
                                            .max = 5000.0,
                                            .doc = "first temperature"},
                                           {.key = "to",
                                            .type = VM_REAL,
                                            .offset = offsetof(VmPointsParams, to),
                                            .unit = "K",
                                            .min = 1.0,
                                            .max = 5000.0,
                                            .doc = "last temperature"},
                                           {.key = "points",
                                            .type = VM_INT,
                                            .offset = offsetof(VmPointsParams, points),
                                            .default_text = "5",
                                            .min = 1,
                                            .max = 10000,
                                            .doc = "number of temperatures, equally spaced; 1: only the first"},
                                           {0}};

static PetscErrorCode RangeCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmPointsParams *p = params;
  PetscFunctionBegin;
  if (p->points > 1 && p->from >= p->to)
    PetscCall(VmReportAdd(report, node, "from %g is not below to %g; give them in rising order", p->from, p->to));
  PetscFunctionReturn(PETSC_SUCCESS);
}
static const VmTable frequency_table = {.name = "frequencies",
                                        .doc = "frequencies of the sweep",
                                        .size = sizeof(VmPointsParams),
                                        .rows = frequency_rows,
                                        .check = RangeCheck};
static const VmTable temperature_table = {.name = "temperatures",
                                          .doc = "temperatures of the sweep",
                                          .size = sizeof(VmPointsParams),
                                          .rows = temperature_rows,
                                          .check = RangeCheck};

static const char *const laws[] = {"havriliak_negami", "kww_susceptibility", "three_parameter", NULL};
static const VmParam rows[] = {
    {.key = "amplitude",
     .type = VM_BLOCK,
     .offset = ROW(amplitude),
     .subtable = &vm_target_table,
     .default_text = "",
     .doc = "amplitude of strain or stress of one component; the modulus is that of this component"},
    {.key = "frequencies",
     .type = VM_BLOCK,
     .offset = ROW(frequencies),
     .subtable = &frequency_table,
     .doc = "frequencies, in cycles per second"},
    {.key = "temperatures",
     .type = VM_OPTIONAL,
     .offset = ROW(temperatures),
     .subtable = &temperature_table,
     .default_text = "none",
     .doc = "temperatures; two or more also give shift factors and a master curve. Left out: the present temperature"},
    {.key = "stiffness",
     .type = VM_BOOL,
     .offset = ROW(stiffness),
     .default_text = "false",
     .doc =
         "also the whole effective stiffness and the isotropic moduli nearest to it, by six load cases at each point"},
    {.key = "fields",
     .type = VM_BOOL,
     .offset = ROW(fields),
     .default_text = "false",
     .doc = "also amplitudes of strain and stress and the dissipation of every voxel where tan delta is largest"},
    {.key = "fit",
     .type = VM_STRING,
     .offset = ROW(fit),
     .choices = laws,
     .default_text = "none",
     .doc = "law fitted to the spectrum, to the master curve if there are several temperatures"},
    {0}};
static const VmTable params_table = {
    .name = "harmonic", .doc = "steady oscillation", .size = sizeof(VmHarmonicParams), .rows = rows};

/* No time passes. */
static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  (void)params, (void)common, (void)index, (void)stress, (void)segment;
  return false;
}

static const VmHarmonicParams *Harmonic(const void *params) { return params; }

static const char *Complaint(const void *params, const void *common)
{
  const VmHarmonicParams *p = params;
  const VmStageParams *stage = common;
  int driven = 0;
  for (int c = 0; c < 6; ++c) {
    const VmControlParams *control = stage->control[c];
    const VmTarget *target = p->amplitude[c];
    driven += target != NULL;
    if (target && control) return "a component is in `amplitude` and in `control`; it can be driven by one of them";
    if (target && (target->strain == 0.0 || target->stress == 0.0)) return "an amplitude of 0 gives no modulus";
    if (control && (!isnan(control->strain_rate) || !isnan(control->stress_rate) || control->stress != 0.0))
      return "in programme harmonic `control` says which components are free of stress, {stress: 0 GPa}, nothing else";
    if (!isnan(stage->until.strain[c])) return "programme harmonic has no time; leave `until` out";
  }
  if (!isnan(stage->duration) || stage->temperature || stage->until.events)
    return "programme harmonic has no time; leave duration, until and temperature out (temperatures of the sweep: "
           "`temperatures`)";
  return driven == 1 ? NULL : "programme harmonic needs a strain or a stress of exactly one component in amplitude";
}

const VmLoadingOps vm_loading_harmonic = {
    .head = {.name = "harmonic",
             .doc = "steady oscillation at small amplitude over frequencies and temperatures: storage and loss modulus",
             .source = "dynamic mechanical analysis",
             .params = &params_table},
    .segment = Segment,
    .complaint = Complaint,
    .harmonic = Harmonic};
