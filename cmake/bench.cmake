# bench/NAME.cc → <build>/bench/NAME; bench/run.py runs them and prints the ratios.
pkg_check_modules(GSF REQUIRED IMPORTED_TARGET libgsf-1)
function(mapiguard_bench name)
  add_executable(bench_${name} ${PROJECT_SOURCE_DIR}/bench/${name}.cc)
  target_link_libraries(bench_${name} PRIVATE ${ARGN} mapiguard_flags)
  set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
endfunction()

mapiguard_bench(cfb_read mg_read PkgConfig::GSF)
mapiguard_bench(base64 mg_mime PkgConfig::GMIME)
mapiguard_bench(record mg_persist)
mapiguard_bench(sandbox_cost mg_guardian mg_converter)
mapiguard_bench(worker_memory mg_guardian mg_converter)
mapiguard_bench(recovery mg_guardian mg_converter)
mapiguard_bench(delivered mg_persist PkgConfig::SQLITE)
mapiguard_bench(killer_worker mg_guardian mg_converter)
mapiguard_bench(messages mg_model)
target_sources(bench_messages PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/cfb_builder.cc ${PROJECT_SOURCE_DIR}/tests/support/msg_builder.cc
               ${PROJECT_SOURCE_DIR}/tests/support/property_setters.cc)
