#include "prescribed.h"
#include "target.h"
#include <math.h>

typedef struct {
  double duration;
  VmTarget *to[6];
} Point;
typedef struct {
  VmList points; /* of Point */
} Params;

static const VmParam point_rows[] = {{.key = "duration",
                                      .type = VM_REAL,
                                      .offset = offsetof(Point, duration),
                                      .unit = "s",
                                      .min = 1e-30,
                                      .max = 1e30,
                                      .doc = "time from the point before, or from the start of the stage"},
                                     {.key = "to",
                                      .type = VM_BLOCK,
                                      .offset = offsetof(Point, to),
                                      .subtable = &vm_target_table,
                                      .default_text = "",
                                      .doc = "strains and stresses at this point, reached linearly in time; "
                                             "components that other points name hold theirs"},
                                     {0}};
static const VmTable point_table = {
    .name = "point", .doc = "a corner of the programme", .size = sizeof(Point), .rows = point_rows};
static const VmParam rows[] = {{.key = "points",
                                .type = VM_LIST,
                                .offset = offsetof(Params, points),
                                .subtable = &point_table,
                                .doc = "corners of the programme, one after the other"},
                               {0}};

/* What the last of the first `count` points that names component c says of it; NULL if none does. */
static const VmTarget *LastTarget(const Params *p, int count, int c)
{
  const Point *points = p->points.items;
  for (int i = count - 1; i >= 0; --i)
    if (points[i].to[c]) return points[i].to[c];
  return NULL;
}

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  const Point *points = p->points.items;
  const VmNode *list = VmTreeGet(node, "points");
  PetscFunctionBegin;
  for (int i = 0; i < p->points.count; ++i)
    for (int c = 0; c < 6; ++c) {
      const VmTarget *before = LastTarget(p, i, c);
      if (points[i].to[c] && before && isnan(points[i].to[c]->strain) != isnan(before->strain))
        PetscCall(VmReportAdd(report, list ? list->items[i] : node,
                              "component %s goes to a strain at one point and to a stress at another; put them into "
                              "two stages",
                              vm_component_names[c]));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable params_table = {.name = "piecewise",
                                     .doc = "strains and stresses from point to point",
                                     .size = sizeof(Params),
                                     .rows = rows,
                                     .check = Check};

static bool Segment(const void *params, const void *common, int index, const double stress[6], VmSegment *segment)
{
  const Params *p = params;
  if (index >= p->points.count) return false;
  const Point *point = (const Point *)p->points.items + index;
  VmPrescribe(common, index == 0, stress, segment);
  segment->duration = point->duration;
  for (int c = 0; c < 6; ++c) {
    const VmTarget *any = LastTarget(p, p->points.count, c), *last = LastTarget(p, index, c), *to = point->to[c];
    if (!any) continue;
    segment->stress_controlled[c] = isnan(any->strain);
    if (!to) continue;
    const double from = segment->stress_controlled[c] ? stress[c] : last ? last->strain : 0.0;
    segment->rate[c] = ((segment->stress_controlled[c] ? to->stress : to->strain) - from) / point->duration;
  }
  return true;
}

static const char *Complaint(const void *params, const void *common)
{
  const Params *p = params;
  const VmStageParams *stage = common;
  int driven = 0;
  for (int c = 0; c < 6; ++c) {
    const bool named = LastTarget(p, p->points.count, c) != NULL;
    if (named && stage->control[c])
      return "a component is in a point of the programme and in `control`; it can be driven by one of them";
    driven += named;
  }
  return driven ? NULL : "programme piecewise needs a point with a strain or a stress of at least one component";
}

const VmLoadingOps vm_loading_piecewise = {
    .head = {.name = "piecewise",
             .doc = "strains and stresses go linearly from point to point; other components as in `control`, or held",
             .source = "mixed control of mean strain and stress",
             .params = &params_table},
    .segment = Segment,
    .complaint = Complaint};
