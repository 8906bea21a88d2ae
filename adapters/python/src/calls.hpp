// Calls from the library back into Python.
#pragma once

#include <cstddef>
#include <string_view>

#include <nanobind/nanobind.h>

#include <s2d/core/progress.hpp>

namespace s2d_python {

/// A progress callback that calls `callable` unless it is None, and that lets Ctrl-C end the work.
/// `callable` must outlive it. May be called without the interpreter's lock.
inline s2d::progress_callback progress_of(nanobind::handle callable) {
  return [callable](std::string_view stage, std::size_t done, std::size_t total) {
    const nanobind::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
    if (callable.is_none()) return true;
    const nanobind::str name{stage.data(), stage.size()};
    return !callable(name, done, total).is(nanobind::bool_(false));
  };
}

}  // namespace s2d_python
