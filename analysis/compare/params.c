#include "params.h"

#include "references.h"

const char *const vm_variance_definitions[] = {"omega", "ring", "ring_ensemble", "image", "ratio", NULL};

static const char *const k_units[] = {"1/nm", "1/A", NULL};

#define ROW(member) offsetof(VmMeasuredParams, member)
static const VmParam measured_rows[] = {
    {.key = "file",
     .type = VM_STRING,
     .offset = ROW(file),
     .doc = "text file with columns k, V(k), standard deviation, beside the case or in the directory named by the "
            "environment "
            "variable VM_TEST_DATA; left out with a remark when it is absent"},
    {.key = "label",
     .type = VM_STRING,
     .offset = ROW(label),
     .default_text = "none",
     .doc = "name in tables; default: that of the file"},
    {.key = "definition",
     .type = VM_ENUM,
     .offset = ROW(definition),
     .default_text = "omega",
     .choices = vm_variance_definitions,
     .doc = "definition of V(k) the curve was measured by; ours is taken by the same one",
     .source = "Daulton, Bondi & Hart, Ultramicroscopy 110 (2010) 1279"},
    {.key = "k_unit",
     .type = VM_ENUM,
     .offset = ROW(k_unit),
     .default_text = "1/nm",
     .choices = k_units,
     .doc = "unit of k = 1/d in the file"},
    {.key = "scale",
     .type = VM_REAL,
     .offset = ROW(scale),
     .unit = "1",
     .default_text = "1",
     .min = 1e-12,
     .max = 1e12,
     .doc = "factor on V(k) and its standard deviation"},
    {.key = "composition",
     .type = VM_STRING,
     .offset = ROW(composition),
     .default_text = "none",
     .doc = "alloy measured, e.g. Zr50Cu35Al15"},
    {.key = "probe",
     .type = VM_REAL,
     .offset = ROW(probe),
     .unit = "nm",
     .default_text = "none",
     .min = 0.01,
     .max = 1000.0,
     .doc = "resolution of the probe, 0.61 lambda/semi-angle"},
    {.key = "thickness",
     .type = VM_REAL,
     .offset = ROW(thickness),
     .unit = "nm",
     .default_text = "none",
     .min = 0.1,
     .max = 10000.0,
     .doc = "thickness of the specimen"},
    {0},
};
static const VmTable measured_table = {
    .name = "measured", .doc = "A measured curve V(k).", .size = sizeof(VmMeasuredParams), .rows = measured_rows};

static const VmParam compare_rows[] = {
    {.key = "references",
     .type = VM_STRINGS,
     .offset = offsetof(VmCompareParams, references),
     .default_text = "[]",
     .choices = vm_reference_names,
     .doc = "publications whose values stand beside ours"},
    {.key = "measured",
     .type = VM_LIST,
     .offset = offsetof(VmCompareParams, measured),
     .default_text = "none",
     .subtable = &measured_table,
     .doc = "measured curves to compare with"},
    {0},
};
const VmTable vm_compare_table = {.name = "compare",
                                  .doc = "What the measured statistics are compared with.",
                                  .size = sizeof(VmCompareParams),
                                  .rows = compare_rows};
