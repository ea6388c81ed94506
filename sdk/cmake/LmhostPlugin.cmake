# lmhost_add_plugin(NAME <id> SOURCES <file>... [INSTALL])
#
# Builds the plugin <id> as <build>/lib/lmhost/plugins-0/<id>.so: the host requires that the file's name is the
# plugin's id. INSTALL also installs it to <prefix>/lib/lmhost/plugins-0.
#
# A plugin must not share symbols with another one or with the host. Hidden visibility alone still exports weak
# instantiations of the standard library, so a version script leaves exactly one symbol; `-z defs` makes a call into
# the host, which a plugin never needs, a link error instead of a crash at load time.
include_guard(GLOBAL)
include(GNUInstallDirs)

set(LMHOST_PLUGIN_SUBDIR lib/lmhost/plugins-0)

function(lmhost_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 arg "INSTALL" "NAME" "SOURCES")
  if(NOT arg_NAME MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "lmhost_add_plugin: NAME '${arg_NAME}' must match [a-z][a-z0-9_]*")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "lmhost_add_plugin: ${arg_NAME}: SOURCES is missing")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lmhost_add_plugin: ${arg_NAME}: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(target lmhost_plugin_${arg_NAME})
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE lmhost::sdk)
  target_compile_features(${target} PRIVATE cxx_std_17)
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    SUFFIX ".so"
    OUTPUT_NAME ${arg_NAME}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${LMHOST_PLUGIN_SUBDIR}
    CXX_STANDARD 17
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  target_link_options(${target} PRIVATE "LINKER:--version-script=${map}")
  # clang puts the sanitizers' run time into the executable only, where `-z defs` cannot see it.
  get_directory_property(link_options LINK_OPTIONS)
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND "${link_options}${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize"))
    target_link_options(${target} PRIVATE "LINKER:-z,defs")
  endif()
  if(arg_INSTALL)
    install(TARGETS ${target} LIBRARY DESTINATION ${LMHOST_PLUGIN_SUBDIR})
  endif()
endfunction()
