// The extension module s2d._core: conversions between Python and the library, no logic.
#include <nanobind/nanobind.h>

#include "bind.hpp"

NB_MODULE(_core, m) {
  s2d_python::bind_mask(m);
  s2d_python::bind_overlap(m);
  s2d_python::bind_assign(m);
  s2d_python::bind_cluster(m);
  s2d_python::bind_flow(m);
  s2d_python::bind_discovery(m);
  s2d_python::bind_evaluation(m);
}
