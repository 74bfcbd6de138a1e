#include <vitromech/disorder.h>

#define VM_DISORDER(name) extern const VmDisorderOps vm_disorder_##name;
#define VM_DISTRIBUTION(name) extern const VmDistributionOps vm_distribution_##name;
#include "list.h"
#undef VM_DISORDER
#undef VM_DISTRIBUTION

#define VM_DISORDER(name) &vm_disorder_##name.head,
static const VmPluginHead *const disorder_table[] = {
#include "list.h"
    NULL};
#undef VM_DISORDER

#define VM_DISTRIBUTION(name) &vm_distribution_##name.head,
static const VmPluginHead *const distribution_table[] = {
#include "list.h"
    NULL};

const VmPluginKind vm_disorder_kind = {.kind = "disorder",
                                       .selector = "generator",
                                       .doc = "how flow units are arranged in space",
                                       .table = disorder_table};
const VmPluginKind vm_distribution_kind = {.kind = "distribution",
                                           .selector = "distribution",
                                           .doc = "how a parameter varies from voxel to voxel",
                                           .table = distribution_table};
