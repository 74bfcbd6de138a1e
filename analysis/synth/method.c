/* The table of methods. */
#include "method.h"

#define VM_SYNTH_METHOD(n) extern const VmSynthMethod vm_synth_method_##n;
#include "list.h"
#undef VM_SYNTH_METHOD

#define VM_SYNTH_METHOD(n) &vm_synth_method_##n,
const VmSynthMethod *const vm_synth_methods[] = {
#include "list.h"
    NULL};
#undef VM_SYNTH_METHOD

#define VM_SYNTH_METHOD(n) #n,
const char *const vm_synth_method_names[] = {
#include "list.h"
    NULL};
#undef VM_SYNTH_METHOD
