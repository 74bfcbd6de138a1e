#include <vitromech/law.h>

#define VM_LAW(name) extern const VmLawOps vm_law_##name;
#include "list.h"
#undef VM_LAW

#define VM_LAW(name) &vm_law_##name.head,
static const VmPluginHead *const table[] = {
#include "list.h"
    NULL};

const VmPluginKind vm_law_kind = {
    .kind = "law", .selector = "law", .doc = "closed-form laws for vitromech fit", .table = table};

int VmLawParameters(const VmLawOps *law)
{
  int count = 0;
  while (law->head.params->rows[count].key) ++count;
  return count;
}

int VmLawValues(const VmLawOps *law)
{
  int count = 0;
  while (law->values[count].name) ++count;
  return count;
}
