/* The `glass` block as read. */
#ifndef VM_ATOMS_GLASS_PARAMS_H
#define VM_ATOMS_GLASS_PARAMS_H

#include <vitromech/glass.h>

enum { VM_STRAIN_TOTAL, VM_STRAIN_ELASTIC }; /* what atoms follow */

typedef struct {
  int64_t steps;
} VmRelaxParams;

typedef struct {
  double displacement, vacancies;
} VmFlowUnitParams;

struct VmGlassParams_s {
  char *structure;
  double size[3], block, thickness, minimum_distance, peak, thermal_displacement;
  bool deform;
  int strain, tiling;
  VmList species, clusters;
  int64_t frame;
  VmRelaxParams relax;
  VmFlowUnitParams flow_units;
};

#endif
