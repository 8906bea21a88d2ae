// Keymask discovery.
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <s2d/keymask/discover.hpp>

#include "bind.hpp"
#include "calls.hpp"
#include "masks.hpp"
#include "pictures.hpp"

namespace s2d_python {

namespace {

/// tracks(points, frame, mask, purpose) of Python as a point_tracker. It has no constant call, so
/// it is called from one thread.
struct python_tracker {
  nb::handle call;

  s2d::point_tracks operator()(const s2d::track_query& query) {
    const nb::gil_scoped_acquire locked;
    std::vector<float> at;
    for (const s2d::point& p : query.points) at.insert(at.end(), {p.x, p.y});
    const nb::object points = array_from(std::move(at), {query.points.size(), 2});
    const char* const purpose =
        query.purpose == s2d::track_purpose::visibility ? "visibility" : "matching";
    const nb::object answer = call(points, query.frame, query.mask, purpose);
    if (!nb::isinstance<nb::tuple>(answer) || nb::len(answer) != 2)
      refuse("discover: tracks gave ", describe(answer), ", expected (positions, visible)");
    const auto positions = numbers_of<float>("discover: positions that tracks gave",
                                             nb::object(answer[0]), 3, "float32 [T, N, 2]");
    const auto visible =
        flags_of("discover: visible that tracks gave", nb::object(answer[1]), 2, "bool [T, N]");
    s2d::require(positions.shape(2) == 2 && positions.shape(0) == visible.shape(0) &&
                     positions.shape(1) == visible.shape(1),
                 "discover: tracks gave [", positions.shape(0), ", ", positions.shape(1), ", ",
                 positions.shape(2), "] and [", visible.shape(0), ", ", visible.shape(1),
                 "], expected [T, N, 2] and [T, N]");
    s2d::point_tracks tracks(positions.shape(0), positions.shape(1));
    for (std::size_t i = 0; i < tracks.at.size(); ++i) {
      tracks.at[i] = {positions.data()[2 * i], positions.data()[2 * i + 1]};
      tracks.visible[i] = visible.data()[i] != 0;
    }
    return tracks;
  }
};

s2d::video_masks video_masks_of(nb::handle object) {
  s2d::video_masks masks;
  if (!nb::isinstance<nb::iterable>(object))
    refuse("discover: masks is ", describe(object), ", expected a list over frames");
  for (const nb::handle frame : object) {
    const std::string name = s2d::concat("discover: masks[", masks.size(), "]");
    std::vector<s2d::frame_mask>& here = masks.emplace_back();
    if (frame.is_none()) continue;
    for (s2d::bit_mask& mask : packed_masks_of(name, frame)) here.push_back({std::move(mask)});
  }
  return masks;
}

s2d::video_flow video_flow_of(nb::handle flow) {
  if (!nb::isinstance<nb::tuple>(flow) || nb::len(flow) != 2)
    refuse("discover: flow is ", describe(flow), ", expected (forward, backward)");
  s2d::video_flow both;
  const auto read = [](const char* what, const nb::object& list,
                       std::vector<s2d::flow_field>& fields) {
    if (!nb::isinstance<nb::iterable>(list))
      refuse(what, " is ", describe(list), ", expected a list over frames of [h, w, 2] or None");
    for (const nb::handle item : list)
      fields.push_back(item.is_none() ? s2d::flow_field{}
                                      : flow_of(s2d::concat(what, "[", fields.size(), "]"), item));
  };
  read("discover: flow[0]", nb::object(flow[0]), both.forward);
  read("discover: flow[1]", nb::object(flow[1]), both.backward);
  return both;
}

nb::dict to_dict(const s2d::object& object) {
  nb::list keymasks;
  for (const s2d::keymask& key : object.keymasks) {
    nb::dict one;
    one["frame"] = key.frame;
    one["index"] = key.index;
    one["coherence"] = key.coherence;
    keymasks.append(one);
  }
  nb::dict result;
  result["keymasks"] = keymasks;
  result["score"] = object.score;
  result["one2x"] = object.one2x;
  result["noisy"] = object.noisy;
  return result;
}

nb::dict to_dict(s2d::discovery found) {
  nb::list objects;
  for (const s2d::object& object : found.objects) objects.append(to_dict(object));
  std::vector<std::int64_t> ids;
  for (const s2d::mask_id& id : found.masks)
    ids.insert(ids.end(),
               {static_cast<std::int64_t>(id.frame), static_cast<std::int64_t>(id.index)});
  const std::size_t count = found.masks.size();
  nb::dict result;
  result["objects"] = objects;
  result["masks"] = array_from(std::move(ids), {count, 2});
  result["points"] = array_from(std::move(found.points), {count});
  result["visible"] = array_from(std::move(found.visible));
  result["seen"] = bool_array(found.seen);
  result["label"] = array_from(std::move(found.label), {count});
  result["coherence"] = array_from(std::move(found.coherence), {count});
  result["coverage"] = found.coverage;
  return result;
}

nb::object discover(nb::handle masks, nb::handle tracks, nb::handle flow, nb::handle frames,
                    nb::handle frame_size, bool compat, double visibility, double matching,
                    nb::handle grid, double visibility_eps, nb::handle min_samples,
                    nb::handle least_points, nb::handle threads, nb::handle progress) {
  if (!tracks.is_none() + !flow.is_none() + !frames.is_none() != 1)
    refuse("discover: expected one of tracks, flow and frames");
  s2d::discovery_options options;
  options.compat = compat;
  options.visibility = visibility;
  options.matching = matching;
  options.grid = size_of("discover: grid", grid);
  options.visibility_eps = visibility_eps;
  options.min_samples = size_of("discover: min_samples", min_samples);
  options.least_points = size_of("discover: least_points", least_points);
  options.threads = size_of("discover: threads", threads);
  const s2d::video_masks given = video_masks_of(masks);
  for (const auto& frame : given)
    for (const s2d::frame_mask& one : frame) {
      if (options.frame_height != 0) continue;
      options.frame_height = one.mask.height;
      options.frame_width = one.mask.width;
    }
  if (!frame_size.is_none()) {
    const auto size = numbers_of<std::int64_t>("discover: frame_size", frame_size, 1, "(h, w)");
    s2d::require(size.size() == 2 && size.data()[0] > 0 && size.data()[1] > 0,
                 "discover: frame_size is ", text_of(frame_size), ", expected (h, w)");
    options.frame_height = size.data()[0];
    options.frame_width = size.data()[1];
  }
  s2d::discovery found;
  if (!tracks.is_none()) {
    const nb::gil_scoped_release others_run;
    found = s2d::discover(given, python_tracker{tracks}, options, progress_of(progress));
    found.frames = given.size();
  } else {
    const std::vector<s2d::image> pictures =
        frames.is_none() ? std::vector<s2d::image>{} : images_of("discover: frames", frames);
    s2d::video_flow motion = frames.is_none() ? video_flow_of(flow) : s2d::video_flow{};
    const nb::gil_scoped_release others_run;
    if (!pictures.empty()) {
      options.frame_height = pictures[0].height;
      options.frame_width = pictures[0].width;
      s2d::video_flow_options how;
      how.threads = options.threads;
      motion = s2d::estimate_video_flow(pictures, how, progress_of(progress));
    }
    const s2d::flow_tracker tracker{motion, options.frame_height > 0 ? options.frame_height : 1,
                                    options.frame_width > 0 ? options.frame_width : 1};
    found = s2d::discover(given, tracker, options, progress_of(progress));
  }
  return to_dict(std::move(found));
}

}  // namespace

void bind_discovery(nb::module_& m) {
  const s2d::discovery_options defaults;
  m.def("discover", &discover, nb::arg("masks"), nb::arg("tracks") = nb::none(),
        nb::arg("flow") = nb::none(), nb::arg("frames") = nb::none(),
        nb::arg("frame_size") = nb::none(), nb::arg("compat") = defaults.compat,
        nb::arg("visibility") = defaults.visibility, nb::arg("matching") = defaults.matching,
        nb::arg("grid").none() = defaults.grid, nb::arg("visibility_eps") = defaults.visibility_eps,
        nb::arg("min_samples").none() = defaults.min_samples,
        nb::arg("least_points").none() = defaults.least_points,
        nb::arg("threads").none() = defaults.threads, nb::arg("progress") = nb::none(),
        nb::sig("def discover(masks, tracks=None, flow=None, frames=None, frame_size=None, "
                "compat=False, visibility=0.3, matching=0.5, grid=50, visibility_eps=0.2, "
                "min_samples=5, least_points=25, threads=1, progress=None)"),
        R"(Finds the masks of a video that can be trusted (keymasks), grouped into objects.

masks       list over T frames of masks: an array [k, h, w], a list of arrays [h, w] or of RLE
            dictionaries, or None; all of one size
and one of
  tracks    a callable, tracks(points, frame, mask, purpose) -> (positions, visible): follows points
            float32 [N, 2] (x, y in pixels of the frame) of mask number `mask` of `frame` through
            all frames; positions float32 [T, N, 2], visible bool [T, N]; purpose is 'visibility'
            or 'matching'
  flow      (forward, backward) as estimate_video_flow gives them
  frames    uint8 [T, h, w, 3]: the flow is estimated
frame_size  (h, w) of the frames that positions refer to; default: that of the masks, or of frames
compat      repeat the official program with its quirks
least_points  in a video of small things (largest masks with fewer points of the grid) the grids of
            small masks are up to four times as fine; 0: never, for tracks computed beforehand
progress    called with stage, done and total; returning False stops the work

Gives a dictionary: objects (a list of dictionaries: keymasks [{frame, index, coherence}], score,
one2x, noisy), and for the M masks that are not empty: masks int64 [M, 2] (frame, index), points [M],
visible uint32 [M, T], seen bool [M, T], label int32 [M] (-1: noise), coherence float32 [M];
coverage. See docs/discovery.md.)");
}

}  // namespace s2d_python
