// The parts of the module, one source file each.
#pragma once

#include <nanobind/nanobind.h>

namespace s2d_python {

void bind_mask(nanobind::module_& m);
void bind_overlap(nanobind::module_& m);
void bind_assign(nanobind::module_& m);
void bind_cluster(nanobind::module_& m);
void bind_flow(nanobind::module_& m);
void bind_discovery(nanobind::module_& m);
void bind_evaluation(nanobind::module_& m);

}  // namespace s2d_python
