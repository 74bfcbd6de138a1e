#include <vitromech/loading.h>

#define VM_LOADING(name) extern const VmLoadingOps vm_loading_##name;
#include "list.h"
#undef VM_LOADING

#define VM_LOADING(name) &vm_loading_##name.head,
static const VmPluginHead *const table[] = {
#include "list.h"
    NULL};

const VmPluginKind vm_loading_kind = {
    .kind = "loading", .selector = "programme", .doc = "what is done to the glass in one stage", .table = table};
