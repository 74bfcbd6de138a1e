#!/usr/bin/env bash
# timeout: 180
# The same run on 1, 2, 3 and 4 ranks, and on more ranks than planes: the same history, events and fields to the last bit.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 8 0.04 >case.yaml
expect "1 rank" on_ranks 1 "$VITROMECH" run case.yaml --set output.directory=n1 >log_n1
for n in 2 3 4 11; do
  expect "$n ranks" on_ranks "$n" "$VITROMECH" run case.yaml --set output.directory="n$n" >"log_n$n"
  expect "$n ranks: same results as 1" same_results n1 "n$n"
done
cat log_n1
finish
