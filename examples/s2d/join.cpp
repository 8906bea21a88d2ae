#include "join.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/keymask/join.hpp>

namespace app {

namespace {

// Earlier and later object of every pair that is one object.
std::vector<std::pair<std::size_t, std::size_t>> same_objects(const findings& all,
                                                              const findings& window) {
  std::vector<std::size_t> reaching;  // earlier objects with a keymask in the shared frames
  for (std::size_t i = 0; i < all.objects.size(); ++i) {
    const auto& keys = all.objects[i].keymasks;
    if (!keys.empty() && keys.back().frame >= window.first) reaching.push_back(i);
  }
  s2d::matrix<double> overlap(static_cast<std::ptrdiff_t>(reaching.size()),
                              static_cast<std::ptrdiff_t>(window.objects.size()));
  double* value = overlap.values.data();
  for (const std::size_t i : reaching) {
    const auto& keys = all.objects[i].keymasks;
    const auto from = std::partition_point(keys.begin(), keys.end(), [&](const found_keymask& key) {
      return key.frame < window.first;
    });
    for (const found_object& later : window.objects)
      *value++ = s2d::tube_iou(std::span{from, keys.end()}, later.keymasks);
  }
  auto pairs = s2d::best_pairs(overlap);
  for (auto& pair : pairs) pair.first = reaching[pair.first];
  return pairs;
}

// Keeps the keymasks in [from, to), unless there is none: then all.
void keep_frames(found_object& object, std::size_t from, std::size_t to) {
  const auto outside = [&](const found_keymask& key) {
    return key.frame < from || key.frame >= to;
  };
  if (std::all_of(object.keymasks.begin(), object.keymasks.end(), outside)) return;
  std::erase_if(object.keymasks, outside);
}

void merge_ranges(found_object& into, const found_object& other) {
  auto& ranges = into.ranges;
  ranges.insert(ranges.end(), other.ranges.begin(), other.ranges.end());
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<std::size_t, std::size_t>> merged;
  for (const auto& [first, last] : ranges) {
    if (!merged.empty() && first <= merged.back().second + 1)
      merged.back().second = (std::max)(merged.back().second, last);
    else
      merged.emplace_back(first, last);
  }
  ranges = std::move(merged);
}

double weighted(double a, double weight_a, double b, double weight_b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b) || weight_a + weight_b == 0) return a;
  return (a * weight_a + b * weight_b) / (weight_a + weight_b);
}

void continue_object(found_object& earlier, found_object&& later) {
  const auto before = static_cast<double>(earlier.keymasks.size());
  const auto behind = static_cast<double>(later.keymasks.size());
  earlier.score = weighted(earlier.score, before, later.score, behind);
  earlier.one2x = weighted(earlier.one2x, before, later.one2x, behind);
  merge_ranges(earlier, later);
  // Where an object had all its keymasks in the other half, both halves may hold one frame.
  std::vector<found_keymask> keys;
  std::merge(std::make_move_iterator(earlier.keymasks.begin()),
             std::make_move_iterator(earlier.keymasks.end()),
             std::make_move_iterator(later.keymasks.begin()),
             std::make_move_iterator(later.keymasks.end()), std::back_inserter(keys),
             [](const found_keymask& a, const found_keymask& b) { return a.frame < b.frame; });
  keys.erase(std::unique(
                 keys.begin(), keys.end(),
                 [](const found_keymask& a, const found_keymask& b) { return a.frame == b.frame; }),
             keys.end());
  earlier.keymasks = std::move(keys);
}

}  // namespace

void joiner::add(findings&& window) {
  if (empty_) {
    all_ = std::move(window);
    empty_ = false;
    return;
  }
  s2d::require(window.first >= all_.first && window.first <= all_.end() &&
                   window.end() >= all_.end() && window.height == all_.height &&
                   window.width == all_.width,
               "join: the window of frames ", window.first, " to ", window.end(),
               " does not continue frames ", all_.first, " to ", all_.end());
  const std::size_t shared = all_.end() - window.first;
  const std::size_t middle = window.first + shared / 2;
  const auto pairs = same_objects(all_, window);
  for (found_object& object : all_.objects)
    if (!object.keymasks.empty() && object.keymasks.back().frame >= middle)
      keep_frames(object, 0, middle);
  for (found_object& object : window.objects) keep_frames(object, middle, none);

  std::vector<std::size_t> global(window.objects.size(), none);
  for (const auto& [earlier, later] : pairs) {
    continue_object(all_.objects[earlier], std::move(window.objects[later]));
    global[later] = earlier;
  }
  for (std::size_t j = 0; j < window.objects.size(); ++j) {
    if (global[j] != none) continue;
    global[j] = all_.objects.size();
    all_.objects.push_back(std::move(window.objects[j]));
  }

  const auto weight_before = static_cast<double>(all_.frames());
  const auto weight_window = static_cast<double>(window.frames());
  all_.contrast = weighted(all_.contrast, weight_before, window.contrast, weight_window);
  // The share of the frames that the window adds.
  if (window.stirred > 0) all_.stirred += window.frames() - shared;
  for (const stage_time& stage : window.stages) add_seconds(all_.stages, stage.name, stage.seconds);
  if (!window.damage.empty()) all_.damage = std::move(window.damage);

  all_.masks.resize(middle - all_.first);
  for (std::size_t t = middle - window.first; t < window.frames(); ++t) {
    for (found_mask& mask : window.masks[t])
      if (mask.object != none) mask.object = global[mask.object];
    all_.masks.push_back(std::move(window.masks[t]));
  }
  for (std::size_t t = shared; t < window.frames(); ++t) {
    all_.names.push_back(std::move(window.names[t]));
    all_.seconds.push_back(window.seconds[t]);
  }
}

}  // namespace app
