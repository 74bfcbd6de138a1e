#include <vitromech/tree.h>
#include "print.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_OF_FILE = -1, LINE_OF_SET = 0 };

typedef struct {
  int line, column, order;
  char *message;
} Problem;

struct VmReport_s {
  MPI_Comm comm;
  char *file;
  int count, capacity;
  Problem *problems;
};

PetscErrorCode VmReportCreate(MPI_Comm comm, const char *file, VmReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1(1, report));
  (*report)->comm = comm;
  PetscCall(PetscStrallocpy(file, &(*report)->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A problem is one line, whatever the input holds. */
static void FlattenControls(char *text)
{
  for (unsigned char *c = (unsigned char *)text; *c; ++c)
    if (*c < ' ' || *c == 0x7f) *c = ' ';
}

static PetscErrorCode Add(VmReport report, int line, int column, const char *format, va_list arguments)
{
  PetscFunctionBegin;
  if (report->count == report->capacity) {
    report->capacity = report->capacity ? 2 * report->capacity : 16;
    PetscCall(PetscRealloc((size_t)report->capacity * sizeof(Problem), &report->problems));
  }
  char *message = VmFormat(format, arguments);
  PetscCheck(message, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a message");
  FlattenControls(message);
  report->problems[report->count] = (Problem){line, column, report->count, message};
  ++report->count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmReportAdd(VmReport report, const VmNode *where, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  const PetscErrorCode code =
      Add(report, where ? where->line : LINE_OF_FILE, where ? where->column : 0, format, arguments);
  va_end(arguments);
  return code;
}

PetscErrorCode VmReportAddAt(VmReport report, int line, int column, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  const PetscErrorCode code = Add(report, line, column, format, arguments);
  va_end(arguments);
  return code;
}

int VmReportCount(VmReport report) { return report->count; }

static int ByPosition(const void *left, const void *right)
{
  const Problem *a = left, *b = right;
  if (a->line != b->line) return a->line < b->line ? -1 : 1;
  if (a->column != b->column) return a->column < b->column ? -1 : 1;
  return a->order < b->order ? -1 : 1;
}

PetscErrorCode VmReportFinish(VmReport report)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(report->comm, &rank));
  if (rank == 0 && report->count) {
    qsort(report->problems, (size_t)report->count, sizeof(Problem), ByPosition);
    for (const Problem *p = report->problems; p < report->problems + report->count; ++p) {
      if (p->line == LINE_OF_FILE) fprintf(stderr, "%s: %s\n", report->file, p->message);
      else if (p->line == LINE_OF_SET) fprintf(stderr, "--set: %s\n", p->message);
      else fprintf(stderr, "%s:%d:%d: %s\n", report->file, p->line, p->column, p->message);
    }
    fflush(stderr);
  }
  PetscCall(VmAgree(report->comm, report->count ? VM_ERR_INPUT : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmReportDestroy(VmReport *report)
{
  PetscFunctionBegin;
  if (!*report) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < (*report)->count; ++i) free((*report)->problems[i].message);
  PetscCall(PetscFree((*report)->problems));
  PetscCall(PetscFree((*report)->file));
  PetscCall(PetscFree(*report));
  PetscFunctionReturn(PETSC_SUCCESS);
}
