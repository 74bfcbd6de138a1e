#include "sim_private.h"
#include <math.h>

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

static const VmParam flow_unit_rows[] = {{.key = "fraction",
                                          .type = VM_REAL,
                                          .offset = offsetof(VmFlowUnitCommon, fraction),
                                          .unit = "1",
                                          .min = 0.0,
                                          .max = 1.0,
                                          .doc = "volume fraction of flow units, c_FU",
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
                                         {0}};
static const VmTable flow_unit_common = {.name = "flow_units",
                                         .doc = "loosely packed voxels of lower barrier",
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

typedef struct {
  int64_t refresh;
  double margin;
} SolverParams;
static const VmParam solver_rows[] = {
    {.key = "refresh",
     .type = VM_INT,
     .offset = offsetof(SolverParams, refresh),
     .default_text = "1000",
     .min = 1,
     .max = 1e9,
     .doc = "events between renewals of the stress by Fourier transform, which remove the rounding of the increments"},
    {.key = "margin",
     .type = VM_REAL,
     .offset = offsetof(SolverParams, margin),
     .unit = "GPa",
     .default_text = "0.06 GPa",
     .min = 1e-3,
     .max = 10.0,
     .doc = "stress by which rates may change before their bounds are renewed (finder thinned)"},
    {0}};
static const VmTable solver_table = {
    .name = "solver", .doc = "numerical settings of the run", .size = sizeof(SolverParams), .rows = solver_rows};

static const VmParam rows[] = {{.key = "grid",
                                .type = VM_BLOCK,
                                .offset = offsetof(struct VmSimParams_s, grid),
                                .subtable = &grid_table,
                                .doc = "periodic box of cubic voxels"},
                               {.key = "material",
                                .type = VM_PLUGIN,
                                .offset = offsetof(struct VmSimParams_s, material),
                                .plugin = &vm_material_kind,
                                .subtable = &vm_material_common,
                                .doc = "elastic response"},
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
                                .doc = "events"},
                               {.key = "loading",
                                .type = VM_PLUGINS,
                                .offset = offsetof(struct VmSimParams_s, loading),
                                .plugin = &vm_loading_kind,
                                .subtable = &vm_stage_table,
                                .doc = "stages, one after the other"},
                               {.key = "solver",
                                .type = VM_BLOCK,
                                .offset = offsetof(struct VmSimParams_s, solver),
                                .subtable = &solver_table,
                                .default_text = "",
                                .doc = "numerical settings"},
                               {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmSimParams *p = params;
  const VmStz *stz = p->kinetics.params;
  const VmMaterialOps *material = (const VmMaterialOps *)p->material.head;
  const double voxel = pow(p->grid.spacing, 3);

  PetscFunctionBegin;
  if (stz->volume > voxel * (1.0 + 1e-9))
    PetscCall(VmReportAdd(
        report, VmTreeGet(node, "kinetics"),
        "stz_volume %g nm^3 is larger than a voxel, %g nm^3; a zone must fit into its voxel: raise grid.spacing",
        stz->volume, voxel));
  if (material->nstate > 0)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "material"),
                          "law %s is not purely elastic; between its events this run knows elastic materials only: use "
                          "law elastic with its instantaneous moduli",
                          material->head.name));
  const VmKineticsCommon *common = p->kinetics.common;
  if (common->finder == VM_FINDER_THINNED && stz->softening.decaying < 0.0)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "kinetics"),
                          "finder thinned cannot bound barriers that fall with time; use finder full, or softening "
                          "with decaying at least 0"));
  if (common->finder == VM_FINDER_EXTREMAL && stz->softening.decaying != 0.0)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "kinetics"),
                          "without temperature there is no time in which softening could decay; with finder extremal "
                          "use softening.permanent only"));
  const VmNode *list = VmTreeGet(node, "loading");
  const VmPlugin *stages = p->loading.items;
  if (p->loading.count == 0)
    PetscCall(VmReportAdd(report, list ? list : node, "loading has no stage; give at least one"));
  for (int i = 0; i < p->loading.count; ++i) {
    const char *complaint = ((const VmLoadingOps *)stages[i].head)->complaint(stages[i].params, stages[i].common);
    if (complaint) PetscCall(VmReportAdd(report, list && i < list->count ? list->items[i] : list, "%s", complaint));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmSimBox(const VmSimParams *params, double length[3])
{
  for (int d = 0; d < 3; ++d) length[d] = (double)params->grid.cells[d] * params->grid.spacing;
}

const VmTable vm_sim_table = {.name = "simulation",
                              .doc = "mesoscale deformation by flow units and shear transformation zones",
                              .size = sizeof(struct VmSimParams_s),
                              .rows = rows,
                              .check = Check};
