#include "text.h"
#include <vitromech/atoms.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

PetscErrorCode VmTextBad(const VmText *text, const char *format, ...)
{
  char message[512];
  va_list arguments;
  if (text->quiet) return VM_ERR_INPUT;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return VmRaiseLocal(VM_ERR_INPUT, "%s:%lld: %s", text->path, (long long)PetscMax(text->line, 1), message);
}

/* zlib passes plain files through. */
PetscErrorCode VmTextLoad(const char *path, VmText *text, char **buffer)
{
  size_t capacity = 1 << 20, used = 0;
  int got, close_status;

  PetscFunctionBegin;
  *buffer = NULL;
  gzFile file = gzopen(path, "rb");
  if (!file) return VmRaiseLocal(VM_ERR_INPUT, "%s: cannot be opened; give the path of a file of atoms", path);
  PetscCall(PetscMalloc(capacity + 1, buffer));
  while ((got = gzread(file, *buffer + used, (unsigned)PetscMin(capacity - used, (size_t)1 << 28))) > 0) {
    used += (size_t)got;
    if (used == capacity) {
      capacity *= 2;
      PetscCall(PetscRealloc(capacity + 1, buffer));
    }
  }
  close_status = gzclose(file);
  (*buffer)[used] = '\0';
  *text = (VmText){.path = path, .at = *buffer, .end = *buffer + used};
  if (got < 0 || close_status != Z_OK) {
    text->line = 1;
    for (size_t i = 0; i < used; ++i) text->line += (*buffer)[i] == '\n';
    PetscCall(PetscFree(*buffer));
    return VmTextBad(text, "the compressed data are damaged or truncated here");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmTextLine(VmText *text, VmToken *line)
{
  if (text->at >= text->end) return false;
  const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
  const char *end = newline ? newline : text->end;
  line->at = text->at;
  text->at = newline ? newline + 1 : text->end;
  if (end > line->at && end[-1] == '\r') --end;
  line->length = (size_t)(end - line->at);
  ++text->line;
  return true;
}

bool VmTextEmpty(VmText text)
{
  VmToken line;
  while (VmTextLine(&text, &line)) {
    if (VmTokens(line, 0, NULL) > 0) return false;
  }
  return true;
}

PetscErrorCode VmTextHolds(const VmText *text, int64_t count, int bytes)
{
  if (count <= (text->end - text->at + 1) / bytes) return PETSC_SUCCESS;
  VmText last = *text;
  for (const char *p = text->at; p < text->end; ++p) last.line += *p == '\n';
  return VmTextBad(&last, "the file ends too early for %lld atoms", (long long)count);
}

PetscErrorCode VmTextWhole(const VmText *text)
{
  if (text->at < text->end || text->line == 0 || text->end[-1] == '\n') return PETSC_SUCCESS;
  return VmTextBad(text, "the last line does not end: the file seems truncated (if it is whole, append a newline)");
}

static bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

int VmTokens(VmToken line, int max, VmToken *token)
{
  const char *const end = line.at + line.length;
  int count = 0;
  for (const char *p = line.at; p < end;) {
    while (p < end && IsBlank(*p)) ++p;
    const char *start = p;
    while (p < end && !IsBlank(*p)) ++p;
    if (p == start) break;
    if (count < max) token[count] = (VmToken){start, (size_t)(p - start)};
    ++count;
  }
  return count;
}

bool VmTokenIs(VmToken token, const char *word)
{
  return token.length == strlen(word) && memcmp(token.at, word, token.length) == 0;
}

bool VmTokenNumber(VmToken token, double *value)
{
  char *stop;
  if (token.length == 0 || !(isdigit((unsigned char)token.at[0]) || strchr("+-.", token.at[0]))) return false;
  for (size_t i = 0; i < token.length; ++i) {
    if (!isdigit((unsigned char)token.at[i]) && !strchr("+-.eE", token.at[i])) return false;
  }
  *value = strtod(token.at, &stop);
  return stop == token.at + token.length && isfinite(*value);
}

bool VmTokenInteger(VmToken token, int64_t lo, int64_t hi, int64_t *value)
{
  double number;
  if (!VmTokenNumber(token, &number) || number != floor(number) || fabs(number) > 9e15) return false;
  *value = (int64_t)number;
  return *value >= lo && *value <= hi;
}

int VmTokenElement(VmToken token)
{
  char symbol[4] = "";
  if (token.length < sizeof symbol) memcpy(symbol, token.at, token.length);
  return VmElementNumber(symbol);
}
