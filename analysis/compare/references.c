/* Values stated in the text and the figures of the publications; a value without error was given without one. */
#include "references.h"

#include <math.h>
#include <string.h>

static const VmReferenceValue im2018_values[] = {
    {"V(k) peak position", "1/nm", VM_RELATION_VALUE, 4.0, NAN, VmMeasureVariancePeak, 0,
     "Fig. 2a; measured with a CCD camera, the figures below with the pixel array detector"},
    {"power of even n over odd n", "1", VM_RELATION_ABOVE, 1.0, NAN, VmMeasureEvenOdd, 0,
     "Fig. 2c, about 20 nm thick; odd n grow with thickness (Fig. 2d, 42 nm)"},
    {"mean diameter of MRO regions, n = 2..10", "nm", VM_RELATION_VALUE, 1.3, 0.08, VmMeasureDiameter, 0,
     "Fig. 4b; n = 4 and 8 slightly larger"},
    {"volume fraction, n = 2", "%", VM_RELATION_VALUE, 2.8, 0.3, VmMeasureVolumeFraction, 2,
     "Fig. 4b; mean and spread over n; spheres, Bragg acceptance 10 degrees (5.9 %)"},
    {"volume fraction, n = 4", "%", VM_RELATION_VALUE, 2.2, NAN, VmMeasureVolumeFraction, 4,
     "Fig. 4b; lower than the others"},
    {"volume fraction, n = 6", "%", VM_RELATION_VALUE, 2.8, 0.3, VmMeasureVolumeFraction, 6,
     "Fig. 4b; mean and spread over n"},
    {"volume fraction, n = 8", "%", VM_RELATION_VALUE, 2.8, 0.3, VmMeasureVolumeFraction, 8,
     "Fig. 4b; mean and spread over n"},
    {"volume fraction, n = 10", "%", VM_RELATION_VALUE, 2.8, 0.3, VmMeasureVolumeFraction, 10,
     "Fig. 4b; mean and spread over n"},
    {"volume fraction, sum of n = 2..10", "%", VM_RELATION_VALUE, 13.8, NAN, VmMeasureVolumeFractionSum, 0,
     "text; regions of different n overlap"},
    {"volume fraction, summed map", "%", VM_RELATION_VALUE, 7.5, NAN, VmMeasureSummedVolumeFraction, 0,
     "text, Fig. 3f"},
    {"regions in the summed map", "1", VM_RELATION_VALUE, 87.0, 9.3, VmMeasureSummedCount, 0,
     "Fig. 4a; scales with the scanned area; error: that of a Poisson number"},
    {"regions per area in the summed map", "1/nm^2", VM_RELATION_VALUE, 87.0 / (40.6 * 40.6), 9.3 / (40.6 * 40.6),
     VmMeasureSummedDensity, 0, "87 regions in 40.6 x 40.6 nm^2"},
    {"mean diameter in the summed map", "nm", VM_RELATION_VALUE, 1.48, NAN, VmMeasureSummedDiameter, 0,
     "Fig. 4a, radius 0.74 nm"},
    {"neighbour distance of regions, n = 2", "nm", VM_RELATION_RANGE, 5.0, 1.0, VmMeasureNeighbourDistance, 2,
     "Fig. 4d, 4 < r < 6 nm"},
    {"neighbour distance of regions, n = 4", "nm", VM_RELATION_RANGE, 5.0, 1.0, VmMeasureNeighbourDistance, 4,
     "Fig. 4d, 4 < r < 6 nm"},
    {"neighbour distance of regions, n = 6", "nm", VM_RELATION_RANGE, 5.0, 1.0, VmMeasureNeighbourDistance, 6,
     "Fig. 4d, 4 < r < 6 nm"},
    {0},
};

static const VmReference im2018 = {
    .name = "im2018",
    .title = "Im et al., Ultramicroscopy 195 (2018) 189",
    .conditions = {.composition = "Zr55Co25Al20",
                   .energy = 300.0,
                   .semi_angle = 1.15,
                   .probe = 1.044,
                   .thickness = 20.0,
                   .scan = {128.0, 128.0},
                   .pitch = 0.32,
                   .area = 40.6 * 40.6,
                   .dose = NAN},
    .values = im2018_values,
};

const VmReference *const vm_references[] = {&im2018, NULL};
const char *const vm_reference_names[] = {"im2018", NULL};

const VmReference *VmReferenceFind(const char *name)
{
  for (int i = 0; vm_references[i]; ++i)
    if (strcmp(vm_references[i]->name, name) == 0) return vm_references[i];
  return NULL;
}
