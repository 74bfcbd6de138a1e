#include <vitromech/kinetics.h>

#define VM_KINETICS(name) extern const VmPluginHead vm_kinetics_##name;
#define VM_BARRIER(name) extern const VmBarrierOps vm_barrier_##name;
#define VM_MEMORY(name) extern const VmMemoryOps vm_memory_##name;
#include "list.h"
#undef VM_KINETICS
#undef VM_BARRIER
#undef VM_MEMORY

#define VM_KINETICS(name) &vm_kinetics_##name,
static const VmPluginHead *const kinetics_table[] = {
#include "list.h"
    NULL};
#undef VM_KINETICS

#define VM_BARRIER(name) &vm_barrier_##name.head,
static const VmPluginHead *const barrier_table[] = {
#include "list.h"
    NULL};
#undef VM_BARRIER

#define VM_MEMORY(name) &vm_memory_##name.head,
static const VmPluginHead *const memory_table[] = {
#include "list.h"
    NULL};

const VmPluginKind vm_kinetics_kind = {.kind = "kinetics",
                                       .selector = "law",
                                       .doc = "which events deform the glass, and how often",
                                       .table = kinetics_table};
const VmPluginKind vm_barrier_kind = {.kind = "barrier",
                                      .selector = "law",
                                      .doc = "how the barrier of an event falls with stress",
                                      .table = barrier_table};
const VmPluginKind vm_memory_kind = {.kind = "memory",
                                     .selector = "law",
                                     .doc = "state of a voxel that events and rest change, and with it its rates",
                                     .table = memory_table};
