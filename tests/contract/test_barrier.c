/* ranks: 1; timeout: 30; links: vm_models
 * What every barrier law must obey: the barrier itself without work, convex and falling, its slope the derivative, and
 * beyond its vanishing minus the work beyond. */
#include "vm_test.h"
#include <vitromech/kinetics.h>

enum { WORKS = 2001 };

typedef struct {
  VmPlugin barrier;
} Holder;
static const VmParam rows[] = {{.key = "barrier",
                                .type = VM_PLUGIN,
                                .offset = offsetof(Holder, barrier),
                                .plugin = &vm_barrier_kind,
                                .doc = "one law"},
                               {0}};
static const VmTable table = {.name = "holder", .doc = "one law", .size = sizeof(Holder), .rows = rows};

/* Keys that each law needs; every law has a line. */
static const struct {
  const char *name, *keys;
} laws[] = {{"linear", ""}, {"cooperative", ", critical_stress: 2.5 GPa"}};

static const char *Keys(const char *name)
{
  for (size_t i = 0; i < sizeof laws / sizeof laws[0]; ++i)
    if (!strcmp(laws[i].name, name)) return laws[i].keys;
  VmExpect(false, "barrier law %s has no line in this test", name);
  return "";
}

static void CheckLaw(const VmBarrierOps *law, const void *params)
{
  static double barrier[WORKS], work[WORKS], left[WORKS], slope[WORKS];
  const double height = 1.3, per_stress = 0.4, step = 2e-3;
  int gone = 0;
  for (int i = 0; i < WORKS; ++i) barrier[i] = height, work[i] = (i - WORKS / 2) * step;
  law->evaluate(params, per_stress, WORKS, barrier, work, left, slope);
  VmExpectNear(left[WORKS / 2], height, 1e-15 * height);
  for (int i = 1; i + 1 < WORKS; ++i) {
    VmExpect(left[i + 1] < left[i], "%s rises at work %g", law->head.name, work[i]);
    VmExpect(slope[i] > 0.0, "%s has slope %g at work %g", law->head.name, slope[i], work[i]);
    if (law->linear) VmExpectNear(slope[i], 1.0, 0.0);
    if (left[i + 1] <= 0.0) {
      if (left[i] <= 0.0) {
        VmExpectNear(left[i + 1] - left[i], -step, 1e-12);
        VmExpectNear(slope[i], 1.0, 0.0);
      }
      ++gone;
      continue;
    }
    VmExpect(left[i + 1] + left[i - 1] - 2.0 * left[i] >= -1e-14, "%s is not convex at work %g", law->head.name,
             work[i]);
    /* between the slopes of the chords on both sides, which tells the tangent from any other line */
    VmExpect(slope[i] <= (left[i - 1] - left[i]) / step + 1e-10 && slope[i] >= (left[i] - left[i + 1]) / step - 1e-10,
             "%s: slope %g at work %g is not the derivative", law->head.name, slope[i], work[i]);
  }
  VmExpect(gone > 10, "%s never vanishes", law->head.name);

  double end, end_left, end_slope;
  law->vanishing(params, per_stress, 1, barrier, &end);
  law->evaluate(params, per_stress, 1, barrier, &end, &end_left, &end_slope);
  VmExpectNear(end_left, 0.0, 1e-12);

  /* a higher barrier without stress never leaves less; one value at a time gives the same as many */
  for (int i = 0; i < WORKS; i += 50) {
    double more, at, one_left, one_slope;
    const double higher = 1.01 * height;
    law->evaluate(params, per_stress, 1, &higher, &work[i], &more, &at);
    law->evaluate(params, per_stress, 1, &barrier[i], &work[i], &one_left, &one_slope);
    VmExpect(more >= left[i], "%s: a higher barrier leaves less at work %g", law->head.name, work[i]);
    VmExpect(one_left == left[i] && one_slope == slope[i], "%s: batches matter at work %g", law->head.name, work[i]);
  }

  /* stress that does no work */
  const double none = 0.0;
  double still, at;
  law->evaluate(params, 0.0, 1, &height, &none, &still, &at);
  VmExpectNear(still, height, 0.0);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (const VmPluginHead *const *head = vm_barrier_kind.table; *head; ++head) {
    char text[256];
    Holder holder = {0};
    VmReport report;
    VmNode *root;
    snprintf(text, sizeof text, "{barrier: {law: %s%s}}", (*head)->name, Keys((*head)->name));
    PetscCall(VmReportCreate(PETSC_COMM_SELF, "law", &report));
    PetscCall(VmTreeParse(text, strlen(text), report, &root));
    PetscCall(VmParamsRead(&table, root, report, &holder));
    VmExpectInt(VmReportCount(report), 0);
    CheckLaw((const VmBarrierOps *)holder.barrier.head, holder.barrier.params);
    PetscCall(VmParamsFree(&table, &holder));
    PetscCall(VmTreeDestroy(&root));
    PetscCall(VmReportDestroy(&report));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
