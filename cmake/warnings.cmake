add_library(mapiguard_flags INTERFACE)
target_compile_options(mapiguard_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  -fstack-protector-strong -fstack-clash-protection -fno-omit-frame-pointer)
target_compile_definitions(mapiguard_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
target_link_options(mapiguard_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--build-id)
if(MAPIGUARD_SANITIZE)
  target_compile_options(mapiguard_flags INTERFACE -fsanitize=${MAPIGUARD_SANITIZE} -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  target_link_options(mapiguard_flags INTERFACE -fsanitize=${MAPIGUARD_SANITIZE})
  target_compile_definitions(mapiguard_flags INTERFACE MAPIGUARD_SANITIZED=1)
endif()
if(MAPIGUARD_FAULTS)
  target_compile_definitions(mapiguard_flags INTERFACE MAPIGUARD_FAULTS=1)
endif()
