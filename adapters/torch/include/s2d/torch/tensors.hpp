// LibTorch tensors as views of the core and the other way round, without copies where layouts
// allow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <torch/torch.h>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/view.hpp>
#include <s2d/mask/pack.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Stands for "any extent" where a shape is asked for.
inline constexpr std::int64_t any = -1;

namespace detail {

inline std::string shape_text(::torch::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += concat(i == 0 ? "" : ", ", shape[i] == any ? "any" : concat(shape[i]));
  return text += "]";
}

}  // namespace detail

/// Throws unless `tensor` is defined, dense, and has the extents of `shape` (`any` fits all).
/// @throws invalid_input naming the tensor, what was found and what was expected
inline void require_shape(const ::torch::Tensor& tensor, std::initializer_list<std::int64_t> shape,
                          std::string_view name) {
  require(tensor.defined(), name, ": the tensor is undefined");
  require(tensor.layout() == ::torch::kStrided, name,
          ": the tensor is sparse, expected a dense one");
  bool fits = tensor.dim() == static_cast<std::int64_t>(shape.size());
  std::int64_t d = 0;
  for (const std::int64_t extent : shape) {
    fits = fits && (extent == any || tensor.size(d) == extent);
    ++d;
  }
  if (!fits)
    throw invalid_input{concat(name, ": shape is ", detail::shape_text(tensor.sizes()),
                               ", expected ", detail::shape_text({shape.begin(), shape.size()}))};
}

/// Throws unless the elements of `tensor` are of this type.
/// @throws invalid_input naming the tensor and both types
inline void require_dtype(const ::torch::Tensor& tensor, ::torch::ScalarType dtype,
                          std::string_view name) {
  require(tensor.defined(), name, ": the tensor is undefined");
  if (tensor.scalar_type() != dtype)
    throw invalid_input{concat(name, ": dtype is ", ::c10::toString(tensor.scalar_type()),
                               ", expected ", ::c10::toString(dtype))};
}

/// Throws unless `tensor` lies in the memory of the processor.
/// @throws invalid_input naming the tensor and its device
inline void require_cpu(const ::torch::Tensor& tensor, std::string_view name) {
  require(tensor.defined(), name, ": the tensor is undefined");
  if (!tensor.device().is_cpu())
    throw invalid_input{concat(name, ": device is ", tensor.device().str(), ", expected cpu")};
}

/// The elements of a tensor [h, w] on the CPU, in place, any strides. The tensor must outlive the
/// view. T may be const; it must be the tensor's element type (std::uint8_t also reads kBool).
/// @throws invalid_input if device, dtype or shape differ
template <class T>
[[nodiscard]] plane_view<T> as_plane(const ::torch::Tensor& tensor,
                                     std::string_view name = "tensor") {
  using value = std::remove_const_t<T>;
  require_shape(tensor, {any, any}, name);
  require_cpu(tensor, name);
  constexpr bool byte = std::is_same_v<value, std::uint8_t>;
  if (!(byte && tensor.scalar_type() == ::torch::kBool))
    require_dtype(tensor, ::c10::CppTypeToScalarType<value>::value, name);
  T* const first = static_cast<T*>(tensor.data_ptr());
  // An empty tensor has no memory to which its strides could be added.
  if (tensor.numel() == 0) return {first, tensor.size(0), tensor.size(1), 0, 0};
  return {first, tensor.size(0), tensor.size(1), tensor.stride(0), tensor.stride(1)};
}

/// As as_plane, read as a mask: foreground where elements differ from zero.
template <class T>
[[nodiscard]] mask_view<T> as_mask(const ::torch::Tensor& tensor,
                                   std::string_view name = "tensor") {
  return mask_view<T>{as_plane<T>(tensor, name)};
}

/// All elements of a contiguous tensor on the CPU, in C order, in place.
/// @throws invalid_input if device or dtype differ, or the elements do not lie in C order
template <class T>
[[nodiscard]] std::span<T> as_span(const ::torch::Tensor& tensor,
                                   std::string_view name = "tensor") {
  require_cpu(tensor, name);
  require_dtype(tensor, ::c10::CppTypeToScalarType<std::remove_const_t<T>>::value, name);
  require(tensor.is_contiguous(), name,
          ": elements do not lie in C order, call contiguous() first");
  return {static_cast<T*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel())};
}

/// A picture [h, w, 3] of bytes on the CPU, in place.
/// @throws invalid_input if device, dtype or shape differ, or pixels are not interleaved
[[nodiscard]] inline image_view as_image(const ::torch::Tensor& tensor,
                                         std::string_view name = "tensor") {
  require_shape(tensor, {any, any, 3}, name);
  require_cpu(tensor, name);
  require_dtype(tensor, ::torch::kUInt8, name);
  require(tensor.stride(2) == 1 && tensor.stride(1) == 3, name,
          ": channels are not interleaved, call contiguous() first");
  return {tensor.const_data_ptr<std::uint8_t>(), tensor.size(0), tensor.size(1), tensor.stride(0)};
}

/// A copy of a tensor [h, w] of any device and strides, converted to T.
template <class T>
[[nodiscard]] matrix<T> to_matrix(const ::torch::Tensor& tensor, std::string_view name = "tensor") {
  require_shape(tensor, {any, any}, name);
  const auto dense =
      tensor.detach().to(::torch::kCPU, ::c10::CppTypeToScalarType<T>::value).contiguous();
  matrix<T> copy(dense.size(0), dense.size(1));
  if (!copy.empty())
    std::memcpy(copy.data(), dense.const_data_ptr(), copy.values.size() * sizeof(T));
  return copy;
}

/// A packed copy of a mask [h, w] of any device: true where elements differ from zero.
[[nodiscard]] inline bit_mask to_bit_mask(const ::torch::Tensor& tensor,
                                          std::string_view name = "tensor") {
  require_shape(tensor, {any, any}, name);
  const auto bytes = tensor.detach().to(::torch::kBool).to(::torch::kCPU);
  return pack(as_mask<const std::uint8_t>(bytes, name));
}

/// A tensor [h, w] on the memory of `plane`, any strides that are not negative. The memory must
/// outlive the tensor; through a view of constant elements it must not be written.
/// @throws invalid_input if a stride is negative, which tensors cannot have
template <class T>
[[nodiscard]] ::torch::Tensor as_tensor(plane_view<T> plane) {
  using value = std::remove_const_t<T>;
  require(plane.row_stride >= 0 && plane.column_stride >= 0, "as_tensor: strides are ",
          plane.row_stride, " and ", plane.column_stride, ", tensors cannot have negative ones");
  return ::torch::from_blob(const_cast<value*>(plane.data), {plane.height, plane.width},
                            {plane.row_stride, plane.column_stride},
                            ::c10::CppTypeToScalarType<value>::value);
}

/// A tensor [h, w] on the values of `values`, which must outlive it.
template <class T>
[[nodiscard]] ::torch::Tensor as_tensor(matrix<T>& values) {
  return as_tensor(values.view());
}

/// A tensor [h, w] that owns what was in `values`, without a copy.
template <class T>
[[nodiscard]] ::torch::Tensor as_tensor(matrix<T>&& values) {
  auto owner = std::make_shared<matrix<T>>(std::move(values));
  return ::torch::from_blob(
      owner->data(), {owner->height, owner->width}, [owner](void*) {},
      ::c10::CppTypeToScalarType<T>::value);
}

/// A tensor [h, w, 3] of bytes on the memory of `picture`, which must outlive it and must not be
/// written through it.
[[nodiscard]] inline ::torch::Tensor as_tensor(image_view picture) {
  require(picture.row_stride >= 0, "as_tensor: row stride is ", picture.row_stride,
          ", tensors cannot have negative ones");
  return ::torch::from_blob(const_cast<std::uint8_t*>(picture.data),
                            {picture.height, picture.width, 3}, {picture.row_stride, 3, 1},
                            ::torch::kUInt8);
}

/// A tensor [h, w] of kBool, unpacked.
[[nodiscard]] inline ::torch::Tensor to_tensor(const bit_mask& mask) {
  const auto tensor = ::torch::empty({mask.height, mask.width}, ::torch::kBool);
  unpack(mask, as_plane<std::uint8_t>(tensor));
  return tensor;
}

/// Pictures of one size as one tensor [t, 3, h, w] of bytes, a copy.
/// @throws invalid_input if there is none, or sizes differ
[[nodiscard]] inline ::torch::Tensor to_tensor(std::span<const image> pictures) {
  require(!pictures.empty(), "to_tensor: no picture");
  const image& first = pictures.front();
  const auto tensor = ::torch::empty(
      {static_cast<std::int64_t>(pictures.size()), 3, first.height, first.width}, ::torch::kUInt8);
  for (std::size_t t = 0; t < pictures.size(); ++t) {
    const image& picture = pictures[t];
    require(picture.height == first.height && picture.width == first.width, "to_tensor: picture ",
            t, " is ", picture.height, " x ", picture.width, ", the first is ", first.height, " x ",
            first.width, " (height x width)");
    tensor[static_cast<std::int64_t>(t)].copy_(as_tensor(picture.view()).permute({2, 0, 1}));
  }
  return tensor;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
