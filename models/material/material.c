#include <vitromech/material.h>

#define VM_MATERIAL(name) extern const VmMaterialOps vm_material_##name;
#include "list.h"
#undef VM_MATERIAL

#define VM_MATERIAL(name) &vm_material_##name.head,
static const VmPluginHead *const table[] = {
#include "list.h"
    NULL};

const VmPluginKind vm_material_kind = {
    .kind = "material", .selector = "law", .doc = "how a voxel responds to strain", .table = table};
