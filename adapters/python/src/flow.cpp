// Optical flow, warping, consistency.
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <s2d/flow/consistency.hpp>
#include <s2d/flow/estimate.hpp>
#include <s2d/flow/video_flow.hpp>
#include <s2d/flow/warp.hpp>
#include <s2d/mask/rle.hpp>

#include "bind.hpp"
#include "calls.hpp"
#include "masks.hpp"
#include "pictures.hpp"

namespace s2d_python {

namespace {

s2d::flow_preset preset_of(const std::string& name) {
  return choose<s2d::flow_preset>(
      "preset", name, {{"fast", s2d::flow_preset::fast}, {"medium", s2d::flow_preset::medium}});
}

nb::object estimate_flow(nb::handle first, nb::handle second, const std::string& preset) {
  const s2d::flow_options options{preset_of(preset)};
  byte_array kept_a, kept_b;
  s2d::flow_field flow;
  const bool gray =
      array_of("estimate_flow: first", first, {2, 3}, "uint8 [h, w] or [h, w, 3]").ndim() == 2;
  if (gray) {
    kept_a = bytes_of("estimate_flow: first", first, 2, "uint8 [h, w]");
    kept_b = bytes_of("estimate_flow: second", second, 2, "uint8 [h, w] as first");
    const nb::gil_scoped_release others_run;
    flow = s2d::estimate_flow(table_of(kept_a), table_of(kept_b), options);
  } else {
    const s2d::image_view a = image_of("estimate_flow: first", first, kept_a);
    const s2d::image_view b = image_of("estimate_flow: second", second, kept_b);
    const nb::gil_scoped_release others_run;
    flow = s2d::estimate_flow(a, b, options);
  }
  return flow_array(flow);
}

nb::object estimate_video_flow(nb::handle frames, const std::string& preset, nb::handle longer_side,
                               nb::handle threads, nb::handle progress) {
  s2d::video_flow_options options;
  options.flow = preset_of(preset);
  options.longer_side =
      static_cast<std::ptrdiff_t>(size_of("estimate_video_flow: longer_side", longer_side));
  options.threads = size_of("estimate_video_flow: threads", threads);
  const std::vector<s2d::image> pictures = images_of("estimate_video_flow: frames", frames);
  s2d::video_flow flow;
  {
    const nb::gil_scoped_release others_run;
    flow = s2d::estimate_video_flow(pictures, options, progress_of(progress));
  }
  nb::list forward, backward;
  for (const s2d::flow_field& field : flow.forward) forward.append(flow_array(field));
  for (const s2d::flow_field& field : flow.backward) backward.append(flow_array(field));
  return nb::make_tuple(forward, backward);
}

s2d::warp_options warp_options_of(const std::string& filter, const std::string& border,
                                  float fill) {
  return {choose<s2d::warp_filter>(
              "filter", filter,
              {{"nearest", s2d::warp_filter::nearest}, {"bilinear", s2d::warp_filter::bilinear}}),
          choose<s2d::warp_border>("border", border,
                                   {{"constant", s2d::warp_border::constant},
                                    {"replicate", s2d::warp_border::replicate}}),
          fill};
}

template <class T>
nb::object result_of(s2d::matrix<T> picture) {
  return array_from(std::move(picture));
}
nb::object result_of(s2d::image picture) { return image_array(std::move(picture)); }
template <class Picture>
nb::object result_of(s2d::forward_warped<Picture> warped) {
  return nb::make_tuple(result_of(std::move(warped.values)), bool_array(warped.covered));
}

/// Calls work(mask) or work(picture) without the interpreter's lock; a mask comes back in its form.
template <class Work>
nb::object warp_any(const char* what, nb::handle x, const Work& work) {
  const auto unlocked = [&](const auto& picture) {
    const nb::gil_scoped_release others_run;
    return work(picture);
  };
  constexpr const char* expected =
      "bool, uint8 or float32 [h, w], uint8 [h, w, 3], or a dictionary with size and counts";
  if (nb::isinstance<nb::dict>(x)) return to_dict(s2d::encode(unlocked(packed_mask_of(what, x))));
  const any_array array = array_of(what, x, {2, 3}, expected);
  byte_array kept;
  if (array.ndim() == 3) return result_of(unlocked(image_of(what, x, kept)));
  if (array.dtype() == nb::dtype<bool>()) return bool_array(unlocked(packed_mask_of(what, x)));
  if (array.dtype() == nb::dtype<float>())
    return result_of(unlocked(table_of(numbers_of<float>(what, x, 2, expected))));
  kept = bytes_of(what, x, 2, expected);
  return result_of(unlocked(table_of(kept)));
}

nb::object warp_back(nb::handle x, nb::handle flow, const std::string& filter,
                     const std::string& border, float fill) {
  const s2d::warp_options options = warp_options_of(filter, border, fill);
  const s2d::flow_field field = flow_of("warp_back: flow", flow);
  return warp_any("warp_back: x", x,
                  [&](const auto& picture) { return s2d::warp_back(picture, field, options); });
}

nb::object warp(nb::handle x, nb::handle flow, const std::string& filter, float fill) {
  const s2d::warp_options options = warp_options_of(filter, "constant", fill);
  const s2d::flow_field field = flow_of("warp: flow", flow);
  return warp_any("warp: x", x,
                  [&](const auto& picture) { return s2d::warp(picture, field, options); });
}

nb::object consistent_pixels(nb::handle forward, nb::handle backward, float base, float slope) {
  const s2d::flow_field there = flow_of("consistent_pixels: forward", forward);
  const s2d::flow_field back = flow_of("consistent_pixels: backward", backward);
  s2d::consistency_options options;
  options.base = base;
  options.slope = slope;
  s2d::bit_mask good;
  {
    const nb::gil_scoped_release others_run;
    good = s2d::consistent_pixels(there, back, options);
  }
  return bool_array(good);
}

}  // namespace

void bind_flow(nb::module_& m) {
  m.def(
      "estimate_flow", &estimate_flow, nb::arg("first"), nb::arg("second"),
      nb::arg("preset") = "medium", nb::sig("def estimate_flow(first, second, preset='medium')"),
      R"(Dense optical flow by inverse search: float32 [h, w, 2], in pixels, u to the right, v down.
What stands at p in `first` stands at p + flow[p] in `second`.

first, second  uint8 [h, w] gray, or [h, w, 3] RGB
preset         'fast' or 'medium')");
  m.def("estimate_video_flow", &estimate_video_flow, nb::arg("frames"),
        nb::arg("preset") = "medium", nb::arg("longer_side").none() = 428,
        nb::arg("threads").none() = 1, nb::arg("progress") = nb::none(),
        nb::sig("def estimate_video_flow(frames, preset='medium', longer_side=428, threads=1, "
                "progress=None)"),
        R"(Flow of neighbouring frames both ways: (forward, backward), lists over T of float32
[h, w, 2] in pixels of that grid, or None where there is no flow (ends, equal frames).

frames       uint8 [T, h, w, 3] or a list of [h, w, 3]
longer_side  of the grid on which flow is computed and given; 0: the size of the frames
threads      0: one per processor; changes nothing but the time
progress     called with stage, done and total; returning False stops the work)");
  m.def("warp_back", &warp_back, nb::arg("x"), nb::arg("flow"), nb::arg("filter") = "bilinear",
        nb::arg("border") = "constant", nb::arg("fill") = 0.0f,
        nb::sig("def warp_back(x, flow, filter='bilinear', border='constant', fill=0)"),
        R"(Backward warp, result[p] = x[p + flow[p]], in the type and shape of x.

x       a mask (bool [h, w] or an RLE dictionary: nearest pixel, whatever `filter`) or a picture
        (uint8 or float32 [h, w], uint8 [h, w, 3])
flow    [h, w, 2] in pixels
filter  'nearest' or 'bilinear'
border  outside the frame: 'constant', the value `fill`, or 'replicate', the nearest pixel)");
  m.def("warp", &warp, nb::arg("x"), nb::arg("flow"), nb::arg("filter") = "bilinear",
        nb::arg("fill") = 0.0f, nb::sig("def warp(x, flow, filter='bilinear', fill=0)"),
        R"(Forward warp: what stands at p moves to p + flow[p]. A mask (see warp_back) gives a mask;
a picture gives (picture, covered), covered bool [h, w] where something arrived.)");
  m.def("consistent_pixels", &consistent_pixels, nb::arg("forward"), nb::arg("backward"),
        nb::arg("base") = s2d::consistency_options{}.base,
        nb::arg("slope") = s2d::consistency_options{}.slope,
        nb::sig("def consistent_pixels(forward, backward, base=1.0, slope=0.05)"),
        R"(Pixels whose flow leads back to them: bool [h, w]. The squared gap is below
base + slope * (sum of the squared lengths of both flows). forward, backward: [h, w, 2].)");
}

}  // namespace s2d_python
