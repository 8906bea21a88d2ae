// The tensors of a module by name, and giving them values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/safetensors.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

inline void append_state(const ::torch::nn::Module& module, const std::string& prefix,
                         named_tensors& state) {
  for (const auto& item : module.named_parameters(false))
    if (item.value().defined()) state.emplace_back(prefix + item.key(), item.value());
  for (const auto& item : module.named_buffers(false))
    if (item.value().defined()) state.emplace_back(prefix + item.key(), item.value());
  for (const auto& item : module.named_children())
    append_state(*item.value(), prefix + item.key() + ".", state);
}

/// At most the first ten of `lines`, under a head, into an error text.
inline void append_lines(std::string& text, const char* head,
                         const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  text += concat("\n", head, " (", lines.size(), "):");
  for (std::size_t i = 0; i < lines.size() && i < 10; ++i) text += "\n  " + lines[i];
  if (lines.size() > 10) text += concat("\n  and ", lines.size() - 10, " more");
}

}  // namespace detail

/// Parameters and buffers of a module in PyTorch's order. The tensors are the module's own.
[[nodiscard]] inline named_tensors state_dict(const ::torch::nn::Module& module) {
  named_tensors state;
  detail::append_state(module, "", state);
  return state;
}

namespace detail {

/// For every tensor of `state` the one of `values` that has its name.
/// @throws invalid_input listing what is missing, surplus or of another shape
inline std::vector<const ::torch::Tensor*> matching_values(const named_tensors& state,
                                                           const named_tensors& values,
                                                           std::string_view name) {
  std::unordered_map<std::string_view, const ::torch::Tensor*> given;
  for (const auto& [key, tensor] : values) given.emplace(key, &tensor);
  std::vector<std::string> missing, surplus, shapes;
  std::vector<const ::torch::Tensor*> sources;
  for (const auto& [key, tensor] : state) {
    const auto found = given.find(key);
    if (found == given.end()) {
      missing.push_back(key);
      continue;
    }
    if (found->second->sizes() != tensor.sizes())
      shapes.push_back(concat(key, ": ", shape_text(found->second->sizes()), ", expected ",
                              shape_text(tensor.sizes())));
    sources.push_back(found->second);
    given.erase(found);
  }
  for (const auto& [key, tensor] : values)
    if (given.count(key) != 0) surplus.push_back(key);
  if (!missing.empty() || !surplus.empty() || !shapes.empty()) {
    std::string text = concat(name, ": does not fit the network");
    append_lines(text, "wrong shape", shapes);
    append_lines(text, "missing", missing);
    append_lines(text, "not in the network", surplus);
    throw invalid_input{text};
  }
  return sources;
}

}  // namespace detail

/// Copies `values` into the tensors of the same names; dtype and device of the module stay. Either
/// all are there and fit, or nothing is changed.
/// @param name  stands for where the values come from, in errors
/// @throws invalid_input listing what is missing, what the module does not have, and what has
/// another shape
inline void assign(::torch::nn::Module& module, const named_tensors& values,
                   std::string_view name = "state") {
  const named_tensors state = state_dict(module);
  const auto sources = detail::matching_values(state, values, name);
  const ::torch::NoGradGuard guard;
  for (std::size_t i = 0; i < state.size(); ++i) state[i].second.copy_(*sources[i]);
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
