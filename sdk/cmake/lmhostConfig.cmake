# find_package(lmhost) gives
#   lmhost::sdk      headers for plugins, with lmhost_add_plugin()
#   lmhost::lmhost   the host as a shared library
#   lmhost::cli      the lmhost program
# None of them needs another package.
include(${CMAKE_CURRENT_LIST_DIR}/lmhostTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/LmhostPlugin.cmake)
