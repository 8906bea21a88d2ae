// A TorchScript module of the user's, called with pictures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <torch/script.h>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// How a picture becomes what a module takes: a tensor [1, 3, h, w], red green blue,
/// (value * scale - mean) / deviation.
struct picture_input {
  std::ptrdiff_t height = 0;  ///< pictures are brought to this size (bilinear, antialiased, half
                              ///< pixels); 0: as they are
  std::ptrdiff_t width = 0;
  double scale = 1.0 / 255;
  std::array<double, 3> mean{0, 0, 0};
  std::array<double, 3> deviation{1, 1, 1};
  bool align_corners = false;  ///< the centres of the outermost pixels stay, no antialiasing

  /// Means and deviations of ImageNet, which most backbones were trained with.
  [[nodiscard]] static picture_input imagenet(std::ptrdiff_t height, std::ptrdiff_t width) {
    return {height, width, 1.0 / 255, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}, false};
  }
  /// Values from 0 to 255 as they are: optical flow and trackers mostly take these.
  [[nodiscard]] static picture_input bytes(std::ptrdiff_t height = 0, std::ptrdiff_t width = 0) {
    return {height, width, 1, {0, 0, 0}, {1, 1, 1}, false};
  }
};

/// [1, 3, h, w] float on `device`.
/// @throws invalid_input if the picture is empty or an extent is negative
[[nodiscard]] inline ::torch::Tensor to_input(const image& picture, const picture_input& how,
                                              const ::torch::Device& device = ::torch::kCPU) {
  require(!picture.empty(), "to_input: the picture is empty");
  require((how.height > 0 && how.width > 0) || (how.height == 0 && how.width == 0),
          "to_input: the size is ", how.height, " x ", how.width,
          " (height x width), expected both positive, or both 0");
  auto tensor = ::torch::from_blob(const_cast<std::uint8_t*>(picture.values.data()),
                                   {1, picture.height, picture.width, 3}, ::torch::kUInt8)
                    .to(device)
                    .permute({0, 3, 1, 2})
                    .to(::torch::kFloat);
  if (how.height > 0 && (how.height != picture.height || how.width != picture.width))
    tensor = how.align_corners
                 ? ::at::upsample_bilinear2d(tensor, {how.height, how.width}, true)
                 : ::at::_upsample_bilinear2d_aa(tensor, {how.height, how.width}, false);
  tensor = tensor * how.scale;
  const auto row = [&](const std::array<double, 3>& values) {
    return ::torch::tensor({values[0], values[1], values[2]}, ::torch::kFloat)
        .view({1, 3, 1, 1})
        .to(device);
  };
  return ((tensor - row(how.mean)) / row(how.deviation)).contiguous();
}

/// A module that torch.jit.save or torch.jit.trace wrote. Loading it runs no Python, but its code
/// is run when it is called: use files of people you trust.
class scripted_module {
 public:
  /// @throws io_error if there is no such file, invalid_input if it is no TorchScript module
  explicit scripted_module(std::filesystem::path file,
                           const ::torch::Device& device = ::torch::kCPU)
      : file_{std::move(file)}, device_{device} {
    std::error_code none;
    if (!std::filesystem::is_regular_file(file_, none))
      throw io_error{file_.string() + ": no such file"};
    try {
      module_ = ::torch::jit::load(file_.string(), device_);
      module_.eval();
    } catch (const ::c10::Error& error) {
      throw invalid_input{file_.string() + ": not a TorchScript module: " + first_line(error)};
    }
  }

  [[nodiscard]] const ::torch::Device& device() const noexcept { return device_; }
  [[nodiscard]] std::string name() const { return file_.string(); }

  /// What forward(inputs...) gives: one tensor, or a tuple of tensors.
  /// @throws invalid_input if it fails, or gives something else than `count` tensors
  [[nodiscard]] std::vector<::torch::Tensor> operator()(std::vector<::c10::IValue> inputs,
                                                        std::size_t count) {
    const ::torch::NoGradGuard guard;
    ::c10::IValue output;
    try {
      output = module_.forward(std::move(inputs));
    } catch (const ::c10::OutOfMemoryError&) {
      throw;
    } catch (const std::exception& error) {
      throw invalid_input{file_.string() + ": the module fails: " + first_line(error)};
    }
    std::vector<::torch::Tensor> tensors;
    if (output.isTensor())
      tensors.push_back(output.toTensor());
    else if (output.isTuple())
      for (const ::c10::IValue& each : output.toTupleRef().elements())
        if (each.isTensor()) tensors.push_back(each.toTensor());
    require(tensors.size() == count, file_.string(), ": the module gives ", tensors.size(),
            " tensors, expected ", count);
    return tensors;
  }

 private:
  // Errors inside of TorchScript say what went wrong behind a trace of its code.
  static std::string first_line(const std::exception& error) {
    std::string text = error.what();
    if (const auto last = text.rfind("Error: "); last != text.npos) text = text.substr(last + 7);
    return text.substr(0, text.find('\n'));
  }

  std::filesystem::path file_;
  ::torch::Device device_;
  ::torch::jit::Module module_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
