# Finds LibTorch inside the Python wheel `torch`, whose own CMake file insists on a CUDA toolkit.
#
# Looked at in this order: LibTorch_ROOT (a variable or an environment variable: the folder that
# holds the wheel, its folder torch, or an unpacked LibTorch), the python3 in the PATH, and the cache
# folders that examples/libtorch.sh fills. Nothing is downloaded.
#
# Makes LibTorch::LibTorch (torch_cpu and c10; OpenMP where the compiler has it, for at::parallel_for)
# and sets LibTorch_FOUND, LibTorch_VERSION, LibTorch_FOLDER and LibTorch_CUDA: whether torch_cuda and
# c10_cuda join, which they do where everything that they need is installed (LibTorch_WITH_CUDA=OFF
# leaves them out).
include(FindPackageHandleStandardArgs)

set(_libtorch_hints "")
foreach(_folder "${LibTorch_ROOT}" "$ENV{LibTorch_ROOT}")
  if(_folder)
    list(APPEND _libtorch_hints "${_folder}" "${_folder}/torch")
  endif()
endforeach()
find_program(LibTorch_PYTHON NAMES python3 python)
mark_as_advanced(LibTorch_PYTHON)
if(LibTorch_PYTHON AND NOT _libtorch_hints)
  execute_process(
    COMMAND "${LibTorch_PYTHON}" -c
            "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE _folder ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(_folder)
    list(APPEND _libtorch_hints "${_folder}")
  endif()
endif()
foreach(_folder "$ENV{S2D_CACHE}" "${CMAKE_CURRENT_LIST_DIR}/../../../.cache" "$ENV{HOME}/.cache/s2d")
  if(_folder)
    list(APPEND _libtorch_hints "${_folder}/torch/torch")
  endif()
endforeach()

find_path(LibTorch_FOLDER NAMES include/torch/csrc/api/include/torch/torch.h
          HINTS ${_libtorch_hints} NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu HINTS "${LibTorch_FOLDER}/lib" NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 HINTS "${LibTorch_FOLDER}/lib" NO_DEFAULT_PATH)
mark_as_advanced(LibTorch_FOLDER LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY)

set(LibTorch_VERSION "")
foreach(_header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(LibTorch_FOLDER AND NOT LibTorch_VERSION AND EXISTS "${LibTorch_FOLDER}/include/${_header}")
    file(STRINGS "${LibTorch_FOLDER}/include/${_header}" _lines
         REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
    string(REGEX REPLACE ";?[^;]*TORCH_VERSION_[A-Z]+ ([0-9]+)" ".\\1" LibTorch_VERSION "${_lines}")
    string(REGEX REPLACE "^\\." "" LibTorch_VERSION "${LibTorch_VERSION}")
  endif()
endforeach()

# The CUDA libraries of the wheel load only together with those of the CUDA toolkit.
option(LibTorch_WITH_CUDA "Link torch_cuda where it can be loaded" ON)
set(LibTorch_CUDA FALSE)
if(LibTorch_WITH_CUDA AND EXISTS "${LibTorch_FOLDER}/lib/libtorch_cuda.so")
  execute_process(COMMAND ldd "${LibTorch_FOLDER}/lib/libtorch_cuda.so" RESULT_VARIABLE _failed
                  OUTPUT_VARIABLE _needed ERROR_QUIET)
  if(_failed EQUAL 0 AND NOT _needed MATCHES "not found")
    set(LibTorch_CUDA TRUE)
  endif()
endif()

set(_libtorch_reason "")
if(LibTorch_VERSION AND (LibTorch_VERSION VERSION_LESS 2.11 OR LibTorch_VERSION VERSION_GREATER_EQUAL 2.16))
  set(_libtorch_reason
      "LibTorch ${LibTorch_VERSION} in ${LibTorch_FOLDER}: s2d is made for 2.11 to 2.15")
  unset(LibTorch_CPU_LIBRARY CACHE)
  set(LibTorch_CPU_LIBRARY LibTorch_CPU_LIBRARY-NOTFOUND)
endif()
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_FOLDER
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "${_libtorch_reason}")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  find_package(OpenMP QUIET COMPONENTS CXX)
  find_package(Threads REQUIRED)
  # With GCC the OpenMP library that the wheel brings, so that a process has one.
  file(GLOB _libtorch_gomp "${LibTorch_FOLDER}/lib/libgomp*.so*")
  if(_libtorch_gomp AND OpenMP_CXX_FOUND AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(GET _libtorch_gomp 0 _libtorch_openmp)
  elseif(OpenMP_CXX_FOUND)
    set(_libtorch_openmp OpenMP::OpenMP_CXX)
  else()
    set(_libtorch_openmp "")
  endif()
  # Without OpenMP (clang without libomp) at::parallel_for runs its body on the calling thread.
  set(_libtorch_openmp_flags "")
  if(OpenMP_CXX_FOUND)
    set(_libtorch_openmp_flags "${OpenMP_CXX_FLAGS}")
  endif()
  # Nothing of ours names a symbol of torch_cuda: it registers itself when it is loaded.
  set(_libtorch_cuda "")
  if(LibTorch_CUDA)
    set(_libtorch_cuda "-Wl,--push-state,--no-as-needed" "${LibTorch_FOLDER}/lib/libtorch_cuda.so"
                       "${LibTorch_FOLDER}/lib/libc10_cuda.so" "-Wl,--pop-state")
  endif()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # torch_cpu of a CUDA wheel needs two libraries of its neighbours; its own search path names them.
  set(_libtorch_include "${LibTorch_FOLDER}/include"
                        "${LibTorch_FOLDER}/include/torch/csrc/api/include")
  set_target_properties(
    LibTorch::LibTorch
    PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_libtorch_include}"
               INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${_libtorch_include}"
               INTERFACE_COMPILE_FEATURES cxx_std_20
               INTERFACE_COMPILE_OPTIONS "${_libtorch_openmp_flags}"
               INTERFACE_LINK_LIBRARIES
               "${LibTorch_CPU_LIBRARY};${LibTorch_C10_LIBRARY};${_libtorch_cuda};${_libtorch_openmp};Threads::Threads")
endif()
