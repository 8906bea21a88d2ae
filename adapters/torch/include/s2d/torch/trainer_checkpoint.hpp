// The state of a training run in one file, so that it can go on after anything.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/io/safetensors.hpp>
#include <s2d/torch/detail/crc32.hpp>
#include <s2d/torch/optimizer.hpp>
#include <s2d/torch/safetensors.hpp>
#include <s2d/torch/state_dict.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Names and values of what a run depends on, as text.
using run_settings = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline constexpr std::string_view checkpoint_head = "checkpoint-";
inline constexpr std::string_view checkpoint_tail = ".safetensors";
inline constexpr std::string_view setting_head = "setting ";
inline constexpr std::string_view checkpoint_format = "s2d training 2";

/// The step in the name of a checkpoint; nothing if it is none.
inline std::optional<std::int64_t> checkpoint_step(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with(checkpoint_head) || !name.ends_with(checkpoint_tail)) return {};
  const char* first = name.data() + checkpoint_head.size();
  const char* last = name.data() + name.size() - checkpoint_tail.size();
  std::int64_t step = 0;
  const auto [end, error] = std::from_chars(first, last, step);
  if (error != std::errc{} || end != last || step < 0) return {};
  return step;
}

/// Checkpoints of a folder with their steps, the last one first. Also clears away what a killed
/// run began to write, if asked to.
inline std::vector<std::pair<std::int64_t, std::filesystem::path>> list_checkpoints(
    const std::filesystem::path& folder, bool clear) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return found;
  std::vector<std::filesystem::path> leftovers;
  for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error)) {
    if (const auto step = checkpoint_step(entry->path())) found.emplace_back(*step, entry->path());
    const std::string name = entry->path().filename().string();
    if (name.starts_with(".s2d-") && name.ends_with(checkpoint_tail))
      leftovers.push_back(entry->path());
  }
  if (error) throw io_error{concat(folder.string(), ": cannot read folder: ", error.message())};
  if (clear)
    for (const auto& path : leftovers) std::filesystem::remove(path, error);
  std::sort(found.begin(), found.end(), std::greater<>{});
  return found;
}

inline named_tensors with_prefix(std::string_view prefix, const named_tensors& tensors) {
  named_tensors named;
  for (const auto& [name, tensor] : tensors) named.emplace_back(concat(prefix, name), tensor);
  return named;
}

/// Of names and values in the order of the names; the tensors lie dense on the processor.
inline std::string checksum_of(const named_tensors& tensors) {
  std::vector<const named_tensors::value_type*> sorted;
  for (const auto& each : tensors) sorted.push_back(&each);
  std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return a->first < b->first; });
  std::uint32_t sum = 0;
  for (const auto* each : sorted) {
    const ::torch::Tensor& tensor = each->second;
    sum = crc32(std::as_bytes(std::span{each->first}), sum);
    sum = crc32({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}, sum);
  }
  return concat(sum);
}

/// Throws unless a checkpoint was made with these settings and no others.
inline void require_settings(const std::unordered_map<std::string_view, std::string_view>& metadata,
                             const run_settings& settings, const std::string& name) {
  const auto differs = [&](std::string_view key, std::string_view was, std::string_view is) {
    throw invalid_input{concat(name, ": was made with ", key, " = ", was, ", now it is ", is,
                               "; take another folder, or start from its weights")};
  };
  for (const auto& [key, text] : settings) {
    const auto was = metadata.find(concat(setting_head, key));
    if (was == metadata.end()) differs(key, "nothing", text);
    if (was->second != text) differs(key, was->second, text);
  }
  for (const auto& [key, text] : metadata) {
    if (!key.starts_with(setting_head)) continue;
    const std::string_view setting = key.substr(setting_head.size());
    if (std::none_of(settings.begin(), settings.end(),
                     [&](const auto& each) { return each.first == setting; }))
      differs(setting, text, "nothing");
  }
}

inline named_tensors without_prefix(std::string_view prefix, const named_tensors& tensors) {
  named_tensors found;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) found.emplace_back(name.substr(prefix.size()), tensor);
  return found;
}

}  // namespace detail

/// The checkpoint of most steps in a folder; nothing if there is none.
[[nodiscard]] inline std::optional<std::filesystem::path> latest_checkpoint(
    const std::filesystem::path& folder) {
  const auto found = detail::list_checkpoints(folder, false);
  if (found.empty()) return {};
  return found.front().second;
}

/// The step at which a run with this folder of checkpoints goes on: where a loader has to begin.
[[nodiscard]] inline std::int64_t steps_done(const std::filesystem::path& folder) {
  const auto found = detail::list_checkpoints(folder, false);
  return found.empty() ? 0 : found.front().first;
}

/// Writes the state after `step` steps to `folder`, whole or not at all, then removes all but the
/// last `keep` checkpoints.
/// @return the file
/// @throws io_error if the system refuses; older checkpoints are then all there
inline std::filesystem::path save_checkpoint(const std::filesystem::path& folder, std::int64_t step,
                                             const ::torch::nn::Module& student,
                                             const ::torch::nn::Module& teacher,
                                             const adamw& optimizer, const run_settings& settings,
                                             std::size_t keep) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::string digits = concat(step);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  const auto path = folder / concat(detail::checkpoint_head, digits, detail::checkpoint_tail);
  named_tensors tensors = detail::with_prefix("student.", state_dict(student));
  for (const auto& [prefix, part] :
       {std::pair{"teacher.", state_dict(teacher)}, std::pair{"optimizer.", optimizer.state()}})
    for (auto& item : detail::with_prefix(prefix, part)) tensors.push_back(std::move(item));
  for (auto& item : tensors) item.second = item.second.detach().cpu().contiguous();
  run_settings metadata{{"format", std::string{detail::checkpoint_format}},
                        {"step", concat(step)},
                        {"checksum", detail::checksum_of(tensors)}};
  for (const auto& [key, text] : settings)
    metadata.emplace_back(concat(detail::setting_head, key), text);
  write_safetensors(path, tensors, metadata);
  const auto found = detail::list_checkpoints(folder, false);
  for (std::size_t i = (std::max)(keep, std::size_t{1}); i < found.size(); ++i)
    if (found[i].first < step) std::filesystem::remove(found[i].second, error);
  return path;
}

/// Restores what save_checkpoint wrote; all of it, or nothing is changed.
/// @return the steps that were done
/// @throws io_error if the file cannot be read; invalid_input if it is damaged, not a training
/// checkpoint, of another network, or of a run with other settings, which are named
inline std::int64_t load_checkpoint(const std::filesystem::path& path, ::torch::nn::Module& student,
                                    ::torch::nn::Module& teacher, adamw& optimizer,
                                    const run_settings& settings) {
  const std::string name = path.string();
  const safetensors file = read_safetensors(path);
  std::unordered_map<std::string_view, std::string_view> metadata;
  for (const auto& [key, text] : file.metadata) metadata.emplace(key, text);
  const auto format = metadata.find("format");
  require(format != metadata.end() && format->second == detail::checkpoint_format, name,
          ": not a checkpoint of a training run, or of another version; without it the run begins "
          "anew");
  std::int64_t step = -1;
  if (const auto found = metadata.find("step"); found != metadata.end())
    (void)std::from_chars(found->second.data(), found->second.data() + found->second.size(), step);
  require(step >= 0, name, ": the checkpoint does not say its step");
  detail::require_settings(metadata, settings, name);
  const named_tensors tensors = to_tensors(file);
  const auto checksum = metadata.find("checksum");
  require(checksum != metadata.end() && checksum->second == detail::checksum_of(tensors), name,
          ": damaged, its tensors have another checksum than it says; without this file the run "
          "goes on from the checkpoint before it, if there is one");
  const named_tensors state = optimizer.state();
  const named_tensors stored = detail::without_prefix("optimizer.", tensors);
  std::unordered_map<std::string_view, const ::torch::Tensor*> by_name;
  for (const auto& [key, tensor] : stored) by_name.emplace(key, &tensor);
  for (const auto& [key, tensor] : state) {
    const auto found = by_name.find(key);
    require(found != by_name.end() && found->second->sizes() == tensor.sizes(), name,
            ": the optimiser's ", key, " is missing or has another shape");
  }
  const auto of_student = detail::without_prefix("student.", tensors);
  const auto of_teacher = detail::without_prefix("teacher.", tensors);
  require(of_student.size() == of_teacher.size(), name,
          ": student and teacher have a different number of tensors");
  (void)detail::matching_values(state_dict(teacher), of_teacher, name);
  assign(student, of_student, name);
  assign(teacher, of_teacher, name);
  const ::torch::NoGradGuard guard;
  for (const auto& [key, tensor] : state) ::torch::Tensor{tensor}.copy_(*by_name.at(key));
  return step;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
