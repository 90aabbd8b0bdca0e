# tests/proof/kill_at.cc → <build>/proof/kill_at, with which `make proof` kills mapiguard at each of its steps.
if(NOT MAPIGUARD_TESTS)
  set(only_when_asked EXCLUDE_FROM_ALL)
endif()
add_executable(kill_at ${only_when_asked} ${PROJECT_SOURCE_DIR}/tests/proof/kill_at.cc)
target_link_libraries(kill_at PRIVATE mapiguard_flags)
set_target_properties(kill_at PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/proof)

# A disk that is full or broken at the call that tests/proof/faults.py names: <build>/proof/libfail_io.so.
add_library(fail_io MODULE ${only_when_asked} ${PROJECT_SOURCE_DIR}/tests/proof/fail_io.c)
target_link_libraries(fail_io PRIVATE ${CMAKE_DL_LIBS})
set_target_properties(fail_io PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/proof C_VISIBILITY_PRESET default)

# A host without namespaces, for tests/proof/death_classes.py: <build>/proof/without_namespaces COMMAND.
add_executable(without_namespaces ${only_when_asked} ${PROJECT_SOURCE_DIR}/tests/proof/without_namespaces.c)
target_link_libraries(without_namespaces PRIVATE PkgConfig::SECCOMP)
set_target_properties(without_namespaces PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/proof)

# 200,000 messages through one Guard: <build>/proof/soak, over the tests' worker.
if(MAPIGUARD_TESTS)
  add_executable(soak ${PROJECT_SOURCE_DIR}/tests/proof/soak.cc)
  target_link_libraries(soak PRIVATE mg_guardian mapiguard_flags)
  set_target_properties(soak PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/proof)
  add_dependencies(soak trying-worker)
endif()

# A mapiguard that breaks one promise, with which the proof and the torture must fail: <build>/broken-NAME/mapiguard. A source
# of tests/proof stands in for the function with that symbol.
function(mapiguard_broken name source symbol)
  add_executable(broken-${name} ${only_when_asked} $<TARGET_OBJECTS:mapiguard> ${PROJECT_SOURCE_DIR}/tests/proof/${source})
  target_link_libraries(broken-${name} PRIVATE $<TARGET_PROPERTY:mapiguard,LINK_LIBRARIES> -Wl,--wrap=${symbol})
  set_target_properties(broken-${name} PROPERTIES OUTPUT_NAME mapiguard RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/broken-${name})
  add_custom_command(TARGET broken-${name} POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink ../mapiguard-worker
                     ${PROJECT_BINARY_DIR}/broken-${name}/mapiguard-worker)
endfunction()
if(TARGET mapiguard)
  mapiguard_broken(ndr forget_ndr.cc _ZN9mapiguard10put_outboxERNS_7SessionERKNS_9OutboxRowE)
  mapiguard_broken(charge charge_innocent.cc _ZN9mapiguard6decideERKNS_8StandingENS_10DeathClassEbbRKNS_14PolicySettingsE)
  mapiguard_broken(half deliver_half.cc
                   _ZNK9mapiguard6Output7give_toERKSt8functionIFSt8expectedIvNS_5ErrorEESt4spanIKSt4byteLm18446744073709551615EEEE)
endif()
