// Overlap of masks and tubes, non-maximum suppression.
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <s2d/mask/iou.hpp>
#include <s2d/mask/nms.hpp>
#include <s2d/mask/tube.hpp>

#include "bind.hpp"
#include "tubes.hpp"

namespace s2d_python {

namespace {

s2d::over over_of(const std::string& name) {
  return choose<s2d::over>("over", name,
                           {{"either", s2d::over::either},
                            {"smaller", s2d::over::smaller},
                            {"first", s2d::over::first}});
}

nb::object iou(nb::handle a, nb::handle b, const std::string& over, double when_empty,
               nb::handle crowd) {
  const s2d::iou_options options{over_of(over), when_empty};
  nb::ndarray<const std::uint8_t, nb::c_contig, nb::device::cpu> flags;
  if (!crowd.is_none()) flags = flags_of("iou: crowd", crowd, 1, "bool or integer flags [m]");
  mask_list left = masks_of("iou: a", a), right = masks_of("iou: b", b);
  s2d::matrix<double> table;
  {
    const nb::gil_scoped_release others_run;
    const std::span columns{flags.is_valid() ? flags.data() : nullptr, flags.size()};
    table = with_one_form(std::move(left), std::move(right), [&](const auto& x, const auto& y) {
      return s2d::iou<double>(x, y, options, columns);
    });
  }
  return array_from(std::move(table));
}

nb::object tube_iou(nb::handle a, nb::handle b, const std::string& absent) {
  const auto rule = choose<s2d::absent_frame>(
      "absent", absent,
      {{"ignored", s2d::absent_frame::ignored}, {"empty", s2d::absent_frame::empty}});
  const tube_list left = tubes_of("tube_iou: a", a), right = tubes_of("tube_iou: b", b);
  s2d::matrix<double> table;
  {
    const nb::gil_scoped_release others_run;
    table = s2d::tube_iou<double>(left, right, rule);
  }
  return array_from(std::move(table));
}

nb::object kept_indices(const std::vector<std::size_t>& kept) {
  const std::size_t count = kept.size();
  return array_from(std::vector<std::int64_t>(kept.begin(), kept.end()), {count});
}

nb::object nms(nb::handle masks, nb::handle scores, double threshold, const std::string& over) {
  const s2d::nms_options options{threshold, over_of(over)};
  const auto values = numbers_of<double>("nms: scores", scores, 1, "numbers [n]");
  const mask_list items = masks_of("nms: masks", masks);
  std::vector<std::size_t> kept;
  {
    const nb::gil_scoped_release others_run;
    kept = std::visit(
        [&](const auto& list) {
          return s2d::nms(list, std::span{values.data(), values.size()}, options);
        },
        items);
  }
  return kept_indices(kept);
}

nb::object nms_tubes(nb::handle tubes, nb::handle scores, double threshold) {
  const auto values = numbers_of<double>("nms_tubes: scores", scores, 1, "numbers [n]");
  const tube_list items = tubes_of("nms_tubes: tubes", tubes);
  std::vector<std::size_t> kept;
  {
    const nb::gil_scoped_release others_run;
    kept = s2d::nms(items, std::span{values.data(), values.size()}, {.threshold = threshold});
  }
  return kept_indices(kept);
}

}  // namespace

void bind_overlap(nb::module_& m) {
  m.def("iou", &iou, nb::arg("a"), nb::arg("b"), nb::arg("over") = "either",
        nb::arg("when_empty") = 0.0, nb::arg("crowd") = nb::none(),
        nb::sig("def iou(a, b, over='either', when_empty=0.0, crowd=None)"),
        R"(The overlap of every mask of `a` with every mask of `b`: float64 [n, m].

a, b        masks: an array [n, h, w] (bool, integers or floats; non-zero is foreground), a list of
            arrays [h, w], or a list of RLE dictionaries. Two lists of dictionaries are compared as
            runs, anything else packed, 64 pixels at a time.
over        what common pixels are divided by: 'either' (the union), 'smaller' or 'first'
when_empty  the value where the divisor is 0; COCO says 0, DAVIS 1
crowd       [m] flags: divide by the area of the mask of `a`, as COCO does for crowds

Raises ValueError if sizes differ.)");
  m.def("tube_iou", &tube_iou, nb::arg("a"), nb::arg("b"), nb::arg("absent") = "ignored",
        nb::sig("def tube_iou(a, b, absent='ignored')"),
        R"(The overlap over time of every tube of `a` with every tube of `b`: float64 [n, m].

a, b    lists of tubes. A tube is an array [T, h, w], or a list over T frames of RLE dictionaries
        or arrays [h, w], None where the object has no mask.
absent  'ignored': a frame in which one of two tubes has no mask says nothing;
        'empty': an absent mask is an empty one, as YouTube-VIS has it

Raises ValueError if masks of one frame differ in size.)");
  m.def("nms", &nms, nb::arg("masks"), nb::arg("scores"), nb::arg("threshold") = 0.75,
        nb::arg("over") = "either",
        nb::sig("def nms(masks, scores, threshold=0.75, over='either')"),
        R"(Greedy non-maximum suppression: indices of the masks that stay, best first, int64 [k].

A mask stays if it overlaps every better one that stays by at most `threshold`; of equal scores the
earlier mask comes first. Masks and `over` as for iou; scores [n], not NaN.)");
  m.def("nms_tubes", &nms_tubes, nb::arg("tubes"), nb::arg("scores"), nb::arg("threshold") = 0.75,
        nb::sig("def nms_tubes(tubes, scores, threshold=0.75)"),
        R"(The same for tubes (see tube_iou), by their IoU over all frames, absent masks empty.)");
}

}  // namespace s2d_python
