/* Parameters of the pair distribution function of diffraction. */
#ifndef VM_STAT_PDF_PARAMS_H
#define VM_STAT_PDF_PARAMS_H

#include <vitromech/params.h>

enum { VM_PDF_LORCH, VM_PDF_NO_WINDOW };

typedef struct {
  char *composition;
  int64_t background, sectors;
  double k_min, k_max, r_min, r_max, density;
  int window;
} VmPdfParams;

extern const VmTable vm_pdf_table;

/** Element and fraction at a place of "Cu64.7Zr35.3"; NULL if there is none, the place behind them otherwise. Not
 * collective. */
const char *VmPdfNextElement(const char *text, int *number, double *fraction);

#endif
