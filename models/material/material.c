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

static const VmParam common_rows[] = {
    {.key = "thermal_expansion",
     .type = VM_REAL,
     .offset = offsetof(VmMaterialCommon, thermal_expansion),
     .unit = "1/K",
     .default_text = "0 1/K",
     .min = -1e-2,
     .max = 1e-2,
     .doc = "linear coefficient of thermal expansion; the glass has no thermal strain at the temperature it starts at"},
    {0}};

const VmTable vm_material_common = {
    .name = "material", .doc = "keys of every material", .size = sizeof(VmMaterialCommon), .rows = common_rows};
