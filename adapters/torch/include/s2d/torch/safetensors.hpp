// Safetensors files and LibTorch tensors.
#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/io/safetensors.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Tensors by name, in an order that is kept.
using named_tensors = std::vector<std::pair<std::string, ::torch::Tensor>>;

namespace detail {

inline constexpr std::pair<safetensors_type, ::torch::ScalarType> safetensors_dtypes[] = {
    {safetensors_type::boolean, ::torch::kBool},  {safetensors_type::u8, ::torch::kUInt8},
    {safetensors_type::i8, ::torch::kInt8},       {safetensors_type::u16, ::torch::kUInt16},
    {safetensors_type::i16, ::torch::kInt16},     {safetensors_type::u32, ::torch::kUInt32},
    {safetensors_type::i32, ::torch::kInt32},     {safetensors_type::u64, ::torch::kUInt64},
    {safetensors_type::i64, ::torch::kInt64},     {safetensors_type::f16, ::torch::kHalf},
    {safetensors_type::bf16, ::torch::kBFloat16}, {safetensors_type::f32, ::torch::kFloat},
    {safetensors_type::f64, ::torch::kDouble}};

}  // namespace detail

/// One array of a file as a tensor of its own.
[[nodiscard]] inline ::torch::Tensor to_tensor(const safetensors& file,
                                               const safetensors_entry& entry) {
  auto dtype = ::torch::kFloat;
  for (const auto& [type, known] : detail::safetensors_dtypes)
    if (type == entry.type) dtype = known;
  const auto tensor =
      ::torch::empty(std::vector<std::int64_t>(entry.shape.begin(), entry.shape.end()), dtype);
  const auto bytes = file.bytes(entry);
  if (!bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

/// The array `name` of a file as a tensor of its own.
/// @throws invalid_input if the file has none of this name
[[nodiscard]] inline ::torch::Tensor to_tensor(const safetensors& file, std::string_view name) {
  const safetensors_entry* const entry = file.find(name);
  if (entry == nullptr) throw invalid_input{concat("safetensors: there is no array ", name)};
  return to_tensor(file, *entry);
}

/// All arrays of a file, in its order.
[[nodiscard]] inline named_tensors to_tensors(const safetensors& file) {
  named_tensors tensors;
  for (const safetensors_entry& entry : file.entries)
    tensors.emplace_back(entry.name, to_tensor(file, entry));
  return tensors;
}

/// Writes tensors of any device and strides, whole or not at all.
/// @throws invalid_input for a dtype that the format does not have (complex, quantised) or a name
/// given twice, io_error if the system refuses
inline void write_safetensors(const std::filesystem::path& path, const named_tensors& tensors,
                              std::span<const std::pair<std::string, std::string>> metadata = {}) {
  std::vector<::torch::Tensor> dense;
  std::vector<safetensors_source> arrays;
  for (const auto& [name, tensor] : tensors) {
    require(tensor.defined(), "write_safetensors: ", name, ": the tensor is undefined");
    dense.push_back(tensor.detach().cpu().contiguous());
    safetensors_source array{name, {}, {tensor.sizes().begin(), tensor.sizes().end()}, {}};
    bool known = false;
    for (const auto& [type, dtype] : detail::safetensors_dtypes)
      if (dtype == tensor.scalar_type()) {
        array.type = type;
        known = true;
      }
    require(known, "write_safetensors: ", name, ": dtype is ",
            ::c10::toString(tensor.scalar_type()), ", which safetensors does not have");
    array.bytes = {static_cast<const std::byte*>(dense.back().const_data_ptr()),
                   dense.back().nbytes()};
    arrays.push_back(std::move(array));
  }
  s2d::write_safetensors(path, std::span<const safetensors_source>{arrays}, metadata);
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
