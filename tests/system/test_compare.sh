#!/bin/bash
# timeout: 60
# Bad words of compare and report end with status 2 and a message, and nothing is written.
. "$VM_SOURCE_DIR/tests/system/common.sh"

ends() { # ends STATUS PATTERN WORDS...: the program ends like this, with the pattern in what it says
  local status=$1 pattern=$2 got
  shift 2
  "$VITROMECH" "$@" >said.txt 2>&1
  got=$?
  [ $got -eq "$status" ] && grep -qi -- "$pattern" said.txt && return 0
  echo "status $got, wanted $status and \"$pattern\"; it said:"
  cat said.txt
  return 1
}

expect "help of compare" ends 0 "examples:" compare --help
expect "help of report" ends 0 "example:" report --help
expect "no words" ends 2 "missing argument" compare
expect "absent analysis" ends 2 "absent.h5" compare absent.h5 --with im2018
expect "inference from an absent sample" ends 2 "a.h5" compare a.h5 --infer flow_unit_fraction sweep
expect "options of inference alone" ends 2 "belong to --infer" compare a.h5 --value x=1
expect "scale that is no number" ends 2 "positive number" compare a.h5 --measured vk.csv --scale thick
expect "output over an input" ends 2 "would replace" compare a.h5 b.h5 --output b.h5
expect "two files and a reference" ends 2 "need one analysis file" compare a.h5 b.h5 --with im2018
expect "nothing to compare with" ends 2 "nothing to compare" compare a.h5
expect "misspelt reference" ends 2 "im2018" compare a.h5 --with im2081
expect "absent measured file" ends 2 "does not exist" compare a.h5 --measured absent.csv
expect "absent result" ends 2 "does not exist" report absent.h5
expect "nothing written" [ "$(echo *)" = said.txt ]
finish
