# What an installation holds, and the Debian package made of it.
#
#   bin/lmhost                            lib/liblmhost.so.0     include/lmhost/
#   lib/lmhost/plugins-0/*.so             share/lmhost/{catalogs,graphs,schemas,template}
#   lib/cmake/lmhost, lib/pkgconfig       share/man/man1, completions of bash, zsh and fish, share/doc/lmhost
#
# Nothing installed knows the prefix: the program and the library find the rest from their own place, the CMake and
# pkg-config files from theirs. The tree may be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lmhost)
install(TARGETS lmhost_sdk lmhost_library EXPORT lmhostTargets)
if(TARGET lmhost)
  install(TARGETS lmhost EXPORT lmhostTargets)
endif()
install(EXPORT lmhostTargets NAMESPACE lmhost:: DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lmhostConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lmhostConfigVersion.cmake sdk/cmake/lmhostConfig.cmake
  sdk/cmake/LmhostPlugin.cmake sdk/cmake/plugin.map DESTINATION ${package_dir})

# ../.. as often as lib/pkgconfig is deep: 2, or 3 with Debian's lib/<machine>.
string(REGEX REPLACE "[^/]+" ".." up_to_prefix "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
foreach(name lmhost lmhost-sdk)
  configure_file(sdk/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

install(DIRECTORY sdk/include/lmhost framework/include/lmhost DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY catalogs graphs DESTINATION share/lmhost PATTERN schemas EXCLUDE PATTERN "*.schema.json" EXCLUDE)
install(FILES ${LMHOST_SCHEMAS} DESTINATION share/lmhost/schemas)
install(DIRECTORY sdk/template DESTINATION share/lmhost)
# The pages in the folders they have here, so that their links to one another hold.
install(FILES LICENSE DESTINATION share/doc/lmhost)
foreach(page README.md CONTRIBUTING.md sdk/README.md sdk/ABI.md sdk/ERRORS.md sdk/VERSIONING.md framework/README.md
    framework/EMBEDDING.md framework/FORMATS.md framework/SWEEPS.md catalogs/prompts/README.md catalogs/seeds/NUMBERS.md)
  cmake_path(GET page PARENT_PATH folder)
  install(FILES ${page} DESTINATION share/doc/lmhost/${folder})
endforeach()

# Texts that the program writes about itself, so that they cannot differ from it. A thread sanitizer inside it may not
# run on the machine that builds it.
if(TARGET lmhost AND NOT CMAKE_CROSSCOMPILING AND NOT LMHOST_SANITIZE)
  set(text_dir ${PROJECT_BINARY_DIR}/texts)
  add_custom_command(
    OUTPUT ${text_dir}/lmhost.1 ${text_dir}/lmhost.bash ${text_dir}/_lmhost ${text_dir}/lmhost.fish
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:lmhost> -D FOLDER=${text_dir} -D VERSION=${PROJECT_VERSION}
      -P ${PROJECT_SOURCE_DIR}/tools/package/Texts.cmake
    DEPENDS lmhost ${PROJECT_SOURCE_DIR}/tools/package/Texts.cmake
    COMMENT "Writing the manual page and the completions"
    VERBATIM)
  add_custom_target(lmhost_texts ALL DEPENDS ${text_dir}/lmhost.1)
  install(FILES ${text_dir}/lmhost.1 DESTINATION share/man/man1)
  install(FILES ${text_dir}/lmhost.bash DESTINATION share/bash-completion/completions RENAME lmhost)
  install(FILES ${text_dir}/_lmhost DESTINATION share/zsh/site-functions)
  install(FILES ${text_dir}/_lmhost DESTINATION share/zsh/vendor-completions)  # where Debian's zsh looks below /usr
  install(FILES ${text_dir}/lmhost.fish DESTINATION share/fish/vendor_completions.d)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lmhost)
set(CPACK_PACKAGE_VENDOR lmhost)
set(CPACK_PACKAGE_CONTACT "lmhost maintainers <maintainers@lmhost.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "what a language model costs, and why")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# What the programs link is asked of the system that the package is built on.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
