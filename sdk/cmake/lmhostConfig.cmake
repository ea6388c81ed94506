# find_package(lmhost) gives lmhost::sdk with lmhost_add_plugin(), and lmhost::framework for C++ tools.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(TBB)
include(${CMAKE_CURRENT_LIST_DIR}/lmhostTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/LmhostPlugin.cmake)
