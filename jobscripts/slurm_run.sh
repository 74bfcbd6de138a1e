#!/bin/bash
#SBATCH --job-name=@NAME@
#SBATCH --ntasks=@RANKS@
#SBATCH --time=@TIME@
#SBATCH --signal=USR1@@NOTICE@
#SBATCH --chdir=@CWD@
#SBATCH --output=@DIRECTORY@/slurm-%j.txt
#SBATCH --open-mode=append
@OPTIONS@
# @TITLE@
#
# Slurm sends USR1 to the program @NOTICE@ s before the time is over: it saves a checkpoint and ends with status 85. The
# script then submits itself again, and that job goes on from the checkpoint, until the case is complete.

# What this cluster needs before a program can start; see jobscripts/modules.example.
if [ -r "${VITROMECH_MODULES:-$HOME/.vitromech_modules}" ]; then
  . "${VITROMECH_MODULES:-$HOME/.vitromech_modules}"
fi

@LAUNCH@ @PROGRAM@ run @CASE@ @SETTINGS@
status=$?

if [ "$status" -eq 85 ]; then
  sbatch --dependency=afterany:"$SLURM_JOB_ID" @SCRIPT@
fi
exit "$status"
