# The programs carry their libraries, all but the C library, rather than load them: two dozen shared libraries are two
# thirds of a short run's time, and 120 mappings that each fork of a worker copies and its end removes
# (docs/decisions/self-contained.md). Libraries of ours and tests load them as usual.
option(MAPIGUARD_SELF_CONTAINED "mapiguard and mapiguard-worker link their libraries statically" ON)
if(MAPIGUARD_SANITIZE)
  set(MAPIGUARD_SELF_CONTAINED OFF)
endif()

# Archives that stand for an imported target in programs that are self-contained.
function(mapiguard_archives target)
  get_target_property(shared ${target} INTERFACE_LINK_LIBRARIES)
  set(archives)
  foreach(name ${ARGN})
    find_library(ARCHIVE_${name} lib${name}.a)
    if(NOT ARCHIVE_${name})
      message(STATUS "lib${name}.a is absent: the programs load their libraries")
      set(MAPIGUARD_SELF_CONTAINED OFF PARENT_SCOPE)
      return()
    endif()
    list(APPEND archives ${ARCHIVE_${name}})
  endforeach()
  set(is_self_contained $<BOOL:$<TARGET_PROPERTY:MAPIGUARD_SELF_CONTAINED>>)
  set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "$<IF:${is_self_contained},${archives},${shared}>")
endfunction()

function(mapiguard_self_contained target)
  if(NOT MAPIGUARD_SELF_CONTAINED)
    return()
  endif()
  set_target_properties(${target} PROPERTIES MAPIGUARD_SELF_CONTAINED ON)
  target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tools/gmime_without_crypto.c)
  target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
endfunction()

if(MAPIGUARD_SELF_CONTAINED)
  mapiguard_archives(PkgConfig::SECCOMP seccomp)
  mapiguard_archives(PkgConfig::SQLITE sqlite3)
  mapiguard_archives(PkgConfig::GMIME gmime-3.0 gobject-2.0 glib-2.0 pcre2-8 ffi idn2 unistring z)
endif()
