// What s2d train leaves behind: a folder with the weights and with what is needed to use them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>

#include <torch/torch.h>

#include <s2d/core/image.hpp>
#include <s2d/torch/config.hpp>
#include <s2d/torch/predict_masks.hpp>

#include "json.hpp"

namespace app {

/// config.json.
struct model_facts {
  std::string preset = "tiny";
  std::int64_t height = 0;  ///< frames are brought to this size; 0: to what suits their clip
  std::int64_t width = 0;
  std::int64_t queries = 10;
  std::int64_t objects = 1;      ///< that it was trained on, the most in a video
  std::int64_t videos = 1;       ///< that it was trained on
  std::array<double, 3> mean{};  ///< of pixels, 0 to 255
  std::array<double, 3> deviation{};
};

[[nodiscard]] inline std::filesystem::path weights_file(const std::filesystem::path& model) {
  return model / "model.safetensors";
}
[[nodiscard]] inline std::filesystem::path config_file(const std::filesystem::path& model) {
  return model / "config.json";
}

/// The network's configuration.
[[nodiscard]] s2d::torch::video_mask2former_config configuration(const model_facts& facts);

/// The size that frames of a clip are brought to: that of the model, or else about so many pixels
/// as measured best on small videos, never more than there are, both sides multiples of 32.
[[nodiscard]] s2d::torch::picture_size network_size(const model_facts& facts, std::ptrdiff_t height,
                                                    std::ptrdiff_t width);

/// Members into the open object of `json`.
void write_facts(json_writer& json, const model_facts& facts);

/// @throws s2d::io_error; s2d::invalid_input if it is not what write_facts wrote
[[nodiscard]] model_facts read_facts(const std::filesystem::path& file);

/// What went wrong, for people.
[[nodiscard]] std::string in_a_line(const std::exception& error);

/// The device of that name: "cpu", "cuda", or "auto", which is CUDA where there is a GPU.
/// @throws s2d::invalid_input if "cuda" is asked for and there is none, with the reason
[[nodiscard]] ::torch::Device device_named(const std::string& name);

/// By the area filter, or by interpolation where it becomes larger: as in training.
[[nodiscard]] s2d::image resized(const s2d::image& picture, std::ptrdiff_t height,
                                 std::ptrdiff_t width);

}  // namespace app
