/* Parameters of the pair distribution function of diffraction. */
#include "pdf_params.h"
#include <vitromech/atoms.h>
#include <ctype.h>
#include <stdlib.h>

static const char *const windows[] = {"lorch", "none", NULL};

static const VmParam rows[] = {
    {.key = "composition",
     .type = VM_STRING,
     .offset = offsetof(VmPdfParams, composition),
     .default_text = "none",
     .doc =
         "atomic fractions, e.g. Cu64.7Zr35.3; none: I(k) is divided by its own smooth part, which keeps distances but "
         "not heights"},
    {.key = "background",
     .type = VM_INT,
     .offset = offsetof(VmPdfParams, background),
     .default_text = "1",
     .min = 1,
     .max = 8,
     .doc = "terms 1, 1/k^2, 1/k^4 ... of the background that is fitted together with the scattering of single atoms; "
            "without a composition two more"},
    {.key = "k_min",
     .type = VM_REAL,
     .offset = offsetof(VmPdfParams, k_min),
     .unit = "1/nm",
     .default_text = "none",
     .min = 0.01,
     .max = 1e3,
     .doc = "smaller k are not used; none: 0.6 of the first ring"},
    {.key = "k_max",
     .type = VM_REAL,
     .offset = offsetof(VmPdfParams, k_max),
     .unit = "1/nm",
     .default_text = "none",
     .min = 0.1,
     .max = 1e3,
     .doc = "end of the transform, which resolves 1/(2 k_max); none: the largest circle on the detector"},
    {.key = "window",
     .type = VM_ENUM,
     .offset = offsetof(VmPdfParams, window),
     .default_text = "lorch",
     .choices = windows,
     .doc = "lorch: sin(pi k/k_max)/(pi k/k_max), against ripples of the cut-off"},
    {.key = "r_min",
     .type = VM_REAL,
     .offset = offsetof(VmPdfParams, r_min),
     .unit = "nm",
     .default_text = "0.18 nm",
     .min = 0,
     .max = 10,
     .doc = "atoms come no closer: first peak and strains are looked for beyond"},
    {.key = "r_max",
     .type = VM_REAL,
     .offset = offsetof(VmPdfParams, r_max),
     .unit = "nm",
     .default_text = "1.5 nm",
     .min = 0.1,
     .max = 20,
     .doc = "end of G(r)"},
    {.key = "density",
     .type = VM_REAL,
     .offset = offsetof(VmPdfParams, density),
     .unit = "1/nm^3",
     .default_text = "none",
     .min = 1e-3,
     .max = 1e3,
     .doc = "number density of the atoms; gives g(r) too"},
    {.key = "sectors",
     .type = VM_INT,
     .offset = offsetof(VmPdfParams, sectors),
     .default_text = "1",
     .min = 1,
     .max = 180,
     .doc = "parts of the circle for G(r, phi) and, from six on, the strain"},
    {0}};

const char *VmPdfNextElement(const char *text, int *number, double *fraction)
{
  char symbol[3] = {0}, *end;
  if (!isupper((unsigned char)text[0])) return NULL;
  symbol[0] = *text++;
  if (islower((unsigned char)*text)) symbol[1] = *text++;
  *number = VmElementNumber(symbol);
  *fraction = 1.0;
  if (isdigit((unsigned char)*text) || *text == '.') {
    *fraction = strtod(text, &end);
    text = end;
  }
  return *number > 0 && *fraction > 0.0 ? text : NULL;
}

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmPdfParams *p = params;
  int number;
  double fraction;
  PetscFunctionBegin;
  for (const char *at = p->composition; at && *at;) {
    const char *next = VmPdfNextElement(at, &number, &fraction);
    if (!next) {
      PetscCall(VmReportAdd(report, VmTreeGet(node, "composition"),
                            "composition: \"%s\" is not element symbols with fractions at \"%s\", e.g. Cu64.7Zr35.3",
                            p->composition, at));
      break;
    }
    at = next;
  }
  if (p->k_min >= p->k_max)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "k_min"), "k_min must be below k_max (%g 1/nm)", p->k_max));
  if (p->r_min >= p->r_max)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "r_min"), "r_min must be below r_max (%g nm)", p->r_max));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_pdf_table = {"pdf", "pair distribution function of diffraction", sizeof(VmPdfParams), rows, Check};
