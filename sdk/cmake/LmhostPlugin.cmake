# lmhost_add_plugin(NAME <id> SOURCES <file>... [INSTALL])
# lmhost_add_plugin(NAME <id> CATALOG <file.json> [INSTALL])
#
# Builds the plugin <id> as <build>/lib/lmhost/plugins-0/<id>.so: the host requires that the file's name is the
# plugin's id. CATALOG makes the source from kernels that are data, by `lmhost plugin generate`. INSTALL also installs
# it to <prefix>/lib/lmhost/plugins-0. Where tests are enabled and the program is known as lmhost::cli, the test
# <id>.check runs `lmhost plugin check` on the file.
#
# A plugin must not share symbols with another one or with the host. Hidden visibility alone still exports weak
# instantiations of the standard library, so a version script leaves exactly one symbol; `-z defs` makes a call into
# the host, which a plugin never needs, a link error instead of a crash at load time.
include_guard(GLOBAL)

set(LMHOST_PLUGIN_SUBDIR lib/lmhost/plugins-0)

# Source of a plugin from its catalogue, in the build folder; made anew when the catalogue changes.
function(lmhost_generate_plugin_source name catalog variable)
  if(NOT TARGET lmhost::cli)
    message(FATAL_ERROR "lmhost_add_plugin: ${name}: CATALOG needs the lmhost program (target lmhost::cli)")
  endif()
  cmake_path(ABSOLUTE_PATH catalog BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  if(NOT EXISTS ${catalog})
    message(FATAL_ERROR "lmhost_add_plugin: ${name}: the catalogue '${catalog}' does not exist; check CATALOG")
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_catalog.cpp)
  add_custom_command(OUTPUT ${source}
    COMMAND lmhost::cli plugin generate ${catalog} --output ${source}
    DEPENDS ${catalog} lmhost::cli
    COMMENT "Generating plugin ${name} from its catalogue"
    VERBATIM)
  set(${variable} ${source} PARENT_SCOPE)
endfunction()

function(lmhost_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 arg "INSTALL" "NAME;CATALOG" "SOURCES")
  if(NOT arg_NAME MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "lmhost_add_plugin: NAME '${arg_NAME}' must match [a-z][a-z0-9_]*")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lmhost_add_plugin: ${arg_NAME}: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(arg_CATALOG AND arg_SOURCES)
    message(FATAL_ERROR "lmhost_add_plugin: ${arg_NAME}: give SOURCES or CATALOG, not both")
  elseif(arg_CATALOG)
    lmhost_generate_plugin_source(${arg_NAME} ${arg_CATALOG} arg_SOURCES)
  elseif(NOT arg_SOURCES)
    message(FATAL_ERROR "lmhost_add_plugin: ${arg_NAME}: SOURCES or CATALOG is missing")
  endif()

  # Not a variable of the file: a project above this one calls the function, too, and does not see those.
  set(plugin_folder lib/lmhost/plugins-0)
  set(target lmhost_plugin_${arg_NAME})
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE lmhost::sdk)
  target_compile_features(${target} PRIVATE cxx_std_17)
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    SUFFIX ".so"
    OUTPUT_NAME ${arg_NAME}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${plugin_folder}
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
    install(TARGETS ${target} LIBRARY DESTINATION ${plugin_folder})
  endif()
  if(TARGET lmhost::cli AND CMAKE_TESTING_ENABLED)
    add_test(NAME ${arg_NAME}.check COMMAND lmhost::cli plugin check $<TARGET_FILE:${target}>)
  endif()
endfunction()
