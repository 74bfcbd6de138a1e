#include <vitromech/disorder.h>

#define VM_DISORDER(name) extern const VmDisorderOps vm_disorder_##name;
#include "list.h"
#undef VM_DISORDER

#define VM_DISORDER(name) &vm_disorder_##name.head,
static const VmPluginHead *const table[] = {
#include "list.h"
    NULL};

const VmPluginKind vm_disorder_kind = {
    .kind = "disorder", .selector = "generator", .doc = "how flow units are arranged in space", .table = table};
