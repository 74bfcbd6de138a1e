#include "params_impl.h"

#include <stdio.h>
#include <string.h>

/* Writes text as a JSON string. */
static void Text(FILE *out, const char *text)
{
  fputc('"', out);
  for (; text && *text; ++text) {
    if (*text == '"' || *text == '\\') fprintf(out, "\\%c", *text);
    else if ((unsigned char)*text < 0x20) fprintf(out, "\\u%04x", (unsigned)*text);
    else fputc(*text, out);
  }
  fputc('"', out);
}

static void Properties(const VmTable *table, bool *first, FILE *out);
static void Required(const VmTable *table, bool *first, FILE *out);

static void Comma(bool *first, FILE *out)
{
  if (!*first) fprintf(out, ", ");
  *first = false;
}

/* An object of the keys of one or two tables (either may be NULL) and, if given, of a selector with a fixed name. */
static void Object(const VmTable *table, const VmTable *common, const char *selector, const char *name, FILE *out)
{
  bool first = true;
  fprintf(out, "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {");
  if (selector) {
    Comma(&first, out);
    Text(out, selector);
    fprintf(out, ": {\"const\": ");
    Text(out, name);
    fputc('}', out);
  }
  if (table) Properties(table, &first, out);
  if (common) Properties(common, &first, out);
  fprintf(out, "}, \"required\": [");
  first = true;
  if (selector) Comma(&first, out), Text(out, selector);
  if (table) Required(table, &first, out);
  if (common) Required(common, &first, out);
  fprintf(out, "]}");
}

static void Plugins(const VmParam *row, FILE *out)
{
  fprintf(out, "{\"oneOf\": [");
  for (const VmPluginHead *const *head = row->plugin->table; *head; ++head) {
    if (head != row->plugin->table) fprintf(out, ", ");
    Object((*head)->params, row->subtable, row->plugin->selector, (*head)->name, out);
  }
  fprintf(out, "]}");
}

static void Choices(const VmParam *row, FILE *out)
{
  fprintf(out, "{\"enum\": [");
  for (int i = 0; row->choices[i]; ++i) {
    if (i) fprintf(out, ", ");
    Text(out, row->choices[i]);
  }
  fprintf(out, "]}");
}

static void Bounds(const VmParam *row, FILE *out)
{
  bool low, high;
  VmRowLimits(row, &low, &high);
  if (low) fprintf(out, ", \"minimum\": %.17g", row->min);
  if (high) fprintf(out, ", \"maximum\": %.17g", row->max);
}

/* A number with its unit is text; a bare one may be text too: a percentage, or 1e-4, which YAML 1.1 takes for text. */
static void Real(const VmParam *row, FILE *out)
{
  const char *none = VmRowDefaultIsNone(row) ? "^none$|" : "";
  static const char number[] = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?";
  if (VmRowIsBare(row)) {
    fprintf(out, "{\"type\": [\"number\", \"string\"], \"pattern\": \"%s%s *%%?$\"", none, number);
    Bounds(row, out);
    fputc('}', out);
  } else fprintf(out, "{\"type\": \"string\", \"pattern\": \"%s%s *(1/)?[^-+0-9. ][^ ]*( [^ ]+)*$\"}", none, number);
}

/* One value, whatever `count` says. */
static void Value(const VmParam *row, FILE *out)
{
  switch (row->type) {
  case VM_BOOL:
    fprintf(out, "{\"type\": \"boolean\"}");
    break;
  case VM_INT:
    fprintf(out, "{\"type\": \"integer\""), Bounds(row, out), fputc('}', out);
    break;
  case VM_REAL:
    Real(row, out);
    break;
  case VM_STRING:
    if (row->choices) Choices(row, out);
    else fprintf(out, "{\"type\": \"string\"}");
    break;
  case VM_ENUM:
    Choices(row, out);
    break;
  case VM_STRINGS:
    fprintf(out, "{\"type\": \"array\", \"items\": ");
    if (row->choices) Choices(row, out);
    else fprintf(out, "{\"type\": \"string\"}");
    fputc('}', out);
    break;
  case VM_BLOCK:
  case VM_OPTIONAL:
    Object(row->subtable, NULL, NULL, NULL, out);
    break;
  case VM_LIST:
    fprintf(out, "{\"type\": \"array\", \"items\": ");
    Object(row->subtable, NULL, NULL, NULL, out);
    fputc('}', out);
    break;
  case VM_PLUGIN:
    Plugins(row, out);
    break;
  case VM_PLUGINS:
    fprintf(out, "{\"type\": \"array\", \"items\": ");
    Plugins(row, out);
    fputc('}', out);
    break;
  case VM_INCLUDE:
    break;
  }
}

static void Property(const VmParam *row, FILE *out)
{
  Text(out, row->key);
  fprintf(out, ": {\"description\": ");
  Text(out, row->doc);
  if (row->unit) fprintf(out, ", \"x-unit\": "), Text(out, row->unit);
  if (row->default_text && row->default_text[0]) fprintf(out, ", \"x-default\": "), Text(out, row->default_text);
  fprintf(out, ", \"allOf\": [");
  if (row->count > 1) {
    fprintf(out, "{\"type\": \"array\", \"minItems\": %d, \"maxItems\": %d, \"items\": ", row->count, row->count);
    Value(row, out);
    fputc('}', out);
  } else Value(row, out);
  fprintf(out, "]}");
}

static void Properties(const VmTable *table, bool *first, FILE *out)
{
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    if (row->type == VM_INCLUDE) Properties(row->subtable, first, out);
    else Comma(first, out), Property(row, out);
  }
}

static void Required(const VmTable *table, bool *first, FILE *out)
{
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    if (row->type == VM_INCLUDE) {
      if (!VmRowDefaultIsNone(row)) Required(row->subtable, first, out);
    } else if (VmRowIsRequired(row)) Comma(first, out), Text(out, row->key);
  }
}

PetscErrorCode VmParamsSchema(const VmTable *table, FILE *out)
{
  PetscFunctionBegin;
  fprintf(out, "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": ");
  Text(out, table->name);
  fprintf(out, ", \"description\": ");
  Text(out, table->doc);
  fprintf(out, ", \"allOf\": [");
  Object(table, NULL, NULL, NULL, out);
  fprintf(out, "]}\n");
  PetscFunctionReturn(PETSC_SUCCESS);
}
