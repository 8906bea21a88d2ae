#include "composites.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/eval/davis.hpp>
#include <s2d/eval/identity.hpp>
#include <s2d/eval/instances.hpp>
#include <s2d/keymask/lost_objects.hpp>
#include <s2d/keymask/propagate.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/mask/tube.hpp>

namespace quality {

namespace fs = std::filesystem;

namespace {

// An object of another sequence, moved by (y, x) pixels in the first frame and (vy, vx) more in
// every further one.
struct guest {
  std::string_view sequence;
  double y, x, vy, vx;
};

struct plan {
  std::string_view name, host;
  std::vector<guest> guests;  // the last in front
};

// Speeds are alike, as seen by the camera: of objects of very different speed frame masks find the
// fast one alone.
const std::vector<plan>& plans() {
  static const std::vector<plan> all{
      {"rollerblade+hike", "rollerblade", {{"hike", 0, -100, 0, 3}}},
      {"car-roundabout+hike", "car-roundabout", {{"hike", 20, -110, 0, 2}}},
      {"hike+dance-twirl", "hike", {{"dance-twirl", 0, -100, 0, 2}}},
      {"dance-twirl+hike", "dance-twirl", {{"hike", 10, 90, 0, -2}}},
      {"car-turn+hike", "car-turn", {{"hike", 20, -120, 0, 2}}},
      {"car-roundabout+dance-twirl+hike",
       "car-roundabout",
       {{"dance-twirl", 10, -120, 0, 2}, {"hike", 20, 110, 0, -2}}}};
  return all;
}

constexpr std::size_t longest = 60;

void paste(const clip& from, const guest& how, std::size_t t, s2d::image& onto,
           s2d::bit_mask& mask) {
  const auto dy = static_cast<std::ptrdiff_t>(how.y + how.vy * static_cast<double>(t));
  const auto dx = static_cast<std::ptrdiff_t>(how.x + how.vx * static_cast<double>(t));
  const s2d::image& picture = from.frames[t];
  for (std::ptrdiff_t y = 0; y < picture.height; ++y)
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      const std::ptrdiff_t v = y + dy, u = x + dx;
      if (!from.truth[t](y, x) || v < 0 || u < 0 || v >= onto.height || u >= onto.width) continue;
      std::copy_n(picture.row(y) + 3 * x, 3, onto.row(v) + 3 * u);
      mask.set(v, u);
    }
}

// Absent masks as empty ones of the size of the video, which is what evaluation wants.
std::vector<tube> filled(std::vector<tube> tubes, const clip& of) {
  for (tube& each : tubes)
    for (s2d::bit_mask& mask : each)
      if (mask.empty()) mask = s2d::bit_mask(of.frames[0].height, of.frames[0].width);
  return tubes;
}

using coded_tube = std::vector<s2d::tube_segment<s2d::rle>>;

std::vector<coded_tube> coded(const std::vector<tube>& tubes) {
  std::vector<coded_tube> result;
  for (const tube& each : tubes) {
    coded_tube& to = result.emplace_back();
    for (std::size_t t = 0; t < each.size(); ++t)
      if (!each[t].empty() && s2d::area(each[t]) > 0)
        to.push_back({static_cast<std::int64_t>(t), s2d::encode(each[t])});
  }
  return result;
}

double average_precision_50(const std::vector<tube>& truth, const std::vector<tube>& found,
                            const std::vector<double>& score) {
  const auto true_tubes = coded(truth), found_tubes = coded(found);
  std::vector<s2d::ap_instance<coded_tube>> wanted, given;
  for (const coded_tube& each : true_tubes) wanted.push_back({.shape = &each});
  for (std::size_t i = 0; i < found_tubes.size(); ++i)
    given.push_back({.shape = &found_tubes[i], .score = score[i]});
  auto options = s2d::ytvis_ap_options(false);
  return std::max(0.0, s2d::evaluate_instances(given, wanted, options).all.ap_50);
}

// The k-th mask of every frame as object k: frame masks have no identity.
std::vector<tube> tubes_by_rank(const s2d::video_masks& masks) {
  std::size_t most = 0;
  for (const auto& frame : masks) most = std::max(most, frame.size());
  std::vector<tube> tubes(most, tube(masks.size()));
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (std::size_t k = 0; k < masks[t].size(); ++k) tubes[k][t] = masks[t][k].mask;
  return tubes;
}

}  // namespace

std::vector<std::string> list_composites(const fs::path& data) {
  const auto sequences = list_sequences(data);
  const std::set<std::string, std::less<>> there{sequences.begin(), sequences.end()};
  std::vector<std::string> names;
  for (const plan& each : plans()) {
    const bool all = there.contains(each.host) &&
                     std::all_of(each.guests.begin(), each.guests.end(),
                                 [&](const guest& g) { return there.contains(g.sequence); });
    if (all) names.emplace_back(each.name);
  }
  return names;
}

composite make_composite(const fs::path& data, const std::string& name) {
  const auto found = std::find_if(plans().begin(), plans().end(),
                                  [&](const plan& each) { return each.name == name; });
  s2d::require(found != plans().end(), "there is no composite '", name, "'");
  composite result;
  result.clip = read_clip(data, std::string{found->host});
  result.clip.name = name;
  std::vector<clip> guests;
  std::size_t frames = std::min(longest, result.clip.frames.size());
  for (const guest& each : found->guests) {
    guests.push_back(read_clip(data, std::string{each.sequence}));
    frames = std::min(frames, guests.back().frames.size());
  }
  result.clip.frames.resize(frames);
  result.clip.stems.resize(frames);
  result.clip.truth.resize(frames);
  result.instances.assign(found->guests.size() + 1, tube(frames));
  for (std::size_t t = 0; t < frames; ++t) {
    s2d::image& picture = result.clip.frames[t];
    result.instances[0][t] = result.clip.truth[t];
    for (std::size_t g = 0; g < guests.size(); ++g) {
      s2d::bit_mask mask(picture.height, picture.width);
      paste(guests[g], found->guests[g], t, picture, mask);
      for (std::size_t i = 0; i <= g; ++i)
        result.instances[i][t] = s2d::subtract(result.instances[i][t], mask);
      result.clip.truth[t] = s2d::unite(result.clip.truth[t], mask);
      result.instances[g + 1][t] = std::move(mask);
    }
  }
  return result;
}

figures measure_instances(const composite& of, const sparse_result& found,
                          const dense_result& result) {
  figures row{{"objects", static_cast<double>(of.instances.size())}};
  const auto add = [&](const char* what, std::vector<tube> tubes, std::vector<double> score) {
    std::vector<std::size_t> order(tubes.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return score[i] > score[j]; });
    if (order.size() > 20) order.resize(20);  // as many as the unsupervised protocol takes
    std::vector<tube> best;
    std::vector<double> scores;
    for (const std::size_t i : order) {
      best.push_back(std::move(tubes[i]));
      scores.push_back(score[i]);
    }
    best = filled(std::move(best), of.clip);
    const std::string name = what;
    row["ap_" + name] = average_precision_50(of.instances, best, scores);
    row["jf_" + name] =
        s2d::evaluate_davis(of.instances, best, {}, {.protocol = s2d::davis_protocol::unsupervised})
            .jf_mean;
    const auto identities = s2d::identity_switches(s2d::tracked_frames(of.instances, best));
    row["ids_" + name] = static_cast<double>(identities.switches);
    row["found_" + name] =
        static_cast<double>(identities.matched) / static_cast<double>(identities.masks);
    row["n_" + name] = static_cast<double>(best.size());
  };
  const auto raw = tubes_by_rank(found.raw.masks);
  add("raw", raw, std::vector<double>(raw.size(), 1));
  std::vector<double> key_score;
  for (const tube& each : result.keys)
    key_score.push_back(static_cast<double>(
        std::count_if(each.begin(), each.end(), [](const auto& mask) { return !mask.empty(); })));
  add("key", result.keys, key_score);
  add("dense", result.found(), result.score);
  // Objects that the network lost, as their keymasks carried along the flow.
  std::vector<tube> carried;
  const auto all = s2d::keep_lost(coded(result.found()), coded(result.keys), [&](std::size_t k) {
    carried.push_back(
        s2d::propagate(result.keys[k], found.flow, {.threads = 1, .pictures = of.clip.frames}));
    return coded({carried.back()}).front();
  });
  std::vector<tube> kept;
  std::vector<double> kept_score;
  for (std::size_t i = 0; i < all.found.size(); ++i) {
    if (all.found[i].empty()) continue;
    tube& to = kept.emplace_back(of.clip.frames.size());
    for (const auto& [frame, mask] : all.found[i])
      to[static_cast<std::size_t>(frame)] = s2d::to_bits(mask);
    kept_score.push_back(result.score[i]);
  }
  for (tube& each : carried) {
    kept.push_back(std::move(each));
    kept_score.push_back(0.1);
  }
  add("kept", std::move(kept), kept_score);
  row["lost"] = static_cast<double>(all.lost.size());
  return row;
}

}  // namespace quality
