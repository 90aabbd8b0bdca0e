# version.h carries a hash over the converter's sources: a verdict names the converter that it was made with.
file(GLOB_RECURSE converter_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/converter/*.cc ${PROJECT_SOURCE_DIR}/converter/*.h
     ${PROJECT_SOURCE_DIR}/base/*.cc ${PROJECT_SOURCE_DIR}/base/*.h)
list(SORT converter_sources)
set(hashes "")
foreach(source IN LISTS converter_sources)
  file(SHA256 ${source} hash)
  string(APPEND hashes ${hash})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endforeach()
string(SHA256 MAPIGUARD_SOURCE_HASH "${hashes}")
string(SUBSTRING ${MAPIGUARD_SOURCE_HASH} 0 12 MAPIGUARD_SOURCE_HASH)
configure_file(${PROJECT_SOURCE_DIR}/include/mapiguard/version.h.in ${PROJECT_BINARY_DIR}/include/mapiguard/version.h)
