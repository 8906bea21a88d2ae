// Weights by formula, as the reference values of the network were computed with.
#pragma once

#include <torch/torch.h>

#include <s2d/torch/state_dict.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "torch/golden.hpp"

namespace golden {

/// SplitMix64 seeded with the FNV-1a hash of a name, 24 bits a number.
class formula {
 public:
  explicit formula(std::string_view name) {
    for (const char c : name) {
      state_ ^= static_cast<unsigned char>(c);
      state_ *= 0x100000001B3u;
    }
  }
  /// Uniform in [0, 1).
  double unit() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return static_cast<double>(z >> 40) / 16777216.0;
  }
  /// Uniform in [-1, 1).
  double sign() { return 2 * unit() - 1; }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325u;
};

/// The tensor of this state-dict name; `prefix` goes before the name in the hash.
inline torch::Tensor formula_tensor(const std::string& name, torch::IntArrayRef shape,
                                    const std::string& prefix = "") {
  const auto ends = [&](std::string_view tail) {
    return name.size() >= tail.size() &&
           name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
  };
  const auto starts = [&](std::string_view head) { return name.rfind(head, 0) == 0; };
  formula f{prefix + name};
  const auto tensor = torch::empty(shape, torch::kFloat);
  float* out = tensor.data_ptr<float>();
  const std::int64_t n = tensor.numel();
  const auto fill = [&](const auto& value) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(value(i));
  };
  if (ends("running_var")) {
    fill([&](auto) { return 0.5 + f.unit(); });
  } else if (ends("running_mean")) {
    fill([&](auto) { return f.sign() * 0.1; });
  } else if (starts("backbone.") && name.find(".norm.") != std::string::npos) {
    if (ends(".weight"))
      fill([&](auto) { return 0.5 + f.unit(); });
    else
      fill([&](auto) { return f.sign() * 0.1; });
  } else if (ends("sampling_offsets.bias")) {
    constexpr double d[8][2] = {{1, 0},  {1, 1},   {0, 1},  {-1, 1},
                                {-1, 0}, {-1, -1}, {0, -1}, {1, -1}};
    fill([&](std::int64_t i) {
      return d[i / 24 % 8][i % 2] * static_cast<double>(i / 2 % 4 + 1) + f.sign() * 0.25;
    });
  } else if (ends("sampling_offsets.weight") || ends("attention_weights.weight")) {
    fill([&](auto) { return f.sign() * (0.5 * std::sqrt(3.0 / 256)); });
  } else if (ends("query_feat.weight") || ends("query_embed.weight") ||
             ends("level_embed.weight") || ends("level_embed")) {
    fill([&](auto) { return f.sign(); });
  } else if (shape.size() == 1 && ends(".weight")) {
    fill([&](auto) { return 0.75 + 0.5 * f.unit(); });
  } else if (shape.size() == 1) {
    fill([&](auto) { return f.sign() * 0.1; });
  } else {
    const std::int64_t columns = n / shape[0];
    const double c = std::sqrt(3.0 / static_cast<double>(columns));
    const bool predictor = starts("sem_seg_head.predictor.");
    const bool attention = predictor && ends("in_proj_weight");
    const bool quarter = predictor && (ends("out_proj.weight") || ends("linear2.weight"));
    const bool paired = ends("mask_embed.layers.1.weight") || ends("mask_embed.layers.2.weight") ||
                        ends("mask_features.weight");
    double before = 0;
    fill([&](std::int64_t i) {
      double s = f.sign();
      if (paired && i % columns % 2 == 1) s = -before;
      before = s;
      const double factor = attention && i / columns < 512 ? 2.0 : quarter ? 0.25 : 1.0;
      return s * (c * factor);
    });
  }
  return tensor;
}

template <class Module>
void fill_by_formula(Module& model, const std::string& prefix = "") {
  const torch::NoGradGuard guard;
  for (auto& [name, tensor] : s2d::torch::state_dict(model))
    tensor.copy_(formula_tensor(name, tensor.sizes(), prefix));
}

inline std::uint32_t bits_sum(const torch::Tensor& tensor) {
  const auto dense = tensor.detach().contiguous();
  std::uint32_t sum = 0;
  for (std::int64_t i = 0; i < dense.numel(); ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, dense.data_ptr<float>() + i, 4);
    sum += bits;
  }
  return sum;
}

/// The JSON list of texts in the metadata of `file` under `key`.
inline std::vector<std::string> metadata_names(const file& file, const std::string& key = "names") {
  std::vector<std::string> names;
  for (const auto& [name, text] : file.content().metadata)
    if (name == key) {
      s2d::detail::json_document json{text, key};
      const auto root = json.root();
      s2d::detail::json_elements(
          s2d::detail::json_take(json.document().get_array(), root, "an array"), root,
          [&](auto, auto value, const auto& at) {
            names.push_back(s2d::detail::json_string(value, at));
          });
    }
  return names;
}

}  // namespace golden
