#include <vitromech/log.h>
#include <vitromech/timer.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct VmProgress_s {
  MPI_Comm comm;
  int rank;
  bool terminal;
  char *what, *path; /* path of status.json, NULL: none */
  double start, last, fraction;
  double first_fraction; /* at the first report: a resumed job does not start at 0 */
  bool begun;
  char message[512];
};

/* Seconds between two lines. */
#define INTERVAL 3.0

/* Seconds still to go, NAN while unknown. */
static double Remaining(VmProgress progress, double now)
{
  const double done = progress->fraction - progress->first_fraction;
  if (done <= 0.0 || now <= progress->start) return NAN;
  return (now - progress->start) * (1.0 - progress->fraction) / done;
}

/* Text as a JSON string; control characters become spaces. */
static void PrintJson(FILE *file, const char *text)
{
  fputc('"', file);
  for (; *text; ++text) {
    if (*text == '"' || *text == '\\') fputc('\\', file);
    fputc((unsigned char)*text < 0x20 ? ' ' : *text, file);
  }
  fputc('"', file);
}

/* Replaces status.json. A status that cannot be written never stops the work it is about. */
static void WriteStatus(VmProgress progress, const char *status)
{
  char part[4096];
  const double now = VmTime(), remaining = Remaining(progress, now);
  if (!progress->path || snprintf(part, sizeof part, "%s.part", progress->path) >= (int)sizeof part) return;
  FILE *file = fopen(part, "w");
  if (!file) return;
  fprintf(file, "{\"what\": ");
  PrintJson(file, progress->what);
  fprintf(file, ", \"status\": ");
  PrintJson(file, status);
  fprintf(file, ", \"fraction\": %.6g, \"elapsed_s\": %.1f, ", progress->fraction, now - progress->start);
  if (isfinite(remaining)) fprintf(file, "\"remaining_s\": %.1f, ", remaining);
  else fprintf(file, "\"remaining_s\": null, ");
  fprintf(file, "\"message\": ");
  PrintJson(file, progress->message);
  fprintf(file, "}\n");
  if (fclose(file) || rename(part, progress->path)) unlink(part);
}

PetscErrorCode VmProgressCreate(MPI_Comm comm, const char *what, const char *directory, VmProgress *out)
{
  VmProgress progress;
  PetscFunctionBegin;
  PetscCall(PetscNew(&progress));
  progress->comm = comm;
  PetscCallMPI(MPI_Comm_rank(comm, &progress->rank));
  /* launchers give each rank a pseudo-terminal, whatever reads their own output */
  progress->terminal = isatty(STDOUT_FILENO) && !getenv("PMIX_RANK") && !getenv("PMI_RANK");
  progress->start = VmTime();
  progress->last = progress->start;
  PetscCall(PetscStrallocpy(what, &progress->what));
  if (directory) {
    const size_t room = strlen(directory) + sizeof "/status.json";
    PetscCall(PetscMalloc1(room, &progress->path));
    snprintf(progress->path, room, "%s/status.json", directory);
  }
  if (progress->rank == 0) WriteStatus(progress, "running");
  *out = progress;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PrintLine(VmProgress progress, double now)
{
  const double remaining = Remaining(progress, now);
  char left[32] = "?";
  if (isfinite(remaining)) snprintf(left, sizeof left, "%d:%02d", (int)(remaining / 60.0), (int)fmod(remaining, 60.0));
  printf("%s%-9s %5.1f %%  ETA %s  %s%s", progress->terminal ? "\r\033[K" : "", progress->what,
         100.0 * progress->fraction, left, progress->message, progress->terminal ? "" : "\n");
  fflush(stdout);
}

PetscErrorCode VmProgressUpdate(VmProgress progress, double fraction, const char *format, ...)
{
  va_list args;
  PetscFunctionBegin;
  if (progress->rank) PetscFunctionReturn(PETSC_SUCCESS);
  if (!progress->begun) progress->first_fraction = fraction, progress->begun = true;
  progress->fraction = fmax(progress->fraction, fraction); /* a strain under constant stress may go back */
  const double now = VmTime();
  if (now - progress->last < INTERVAL) PetscFunctionReturn(PETSC_SUCCESS);
  progress->last = now;
  va_start(args, format);
  vsnprintf(progress->message, sizeof progress->message, format, args);
  va_end(args);
  PrintLine(progress, now);
  WriteStatus(progress, "running");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProgressDestroy(VmProgress *progress, const char *status)
{
  PetscFunctionBegin;
  if (!*progress) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*progress)->rank == 0) {
    if (!strcmp(status, "complete")) (*progress)->fraction = 1.0;
    if ((*progress)->terminal && (*progress)->message[0]) printf("\n");
    WriteStatus(*progress, status);
  }
  PetscCall(PetscFree((*progress)->what));
  PetscCall(PetscFree((*progress)->path));
  PetscCall(PetscFree(*progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}
