// Reference values of the network: safetensors files as tensors.
#pragma once

#include <torch/torch.h>

#include <s2d/io/safetensors.hpp>
#include <s2d/torch/safetensors.hpp>

#include <filesystem>
#include <string>

namespace golden {

/// One file; tensors are copies.
class file {
 public:
  explicit file(const std::filesystem::path& path) : content_{s2d::read_safetensors(path)} {}
  torch::Tensor operator[](const std::string& name) const {
    return s2d::torch::to_tensor(content_, name);
  }
  bool has(const std::string& name) const { return content_.find(name) != nullptr; }
  const s2d::safetensors& content() const { return content_; }

 private:
  s2d::safetensors content_;
};

}  // namespace golden
