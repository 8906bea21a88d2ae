# The targets that users link: s2d::s2d (core), s2d::io (files), s2d::video (FFmpeg adapter).
include(GNUInstallDirs)

add_library(s2d INTERFACE)
add_library(s2d::s2d ALIAS s2d)
target_compile_features(s2d INTERFACE cxx_std_20)
target_include_directories(s2d INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                                         "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
find_package(Threads REQUIRED)
target_link_libraries(s2d INTERFACE Threads::Threads)
find_package(Eigen3 3.3 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen)
  target_link_libraries(s2d INTERFACE Eigen3::Eigen)
endif()

# Files: libpng, simdjson, stb. Only where all of them are installed.
find_package(PNG QUIET)
find_package(simdjson QUIET)
find_path(S2D_STB_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb)
if(PNG_FOUND AND simdjson_FOUND AND S2D_STB_INCLUDE_DIR)
  add_library(s2d_io INTERFACE)
  add_library(s2d::io ALIAS s2d_io)
  target_link_libraries(s2d_io INTERFACE s2d::s2d PNG::PNG simdjson::simdjson)
  target_include_directories(s2d_io SYSTEM INTERFACE "$<BUILD_INTERFACE:${S2D_STB_INCLUDE_DIR}>")
endif()

# Video files: FFmpeg's libraries.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(S2D_FFMPEG QUIET IMPORTED_TARGET libavformat libavcodec libavutil libswscale)
endif()
if(TARGET PkgConfig::S2D_FFMPEG)
  add_library(s2d_video INTERFACE)
  add_library(s2d::video ALIAS s2d_video)
  target_link_libraries(s2d_video INTERFACE s2d::s2d PkgConfig::S2D_FFMPEG)
  target_include_directories(s2d_video INTERFACE
                             "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/adapters/ffmpeg/include>")
endif()
