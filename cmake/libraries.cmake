# One static library a layer; what each may include stands in cmake/layers.txt.
function(mapiguard_library name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
  target_link_libraries(${name} ${scope} ${ARGN})
  if(scope STREQUAL PUBLIC)
    target_link_libraries(${name} PRIVATE mapiguard_flags)
  endif()
endfunction()

mapiguard_library(mg_base base ${CRYPTO_ARCHIVE} Threads::Threads)
mapiguard_library(mg_model converter/model mg_base)
mapiguard_library(mg_read converter/read mg_model)
mapiguard_library(mg_body converter/body mg_model PkgConfig::GMIME)
# What the build machine's iconv knows of double-byte pages, as tables: no worker opens a codec
# (docs/decisions/double-byte-tables.md).
add_executable(make-charset-tables ${PROJECT_SOURCE_DIR}/tools/make-charset-tables/main.cc)
target_include_directories(make-charset-tables PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(make-charset-tables PRIVATE mapiguard_flags)
set(charset_tables ${PROJECT_BINARY_DIR}/generated/double_byte_tables.cc)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated)
add_custom_command(OUTPUT ${charset_tables} COMMAND make-charset-tables ${charset_tables} DEPENDS make-charset-tables VERBATIM
                   COMMENT "Making charset tables of this machine's iconv")
target_sources(mg_body PRIVATE ${charset_tables})

mapiguard_library(mg_mime converter/mime mg_body PkgConfig::GMIME PkgConfig::ICAL nlohmann_json::nlohmann_json)
mapiguard_library(mg_converter converter mg_mime mg_read)
mapiguard_library(mg_persist persist mg_base PkgConfig::SQLITE Boost::headers nlohmann_json::nlohmann_json)
mapiguard_library(mg_registry tools/registry mg_base)
mapiguard_library(mg_guardian guardian mg_persist mg_converter PkgConfig::SECCOMP PkgConfig::GMIME nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS})
# guardian/canaries.cc builds samples in.
set_source_files_properties(${PROJECT_SOURCE_DIR}/guardian/canaries.cc PROPERTIES COMPILE_DEFINITIONS MAPIGUARD_SAMPLES="${PROJECT_SOURCE_DIR}/corpus/samples")
file(GLOB canaries CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/corpus/samples/*)
set_source_files_properties(${PROJECT_SOURCE_DIR}/guardian/canaries.cc PROPERTIES OBJECT_DEPENDS "${canaries}")
# Its headers alone: guardian/smtp.cc loads the library when it is needed.
if(TARGET mg_guardian)
  target_include_directories(mg_guardian SYSTEM PRIVATE ${CURL_INCLUDE_DIRS})
endif()

# Messages taken apart, changed and put together again, for fuzz targets and the minimiser. The corpus' writers serve it.
file(GLOB corpus_writers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/corpus/*.cc)
list(FILTER corpus_writers EXCLUDE REGEX "/(main|catalogue[a-z_]*)\\.cc$")
add_library(mg_corpus STATIC ${corpus_writers})
target_link_libraries(mg_corpus PUBLIC mg_base PRIVATE mapiguard_flags)
mapiguard_library(mg_mutation fuzz/mutation mg_read mg_body mg_corpus)

# mapiguard torture (tools/torture).
mapiguard_library(mg_torture tools/torture mg_guardian nlohmann_json::nlohmann_json)
mapiguard_library(mg_analyzer tools/analyzer mg_guardian mg_registry nlohmann_json::nlohmann_json)
