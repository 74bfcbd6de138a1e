#include "params_impl.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  FILE *out;
  int indent;
  bool dash; /* the next line starts an item of a list */
} Writer;

static PetscErrorCode WriteRows(Writer *writer, const VmTable *table, const void *params);

static void StartLine(Writer *writer)
{
  const int spaces = writer->indent - (writer->dash ? 2 : 0);
  fprintf(writer->out, "%*s%s", spaces, "", writer->dash ? "- " : "");
  writer->dash = false;
}

/* Texts that YAML would read as they stand, and that are not taken for something else. */
static bool IsPlain(const char *text)
{
  static const char *const taken[] = {"none", "null", "Null", "NULL", "true", "false"};
  if (!isalpha((unsigned char)text[0]) && text[0] != '/' && text[0] != '.') return false;
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; ++i)
    if (!strcmp(text, taken[i])) return false;
  return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+") == strlen(text);
}

/* Code point of the UTF-8 sequence at text (valid, since it came through the YAML reader) and its length. */
static unsigned CodePoint(const unsigned char *text, int *length)
{
  *length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
  unsigned code = *length == 1 ? text[0] : text[0] & (0x7fu >> *length);
  for (int i = 1; i < *length; ++i) {
    if ((text[i] & 0xc0) != 0x80) {
      *length = i;
      return 0xfffd;
    }
    code = code << 6 | (text[i] & 0x3f);
  }
  return code;
}

/* Escapes what is not printable and the line breaks of Unicode, which YAML would fold. */
static void WriteText(FILE *out, const char *text)
{
  if (IsPlain(text)) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (int length; *text; text += length) {
    const unsigned code = CodePoint((const unsigned char *)text, &length);
    if (code == '"' || code == '\\') fprintf(out, "\\%c", (int)code);
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) fprintf(out, "\\x%02x", code);
    else if (code == 0x2028 || code == 0x2029 || code == 0xfeff) fprintf(out, "\\u%04x", code);
    else fwrite(text, 1, (size_t)length, out);
  }
  fputc('"', out);
}

static void WriteReal(FILE *out, const VmParam *row, double value)
{
  char text[32];
  VmRealText(value, text);
  if (isnan(value)) fputs("none", out);
  else if (VmRowIsBare(row)) fputs(text, out);
  else fprintf(out, "%s %s", text, row->unit);
}

static void WriteScalar(FILE *out, const VmParam *row, const void *field)
{
  switch (row->type) {
  case VM_BOOL:
    fputs(*(const bool *)field ? "true" : "false", out);
    break;
  case VM_INT:
    fprintf(out, "%lld", (long long)*(const int64_t *)field);
    break;
  case VM_REAL:
    WriteReal(out, row, *(const double *)field);
    break;
  case VM_STRING:
    if (*(char *const *)field) WriteText(out, *(char *const *)field);
    else fputs("none", out);
    break;
  default:
    WriteText(out, row->choices[*(const int *)field]);
  }
}

static void WriteScalars(FILE *out, const VmParam *row, const void *field)
{
  const int n = row->count > 1 ? row->count : 1;
  if (n > 1) fputc('[', out);
  for (int i = 0; i < n; ++i) {
    if (i) fputs(", ", out);
    WriteScalar(out, row, (const char *)field + (size_t)i * VmRowElementSize(row));
  }
  if (n > 1) fputc(']', out);
}

/* Whether the rows have anything to write: absent blocks are left out. */
static bool HasContent(const VmTable *table, const void *params)
{
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    const void *field = VmField(const void, params, row);
    if (row->type == VM_OPTIONAL) {
      if (*(void *const *)field) return true;
    } else if (row->type == VM_INCLUDE) {
      if (VmRowDefaultIsNone(row)) field = *(void *const *)field;
      if (field && HasContent(row->subtable, field)) return true;
    } else if (row->type != VM_PLUGIN || ((const VmPlugin *)field)->head) return true;
  }
  return false;
}

static PetscErrorCode WriteBlock(Writer *writer, const VmTable *table, const void *params)
{
  PetscFunctionBegin;
  if (!HasContent(table, params)) {
    fputs(" {}\n", writer->out);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  fputc('\n', writer->out);
  writer->indent += 2;
  PetscCall(WriteRows(writer, table, params));
  writer->indent -= 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WritePluginRows(Writer *writer, const VmParam *row, const VmPlugin *plugin)
{
  PetscFunctionBegin;
  StartLine(writer);
  fprintf(writer->out, "%s: ", row->plugin->selector);
  WriteText(writer->out, plugin->head->name);
  fputc('\n', writer->out);
  if (plugin->params) PetscCall(WriteRows(writer, plugin->head->params, plugin->params));
  if (plugin->common) PetscCall(WriteRows(writer, row->subtable, plugin->common));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteTexts(FILE *out, const VmList *list)
{
  fputs(" [", out);
  for (int i = 0; i < list->count; ++i) {
    if (i) fputs(", ", out);
    WriteText(out, ((char *const *)list->items)[i]);
  }
  fputs("]\n", out);
}

static PetscErrorCode WriteList(Writer *writer, const VmParam *row, const VmList *list)
{
  PetscFunctionBegin;
  if (list->count == 0) {
    fputs(" []\n", writer->out);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  fputc('\n', writer->out);
  writer->indent += 4;
  for (int i = 0; i < list->count; ++i) {
    writer->dash = true;
    if (row->type == VM_PLUGINS) PetscCall(WritePluginRows(writer, row, (const VmPlugin *)list->items + i));
    else {
      const void *item = (const char *)list->items + (size_t)i * row->subtable->size;
      if (HasContent(row->subtable, item)) PetscCall(WriteRows(writer, row->subtable, item));
      else {
        StartLine(writer);
        fputs("{}\n", writer->out);
      }
    }
  }
  writer->indent -= 4;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteRow(Writer *writer, const VmParam *row, const void *field)
{
  const VmPlugin *plugin = field;
  PetscFunctionBegin;
  if (row->type == VM_OPTIONAL && !*(void *const *)field) PetscFunctionReturn(PETSC_SUCCESS);
  if (row->type == VM_PLUGIN && !plugin->head) PetscFunctionReturn(PETSC_SUCCESS);
  StartLine(writer);
  fprintf(writer->out, "%s:", row->key);
  switch (row->type) {
  case VM_BLOCK:
    PetscCall(WriteBlock(writer, row->subtable, field));
    break;
  case VM_OPTIONAL:
    PetscCall(WriteBlock(writer, row->subtable, *(void *const *)field));
    break;
  case VM_STRINGS:
    WriteTexts(writer->out, field);
    break;
  case VM_LIST:
  case VM_PLUGINS:
    PetscCall(WriteList(writer, row, field));
    break;
  case VM_PLUGIN:
    fputc('\n', writer->out);
    writer->indent += 2;
    PetscCall(WritePluginRows(writer, row, plugin));
    writer->indent -= 2;
    break;
  default:
    fputc(' ', writer->out);
    WriteScalars(writer->out, row, field);
    fputc('\n', writer->out);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteRows(Writer *writer, const VmTable *table, const void *params)
{
  PetscFunctionBegin;
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    const void *field = VmField(const void, params, row);
    if (row->type != VM_INCLUDE) {
      PetscCall(WriteRow(writer, row, field));
      continue;
    }
    if (VmRowDefaultIsNone(row)) field = *(void *const *)field;
    if (field) PetscCall(WriteRows(writer, row->subtable, field));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmParamsWriteYaml(const VmTable *table, const void *params, char **yaml)
{
  char *text = NULL;
  size_t size = 0;
  PetscFunctionBegin;
  Writer writer = {.out = open_memstream(&text, &size)};
  PetscCheck(writer.out, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the effective input");
  PetscErrorCode code = PETSC_SUCCESS;
  if (HasContent(table, params)) code = WriteRows(&writer, table, params);
  else fputs("{}\n", writer.out);
  if (fclose(writer.out)) code = code ? code : PETSC_ERR_MEM;
  if (!code) code = PetscStrallocpy(text, yaml);
  free(text);
  PetscFunctionReturn(code);
}
