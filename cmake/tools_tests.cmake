# tests/tools: the command line, from outside (Python scripts, one CTest test each) and its small parts (test_tools).
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(GTest REQUIRED)

file(GLOB tools_scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/tools/*_test.py)
if(MAPIGUARD_SANITIZE)  # its converter is this program under a memory limit, where no sanitizer can start
  list(FILTER tools_scripts EXCLUDE REGEX torture_test)
endif()
foreach(script IN LISTS tools_scripts)
  cmake_path(GET script STEM name)
  string(REGEX REPLACE "_test$" "" name ${name})
  add_test(NAME tools.${name} COMMAND Python3::Interpreter ${script})
  set_tests_properties(tools.${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "MAPIGUARD=$<TARGET_FILE:mapiguard>;PYTHONDONTWRITEBYTECODE=1")
endforeach()

set(tools_parts mbox moment nearest shell_words)
list(TRANSFORM tools_parts PREPEND ${PROJECT_SOURCE_DIR}/tools/mapiguard/)
list(TRANSFORM tools_parts APPEND .cc)
add_executable(test_tools ${tools_parts} ${PROJECT_SOURCE_DIR}/tests/tools/parts_test.cc)
target_link_libraries(test_tools PRIVATE mg_base mapiguard_flags GTest::gtest GTest::gmock GTest::gtest_main)
gtest_discover_tests(test_tools DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
