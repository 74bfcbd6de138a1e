#!/usr/bin/env bash
# timeout: 1200; labels: long
# Ten kills.
VM_TEST_KILLS=10 exec bash "$VM_SOURCE_DIR/tests/system/test_restart.sh"
