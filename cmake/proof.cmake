# tests/proof/kill_at.cc → <build>/proof/kill_at, with which `make proof` kills mapiguard at each of its steps.
if(NOT MAPIGUARD_TESTS)
  set(only_when_asked EXCLUDE_FROM_ALL)
endif()
add_executable(kill_at ${only_when_asked} ${PROJECT_SOURCE_DIR}/tests/proof/kill_at.cc)
target_link_libraries(kill_at PRIVATE mapiguard_flags)
set_target_properties(kill_at PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/proof)
