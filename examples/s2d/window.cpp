#include "window.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <s2d/io/npy_tracker.hpp>
#include <s2d/keymask/discover.hpp>
#include <s2d/keymask/objects.hpp>
#include <s2d/keymask/output.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/segment/cuts.hpp>

namespace app {

void window_frames::add(frame&& next) {
  pictures.push_back(std::move(next.picture));
  indices.push_back(next.index);
  names.push_back(std::move(next.name));
  seconds.push_back(next.seconds);
}

void window_frames::drop(std::size_t count) {
  const auto drop_from = [count](auto& list) {
    const std::size_t known = (std::min)(count, list.size());
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(known));
  };
  drop_from(pictures);
  drop_from(indices);
  drop_from(names);
  drop_from(seconds);
  drop_from(flow.forward);
  drop_from(flow.backward);
  drop_from(cut_before);
  if (!flow.backward.empty()) flow.backward.front() = {};
  first += count;
}

namespace {

// Flow between all frames of a shot; what is known from the window before is kept.
void complete_flow(window_frames& window, const hardware& with,
                   const s2d::progress_callback& show) {
  const std::size_t known = window.flow.frames();
  const std::size_t from = known == 0 ? 0 : known - 1;
  const std::span<const s2d::image> pictures = std::span{window.pictures}.subspan(from);
  s2d::video_flow_options options;
  // Some frames more, so that the first new pair has neighbours too.
  const std::size_t context = (std::min)(from, std::size_t{3});
  const std::vector<bool> cuts =
      s2d::find_cuts(std::span{window.pictures}.subspan(from - context), {.threads = with.threads});
  options.cut_before.assign(cuts.begin() + static_cast<std::ptrdiff_t>(context), cuts.end());
  options.cut_before.front() = false;
  s2d::video_flow fresh = flow_of(pictures, options, with, show);
  if (known > 0) window.flow.forward.back() = std::move(fresh.forward.front());
  for (std::size_t t = known == 0 ? 0 : 1; t < fresh.frames(); ++t) {
    window.flow.forward.push_back(std::move(fresh.forward[t]));
    window.flow.backward.push_back(std::move(fresh.backward[t]));
    window.cut_before.push_back(options.cut_before[t]);
  }
}

s2d::video_masks find_masks(const window_frames& window, const settings& what,
                            const given_files& given, const hardware& with,
                            const s2d::progress_callback& show, findings& part) {
  switch (what.segmenter) {
    case segmenter_kind::motion: {
      s2d::frame_masks_options options;
      options.cut_before = window.cut_before;
      options.chunk = (std::max)(window.size(), 2 * options.overlap + 1);
      s2d::frame_masks_result found =
          frame_masks_of(window.pictures, window.flow, options, with, show);
      part.contrast = found.diagnosis.contrast;
      if (found.diagnosis.everything_moves) part.stirred = window.size();
      return std::move(found.masks);
    }
    case segmenter_kind::ncut: {
      s2d::normalized_cut_masks_options options;
      options.threads = with.threads;
      if (given.features == nullptr)
        return s2d::normalized_cut_masks(window.pictures, window.flow, options, {}, show);
      s2d::stored_features features;
      for (const std::size_t index : window.indices) {
        s2d::require(index < given.features->grids.size(), what.features.string(), ": holds ",
                     given.features->grids.size(), " frames, expected more than ", index);
        features.grids.push_back(given.features->grids[index]);
      }
      return s2d::normalized_cut_masks(window.pictures, features, options, show);
    }
    case segmenter_kind::files:
      break;
  }
  s2d::video_masks masks;
  for (std::size_t t = 0; t < window.size(); ++t)
    masks.push_back(given.masks->masks_of(window.indices[t], window.names[t], part.height,
                                          part.width, what.compat));
  return masks;
}

/// Frames [begin, end) of a window about which is decided together, and what was discovered:
/// frames are those of the window, but in found.seen those of the shot.
struct shot {
  std::size_t begin = 0, end = 0;
  s2d::discovery found = {};
};

/// Between cuts nothing goes on: masks of one shot say nothing about those of another.
std::vector<shot> shots_of(const window_frames& window) {
  std::vector<shot> shots{{0, window.size()}};
  for (std::size_t t = 1; t < window.cut_before.size(); ++t) {
    if (!window.cut_before[t]) continue;
    shots.back().end = t;
    shots.push_back({t, window.size()});
  }
  return shots;
}

/// Takes the elements of a shot out of a list of frames; put_back returns them.
template <class T>
std::vector<T> take_out(std::vector<T>& list, const shot& of) {
  const auto begin = list.begin();
  return {std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(of.begin)),
          std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(of.end))};
}

template <class T>
void put_back(std::vector<T>& list, const shot& of, std::vector<T>&& part) {
  std::move(part.begin(), part.end(), list.begin() + static_cast<std::ptrdiff_t>(of.begin));
}

s2d::discovery find_keymasks(const s2d::video_masks& masks, const s2d::video_flow& flow,
                             const s2d::follow_options& follow, const settings& what,
                             const findings& part, const hardware& with,
                             const s2d::progress_callback& show) {
  s2d::discovery_options options;
  options.threads = with.threads;
  options.compat = what.compat;
  options.frame_height = part.height;
  options.frame_width = part.width;
  if (!what.tracks.empty()) {
    options.least_points = 0;  // the files hold the points of the official grids
    return s2d::discover(masks, s2d::npy_tracker{what.tracks, masks.size()}, options, show);
  }
  return discover_along(flow, follow, masks, options, with.cuda, show);
}

void move_frames(s2d::discovery& found, std::size_t by) {
  for (auto& mask : found.masks) mask.frame += by;
  for (s2d::object& object : found.objects) {
    for (s2d::keymask& key : object.keymasks) key.frame += by;
    for (s2d::frame_range& range : object.visibility) {
      range.first += by;
      range.last += by;
    }
  }
}

/// The objects of every shot; masks may be cut. Tracks from files are about the whole video, and so
/// is official discovery.
std::vector<shot> discover_shots(s2d::video_masks& masks, window_frames& window,
                                 const settings& what, const findings& part, const hardware& with,
                                 console& screen) {
  const bool along_flow = what.tracks.empty() && !what.compat;
  std::vector<shot> shots = along_flow ? shots_of(window) : std::vector<shot>{{0, window.size()}};
  s2d::follow_options follow;
  if (!along_flow) follow.cut_before = window.cut_before;
  const auto frames = static_cast<double>(window.size());
  for (shot& each : shots) {
    s2d::video_masks here = take_out(masks, each);
    s2d::video_flow flow;
    if (what.tracks.empty())
      flow = {take_out(window.flow.forward, each), take_out(window.flow.backward, each)};
    const auto show = screen.stage(0.8 + 0.2 * static_cast<double>(each.begin) / frames,
                                   0.8 + 0.2 * static_cast<double>(each.end) / frames);
    const auto look = [&](const s2d::video_masks& in) {
      return find_keymasks(in, flow, follow, what, part, with, show);
    };
    if (what.segmenter == segmenter_kind::motion && along_flow)
      each.found = s2d::discover_objects(
          here, flow, std::span{window.pictures}.subspan(each.begin, each.end - each.begin), look);
    else
      each.found = look(here);
    move_frames(each.found, each.begin);
    put_back(masks, each, std::move(here));
    if (what.tracks.empty()) {
      put_back(window.flow.forward, each, std::move(flow.forward));
      put_back(window.flow.backward, each, std::move(flow.backward));
    }
  }
  return shots;
}

// What was discovered about the masks of a shot, and the objects.
void note_discovery(const shot& of, const s2d::video_masks& masks, findings& part) {
  const s2d::discovery& found = of.found;
  for (std::size_t row = 0; row < found.masks.size(); ++row) {
    found_mask& mask = part.masks[found.masks[row].frame][found.masks[row].index];
    mask.coherence = found.coherence[row];
    mask.visible_from = part.first + of.begin;
    mask.visible.resize(found.frames);
    for (std::size_t t = 0; t < found.frames; ++t) mask.visible[t] = found.seen(row, t) ? '1' : '0';
  }
  for (const s2d::object& from : found.objects) {
    const std::size_t number = part.objects.size();
    found_object& to = part.objects.emplace_back();
    to.score = from.score;
    to.one2x = s2d::round_hundredths(from.one2x);
    for (const s2d::frame_range& range : from.visibility)
      to.ranges.emplace_back(part.first + range.first, part.first + range.last);
    const std::vector<s2d::bit_mask> united =
        s2d::object_masks(from, masks, part.height, part.width);
    for (const s2d::keymask& key : from.keymasks) {
      part.masks[key.frame][key.index].object = number;
      // Masks of one frame belong together; the best of their coherences counts, but each has to
      // be right: the least of their confidences.
      if (!to.keymasks.empty() && to.keymasks.back().frame == part.first + key.frame) {
        double& coherence = to.keymasks.back().coherence;
        coherence = (std::max)(coherence, static_cast<double>(key.coherence));
        double& confidence = to.keymasks.back().confidence;
        const double other = static_cast<double>(masks[key.frame][key.index].confidence);
        confidence = (std::min)(confidence, other);
      } else {
        to.keymasks.push_back({part.first + key.frame, s2d::encode(united[key.frame]),
                               static_cast<double>(key.coherence),
                               static_cast<double>(masks[key.frame][key.index].confidence)});
      }
    }
  }
}

}  // namespace

findings work_on(window_frames& window, const settings& what, const given_files& given,
                 bool discover, const hardware& with, console& screen) {
  findings part;
  part.first = window.first;
  part.height = window.pictures.front().height;
  part.width = window.pictures.front().width;
  part.names = window.names;
  part.seconds = window.seconds;

  const bool follow = discover && what.tracks.empty();
  if (what.segmenter != segmenter_kind::files || follow) {
    const stopwatch clock;
    complete_flow(window, with, screen.stage(0, 0.4));
    part.stages.push_back({"flow", clock.seconds()});
  }
  const stopwatch mask_clock;
  s2d::video_masks masks = find_masks(window, what, given, with, screen.stage(0.4, 0.8), part);
  part.stages.push_back({"frame masks", mask_clock.seconds()});
  std::vector<shot> shots;
  if (discover) {
    const stopwatch clock;
    shots = discover_shots(masks, window, what, part, with, screen);
    part.stages.push_back({"tracks and keymasks", clock.seconds()});
  }
  part.masks.resize(window.size());
  for (std::size_t t = 0; t < masks.size(); ++t)
    for (const s2d::frame_mask& each : masks[t]) {
      s2d::rle runs = s2d::encode(each.mask);
      if (runs.height != part.height || runs.width != part.width)
        runs = s2d::encode(s2d::resize_nearest(each.mask, part.height, part.width));
      part.masks[t].push_back({std::move(runs), each.confidence, unknown, none, 0, {}});
    }
  for (const shot& each : shots) note_discovery(each, masks, part);
  return part;
}

}  // namespace app
