#include "params_impl.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool VmRowIsEnd(const VmParam *row) { return !row->key && row->type != VM_INCLUDE; }

bool VmRowIsScalar(const VmParam *row)
{
  switch (row->type) {
  case VM_BOOL:
  case VM_INT:
  case VM_REAL:
  case VM_STRING:
  case VM_ENUM:
    return true;
  default:
    return false;
  }
}

bool VmRowDefaultIsNone(const VmParam *row)
{
  return row->default_text && !strcmp(row->default_text, "none") && row->type != VM_ENUM;
}

bool VmRowIsRequired(const VmParam *row)
{
  switch (row->type) {
  case VM_OPTIONAL:
    return false;
  case VM_BLOCK:
    return VmTableNeedsInput(row->subtable);
  case VM_INCLUDE:
    return !VmRowDefaultIsNone(row) && VmTableNeedsInput(row->subtable);
  default:
    return !row->default_text;
  }
}

bool VmRowIsBare(const VmParam *row) { return !row->unit || !strcmp(row->unit, "1"); }

size_t VmRowElementSize(const VmParam *row)
{
  switch (row->type) {
  case VM_BOOL:
    return sizeof(bool);
  case VM_INT:
    return sizeof(int64_t);
  case VM_REAL:
    return sizeof(double);
  case VM_STRING:
    return sizeof(char *);
  default:
    return sizeof(int);
  }
}

bool VmTableNeedsInput(const VmTable *table)
{
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row)
    if (VmRowIsRequired(row)) return true;
  return false;
}

int VmTableKeys(const VmTable *table, const char **keys)
{
  int n = 0;
  if (!table) return 0;
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    if (row->type == VM_INCLUDE) n += VmTableKeys(row->subtable, keys ? keys + n : NULL);
    else {
      if (keys) keys[n] = row->key;
      ++n;
    }
  }
  return n;
}

void VmRealText(double value, char text[32])
{
  for (int digits = 15; digits <= 17; ++digits) {
    snprintf(text, 32, "%.*g", digits, value);
    if (strtod(text, NULL) == value) return;
  }
}

/* A limit as text with unit. */
static void LimitText(const VmParam *row, double limit, char text[96])
{
  const bool bare = VmRowIsBare(row);
  char number[32];
  VmRealText(limit, number);
  snprintf(text, 96, "%s%s%.40s", number, bare ? "" : " ", bare ? "" : row->unit);
}

void VmRowLimits(const VmParam *row, bool *low, bool *high)
{
  const double huge = row->type == VM_INT ? 9e18 : DBL_MAX;
  const bool any = row->min != 0 || row->max != 0;
  *low = any && row->min > -huge;
  *high = any && row->max < huge;
}

void VmRowRange(const VmParam *row, char text[VM_TEXT_SIZE])
{
  char min[96], max[96];
  bool low, high;
  VmRowLimits(row, &low, &high);
  LimitText(row, row->min, min);
  LimitText(row, row->max, max);
  if (low && high) snprintf(text, VM_TEXT_SIZE, "between %s and %s", min, max);
  else if (low) snprintf(text, VM_TEXT_SIZE, "at least %s", min);
  else if (high) snprintf(text, VM_TEXT_SIZE, "at most %s", max);
  else text[0] = '\0';
}

static void NumberExample(const VmParam *row, char text[96])
{
  bool low, high;
  VmRowLimits(row, &low, &high);
  const double value = low && row->min > 1 ? row->min : high && row->max < 1 ? row->max : 1;
  LimitText(row, value, text);
}

void VmRowExample(const VmParam *row, char text[VM_TEXT_SIZE])
{
  char one[96] = "text";
  if (row->type == VM_BOOL) snprintf(one, sizeof one, "true");
  else if (row->type == VM_INT || row->type == VM_REAL) NumberExample(row, one);
  else if ((VmRowIsScalar(row) || row->type == VM_STRINGS) && row->choices)
    snprintf(one, sizeof one, "%s", row->choices[0]);
  else if (row->plugin)
    snprintf(one, sizeof one, "{%s: %s}", row->plugin->selector,
             row->plugin->table[0] ? row->plugin->table[0]->name : "...");
  else if (row->subtable) snprintf(one, sizeof one, "{%s: ...}", row->subtable->rows[0].key);
  size_t n = (size_t)snprintf(text, VM_TEXT_SIZE, "%s%s", row->count > 1 ? "[" : "", one);
  for (int i = 1; i < row->count && n < VM_TEXT_SIZE - 100; ++i)
    n += (size_t)snprintf(text + n, VM_TEXT_SIZE - n, ", %s%s", one, i == row->count - 1 ? "]" : "");
  if (row->type == VM_LIST || row->type == VM_PLUGINS || row->type == VM_STRINGS)
    snprintf(text, VM_TEXT_SIZE, "[%s]", one);
}

void VmJoin(const char *const *words, char text[VM_TEXT_SIZE])
{
  size_t n = 0;
  text[0] = '\0';
  for (const char *const *w = words; *w; ++w) {
    if (n + strlen(*w) + 6 > VM_TEXT_SIZE) {
      snprintf(text + n, VM_TEXT_SIZE - n, " ...");
      return;
    }
    n += (size_t)snprintf(text + n, VM_TEXT_SIZE - n, "%s%s", n ? ", " : "", *w);
  }
}

PetscErrorCode VmPluginNames(const VmPluginKind *kind, const char ***names)
{
  size_t n = 0;
  PetscFunctionBegin;
  while (kind->table[n]) ++n;
  PetscCall(PetscCalloc1(n + 1, names));
  for (size_t i = 0; i < n; ++i) (*names)[i] = kind->table[i]->name;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmPluginHead *VmPluginFind(const VmPluginKind *kind, const char *name)
{
  for (const VmPluginHead *const *head = kind->table; *head; ++head)
    if (!strcmp((*head)->name, name)) return *head;
  return NULL;
}
