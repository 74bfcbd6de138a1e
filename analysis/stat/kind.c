/* The tables of all statistics, joined. */
#include <vitromech/atom_stat.h>
#include <vitromech/map.h>
#include <vitromech/stat.h>

#define VM_STAT(n) extern const VmStatOps vm_stat_##n;
#include "list.h"
#undef VM_STAT
#define VM_MAP_STAT(n) extern const VmMapOps vm_map_##n;
#include "../field/list.h"
#undef VM_MAP_STAT
#define VM_ATOM_STAT(n) extern const VmAtomOps vm_atom_##n;
#include "../atomstat/list.h"
#undef VM_ATOM_STAT

#define VM_STAT(n) &vm_stat_##n,
const VmStatOps *const vm_stat_table[] = {
#include "list.h"
    NULL};
#undef VM_STAT

#define VM_MAP_STAT(n) &vm_map_##n,
const VmMapOps *const vm_map_table[] = {
#include "../field/list.h"
    NULL};
#undef VM_MAP_STAT

#define VM_ATOM_STAT(n) &vm_atom_##n,
const VmAtomOps *const vm_atom_table[] = {
#include "../atomstat/list.h"
    NULL};
#undef VM_ATOM_STAT

#define VM_STAT(n) &vm_stat_##n.head,
#define VM_MAP_STAT(n) &vm_map_##n.head,
#define VM_ATOM_STAT(n) &vm_atom_##n.head,
static const VmPluginHead *const heads[] = {
#include "list.h"
#include "../field/list.h"
#include "../atomstat/list.h"
    NULL};

const VmPluginKind vm_statistic_kind = {
    "statistic", "statistic", "heterogeneity statistics of 4D-STEM cubes, of maps, of mesoscale fields and of atoms",
    heads};

bool VmStatisticReadsCube(const VmPluginHead *statistic)
{
  for (int i = 0; vm_stat_table[i]; ++i)
    if (&vm_stat_table[i]->head == statistic) return true;
  return false;
}

bool VmStatisticReadsAtoms(const VmPluginHead *statistic)
{
  for (int i = 0; vm_atom_table[i]; ++i)
    if (&vm_atom_table[i]->head == statistic) return true;
  return false;
}

bool VmStatisticReadsMap(const VmPluginHead *statistic)
{
  return !VmStatisticReadsCube(statistic) && !VmStatisticReadsAtoms(statistic);
}

static const VmParam common_rows[] = {
    {.key = "name",
     .type = VM_STRING,
     .offset = offsetof(VmStatisticCommon, name),
     .default_text = "none",
     .doc = "group under /statistics; none: the name of the statistic"},
    {.key = "of",
     .type = VM_STRING,
     .offset = offsetof(VmStatisticCommon, of),
     .default_text = "none",
     .doc = "what a map statistic looks at: \"<name of a cube statistic>/<map>\", e.g. nfold/total, or a field of a "
            "mesoscale result, e.g. plastic_strain (six components: von Mises equivalent, three: magnitude)"},
    {.key = "with",
     .type = VM_STRING,
     .offset = offsetof(VmStatisticCommon, with),
     .default_text = "none",
     .doc = "the second map or field of a statistic of two, named like `of`"},
    {0}};

static bool ReadsTwoMaps(const VmPluginHead *head)
{
  for (int i = 0; vm_map_table[i]; ++i)
    if (&vm_map_table[i]->head == head) return vm_map_table[i]->two_maps;
  return false;
}

static PetscErrorCode CommonCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmStatisticCommon *common = params;
  const VmNode *selector = node ? VmTreeGet(node, vm_statistic_kind.selector) : NULL;
  PetscFunctionBegin;
  const VmPluginHead *head = selector && selector->text ? VmPluginFind(&vm_statistic_kind, selector->text) : NULL;
  const bool reads_map = head && VmStatisticReadsMap(head);
  if (head && !reads_map && common->of)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "of"), "%s reads the %s: remove \"of\"", head->name,
                          VmStatisticReadsCube(head) ? "cube itself" : "atoms"));
  if (reads_map && !common->of)
    PetscCall(VmReportAdd(report, node,
                          "%s needs \"of\": the map or field it looks at, e.g. of: nfold/total or of: "
                          "plastic_strain",
                          head->name));
  if (head && ReadsTwoMaps(head) && !common->with)
    PetscCall(VmReportAdd(report, node, "%s needs \"with\": the second map, e.g. with: v2d/map", head->name));
  if (head && !ReadsTwoMaps(head) && common->with)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "with"), "%s reads one map: remove \"with\"", head->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_statistic_common_table = {"statistic", "keys of every entry of an analysis list",
                                           sizeof(VmStatisticCommon), common_rows, CommonCheck};
