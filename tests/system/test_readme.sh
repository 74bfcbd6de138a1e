#!/usr/bin/env bash
# timeout: 120
# The commands of the README exist and work; every subcommand explains itself with an example that names a subcommand.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
readme=$VM_SOURCE_DIR/README.md

# What bootstrap.sh is asked for in the README.
expect "the two commands are in the README" test "$(grep -cE '^\./bootstrap\.sh (demo|test) ' "$readme")" -eq 2
expect "bootstrap.sh is executable" test -x "$VM_SOURCE_DIR/bootstrap.sh"
expect "bootstrap.sh is valid" bash -n "$VM_SOURCE_DIR/bootstrap.sh"
"$VM_SOURCE_DIR/bootstrap.sh" nonsense >usage 2>&1
expect "bootstrap.sh refuses what it does not know" test $? -eq 2
for word in demo test build; do expect "bootstrap.sh names $word" grep -q "bootstrap.sh $word" usage; done

# Every line of the README that starts with the program, in order; `run` of the demo is the job of .ci/run.
grep -E '^(mpirun -n [0-9]+ )?build/vitromech ' "$readme" | sed 's/ *#.*//' >commands
expect "the README shows commands" test "$(wc -l <commands)" -ge 6
while read -r command; do
  case "$command" in
  *" run "*) command=$(echo "$command" | sed 's/ run / check /') ;;
  *" status "* | *" info "*) continue ;;
  esac
  command=${command/build\/vitromech/$VITROMECH}
  command=${command/mpirun/mpirun --oversubscribe --quiet}
  expect "README: $command" sh -c "$command >>log 2>&1 </dev/null"
done <commands

# Files the README names are there.
grep -oE '\]\([^)]+\)' "$readme" | tr -d ']()' | while read -r file; do
  test -e "$VM_SOURCE_DIR/$file" || echo "$file"
done >absent
expect "files named in the README: $(cat absent)" test ! -s absent

# --help of each subcommand: usage, and an example.
"$VITROMECH" --help | sed -nE 's/^  ([a-z]+) .*/\1/p' >subcommands
expect "there are subcommands" test "$(wc -l <subcommands)" -ge 10
while read -r name; do
  "$VITROMECH" "$name" --help >"help_$name" </dev/null
  expect "$name --help: exit 0" test $? -eq 0
  expect "$name --help: usage" grep -q "^usage: vitromech $name" "help_$name"
  expect "$name --help: example" sh -c "sed -n '/^example/,\$p' help_$name | grep -qE 'vitromech $name'"
  expect "help $name says the same" sh -c "'$VITROMECH' help $name | head -n \$(wc -l <help_$name) | cmp - help_$name"
done <subcommands

expect "the schema of a plan is JSON" sh -c "'$VITROMECH' schema sweep | /usr/bin/python3 -m json.tool >/dev/null"
expect "the schema is JSON" sh -c "'$VITROMECH' schema | /usr/bin/python3 -m json.tool >schema.json"
for key in cells shear_modulus stz_volume structure semi_angle references; do
  expect "the schema knows $key" grep -q "\"$key\"" schema.json
done
expect "--version" sh -c "'$VITROMECH' --version | grep -qE '^vitromech [0-9]+\.[0-9]+\.[0-9]+'"
finish
