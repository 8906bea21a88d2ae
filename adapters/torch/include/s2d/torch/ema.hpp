// The teacher: a moving average of the student.
#pragma once

#include <cstddef>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/state_dict.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// teacher = momentum * teacher + (1 - momentum) * student, over parameters; buffers stay.
/// @throws invalid_input if the parameters differ in number or shape
inline void update_average(::torch::nn::Module& teacher, const ::torch::nn::Module& student,
                           double momentum) {
  const ::torch::NoGradGuard guard;
  const auto theirs = teacher.parameters(), ours = student.parameters();
  bool fits = theirs.size() == ours.size();
  for (std::size_t i = 0; fits && i < ours.size(); ++i) fits = theirs[i].sizes() == ours[i].sizes();
  require(fits, "update_average: teacher and student are not of one shape");
  ::at::_foreach_lerp_(theirs, ours, 1 - momentum);
}

/// Gives a teacher the student's values and takes it out of training.
inline void start_teacher(::torch::nn::Module& teacher, const ::torch::nn::Module& student) {
  assign(teacher, state_dict(student), "student");
  for (auto& parameter : teacher.parameters()) parameter.set_requires_grad(false);
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
