/* What can stand in the plan of a sweep. */
#include "sweep.h"

#include <string.h>

static const char *const scales[] = {"linear", "log", NULL};
static const char *const designs[] = {"grid", "list", "latin_hypercube", NULL};

static const VmParam parameter_rows[] = {
    {.key = "path",
     .type = VM_STRING,
     .offset = offsetof(VmSweepParameter, path),
     .doc = "key of the case as in --set, e.g. flow_units.fraction (lists by index: loading.0.until.xy)"},
    {.key = "values",
     .type = VM_STRINGS,
     .offset = offsetof(VmSweepParameter, values),
     .default_text = "[]",
     .doc = "the values, each as it stands in a case"},
    {.key = "from",
     .type = VM_STRING,
     .offset = offsetof(VmSweepParameter, from),
     .default_text = "none",
     .doc = "lower end of a range, with its unit; instead of values"},
    {.key = "to",
     .type = VM_STRING,
     .offset = offsetof(VmSweepParameter, to),
     .default_text = "none",
     .doc = "upper end of a range, in the same unit"},
    {.key = "points",
     .type = VM_INT,
     .offset = offsetof(VmSweepParameter, points),
     .default_text = "0",
     .min = 0,
     .max = 1e6,
     .doc = "values in the range, both ends included (design grid and list)"},
    {.key = "scale",
     .type = VM_ENUM,
     .offset = offsetof(VmSweepParameter, scale),
     .default_text = "linear",
     .choices = scales,
     .doc = "how the values of a range are spaced"},
    {0}};

static PetscErrorCode CheckParameter(const void *params, const VmNode *node, VmReport report)
{
  const VmSweepParameter *p = params;
  PetscFunctionBegin;
  if ((p->values.count > 0) == (p->from || p->to))
    PetscCall(VmReportAdd(report, node, "%s needs either values or from and to", p->path));
  else if (p->values.count == 0 && !(p->from && p->to))
    PetscCall(VmReportAdd(report, node, "%s needs both from and to", p->path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable parameter_table = {.name = "parameter",
                                        .doc = "a key of the case and the values it takes",
                                        .size = sizeof(VmSweepParameter),
                                        .rows = parameter_rows,
                                        .check = CheckParameter};

static const VmParam column_rows[] = {
    {.key = "name", .type = VM_STRING, .offset = offsetof(VmSweepColumn, name), .doc = "name of the column"},
    {.key = "dataset",
     .type = VM_STRING,
     .offset = offsetof(VmSweepColumn, dataset),
     .doc = "dataset of result.h5 or analysis.h5, e.g. history/stress"},
    {.key = "component",
     .type = VM_INT,
     .offset = offsetof(VmSweepColumn, component),
     .default_text = "-1",
     .min = -1,
     .max = 1e6,
     .doc = "index in the last axis, e.g. 5 for xy of a tensor (xx, yy, zz, yz, xz, xy); -1: the dataset has one axis "
            "or is "
            "a number"},
    {.key = "reduce",
     .type = VM_ENUM,
     .offset = offsetof(VmSweepColumn, reduce),
     .default_text = "last",
     .choices = vm_reductions,
     .doc = "what is taken along the first axis; overshoot: maximum less last"},
    {0}};
static const VmTable column_table = {
    .name = "column", .doc = "a column of the table", .size = sizeof(VmSweepColumn), .rows = column_rows};

typedef struct {
  int64_t first, count;
  bool common;
} Seeds;
static const VmParam seed_rows[] = {{.key = "first",
                                     .type = VM_INT,
                                     .offset = offsetof(Seeds, first),
                                     .default_text = "1",
                                     .min = 0,
                                     .max = 9007199254740992.0,
                                     .doc = "first seed; also that of a Latin hypercube"},
                                    {.key = "count",
                                     .type = VM_INT,
                                     .offset = offsetof(Seeds, count),
                                     .default_text = "1",
                                     .min = 1,
                                     .max = 1e6,
                                     .doc = "runs of each point"},
                                    {.key = "common",
                                     .type = VM_BOOL,
                                     .offset = offsetof(Seeds, common),
                                     .default_text = "false",
                                     .doc =
                                         "true: every point runs with the seeds first, first + 1, ..., so that points "
                                         "share their random numbers; false: seeds of its own for every point, made "
                                         "from its values, so that points are independent"},
                                    {0}};
static const VmTable seed_table = {
    .name = "seeds", .doc = "repetitions of each point", .size = sizeof(Seeds), .rows = seed_rows};

#define ROW(member) offsetof(VmSweepParams, member)
static const VmParam rows[] = {
    {.key = "schema",
     .type = VM_INT,
     .offset = ROW(schema),
     .min = 1,
     .max = 1,
     .doc = "version of the input language: 1"},
    {.key = "name", .type = VM_STRING, .offset = ROW(title), .default_text = "unnamed", .doc = "title of the sweep"},
    {.key = "case",
     .type = VM_STRING,
     .offset = ROW(base_case),
     .doc = "case that is varied; a path relative to the plan"},
    {.key = "directory",
     .type = VM_STRING,
     .offset = ROW(directory),
     .doc = "where points, manifest and table go, relative to the working directory; created if missing"},
    {.key = "set",
     .type = VM_STRINGS,
     .offset = ROW(set),
     .default_text = "[]",
     .doc = "changes of the case for all points, \"path=value\" as in --set"},
    {.key = "parameters",
     .type = VM_LIST,
     .offset = ROW(parameters),
     .default_text = "none",
     .subtable = &parameter_table,
     .doc = "what is varied"},
    {.key = "design",
     .type = VM_ENUM,
     .offset = ROW(design),
     .default_text = "grid",
     .choices = designs,
     .doc = "grid: every combination, the last parameter fastest; list: first values together, second values together, "
            "...; latin_hypercube: random samples that fill every range evenly"},
    {.key = "samples",
     .type = VM_INT,
     .offset = ROW(samples),
     .default_text = "0",
     .min = 0,
     .max = 1e4,
     .doc = "points of a Latin hypercube",
     .source = "McKay, Beckman & Conover, Technometrics 21 (1979) 239"},
    {.key = "seeds",
     .type = VM_BLOCK,
     .offset = ROW(seeds),
     .default_text = "",
     .subtable = &seed_table,
     .doc = "repetitions of each point with other random numbers"},
    {.key = "collect",
     .type = VM_LIST,
     .offset = ROW(collect),
     .default_text = "none",
     .subtable = &column_table,
     .doc = "columns of the table beside the parameters and the statistics of the runs"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmSweepParams *p = params;
  const VmSweepParameter *parameter = p->parameters.items;
  const bool hypercube = p->design == VM_DESIGN_LATIN_HYPERCUBE;
  const VmNode *list = VmTreeGet(node, "parameters");
  PetscFunctionBegin;
  if (hypercube && p->samples == 0)
    PetscCall(VmReportAdd(report, node, "a Latin hypercube needs samples, e.g. samples: 20"));
  for (int i = 0; i < p->parameters.count; ++i) {
    const VmNode *where = list && i < list->count ? list->items[i] : node;
    if (hypercube && parameter[i].values.count > 0)
      PetscCall(VmReportAdd(report, where, "%s: a Latin hypercube needs a range, from and to", parameter[i].path));
    if (!hypercube && parameter[i].values.count == 0 && parameter[i].points < 1)
      PetscCall(VmReportAdd(report, where, "%s: a range needs points, e.g. points: 5", parameter[i].path));
    if (strcmp(parameter[i].path, "seed") == 0 || strcmp(parameter[i].path, "output.directory") == 0)
      PetscCall(VmReportAdd(report, where, "%s is set by the sweep itself; use seeds or directory", parameter[i].path));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_sweep_table = {.name = "sweep",
                                .doc = "A plan: a case and the values its parameters take.",
                                .size = sizeof(VmSweepParams),
                                .rows = rows,
                                .check = Check};
