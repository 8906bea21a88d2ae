#include "measure.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include <s2d/keymask/propagate.hpp>
#include <s2d/mask/bits.hpp>

namespace quality {

double average(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_jaccard(const std::vector<s2d::bit_mask>& masks,
                    const std::vector<s2d::bit_mask>& truth) {
  std::vector<double> values;
  for (std::size_t t = 0; t < truth.size(); ++t) values.push_back(jaccard(masks[t], truth[t]));
  return average(values);
}

namespace {

void unite(s2d::bit_mask& into, const s2d::bit_mask& mask) {
  for (std::size_t i = 0; i < into.words().size(); ++i) into.words()[i] |= mask.words()[i];
}

// How far a frame is trusted where nobody says: its masks' confidences, weighted by their areas.
double mean_confidence(const std::vector<s2d::frame_mask>& masks) {
  double sum = 0, weight = 0;
  for (const s2d::frame_mask& mask : masks) {
    const auto pixels = static_cast<double>(area(mask.mask));
    sum += pixels * static_cast<double>(mask.confidence);
    weight += pixels;
  }
  return weight > 0 ? sum / weight : 0;
}

std::vector<double> trust_in(const s2d::video_masks& masks, const std::vector<float>& confidence) {
  if (!confidence.empty()) return {confidence.begin(), confidence.end()};
  std::vector<double> trust;
  for (const auto& frame : masks) trust.push_back(mean_confidence(frame));
  return trust;
}

// The 30 % most confident frames, the most confident first; of equals the earlier.
std::vector<std::size_t> most_confident(const s2d::video_masks& masks,
                                        const std::vector<float>& confidence) {
  const std::vector<double> trust = trust_in(masks, confidence);
  std::vector<std::size_t> order(masks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return trust[a] > trust[b]; });
  order.resize((3 * order.size() + 9) / 10);
  return order;
}

}  // namespace

double jaccard(const s2d::bit_mask& mask, const s2d::bit_mask& truth) {
  if (mask.empty()) return s2d::area(truth) == 0 ? 1 : 0;
  std::size_t both = 0, either = 0;
  for (std::size_t i = 0; i < truth.words().size(); ++i) {
    both += static_cast<std::size_t>(std::popcount(mask.words()[i] & truth.words()[i]));
    either += static_cast<std::size_t>(std::popcount(mask.words()[i] | truth.words()[i]));
  }
  return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

s2d::bit_mask united(const std::vector<s2d::frame_mask>& masks, std::ptrdiff_t height,
                     std::ptrdiff_t width) {
  s2d::bit_mask result(height, width);
  for (const s2d::frame_mask& mask : masks) unite(result, mask.mask);
  return result;
}

figures measure_masks(const s2d::video_masks& masks, const std::vector<float>& confidence,
                      const std::vector<s2d::bit_mask>& truth, bool single) {
  std::vector<double> foreground, best, each, number;
  for (std::size_t t = 0; t < truth.size(); ++t) {
    foreground.push_back(jaccard(united(masks[t], truth[t].height, truth[t].width), truth[t]));
    double largest = 0;
    for (const s2d::frame_mask& mask : masks[t]) {
      each.push_back(jaccard(mask.mask, truth[t]));
      largest = std::max(largest, each.back());
    }
    best.push_back(largest);
    number.push_back(static_cast<double>(masks[t].size()));
  }
  std::vector<double> top;
  for (const std::size_t t : most_confident(masks, confidence)) top.push_back(foreground[t]);
  std::vector<double> hit;
  for (const double value : foreground) hit.push_back(value > 0.5 ? 1 : 0);
  figures result{{"J", average(foreground)},
                 {"recall", average(hit)},
                 {"top30", average(top)},
                 {"confidence", average(trust_in(masks, confidence))},
                 {"masks", average(number)}};
  if (single) result["best"] = average(best);
  if (!each.empty()) result["each"] = average(each);
  return result;
}

figures measure_keymasks(const s2d::video_masks& masks, const std::vector<float>& confidence,
                         const std::vector<s2d::object>& objects, const s2d::video_flow& flow,
                         const std::vector<s2d::bit_mask>& truth, bool single,
                         std::size_t threads) {
  const std::size_t frames = truth.size();
  const std::ptrdiff_t height = truth[0].height, width = truth[0].width;
  const s2d::propagate_options options{.threads = threads};
  const auto add = [&](std::vector<s2d::bit_mask>& keys, std::size_t t, const s2d::bit_mask& mask) {
    if (keys[t].empty()) keys[t] = s2d::bit_mask(height, width);
    unite(keys[t], mask);
  };
  std::vector<s2d::bit_mask> all(frames), groups(frames, s2d::bit_mask(height, width));
  std::set<std::pair<std::size_t, std::size_t>> used;
  double best = 0;
  for (const s2d::object& object : objects) {
    std::vector<s2d::bit_mask> keys(frames);
    for (const s2d::keymask& key : object.keymasks) {
      add(keys, key.frame, masks[key.frame][key.index].mask);
      add(all, key.frame, masks[key.frame][key.index].mask);
      used.emplace(key.frame, key.index);
    }
    const auto carried = s2d::propagate(keys, flow, options);
    if (single) best = std::max(best, mean_jaccard(carried, truth));
    for (std::size_t t = 0; t < frames; ++t)
      if (!carried[t].empty()) unite(groups[t], carried[t]);
  }
  std::vector<double> key, each;
  for (std::size_t t = 0; t < frames; ++t)
    if (!all[t].empty()) key.push_back(jaccard(all[t], truth[t]));
  for (const auto& [t, index] : used) each.push_back(jaccard(masks[t][index].mask, truth[t]));

  figures result{{"objects", static_cast<double>(objects.size())},
                 {"key_frames", static_cast<double>(key.size()) / static_cast<double>(frames)}};
  if (!key.empty()) {
    result["key_J"] = average(key);
    result["key_each"] = average(each);
  }
  result["prop_groups"] = mean_jaccard(groups, truth);
  if (single) result["prop_best"] = best;
  result["prop_united"] = mean_jaccard(s2d::propagate(all, flow, options), truth);
  std::vector<s2d::bit_mask> confident(frames);
  for (const std::size_t t : most_confident(masks, confidence))
    confident[t] = united(masks[t], height, width);
  result["prop_confident"] = mean_jaccard(s2d::propagate(confident, flow, options), truth);
  return result;
}

figures mean(const std::map<std::string, figures>& rows) {
  std::map<std::string, std::vector<double>> columns;
  for (const auto& [name, row] : rows)
    for (const auto& [key, value] : row) columns[key].push_back(value);
  figures result;
  for (const auto& [key, values] : columns) result[key] = average(values);
  return result;
}

}  // namespace quality
