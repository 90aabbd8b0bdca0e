# Tests that are no GoogleTest programs.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME layers COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/layers_test.py ${PROJECT_SOURCE_DIR})
add_test(NAME packages COMMAND ${PROJECT_SOURCE_DIR}/tests/packages_test.sh ${PROJECT_SOURCE_DIR})
add_test(NAME documents COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/docs/check.py ${PROJECT_SOURCE_DIR})
add_test(NAME fuzz_targets COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/fuzz_targets_test.py ${PROJECT_SOURCE_DIR})
set_tests_properties(layers packages documents fuzz_targets PROPERTIES TIMEOUT 60)

# The proof in its short form, and that it can fail. Both are bound by the disk and by sleeping processes, not by the CPU.
if(TARGET mapiguard AND TARGET mapiguard-worker)
  set(proof ${PROJECT_SOURCE_DIR}/tests/proof/proof.py --build ${PROJECT_BINARY_DIR})
  add_test(NAME proof COMMAND Python3::Interpreter ${proof})
  add_test(NAME proof_can_fail
           COMMAND Python3::Interpreter ${proof} --programs ${PROJECT_BINARY_DIR}/broken-ndr --scenario block --points 3 --expect-broken outbox)
  add_test(NAME proof_faults COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/proof/faults.py --build ${PROJECT_BINARY_DIR})
  set_tests_properties(proof_faults PROPERTIES TIMEOUT 400)
  add_test(NAME proof_rotation COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/proof/rotation.py --build ${PROJECT_BINARY_DIR})
  set_tests_properties(proof_rotation PROPERTIES TIMEOUT 120)
  if(NOT MAPIGUARD_SANITIZE)  # their runtimes keep what was freed: no memory is flat then
    add_test(NAME proof_soak COMMAND ${PROJECT_SOURCE_DIR}/tests/proof/soak.sh ${PROJECT_BINARY_DIR} 20000)
    set_tests_properties(proof_soak PROPERTIES TIMEOUT 120)
  endif()
  if(NOT MAPIGUARD_SANITIZE)  # none can start under the memory limit of a converter
    # Each broken build breaks another promise; the torture must name it.
    add_test(NAME torture_can_fail COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/proof/torture.py --build ${PROJECT_BINARY_DIR})
    set_tests_properties(torture_can_fail PROPERTIES TIMEOUT 180 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
  add_test(NAME demo COMMAND ${PROJECT_SOURCE_DIR}/tests/demo.sh ${PROJECT_BINARY_DIR})
  set_tests_properties(proof PROPERTIES TIMEOUT 400)
  set_tests_properties(proof_can_fail demo PROPERTIES TIMEOUT 120)

  # Mail servers that the test itself starts; skipped, saying why, where that cannot be had.
  add_test(NAME smtp_postfix COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/guardian/smtp_postfix_test.py)
  set_tests_properties(smtp_postfix PROPERTIES TIMEOUT 400 SKIP_RETURN_CODE 77
                       ENVIRONMENT "MAPIGUARD=$<TARGET_FILE:mapiguard>;PYTHONDONTWRITEBYTECODE=1")
endif()
