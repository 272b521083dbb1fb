# What every directory of the build shares: flags, and the one function that turns a .cpp into a
# staged Dokku executable.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

set(NETPORTS_STAGE ${CMAKE_BINARY_DIR}/plugin)

add_library(netports_flags INTERFACE)
target_compile_options(netports_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -ffunction-sections -fdata-sections $<$<BOOL:${NETPORTS_WERROR}>:-Werror>)
target_compile_definitions(netports_flags INTERFACE
  NETPORTS_VERSION="${PROJECT_VERSION}" _FILE_OFFSET_BITS=64)
target_include_directories(netports_flags INTERFACE
  ${CMAKE_SOURCE_DIR}/common ${CMAKE_SOURCE_DIR})
target_link_options(netports_flags INTERFACE -Wl,--gc-sections -Wl,--as-needed)

# What runs for a millisecond is made small rather than fast: reading it from disk is what costs.
add_library(netports_small INTERFACE)
target_compile_options(netports_small INTERFACE $<$<CONFIG:Release>:-Os>)

# Release builds are stripped; a package's are by debhelper, which keeps the debug information.
# NETPORTS_DEBUG_INFO keeps it in build/debug/<program>.debug, where debuggers find it.
function(netports_strip target)
  if(NETPORTS_DEBUG_INFO)
    target_compile_options(${target} PRIVATE -g)
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/debug
      COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${target}>
              ${CMAKE_BINARY_DIR}/debug/${target}.debug
      COMMAND ${CMAKE_OBJCOPY} --strip-all --add-gnu-debuglink=${CMAKE_BINARY_DIR}/debug/${target}.debug
              $<TARGET_FILE:${target}>
      VERBATIM)
  elseif(NETPORTS_STRIP)
    target_link_options(${target} PRIVATE $<$<CONFIG:Release>:-s>)
  endif()
endfunction()

# netports_program(<target> <source> [ENGINE|HOT]): one program over `common`.
#   ENGINE  talks to the Docker Engine and so needs Poco, which Debian ships as shared libraries only
#   HOT     Dokku runs it several times in every deploy: linked statically it starts fastest, at
#           0.9 MB each
# All others link the C++ library statically and the C library dynamically: a tenth of a millisecond
# slower than static, and a third of its size.
function(netports_program target source)
  cmake_parse_arguments(ARG "ENGINE;HOT" "" "" ${ARGN})
  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE netports_flags netports_small common)
  netports_strip(${target})
  if(ARG_ENGINE)
    target_link_libraries(${target} PRIVATE Poco::Net Poco::JSON Poco::Foundation Threads::Threads)
  elseif(NETPORTS_STATIC AND ARG_HOT)
    target_link_options(${target} PRIVATE -static)
  elseif(NETPORTS_STATIC)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()

# netports_trigger(<name> [ENGINE|HOT]): triggers/<name>.cpp becomes the plugin's <name>.
function(netports_trigger name)
  netports_program(trigger-${name} ${name}.cpp ${ARGN})
  set_target_properties(trigger-${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${NETPORTS_STAGE})
endfunction()

# netports_installer(<name> [ENGINE]): triggers/<name>.cpp becomes bin/<name>: the compiled half of
# a trigger whose bash starter of the same name stands at the top level.
function(netports_installer name)
  netports_program(trigger-${name} ${name}.cpp ${ARGN})
  set_target_properties(trigger-${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${NETPORTS_STAGE}/bin)
endfunction()

# netports_subcommand(<name> [ENGINE]): subcommands/<name>.cpp becomes subcommands/<name>.
function(netports_subcommand name)
  netports_program(subcommand-${name} ${name}.cpp ${ARGN})
  set_target_properties(subcommand-${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${NETPORTS_STAGE}/subcommands)
endfunction()

# netports_stage_files(): the files of the plugin directory that are not compiled.
function(netports_stage_files)
  add_custom_target(stage ALL
    COMMAND ${CMAKE_COMMAND} -E make_directory ${NETPORTS_STAGE}/init
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/plugin.toml ${CMAKE_SOURCE_DIR}/install
            ${CMAKE_SOURCE_DIR}/uninstall ${NETPORTS_STAGE}
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_SOURCE_DIR}/init ${NETPORTS_STAGE}/init
    VERBATIM)
endfunction()
