// DAVIS J and F, average precision of masks and tubes.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <s2d/eval/davis.hpp>
#include <s2d/eval/instances.hpp>

#include "bind.hpp"
#include "masks.hpp"
#include "tubes.hpp"

namespace s2d_python {

namespace {

s2d::davis_masks davis_masks_of(std::string_view what, nb::handle object) {
  s2d::davis_masks masks;
  if (!nb::isinstance<nb::iterable>(object) || nb::isinstance<nb::dict>(object))
    refuse(what, " is ", describe(object), ", expected [objects, T, h, w] or lists of masks");
  for (const nb::handle item : object)
    masks.push_back(packed_masks_of(s2d::concat(what, "[", masks.size(), "]"), item));
  return masks;
}

nb::dict to_dict(const s2d::davis_statistics& figures, std::vector<double> per_frame) {
  const std::size_t frames = per_frame.size();
  nb::dict result;
  result["mean"] = figures.mean;
  result["recall"] = figures.recall;
  result["decay"] = figures.decay;
  result["per_frame"] = array_from(std::move(per_frame), {frames});
  return result;
}

nb::dict evaluate_davis(nb::handle truth, nb::handle found, nb::handle void_pixels,
                        const std::string& protocol, double boundary_tolerance,
                        nb::handle max_proposals, nb::handle threads) {
  s2d::davis_options options;
  options.protocol =
      choose<s2d::davis_protocol>("protocol", protocol,
                                  {{"semi_supervised", s2d::davis_protocol::semi_supervised},
                                   {"unsupervised", s2d::davis_protocol::unsupervised}});
  options.boundary_tolerance = boundary_tolerance;
  options.max_proposals = size_of("evaluate_davis: max_proposals", max_proposals);
  options.threads = size_of("evaluate_davis: threads", threads);
  const s2d::davis_masks right = davis_masks_of("evaluate_davis: truth", truth);
  const s2d::davis_masks left = davis_masks_of("evaluate_davis: found", found);
  std::vector<s2d::bit_mask> ignored;
  if (!void_pixels.is_none()) ignored = packed_masks_of("evaluate_davis: void_pixels", void_pixels);
  s2d::davis_result measured;
  {
    const nb::gil_scoped_release others_run;
    measured = s2d::evaluate_davis(right, left, ignored, options);
  }
  nb::list objects;
  for (s2d::davis_object& object : measured.objects) {
    nb::dict one;
    one["proposal"] = object.proposal;
    one["J"] = to_dict(object.j, std::move(object.j_per_frame));
    one["F"] = to_dict(object.f, std::move(object.f_per_frame));
    objects.append(one);
  }
  nb::dict result;
  result["J&F"] = measured.jf_mean;
  result["J"] = measured.j_mean;
  result["F"] = measured.f_mean;
  result["objects"] = objects;
  return result;
}

double davis_j(nb::handle truth, nb::handle found) {
  return s2d::davis_j(packed_mask_of("davis_j: truth", truth),
                      packed_mask_of("davis_j: found", found));
}

double davis_f(nb::handle truth, nb::handle found, double tolerance) {
  const s2d::bit_mask right = packed_mask_of("davis_f: truth", truth);
  const s2d::bit_mask left = packed_mask_of("davis_f: found", found);
  return s2d::davis_f(right, left, s2d::davis_tolerance(right.height, right.width, tolerance));
}

nb::dict to_dict(const s2d::ap_summary& all) {
  nb::dict result;
  const std::pair<const char*, double> figures[] = {
      {"AP", all.ap},         {"AP50", all.ap_50},     {"AP75", all.ap_75},
      {"APs", all.ap_little}, {"APm", all.ap_medium},  {"APl", all.ap_large},
      {"AR1", all.ar_first},  {"AR10", all.ar_second}, {"AR100", all.ar},
      {"ARs", all.ar_little}, {"ARm", all.ar_medium},  {"ARl", all.ar_large}};
  for (const auto& [name, value] : figures) result[name] = value;
  return result;
}

/// Instances and their shapes, which must not move any more.
template <class Shape>
struct instances {
  std::vector<Shape> shapes;
  std::vector<s2d::ap_instance<Shape>> list;

  /// read(what, annotation) gives the shape.
  template <class Read>
  instances(const char* what, nb::handle annotations, const char* group, bool scored, Read read) {
    if (!nb::isinstance<nb::list>(annotations) && !nb::isinstance<nb::tuple>(annotations))
      refuse(what, " is ", describe(annotations), ", expected a list of dictionaries");
    for (const nb::handle item : annotations) {
      const std::string name = s2d::concat(what, "[", list.size(), "]");
      if (!nb::isinstance<nb::dict>(item))
        refuse(name, " is ", describe(item), ", expected a dictionary");
      const auto one = nb::borrow<nb::dict>(item);
      s2d::ap_instance<Shape>& instance = list.emplace_back();
      instance.group = number<std::int64_t>(name, one, group);
      instance.category = number<std::int64_t>(name, one, "category_id");
      if (scored)
        instance.score = number<double>(name, one, "score");
      else if (one.contains("iscrowd"))
        instance.crowd = flag(name, one, "iscrowd");
      if (!scored && one.contains("area")) instance.area = number<double>(name, one, "area");
      shapes.push_back(read(name, one));
    }
    for (std::size_t i = 0; i < list.size(); ++i) list[i].shape = &shapes[i];
  }

 private:
  static bool flag(const std::string& what, const nb::dict& from, const char* key) {
    std::int64_t value = 0;
    const nb::object found = from[key];
    if (!whole_number(found, value))
      refuse(what, ": ", key, " is ", describe(found), ", expected a boolean or a number");
    return value != 0;
  }

  template <class T>
  static T number(const std::string& what, const nb::dict& from, const char* key) {
    T value{};
    if (!from.contains(key)) refuse(what, " has no ", key);
    const nb::object found = from[key];
    if (!nb::try_cast(found, value))
      refuse(what, ": ", key, " is ", describe(found), ", expected a number");
    return value;
  }
};

template <class Shape, class Read>
nb::dict evaluate(const std::string& what, nb::handle found, nb::handle truths, const char* group,
                  const s2d::ap_options& options, nb::handle threads, Read read) {
  const std::size_t workers = size_of(what + ": threads", threads);
  const instances<Shape> left{(what + ": found").c_str(), found, group, true, read};
  const instances<Shape> right{(what + ": truths").c_str(), truths, group, false, read};
  s2d::ap_result measured;
  {
    const nb::gil_scoped_release others_run;
    measured = s2d::evaluate_instances(left.list, right.list, options, workers);
  }
  nb::dict result = to_dict(measured.all), categories;
  for (std::size_t k = 0; k < measured.categories.size(); ++k)
    categories[nb::int_(measured.categories[k])] = to_dict(measured.by_category[k]);
  result["categories"] = categories;
  return result;
}

nb::object segmentation_of(const std::string& what, const nb::dict& from, const char* key) {
  if (!from.contains(key)) refuse(what, " has no ", key);
  return from[key];
}

nb::dict evaluate_ytvis(nb::handle found, nb::handle truths, bool by_category, nb::handle threads) {
  return evaluate<tube>("evaluate_ytvis", found, truths, "video_id",
                        s2d::ytvis_ap_options(by_category), threads,
                        [](const std::string& what, const nb::dict& one) {
                          return tube_of(what, segmentation_of(what, one, "segmentations"));
                        });
}

nb::dict evaluate_coco(nb::handle found, nb::handle truths, bool by_category, nb::handle threads) {
  s2d::ap_options options;
  options.by_category = by_category;
  return evaluate<s2d::rle>("evaluate_coco", found, truths, "image_id", options, threads,
                            [](const std::string& what, const nb::dict& one) {
                              const nb::object mask = segmentation_of(what, one, "segmentation");
                              if (nb::isinstance<nb::dict>(mask)) return rle_of(what, mask);
                              return s2d::encode(packed_mask_of(what, mask));
                            });
}

}  // namespace

void bind_evaluation(nb::module_& m) {
  m.def("davis_j", &davis_j, nb::arg("truth"), nb::arg("found"),
        nb::sig("def davis_j(truth, found)"),
        "Region similarity J of two masks: intersection over union, 1 if both are empty.");
  m.def(
      "davis_f", &davis_f, nb::arg("truth"), nb::arg("found"), nb::arg("tolerance") = 0.008,
      nb::sig("def davis_f(truth, found, tolerance=0.008)"),
      R"(Contour accuracy F of two masks; `tolerance` is a share of the diagonal, 1 and more: pixels.)");
  m.def(
      "evaluate_davis", &evaluate_davis, nb::arg("truth"), nb::arg("found"),
      nb::arg("void_pixels") = nb::none(), nb::arg("protocol") = "semi_supervised",
      nb::arg("boundary_tolerance") = 0.008, nb::arg("max_proposals").none() = 20,
      nb::arg("threads").none() = 1,
      nb::sig("def evaluate_davis(truth, found, void_pixels=None, protocol='semi_supervised', "
              "boundary_tolerance=0.008, max_proposals=20, threads=1)"),
      R"(J and F of a video as DAVIS measures them: a dictionary with J&F, J, F (means) and objects
(a list of dictionaries: proposal, and J and F with mean, recall, decay and per_frame [T]).

truth, found  [objects, T, h, w], or a list over objects of lists over frames of masks
void_pixels   [T, h, w] masks of pixels that count neither way
protocol      'semi_supervised': prediction i stands for object i, missing ones are empty;
              'unsupervised': at most `max_proposals` proposals are assigned to the objects

Frames are taken as they come; DAVIS leaves out the first and the last one when semi-supervised.)");
  m.def(
      "evaluate_ytvis", &evaluate_ytvis, nb::arg("found"), nb::arg("truths"),
      nb::arg("by_category") = true, nb::arg("threads").none() = 1,
      nb::sig("def evaluate_ytvis(found, truths, by_category=True, threads=1)"),
      R"(YouTube-VIS average precision and recall: a dictionary with AP, AP50, AP75, APs, APm, APl,
AR1, AR10, AR100, ARs, ARm, ARl (-1 where no truth counts) and categories (the same by id).

found, truths  annotations as the files have them: dictionaries with video_id, category_id,
               segmentations (a list over frames of RLE dictionaries or None), and score (found) or
               iscrowd (truths, 0 if absent)
by_category    False: all categories are one, the class-agnostic metric)");
  m.def(
      "evaluate_coco", &evaluate_coco, nb::arg("found"), nb::arg("truths"),
      nb::arg("by_category") = true, nb::arg("threads").none() = 1,
      nb::sig("def evaluate_coco(found, truths, by_category=True, threads=1)"),
      R"(COCO's segmentation AP and AR of images: as evaluate_ytvis, with image_id in place of video_id,
segmentation (an RLE dictionary or an array [h, w]), and area (of truths, counted if absent).)");
}

}  // namespace s2d_python
