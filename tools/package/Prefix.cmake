# First of all rules, so that an install into a folder of somebody else changes nothing. Expanded when it runs.
install(CODE [[
  set(lmhost_prefix "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
  set(lmhost_probe "${lmhost_prefix}/.lmhost-install-probe")
  execute_process(COMMAND ${CMAKE_COMMAND} -E make_directory ${lmhost_prefix}
    RESULT_VARIABLE lmhost_status OUTPUT_QUIET ERROR_QUIET)
  if(lmhost_status EQUAL 0)
    execute_process(COMMAND ${CMAKE_COMMAND} -E touch ${lmhost_probe}
      RESULT_VARIABLE lmhost_status OUTPUT_QUIET ERROR_QUIET)
  endif()
  if(NOT lmhost_status EQUAL 0)
    message(FATAL_ERROR "lmhost: cannot write to the install prefix '${lmhost_prefix}'.\n"
      "Nothing was installed. Name a folder of yours: cmake --install <build> --prefix DIR")
  endif()
  file(REMOVE ${lmhost_probe})
]])
