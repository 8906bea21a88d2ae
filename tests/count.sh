# Sourced: run_ctest FOLDER [CTEST OPTIONS] runs the tests of a build folder and ends on one line
# that counts them. Fails if a test fails or none ran.
run_ctest() {
  local folder=$1 junit total failed skipped status=0
  shift
  junit=$PWD/$folder/junit.xml
  # A test without end fails by its name, long before whoever runs all of them loses patience.
  # Tests run side by side: threads of LibTorch that wait must not take the processor from others.
  export OMP_WAIT_POLICY=PASSIVE
  ctest --test-dir "$folder" --output-on-failure --parallel "$(nproc)" --output-junit "$junit" \
    --test-output-size-passed 100000 --progress --timeout 600 "$@" || status=$?
  count() { sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p" "$junit" | head -n 1; }
  total=$(count tests) failed=$(count failures) skipped=$(count skipped)
  local disabled
  disabled=$(count disabled)
  skipped=$((skipped + disabled))
  grep -o 'SKIPPED: .*' "$junit" | sort | uniq -c | sort -rn | head -n 20
  # A name that ctest and Catch2 read differently (with a ';' or a '[') runs nothing, and passes.
  if grep -o "No test cases matched '[^']*" "$junit"; then
    failed=$((failed + 1))
    status=1
  fi
  echo "tests: $((total - failed - skipped)) passed, $failed failed, $skipped skipped"
  [ "$status" -eq 0 ] && [ "$total" -gt "$skipped" ]
}
