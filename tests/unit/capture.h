/* What a call prints to stderr, as text to check. */
#ifndef VM_TEST_CAPTURE_H
#define VM_TEST_CAPTURE_H

#include "vm_test.h"
#include <vitromech/tree.h>
#include <unistd.h>

typedef struct {
  FILE *file;
  int saved;
} Capture;

static inline void CaptureBegin(Capture *capture)
{
  fflush(stderr);
  capture->file = tmpfile();
  capture->saved = dup(STDERR_FILENO);
  if (!capture->file || capture->saved < 0 || dup2(fileno(capture->file), STDERR_FILENO) < 0) abort();
}

/* Ends the capture; text is cut at size. */
static inline void CaptureEnd(Capture *capture, char *text, size_t size)
{
  fflush(stderr);
  dup2(capture->saved, STDERR_FILENO);
  close(capture->saved);
  rewind(capture->file);
  text[fread(text, 1, size - 1, capture->file)] = '\0';
  fclose(capture->file);
}

static inline int CountLines(const char *text)
{
  int n = 0;
  for (; *text; ++text) n += *text == '\n';
  return n;
}

/* Shows the problems of a report into text and destroys it. */
static inline PetscErrorCode TakeReport(VmReport *report, char *text, size_t size)
{
  Capture capture;
  PetscFunctionBegin;
  const bool any = VmReportCount(*report) > 0;
  CaptureBegin(&capture);
  const PetscErrorCode code = VmReportFinish(*report);
  CaptureEnd(&capture, text, size);
  VmExpectInt(code, any ? VM_ERR_INPUT : 0);
  PetscCall(VmReportDestroy(report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
