// Weights for a VideoMask2Former: official checkpoints, image models and backbones by their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/checkpoint.hpp>
#include <s2d/torch/safetensors.hpp>
#include <s2d/torch/state_dict.hpp>
#include <s2d/torch/video_mask2former.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Which weights of a file are meant.
enum class weights {
  plain,    ///< one network: VideoMaskFormer, or an image Mask2Former such as CutLER's
  student,  ///< the student of a distillation checkpoint
  teacher,  ///< its teacher
  backbone  ///< a ResNet-50 alone (torchvision, DINO, detectron2), or that of a plain file
};

struct load_options {
  weights from = weights::plain;
  /// Beginnings of names whose tensors keep the values that the network has, e.g.
  /// "sem_seg_head.predictor.class_embed." for a checkpoint with other classes.
  std::vector<std::string> keep;
};

namespace detail {

inline bool take_prefix(std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.erase(0, prefix.size());
  return true;
}

/// layer1.0.conv1.weight, bn1.bias ... as in torchvision and DINO, to detectron2's names.
inline std::string detectron_name(const std::string& name) {
  std::string out;
  std::string rest = name;
  if (take_prefix(rest, "layer") && rest.size() > 2 && rest[0] >= '1' && rest[0] <= '4' &&
      rest[1] == '.') {
    out = concat("res", static_cast<int>(rest[0] - '0') + 1, '.');
    rest.erase(0, 2);
    const std::size_t dot = rest.find('.');
    if (dot == std::string::npos) return name;
    out += rest.substr(0, dot + 1);
    rest.erase(0, dot + 1);
  } else {
    rest = name;
    if (!rest.starts_with("conv1.") && !rest.starts_with("bn1.")) return name;
    out = "stem.";
  }
  if (take_prefix(rest, "downsample.0.")) return out + "shortcut." + rest;
  if (take_prefix(rest, "downsample.1.")) return out + "shortcut.norm." + rest;
  if (rest.starts_with("bn") && rest.size() > 4 && rest[3] == '.')
    return out + "conv" + rest[2] + ".norm." + rest.substr(4);
  return out + rest;
}

/// What belongs to training, not to the network.
inline bool is_left_aside(std::string_view name) {
  return name.starts_with("criterion.") || name == "pixel_mean" || name == "pixel_std" ||
         name.ends_with("num_batches_tracked");
}

inline std::string official_name(std::string name) {
  if (name.starts_with("sem_seg_head.") && !name.starts_with("sem_seg_head.pixel_decoder.") &&
      !name.starts_with("sem_seg_head.predictor."))
    name.insert(13, "pixel_decoder.");
  const std::string_view old = "sem_seg_head.predictor.static_query.";
  if (name.starts_with(old))
    name = concat("sem_seg_head.predictor.query_feat.", std::string_view{name}.substr(old.size()));
  return name;
}

}  // namespace detail

/// The tensors of a checkpoint under the names that the network (or, for weights::backbone, its
/// backbone) uses: "module." is taken off, student or teacher is chosen, older names and those of
/// torchvision and DINO are translated; what belongs to training is left aside.
/// @param name  stands for the file in errors
/// @throws invalid_input if the file holds student and teacher and plain weights were asked for, or
/// the other way round
[[nodiscard]] inline named_tensors translate_names(const named_tensors& tensors, weights from,
                                                   std::string_view name = "checkpoint") {
  named_tensors clean;
  bool distilled = false;
  for (const auto& [key, tensor] : tensors) {
    std::string k = key;
    while (detail::take_prefix(k, "module.")) {
    }
    if (detail::is_left_aside(k)) continue;
    distilled = distilled || k.starts_with("student.0.") || k.starts_with("teacher.0.");
    clean.emplace_back(std::move(k), tensor);
  }
  const bool asked = from == weights::student || from == weights::teacher;
  require(!distilled || asked, name, ": holds a student and a teacher, say which one is meant");
  require(distilled || !asked, name, ": holds one network, not a student and a teacher");
  named_tensors out;
  for (auto& [key, tensor] : clean) {
    if (asked) {
      if (!detail::take_prefix(key, from == weights::student ? "student." : "teacher.")) continue;
      if (detail::take_prefix(key, "0."))
        key.insert(0, "backbone.");
      else if (detail::take_prefix(key, "1."))
        key.insert(0, "sem_seg_head.");
    } else if (from == weights::backbone) {
      if (key.starts_with("sem_seg_head.")) continue;
      detail::take_prefix(key, "backbone.");
      detail::take_prefix(key, "bottom_up.");
      if (key.starts_with("fc.") || key.starts_with("stem.fc.") || key.starts_with("head."))
        continue;
      out.emplace_back(detail::detectron_name(key), tensor);
      continue;
    }
    out.emplace_back(detail::official_name(std::move(key)), tensor);
  }
  return out;
}

/// Gives the network the weights of a file: .safetensors, .pth, .pkl (see read_checkpoint). All
/// tensors fit, or nothing changes.
/// @throws io_error if the file cannot be read; invalid_input if it is damaged, or listing by name
/// what is missing, surplus, or of another shape
inline void load(video_mask2former_module& model, const std::filesystem::path& file,
                 const load_options& options) {
  const std::string name = file.string();
  named_tensors values = translate_names(read_checkpoint(file), options.from, name);
  const bool part = options.from == weights::backbone;
  ::torch::nn::Module& target = part ? static_cast<::torch::nn::Module&>(*model.backbone) : model;
  if (!options.keep.empty()) {
    const auto kept = [&](const std::string& key) {
      for (const std::string& begin : options.keep)
        if (key.starts_with(begin)) return true;
      return false;
    };
    std::erase_if(values, [&](const auto& item) { return kept(item.first); });
    for (const auto& [key, tensor] : state_dict(target))
      if (kept(key)) values.emplace_back(key, tensor.detach());
  }
  assign(target, values, name);
}

inline void load(video_mask2former_module& model, const std::filesystem::path& file,
                 weights from = weights::plain) {
  load(model, file, load_options{from, {}});
}

/// Writes the network's tensors under their official names, whole or not at all: as .pth, which
/// Python's torch.load reads as {"model": {...}}, or as .safetensors, by the extension.
/// @throws invalid_input for another extension, io_error if the system refuses
inline void save(const video_mask2former_module& model, const std::filesystem::path& file) {
  const auto extension = file.extension();
  require(extension == ".pth" || extension == ".safetensors", file.string(), ": extension is '",
          extension.string(), "', expected .pth or .safetensors");
  if (extension == ".pth")
    write_pth(file, state_dict(model));
  else
    write_safetensors(file, state_dict(model));
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
