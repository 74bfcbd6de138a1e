#!/bin/bash
#SBATCH --job-name=@NAME@
#SBATCH --array=0-@LAST@%@AT_ONCE@
#SBATCH --ntasks=@RANKS@
#SBATCH --time=@TIME@
#SBATCH --signal=USR1@@NOTICE@
#SBATCH --chdir=@CWD@
#SBATCH --output=@DIRECTORY@/slurm-%A_%a.txt
#SBATCH --open-mode=append
@OPTIONS@
# @TITLE@
#
# One task of the array is one point of the sweep. A point that is complete ends at once; one that runs out of time saves a
# checkpoint (USR1, @NOTICE@ s before the end), ends with status 85 and is submitted again, alone.

# What this cluster needs before a program can start; see jobscripts/modules.example.
if [ -r "${VITROMECH_MODULES:-$HOME/.vitromech_modules}" ]; then
  . "${VITROMECH_MODULES:-$HOME/.vitromech_modules}"
fi

@LAUNCH@ @PROGRAM@ sweep @CASE@ --point "$SLURM_ARRAY_TASK_ID"
status=$?

if [ "$status" -eq 85 ]; then
  sbatch --array="$SLURM_ARRAY_TASK_ID" @SCRIPT@
fi
exit "$status"
