#include "params_impl.h"
#include "print.h"

#include <vitromech/units.h>

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The text of a node in messages, in quotes and cut. */
#define QUOTED "\"%.80s\""

PetscErrorCode VmReaderProblem(const VmReader *reader, const VmNode *node, const char *format, ...)
{
  va_list arguments;
  PetscFunctionBegin;
  va_start(arguments, format);
  char *message = VmFormat(format, arguments);
  va_end(arguments);
  PetscCheck(message, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a message");
  const PetscErrorCode code =
      VmReportAdd(reader->report, node, "%s%s%s", reader->path, *reader->path ? ": " : "", message);
  free(message);
  PetscFunctionReturn(code);
}

bool VmNodeIsNull(const VmNode *node)
{
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
  if (node->kind != VM_NODE_SCALAR || node->quoted) return false;
  for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; ++i)
    if (!strcmp(node->text, nulls[i])) return true;
  return false;
}

static PetscErrorCode CheckRange(const VmReader *reader, const VmParam *row, const VmNode *node, double value)
{
  char range[VM_TEXT_SIZE];
  PetscFunctionBegin;
  if ((row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max)) PetscFunctionReturn(PETSC_SUCCESS);
  VmRowRange(row, range);
  PetscCall(VmReaderProblem(reader, node, QUOTED " is out of range; it must be %s", node->text, range));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadBool(const VmReader *reader, const VmNode *node, bool *field)
{
  PetscFunctionBegin;
  *field = !strcmp(node->text, "true");
  if (!*field && strcmp(node->text, "false"))
    PetscCall(VmReaderProblem(reader, node, QUOTED " is neither true nor false; write one of them", node->text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Decimal digits, or a real number that is integral, such as 1e6. */
static bool ParseInteger(const char *text, int64_t *value)
{
  char *end;
  const char *digits = text + (*text == '+' || *text == '-');
  if (!isdigit((unsigned char)*digits) || digits[1] == 'x' || digits[1] == 'X') return false;
  errno = 0;
  *value = strtoll(text, &end, 10);
  if (!*end) return errno == 0;
  const double real = strtod(text, &end);
  if (*end || !(fabs(real) <= 0x1p53) || real != rint(real)) return false;
  *value = (int64_t)real;
  return true;
}

static PetscErrorCode ReadInteger(const VmReader *reader, const VmParam *row, const VmNode *node, int64_t *field)
{
  int64_t value;
  PetscFunctionBegin;
  if (!ParseInteger(node->text, &value)) {
    PetscCall(VmReaderProblem(reader, node, QUOTED " is not a whole number within 64 bits; write e.g. 10", node->text));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(CheckRange(reader, row, node, (double)value));
  *field = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadReal(const VmReader *reader, const VmParam *row, const VmNode *node, double *field)
{
  char why[256];
  double value;
  PetscFunctionBegin;
  if (VmRowDefaultIsNone(row) && !node->quoted && !strcmp(node->text, "none")) {
    *field = (double)NAN;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!VmUnitParse(node->text, row->unit ? row->unit : "1", &value, why)) {
    PetscCall(VmReaderProblem(reader, node, QUOTED ": %s", node->text, why));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(CheckRange(reader, row, node, value));
  *field = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindChoice(const VmReader *reader, const VmParam *row, const VmNode *node, int *choice)
{
  PetscFunctionBegin;
  for (*choice = 0; row->choices[*choice]; ++*choice)
    if (!strcmp(row->choices[*choice], node->text)) PetscFunctionReturn(PETSC_SUCCESS);
  char names[VM_TEXT_SIZE];
  const char *close = VmDidYouMean(node->text, row->choices);
  VmJoin(row->choices, names);
  if (close)
    PetscCall(
        VmReaderProblem(reader, node, QUOTED " is not one of %s; did you mean \"%s\"?", node->text, names, close));
  else PetscCall(VmReaderProblem(reader, node, QUOTED " is not one of %s", node->text, names));
  *choice = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadString(const VmReader *reader, const VmParam *row, const VmNode *node, char **field)
{
  int choice;
  PetscFunctionBegin;
  if (VmRowDefaultIsNone(row) && !node->quoted && !strcmp(node->text, "none")) PetscFunctionReturn(PETSC_SUCCESS);
  if (row->choices) PetscCall(FindChoice(reader, row, node, &choice));
  PetscCall(PetscStrallocpy(node->text, field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadScalar(const VmReader *reader, const VmParam *row, const VmNode *node, void *field)
{
  PetscFunctionBegin;
  if (node->kind != VM_NODE_SCALAR) {
    char example[VM_TEXT_SIZE];
    VmParam one = *row;
    one.count = 1;
    VmRowExample(&one, example);
    PetscCall(VmReaderProblem(reader, node, "a single value is needed here, not a %s; write e.g. %s",
                              node->kind == VM_NODE_SEQUENCE ? "list" : "mapping", example));
  } else if (VmNodeIsNull(node)) {
    PetscCall(VmReaderProblem(reader, node, "has no value; give one or leave the key out"));
  } else if (row->type == VM_BOOL) PetscCall(ReadBool(reader, node, field));
  else if (row->type == VM_INT) PetscCall(ReadInteger(reader, row, node, field));
  else if (row->type == VM_REAL) PetscCall(ReadReal(reader, row, node, field));
  else if (row->type == VM_STRING) PetscCall(ReadString(reader, row, node, field));
  else PetscCall(FindChoice(reader, row, node, field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmReadScalars(const VmReader *reader, const VmParam *row, const VmNode *node, void *field)
{
  PetscFunctionBegin;
  if (row->count <= 1) {
    PetscCall(ReadScalar(reader, row, node, field));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (node->kind != VM_NODE_SEQUENCE || node->count != row->count) {
    char example[VM_TEXT_SIZE], found[32] = "";
    VmRowExample(row, example);
    if (node->kind == VM_NODE_SEQUENCE) snprintf(found, sizeof found, ", not %d", node->count);
    PetscCall(VmReaderProblem(reader, node, "a list of %d values is needed here%s; write e.g. %s", row->count, found,
                              example));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int i = 0; i < row->count; ++i)
    PetscCall(ReadScalar(reader, row, node->items[i], (char *)field + (size_t)i * VmRowElementSize(row)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
