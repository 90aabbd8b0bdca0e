if(MAPIGUARD_PLANTED_BUGS)
  if(NOT MAPIGUARD_FUZZ)
    message(FATAL_ERROR "MAPIGUARD_PLANTED_BUGS is for fuzz builds alone: cmake --preset fuzz -DMAPIGUARD_PLANTED_BUGS=ON")
  endif()
  target_compile_definitions(mapiguard_flags INTERFACE MAPIGUARD_PLANTED_BUGS=1)
endif()

# fuzz/UNIT.cc holds one LLVMFuzzerTestOneInput. Each builds twice: with a fuzzing engine (MAPIGUARD_FUZZ), and always with
# an ordinary main that replays files, which ctest runs over the seeds and the samples, so that no fuzzer rots.
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*.cc)
list(FILTER fuzz_sources EXCLUDE REGEX "/(replay_main|fuzz_[a-z_]*|[a-z_]*_support)\\.cc$")
file(GLOB fuzz_support CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_support.cc)
# Structure-aware mutation for targets that read messages; compiled with every build, linked where libFuzzer is.
set(mutation_hooks ${PROJECT_SOURCE_DIR}/fuzz/mutation_support.cc)
list(REMOVE_ITEM fuzz_support ${mutation_hooks})
set(mutated_units msg tnef convert)
add_library(fuzz_mutation_hooks OBJECT ${mutation_hooks})
target_link_libraries(fuzz_mutation_hooks PRIVATE mg_mutation mapiguard_flags)
add_library(fuzz_support OBJECT ${fuzz_support})
target_link_libraries(fuzz_support PRIVATE mg_converter mapiguard_flags)

if(MAPIGUARD_FUZZ)
  # Who brings main and the mutants: libFuzzer, AFL++ (its compilers know the option), or what OSS-Fuzz names.
  set(MAPIGUARD_FUZZ_ENGINE "-fsanitize=fuzzer" CACHE STRING "Linked into fuzz targets: an option or a library")
  separate_arguments(engine UNIX_COMMAND "${MAPIGUARD_FUZZ_ENGINE}")
  # g++ is the compiler that judges warnings; clang has others, also about Debian's headers.
  target_compile_options(mapiguard_flags INTERFACE -Wno-error)
  if(CMAKE_CXX_COMPILER MATCHES "afl-")
    set(is_libfuzzer OFF)  # the compiler itself counts coverage
  elseif(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "Fuzz targets need clang (cmake --preset fuzz) or AFL++ (cmake --preset fuzz-afl)")
  elseif(MAPIGUARD_FUZZ_ENGINE STREQUAL "-fsanitize=fuzzer")
    set(is_libfuzzer ON)
    # The libraries count coverage too; only the targets bring libFuzzer's main.
    target_compile_options(mapiguard_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(mapiguard_flags INTERFACE -fsanitize=fuzzer-no-link)
  else()
    set(is_libfuzzer OFF)  # the flags of the environment count coverage
  endif()
  add_custom_target(fuzzers)
  # The mutator is not what is fuzzed: without instruments it leaves its target three times as many runs. It has its own tests
  # under sanitizers.
  get_target_property(mutation_sources mg_mutation SOURCES)
  if(is_libfuzzer)
    set_source_files_properties(${mutation_sources} ${corpus_writers} PROPERTIES COMPILE_OPTIONS "-fno-sanitize=all")
  endif()
endif()

foreach(source IN LISTS fuzz_sources)
  cmake_path(GET source STEM unit)
  if(MAPIGUARD_FUZZ)
    add_executable(fuzz_${unit} ${source})
    target_link_libraries(fuzz_${unit} PRIVATE fuzz_support mg_converter mapiguard_flags ${engine})
    set_target_properties(fuzz_${unit} PROPERTIES OUTPUT_NAME ${unit} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    if(unit IN_LIST mutated_units)
      if(is_libfuzzer)
        target_link_libraries(fuzz_${unit} PRIVATE fuzz_mutation_hooks mg_mutation)
      endif()
    else()
      target_link_libraries(fuzz_${unit} PRIVATE mg_guardian mg_registry)
    endif()
    add_dependencies(fuzzers fuzz_${unit})
  elseif(MAPIGUARD_TESTS)
    add_executable(replay_${unit} ${source} ${PROJECT_SOURCE_DIR}/fuzz/replay_main.cc)
    target_link_libraries(replay_${unit} PRIVATE fuzz_support mg_converter mapiguard_flags)
    if(NOT unit IN_LIST mutated_units)
      target_link_libraries(replay_${unit} PRIVATE mg_guardian mg_registry)
    endif()
    set_target_properties(replay_${unit} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    add_test(NAME fuzz_replay.${unit}
             COMMAND replay_${unit} ${PROJECT_SOURCE_DIR}/fuzz/seeds/${unit} ${PROJECT_SOURCE_DIR}/corpus/samples)
    set_tests_properties(fuzz_replay.${unit} PROPERTIES TIMEOUT 120)
  endif()
endforeach()
