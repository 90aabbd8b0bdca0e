# Tests that are no GoogleTest programs.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME layers COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/layers_test.py ${PROJECT_SOURCE_DIR})
add_test(NAME packages COMMAND ${PROJECT_SOURCE_DIR}/tests/packages_test.sh ${PROJECT_SOURCE_DIR})
add_test(NAME documents COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/docs/check.py ${PROJECT_SOURCE_DIR})
set_tests_properties(layers packages documents PROPERTIES TIMEOUT 60)
