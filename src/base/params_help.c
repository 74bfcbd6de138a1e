#include "params_impl.h"

#include <stdio.h>
#include <string.h>

static const char *TypeName(const VmParam *row)
{
  switch (row->type) {
  case VM_BOOL:
    return "true or false";
  case VM_INT:
    return "integer";
  case VM_REAL:
    return VmRowIsBare(row) ? "number" : "quantity";
  case VM_STRING:
    return "text";
  case VM_ENUM:
    return "choice";
  case VM_STRINGS:
    return "list of texts";
  case VM_BLOCK:
  case VM_OPTIONAL:
    return "block";
  case VM_LIST:
    return "list of blocks";
  case VM_PLUGIN:
    return "plug-in";
  case VM_PLUGINS:
    return "list of plug-ins";
  case VM_INCLUDE:
    break;
  }
  return "";
}

/* Prints text folded at 100 columns, indented. */
static void PrintFolded(FILE *out, int indent, const char *text)
{
  int column = 0;
  while (*text) {
    const size_t length = strcspn(text, " ");
    if (column == 0) column = fprintf(out, "%*s%.*s", indent, "", (int)length, text);
    else if (column + 1 + (int)length > 100) column = fprintf(out, "\n%*s%.*s", indent, "", (int)length, text) - 1;
    else column += fprintf(out, " %.*s", (int)length, text);
    text += length + strspn(text + length, " ");
  }
  fputc('\n', out);
}

static void HelpRows(const VmTable *table, int indent, FILE *out);

static void HelpRow(const VmParam *row, int indent, FILE *out)
{
  char text[VM_TEXT_SIZE];
  fprintf(out, "%*s%s  (%s", indent, "", row->key, TypeName(row));
  if (row->count > 1) fprintf(out, ", %d values", row->count);
  if (row->type == VM_REAL && !VmRowIsBare(row)) fprintf(out, " in %s", row->unit);
  VmRowRange(row, text);
  if (text[0]) fprintf(out, ", %s", text);
  if (VmRowIsRequired(row)) fprintf(out, ", required");
  else if (row->default_text && row->default_text[0]) fprintf(out, ", default %s", row->default_text);
  fprintf(out, ")\n");
  if (row->doc) PrintFolded(out, indent + 4, row->doc);
  if (row->choices) {
    VmJoin(row->choices, text);
    fprintf(out, "%*sone of: %s\n", indent + 4, "", text);
  }
  if (row->source) fprintf(out, "%*ssource: %s\n", indent + 4, "", row->source);
  if (row->plugin) {
    fprintf(out, "%*s%s: one of", indent + 4, "", row->plugin->selector);
    for (const VmPluginHead *const *head = row->plugin->table; *head; ++head) fprintf(out, " %s", (*head)->name);
    fprintf(out, "; keys of each: vitromech help %s.NAME\n", row->plugin->kind);
  }
  if (row->subtable) HelpRows(row->subtable, indent + 4, out);
}

static void HelpRows(const VmTable *table, int indent, FILE *out)
{
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    if (row->type == VM_INCLUDE) HelpRows(row->subtable, indent, out);
    else HelpRow(row, indent, out);
  }
}

PetscErrorCode VmParamsHelp(const VmTable *table, FILE *out)
{
  PetscFunctionBegin;
  fprintf(out, "%s: %s\n", table->name, table->doc);
  HelpRows(table, 2, out);
  PetscFunctionReturn(PETSC_SUCCESS);
}
