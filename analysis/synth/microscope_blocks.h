#ifndef VM_SYNTH_MICROSCOPE_BLOCKS_H
#define VM_SYNTH_MICROSCOPE_BLOCKS_H

#include <vitromech/params.h>

extern const VmTable vm_scan_table, vm_detector_table, vm_aberration_table;

#endif
