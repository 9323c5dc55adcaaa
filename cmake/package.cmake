# SPDX-License-Identifier: BSL-1.0
# A package for Debian and Ubuntu with all that `cmake --install` installs:
#     cmake --workflow --preset release && cpack --config build/release/CPackConfig.cmake
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The maintainers of conq <maintainers@conq.invalid>")
set(CPACK_PACKAGE_DESCRIPTION
  "The headers of conq, work queues for C++20 that block, time out, stop, shut down and count,\n\
 the library of job queues that survive,\n\
 and the command conq, which runs a command for each item of its input.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, libsqlite3-dev")
include(CPack)
