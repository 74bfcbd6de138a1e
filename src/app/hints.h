/* L5. Options that say what a 4D-STEM file does not say, or says wrongly. */
#ifndef VM_APP_HINTS_H
#define VM_APP_HINTS_H

#include "command.h"

typedef struct {
  const char *scan, *detector, *scan_pitch, *pitch, *gain, *centre, *format, *type, *extra_frames;
} VmHintWords;

/* The rows of a table of options that fill `words`. */
#define VM_HINT_OPTIONS(words)                                                                                         \
  {.name = "--scan", .value = &(words).scan}, {.name = "--detector", .value = &(words).detector},                      \
      {.name = "--scan-pitch", .value = &(words).scan_pitch}, {.name = "--pitch", .value = &(words).pitch},            \
      {.name = "--gain", .value = &(words).gain}, {.name = "--centre", .value = &(words).centre},                      \
      {.name = "--format", .value = &(words).format}, {.name = "--type", .value = &(words).type},                      \
  {                                                                                                                    \
    .name = "--extra-frames", .value = &(words).extra_frames                                                           \
  }

#define VM_HINT_HELP                                                                                                   \
  "  --pitch, --scan-pitch, --gain, --centre, --scan, --detector\n"                                                    \
  "                       what the file does not say, or says wrongly: detector pixel (k = 1/d), step of the "         \
  "scan,\n"                                                                                                            \
  "                       counts per electron, direct beam in pixels, numbers of probes and of pixels\n"               \
  "  --format NAME        of `vitromech list cube`, instead of recognition by content\n"                               \
  "  --type TYPE          of the numbers of a raw file: uint8, uint16, float32 ...; uint16be is big-endian\n"          \
  "  --extra-frames WHAT  when there are more frames than points of the scan: error (default), drop-tail,\n"           \
  "                       skip-per-line (flyback)\n"

/** The hints of these words; a word that is none: VM_ERR_INPUT. The texts are not copied. Collective. */
PetscErrorCode VmHintsParse(MPI_Comm comm, const VmHintWords *words, VmCubeHints *hints);

#endif
