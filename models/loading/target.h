/* Values of strain or stress, component by component, that a programme swings about or goes to. */
#ifndef VM_LOADING_TARGET_H
#define VM_LOADING_TARGET_H

#include <vitromech/loading.h>

/* VmTarget *[6]; NULL: the component is not driven by the programme. */
extern const VmTable vm_target_table;

#endif
