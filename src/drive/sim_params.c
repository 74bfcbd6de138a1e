#include "sim_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Voxels beyond which the replicated kernel and 32-bit plane sizes of the transform are no longer sensible. */
#define MOST_VOXELS 8.6e9

typedef struct {
  int64_t cells[3];
  double spacing;
} GridParams;

static const VmParam grid_rows[] = {{.key = "cells",
                                     .type = VM_INT,
                                     .offset = offsetof(GridParams, cells),
                                     .count = 3,
                                     .min = 1,
                                     .max = 65536,
                                     .doc = "voxels along x, y, z"},
                                    {.key = "spacing",
                                     .type = VM_REAL,
                                     .offset = offsetof(GridParams, spacing),
                                     .unit = "nm",
                                     .min = 1e-3,
                                     .max = 1e6,
                                     .doc = "edge of a voxel; 1.17 nm holds one shear transformation zone of 1.6 nm^3"},
                                    {0}};
static PetscErrorCode GridCheck(const void *params, const VmNode *node, VmReport report)
{
  const GridParams *p = params;
  const double total = (double)p->cells[0] * (double)p->cells[1] * (double)p->cells[2];
  PetscFunctionBegin;
  if (total > MOST_VOXELS)
    PetscCall(VmReportAdd(report, node, "%lld x %lld x %lld = %.3g voxels, more than %.2g; reduce grid.cells",
                          (long long)p->cells[0], (long long)p->cells[1], (long long)p->cells[2], total, MOST_VOXELS));
  PetscFunctionReturn(PETSC_SUCCESS);
}
static const VmTable grid_table = {.name = "grid",
                                   .doc = "periodic box of cubic voxels",
                                   .size = sizeof(GridParams),
                                   .rows = grid_rows,
                                   .check = GridCheck};

typedef struct {
  char *parameter;
} VaryParams;
static const VmParam vary_rows[] = {{.key = "parameter",
                                     .type = VM_STRING,
                                     .offset = offsetof(VaryParams, parameter),
                                     .doc = "what varies: a parameter of the law that may, or thermal_expansion"},
                                    {0}};
static const VmTable vary_table = {
    .name = "variation", .doc = "keys of every variation", .size = sizeof(VaryParams), .rows = vary_rows};

static const VmParam phase_rows[] = {{.type = VM_INCLUDE,
                                      .offset = offsetof(VmPhaseCommon, material),
                                      .subtable = &vm_material_common,
                                      .doc = "keys of every material"},
                                     {.key = "vary",
                                      .type = VM_PLUGINS,
                                      .offset = offsetof(VmPhaseCommon, vary),
                                      .plugin = &vm_distribution_kind,
                                      .subtable = &vary_table,
                                      .default_text = "none",
                                      .doc = "parameters that differ from voxel to voxel"},
                                     {0}};
static const VmTable phase_common = {
    .name = "phase", .doc = "keys of the material of a phase", .size = sizeof(VmPhaseCommon), .rows = phase_rows};

static const VmParam relaxation_rows[] = {
    {.key = "shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(VmKmcRelaxation, shear),
     .unit = "GPa",
     .min = 1e-6,
     .max = 1e6,
     .doc = "part G_II of the shear modulus of the material that relaxes; the rest, G_I, stays",
     .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 4-8"},
    {.key = "viscosity",
     .type = VM_REAL,
     .offset = offsetof(VmKmcRelaxation, viscosity),
     .unit = "GPa s",
     .min = 1e-15,
     .max = 1e30,
     .doc = "shear viscosity at the reference temperature; the relaxation time is viscosity/G_II",
     .source = "Wang & Wang (2019): about 1.5 GPa s in LaNiAl, 4 GPa s in CuZrAg"},
    {.key = "activation_energy",
     .type = VM_REAL,
     .offset = offsetof(VmKmcRelaxation, activation),
     .unit = "eV",
     .default_text = "0 eV",
     .max = 100.0,
     .doc = "of the viscosity, Arrhenius; 0: the same at any temperature"},
    {.key = "reference_temperature",
     .type = VM_REAL,
     .offset = offsetof(VmKmcRelaxation, reference_temperature),
     .unit = "K",
     .default_text = "300 K",
     .min = 1.0,
     .max = 1e5,
     .doc = "temperature at which the viscosity is given"},
    {0}};
static const VmTable relaxation_table = {.name = "relaxation",
                                         .doc = "flow units relax between events as three-parameter solids",
                                         .size = sizeof(VmKmcRelaxation),
                                         .rows = relaxation_rows};

static const VmParam flow_unit_rows[] = {{.key = "fraction",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmFlowUnitCommon, fraction),
                                          .unit = "1",
                                          .default_text = "none",
                                          .min = 0.0,
                                          .max = 1.0,
                                          .doc = "volume fraction of flow units, c_FU; needed unless a file says it",
                                          .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304"},
                                         {.key = "correlation_length",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmFlowUnitCommon, correlation_length),
                                          .unit = "nm",
                                          .default_text = "0 nm",
                                          .min = 0.0,
                                          .max = 1e6,
                                          .doc = "size of the clusters of flow units; 0: independent voxels"},
                                         {.key = "barrier_ratio",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmFlowUnitCommon, barrier_ratio),
                                          .unit = "1",
                                          .default_text = "0.85",
                                          .min = 1e-3,
                                          .max = 10.0,
                                          .doc = "mean barrier of flow units over that of the matrix"},
                                         {.key = "material",
                                          .type = VM_PLUGIN,
                                          .offset = offsetof(VmFlowUnitCommon, material),
                                          .plugin = &vm_material_kind,
                                          .subtable = &phase_common,
                                          .default_text = "none",
                                          .doc = "law of the flow units; left out: that of the matrix"},
                                         {.key = "relaxation",
                                          .type = VM_OPTIONAL,
                                          .offset = offsetof(VmFlowUnitCommon, relaxation),
                                          .subtable = &relaxation_table,
                                          .doc = "viscous relaxation between the events of kinetics; left out: none"},
                                         {.key = "thermal_expansion",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmFlowUnitCommon, thermal_expansion),
                                          .unit = "1/K",
                                          .default_text = "none",
                                          .min = -1.0,
                                          .max = 1.0,
                                          .doc = "linear, with kinetics; left out: that of the matrix"},
                                         {0}};
static const VmTable flow_unit_common = {.name = "flow_units",
                                         .doc = "loosely packed voxels of lower barrier or softer law",
                                         .size = sizeof(VmFlowUnitCommon),
                                         .rows = flow_unit_rows};

static const char *const finders[] = {"full", "thinned", "extremal", NULL};
static const VmParam kinetics_rows[] = {
    {.key = "finder",
     .type = VM_ENUM,
     .offset = offsetof(VmKineticsCommon, finder),
     .default_text = "full",
     .choices = finders,
     .doc = "how the next event is found: full renews the stress and all rates after each event; thinned accepts "
            "candidates drawn from bounds of the rates, the same law and much faster in large boxes; extremal is the "
            "athermal limit: the load goes on to where a barrier vanishes and stands still during the avalanche"},
    {0}};
static const VmTable kinetics_common = {
    .name = "kinetics", .doc = "keys of all kinetics", .size = sizeof(VmKineticsCommon), .rows = kinetics_rows};

static const VmParam rows[] = {{.key = "grid",
                                .type = VM_BLOCK,
                                .offset = offsetof(struct VmSimParams_s, grid),
                                .subtable = &grid_table,
                                .doc = "periodic box of cubic voxels"},
                               {.key = "material",
                                .type = VM_PLUGIN,
                                .offset = offsetof(struct VmSimParams_s, material),
                                .plugin = &vm_material_kind,
                                .subtable = &phase_common,
                                .doc = "law of the glass"},
                               {.key = "flow_units",
                                .type = VM_PLUGIN,
                                .offset = offsetof(struct VmSimParams_s, flow_units),
                                .plugin = &vm_disorder_kind,
                                .subtable = &flow_unit_common,
                                .default_text = "none",
                                .doc = "flow units; left out: none"},
                               {.key = "kinetics",
                                .type = VM_PLUGIN,
                                .offset = offsetof(struct VmSimParams_s, kinetics),
                                .plugin = &vm_kinetics_kind,
                                .subtable = &kinetics_common,
                                .default_text = "none",
                                .doc = "events; left out: none, the fields of strain and stress follow the material "
                                       "laws"},
                               {.key = "loading",
                                .type = VM_PLUGINS,
                                .offset = offsetof(struct VmSimParams_s, loading),
                                .plugin = &vm_loading_kind,
                                .subtable = &vm_stage_table,
                                .doc = "stages, one after the other"},
                               {.key = "solver",
                                .type = VM_BLOCK,
                                .offset = offsetof(struct VmSimParams_s, solver),
                                .subtable = &vm_solver_table,
                                .default_text = "",
                                .doc = "numerical settings"},
                               {0}};

bool VmHasManyModuli(const VmSimParams *p)
{
  const VmFlowUnitCommon *flow_units = p->flow_units.common;
  return ((const VmPhaseCommon *)p->material.common)->vary.count > 0 || (flow_units && flow_units->material.head);
}

static PetscErrorCode CheckElastic(const VmPlugin *material, const VmNode *node, VmReport report)
{
  const VmMaterialOps *ops = (const VmMaterialOps *)material->head;
  PetscFunctionBegin;
  if (ops->nstate > 0)
    PetscCall(VmReportAdd(report, node,
                          "law %s is not purely elastic; between its events this run knows elastic materials only: use "
                          "law elastic with its instantaneous moduli, or leave kinetics out",
                          ops->head.name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool Varies(const VmPhaseCommon *phase, const char *parameter)
{
  for (int i = 0; i < phase->vary.count; ++i)
    if (!strcmp(VmVaryParameter(phase, i), parameter)) return true;
  return false;
}

/* What kinetics cannot do where voxels have moduli of their own. */
static PetscErrorCode CheckManyModuli(const VmSimParams *p, const VmNode *node, VmReport report)
{
  const VmPhaseCommon *phase = p->material.common, *soft = NULL;
  const VmFlowUnitCommon *flow_units = p->flow_units.common;
  const VmKineticsCommon *common = p->kinetics.common;
  const char *what = phase->vary.count > 0 ? "material.vary" : "flow_units.material";

  PetscFunctionBegin;
  if (common->finder != VM_FINDER_FULL)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "kinetics"),
                          "finder %s knows one elastic law for all voxels; use finder: full, or leave %s out",
                          finders[common->finder], what));
  if (flow_units && flow_units->material.head) soft = flow_units->material.common;
  if (flow_units && flow_units->relaxation)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "flow_units"),
                          "relaxation knows one elastic law for all voxels; leave %s out, or relaxation", what));
  if ((flow_units && !isnan(flow_units->thermal_expansion)) || Varies(phase, "thermal_expansion") ||
      (soft &&
       (Varies(soft, "thermal_expansion") || soft->material.thermal_expansion != phase->material.thermal_expansion)))
    PetscCall(
        VmReportAdd(report, node,
                    "with kinetics and moduli that differ from voxel to voxel the thermal expansion has to be the "
                    "same everywhere; leave %s out, or give one thermal_expansion",
                    what));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The finder `extremal` is the limit of zero temperature. */
static PetscErrorCode CheckAthermal(const VmPlugin *memory, const VmNode *node, VmReport report)
{
  const VmMemoryOps *law = (const VmMemoryOps *)memory->head;
  PetscFunctionBegin;
  if (!law->athermal)
    PetscCall(VmReportAdd(report, node,
                          "memory %s weighs rates, as barriers higher or lower by a few kT would; without temperature "
                          "that is nothing, so that finder extremal has no use for it: use finder full or thinned",
                          law->head.name));
  else if (!law->athermal(memory->params))
    PetscCall(VmReportAdd(report, node,
                          "memory %s ages at any temperature as activation_energy is 0 eV, but with finder extremal no "
                          "time passes in which it could: give an activation_energy, and without temperature nothing "
                          "ages",
                          law->head.name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What kinetics cannot do. */
static PetscErrorCode CheckKinetics(const VmSimParams *p, const VmNode *node, VmReport report)
{
  const VmStz *stz = p->kinetics.params;
  const VmMaterialOps *material = (const VmMaterialOps *)p->material.head;
  const VmFlowUnitCommon *flow_units = p->flow_units.common;
  const VmKineticsCommon *common = p->kinetics.common;
  const double voxel = pow(p->grid.spacing, 3);

  PetscFunctionBegin;
  if (stz->volume > voxel * (1.0 + 1e-9))
    PetscCall(VmReportAdd(
        report, VmTreeGet(node, "kinetics"),
        "stz_volume %g nm^3 is larger than a voxel, %g nm^3; a zone must fit into its voxel: raise grid.spacing",
        stz->volume, voxel));
  PetscCall(CheckElastic(&p->material, VmTreeGet(node, "material"), report));
  if (flow_units && flow_units->material.head)
    PetscCall(CheckElastic(&flow_units->material, VmTreeGet(VmTreeGet(node, "flow_units"), "material"), report));
  if (VmHasManyModuli(p)) PetscCall(CheckManyModuli(p, node, report));
  const bool uneven = flow_units && !isnan(flow_units->thermal_expansion);
  double shear, bulk;
  material->moduli(p->material.params, &(VmPoints){.np = 1}, &shear, &bulk);
  if (flow_units && flow_units->relaxation && flow_units->relaxation->shear >= shear)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "flow_units"),
                          "relaxation.shear_modulus %g GPa is not below the shear modulus of the material, %g GPa",
                          flow_units->relaxation->shear, shear));
  if (common->finder != VM_FINDER_FULL && flow_units && flow_units->relaxation)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "flow_units"),
                          "relaxation changes stresses while no event comes; only finder full follows that"));
  if (common->finder == VM_FINDER_EXTREMAL && uneven)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "flow_units"),
                          "thermal_expansion changes stresses with the temperature; only finders full and thinned "
                          "follow that"));
  if (common->finder == VM_FINDER_EXTREMAL && stz->memory.head)
    PetscCall(CheckAthermal(&stz->memory, VmTreeGet(VmTreeGet(node, "kinetics"), "memory"), report));
  if (common->finder == VM_FINDER_EXTREMAL && stz->softening.decaying != 0.0)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "kinetics"),
                          "without temperature there is no time in which softening could decay; with finder extremal "
                          "use softening.permanent only"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsListed(const char *const *names, const char *name)
{
  for (; names && *names; ++names)
    if (!strcmp(*names, name)) return true;
  return false;
}

/* Variations name parameters that their law lets vary, each once. */
static PetscErrorCode CheckVary(const VmPlugin *material, const VmNode *node, VmReport report)
{
  const VmMaterialOps *ops = (const VmMaterialOps *)material->head;
  const VmPhaseCommon *common = material->common;
  const VmNode *list = VmTreeGet(node, "vary");
  PetscFunctionBegin;
  for (int i = 0; i < common->vary.count; ++i) {
    const VmNode *where = list && i < list->count ? list->items[i] : node;
    const char *name = VmVaryParameter(common, i);
    char names[512] = "thermal_expansion";
    for (const char *const *v = ops->vary; v && *v; ++v)
      snprintf(names + strlen(names), sizeof names - strlen(names), ", %s", *v);
    if (strcmp(name, "thermal_expansion") && !IsListed(ops->vary, name))
      PetscCall(VmReportAdd(report, where, "law %s has no parameter \"%s\" that may vary; there are: %s",
                            ops->head.name, name, names));
    for (int j = 0; j < i; ++j)
      if (!strcmp(name, VmVaryParameter(common, j)))
        PetscCall(VmReportAdd(report, where, "parameter %s varies twice; leave one of them out", name));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFlowUnits(const VmPlugin *flow_units, bool kinetics, const VmNode *node, VmReport report)
{
  const VmDisorderOps *ops = (const VmDisorderOps *)flow_units->head;
  const VmFlowUnitCommon *common = flow_units->common;
  PetscFunctionBegin;
  if (!ops) PetscFunctionReturn(PETSC_SUCCESS);
  if (isnan(common->fraction) && !ops->file)
    PetscCall(
        VmReportAdd(report, node, "generator %s needs fraction, the volume fraction of flow units", ops->head.name));
  if (!isnan(common->fraction) && ops->file)
    PetscCall(
        VmReportAdd(report, node, "generator %s takes the flow units from a file; leave fraction out", ops->head.name));
  if (!kinetics && (common->relaxation || !isnan(common->thermal_expansion)))
    PetscCall(VmReportAdd(report, node,
                          "relaxation and thermal_expansion of flow_units belong to kinetics; without, give their law: "
                          "flow_units.material"));
  if (common->material.head) PetscCall(CheckVary(&common->material, VmTreeGet(node, "material"), report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A limit of a strain that follows from the stress does not tell how long a step may be. */
static bool StepsAreOpen(const VmSimParams *p, const VmStageParams *stage)
{
  bool follows = false;
  for (int c = 0; c < 6; ++c)
    follows |= !isnan(stage->until.strain[c]) && stage->control[c] && isnan(stage->control[c]->strain_rate);
  return follows && !p->kinetics.head && isnan(stage->duration) && isnan(p->solver.time_step);
}

static PetscErrorCode CheckLoading(const VmSimParams *p, const VmNode *list, const VmNode *node, VmReport report)
{
  const VmPlugin *stages = p->loading.items;
  PetscFunctionBegin;
  if (p->loading.count == 0)
    PetscCall(VmReportAdd(report, list ? list : node, "loading has no stage; give at least one"));
  for (int i = 0; i < p->loading.count; ++i) {
    const VmNode *where = list && i < list->count ? list->items[i] : list;
    const VmStageParams *stage = stages[i].common;
    const char *complaint = ((const VmLoadingOps *)stages[i].head)->complaint(stages[i].params, stage);
    if (complaint) PetscCall(VmReportAdd(report, where, "%s", complaint));
    if ((stage->temperature || ((const VmLoadingOps *)stages[i].head)->heats) && p->kinetics.head &&
        ((VmKineticsCommon *)p->kinetics.common)->finder == VM_FINDER_EXTREMAL)
      PetscCall(VmReportAdd(report, where,
                            "finder extremal does not know temperatures that change; use finder full or thinned"));
    if (((const VmLoadingOps *)stages[i].head)->harmonic && p->kinetics.head)
      PetscCall(VmReportAdd(report, where, "programme harmonic needs a run without kinetics, of material laws alone"));
    if (StepsAreOpen(p, stage))
      PetscCall(
          VmReportAdd(report, where, "nothing tells how long a step may be; give solver.time_step, or a duration"));
    if (stage->until.events > 0 && !p->kinetics.head)
      PetscCall(VmReportAdd(report, where, "until.events is never reached: without kinetics there are no events"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmSimParams *p = params;
  PetscFunctionBegin;
  if (p->kinetics.head) PetscCall(CheckKinetics(p, node, report));
  PetscCall(CheckVary(&p->material, VmTreeGet(node, "material"), report));
  PetscCall(CheckFlowUnits(&p->flow_units, p->kinetics.head != NULL, VmTreeGet(node, "flow_units"), report));
  PetscCall(CheckLoading(p, VmTreeGet(node, "loading"), node, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *VmVaryParameter(const VmPhaseCommon *phase, int i)
{
  const VmPlugin *vary = phase->vary.items;
  return ((const VaryParams *)vary[i].common)->parameter;
}

PetscErrorCode VmSimCheckOutput(const VmSimParams *params, const VmOutputParams *output, const VmNode *node,
                                VmReport report)
{
  const VmNode *list = VmTreeGet(node, "fields"), *every = VmTreeGet(node, "every");
  const char *what = params->kinetics.head ? "with kinetics" : "without kinetics";
  PetscFunctionBegin;
  for (int i = 0; i < output->fields.count; ++i) {
    const char *name = ((char **)output->fields.items)[i];
    if (!IsListed(VmSimEngine(params)->fields, name))
      PetscCall(
          VmReportAdd(report, list && i < list->count ? list->items[i] : node, "a run %s has no field %s", what, name));
  }
  if (params->kinetics.head ? output->every.steps > 0 : output->every.events > 0)
    PetscCall(VmReportAdd(report, every, "a run %s has no %s to count; use every.%s", what,
                          params->kinetics.head ? "steps" : "events", params->kinetics.head ? "events" : "steps"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the file of a plug-in, if it reads one. */
static PetscErrorCode AddFile(const char *name, const char *base, int *count, char **paths)
{
  PetscFunctionBegin;
  const size_t size = strlen(base) + strlen(name) + 1;
  PetscCall(PetscMalloc1(size, &paths[*count]));
  snprintf(paths[(*count)++], size, "%s%s", name[0] == '/' ? "" : base, name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddVaryFiles(const VmPlugin *material, const char *base, int *count, char **paths)
{
  const VmPhaseCommon *common = material->common;
  PetscFunctionBegin;
  for (int i = 0; i < common->vary.count; ++i) {
    const VmPlugin *vary = (const VmPlugin *)common->vary.items + i;
    const VmDistributionOps *ops = (const VmDistributionOps *)vary->head;
    if (ops->file) PetscCall(AddFile(ops->file(vary->params), base, count, paths));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimFiles(const VmSimParams *params, const char *base, char ***paths)
{
  const VmDisorderOps *ops = (const VmDisorderOps *)params->flow_units.head;
  const VmFlowUnitCommon *flow_units = params->flow_units.common;
  const VmPlugin *soft = flow_units && flow_units->material.head ? &flow_units->material : NULL;
  size_t most = 2 + (size_t)((const VmPhaseCommon *)params->material.common)->vary.count;
  int count = 0;
  PetscFunctionBegin;
  if (soft) most += (size_t)((const VmPhaseCommon *)soft->common)->vary.count;
  PetscCall(PetscCalloc1(most, paths));
  if (ops && ops->file) PetscCall(AddFile(ops->file(params->flow_units.params), base, &count, *paths));
  PetscCall(AddVaryFiles(&params->material, base, &count, *paths));
  if (soft) PetscCall(AddVaryFiles(soft, base, &count, *paths));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmSimBox(const VmSimParams *params, double length[3])
{
  for (int d = 0; d < 3; ++d) length[d] = (double)params->grid.cells[d] * params->grid.spacing;
}

const VmTable vm_sim_table = {.name = "simulation",
                              .doc =
                                  "mesoscale deformation: flow units and shear transformation zones, or the fields of "
                                  "material laws",
                              .size = sizeof(struct VmSimParams_s),
                              .rows = rows,
                              .check = Check};
