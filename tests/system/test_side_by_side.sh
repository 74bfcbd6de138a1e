#!/usr/bin/env bash
# timeout: 60
# Programs without launcher that start and end beside each other do not disturb each other.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

cat >glass.yaml <<YAML
schema: 1
name: glass
output: {directory: out}
glass: {structure: $VM_SOURCE_DIR/inputs/glasses/al_fcc_4.xyz, tiling: copies, size: [8.099 nm, 8.099 nm, 4.0495 nm]}
YAML
for round in 1 2 3; do
  for i in 1 2 3 4 5 6; do
    ("$VITROMECH" glass glass.yaml --output $round$i.xyz >$round$i.log 2>&1 || echo "exit $?" >>$round$i.log) &
  done
  wait
done
expect "all succeed" test -z "$(grep -l '^exit' ./*.log)"
expect "without a word from MPI" test -z "$(grep -hE 'mca_|Open MPI|MPI_INIT' ./*.log)"
expect "and write the same" test "$(cat ./*.xyz | sort | uniq -c | awk '$1 % 18 != 0' | wc -l)" -eq 0
finish
