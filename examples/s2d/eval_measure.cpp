#include "eval_measure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/eval/davis.hpp>
#include <s2d/eval/identity.hpp>
#include <s2d/eval/instances.hpp>

#include "console.hpp"
#include "report/html.hpp"

namespace app {

namespace {

using report::fixed;

/// Number of the pixels that DAVIS leaves out of the measure.
constexpr std::size_t void_number = 255;

/// The cases of the least and the greatest value; from no object more than `each` of them.
class case_list {
 public:
  case_list(std::size_t count, bool worst) : count_{count}, worst_{worst} {}

  [[nodiscard]] bool wants(double value) const {
    return cases_.size() < count_ || before(value, cases_.back().value);
  }
  void add(eval_case one) {
    const auto at = std::upper_bound(
        cases_.begin(), cases_.end(), one,
        [&](const eval_case& a, const eval_case& b) { return before(a.value, b.value); });
    cases_.insert(at, std::move(one));
    if (cases_.size() > count_) cases_.pop_back();
  }
  [[nodiscard]] std::vector<eval_case> take() { return std::move(cases_); }

 private:
  [[nodiscard]] bool before(double a, double b) const { return worst_ ? a < b : a > b; }
  std::size_t count_;
  bool worst_;
  std::vector<eval_case> cases_;
};

const s2d::rle* mask_at(const eval_object& object, std::ptrdiff_t frame) {
  const auto at = std::lower_bound(object.masks.begin(), object.masks.end(), frame,
                                   [](const auto& s, std::ptrdiff_t t) { return s.frame < t; });
  return at == object.masks.end() || at->frame != frame ? nullptr : &at->mask;
}

/// What a video is called; lists of results have numbers only.
std::string name_of(const eval_video& video) {
  return video.name.empty() ? s2d::concat("video ", video.id) : video.name;
}

s2d::rle mask_or_empty(const eval_object* object, std::ptrdiff_t frame, const eval_video& video) {
  const s2d::rle* mask = object == nullptr ? nullptr : mask_at(*object, frame);
  return mask != nullptr ? *mask : s2d::encode(s2d::bit_mask(video.height, video.width));
}

/// One frame of each of the objects packed, [objects][frames first .. last).
s2d::davis_masks pack_objects(const std::vector<const eval_object*>& objects,
                              const eval_video& video, std::ptrdiff_t first, std::ptrdiff_t last) {
  s2d::davis_masks masks(objects.size());
  for (std::size_t o = 0; o < objects.size(); ++o) {
    masks[o].assign(static_cast<std::size_t>(last - first), {video.height, video.width});
    for (const auto& segment : objects[o]->masks)
      if (segment.frame >= first && segment.frame < last)
        masks[o][static_cast<std::size_t>(segment.frame - first)] = to_bits(segment.mask);
  }
  return masks;
}

struct davis_input {
  std::vector<const eval_object*> truth, found;
  const eval_object* nothing = nullptr;  // void pixels
};

davis_input objects_of(std::size_t v, const eval_data& prediction, const eval_data& truth,
                       const eval_settings& what, std::vector<std::string>& notes) {
  davis_input input;
  for (const eval_object& object : truth.objects)
    if (object.video == v) input.truth.push_back(&object);
  std::sort(input.truth.begin(), input.truth.end(),
            [](const auto* a, const auto* b) { return a->number < b->number; });
  if (input.truth.size() > 1 && input.truth.back()->number == void_number) {
    input.nothing = input.truth.back();
    input.truth.pop_back();
  }
  for (const eval_object& object : prediction.objects)
    if (object.video == v) input.found.push_back(&object);
  const std::string name = name_of(truth.videos[v]);
  if (what.semi_supervised) {
    std::vector<const eval_object*> ordered(input.truth.size(), nullptr);
    for (const eval_object* object : input.found) {
      const auto at = std::find_if(input.truth.begin(), input.truth.end(),
                                   [&](const auto* t) { return t->number == object->number; });
      s2d::require(at != input.truth.end(), prediction.place.string(), ": ", name, ": object ",
                   object->number,
                   " is not in the truth; proposals are measured by --protocol "
                   "unsupervised");
      ordered[static_cast<std::size_t>(at - input.truth.begin())] = object;
    }
    input.found = std::move(ordered);
    return input;
  }
  std::stable_sort(input.found.begin(), input.found.end(),
                   [](const auto* a, const auto* b) { return a->score > b->score; });
  constexpr std::size_t limit = 20;
  if (input.found.size() > limit) {
    notes.push_back(s2d::concat(name, ": of ", input.found.size(), " proposals the ", limit,
                                " of the highest score count"));
    input.found.resize(limit);
  }
  return input;
}

eval_outcome measure_davis(const eval_data& prediction, const eval_data& truth,
                           const eval_settings& what) {
  eval_outcome outcome;
  outcome.name_columns = {"video", "object", "proposal"};
  outcome.value_columns = {"J&F", "J", "J recall", "J decay", "F", "F recall", "F decay"};
  outcome.frame_columns = {"J", "F"};
  case_list worst{what.cases, true}, best{what.cases, false};
  std::array<double, 7> sum{};
  for (std::size_t v = 0; v < truth.videos.size(); ++v) {
    throw_if_stopped();
    const eval_video& video = truth.videos[v];
    const davis_input input = objects_of(v, prediction, truth, what, outcome.notes);
    if (input.truth.empty()) {
      outcome.notes.push_back(name_of(video) + ": the truth holds no object");
      continue;
    }
    const auto frames = static_cast<std::ptrdiff_t>(video.frames.size());
    const std::ptrdiff_t cut = what.semi_supervised ? 1 : 0;
    s2d::require(frames > 2 * cut, truth.place.string(), ": ", video.name, " has ", frames,
                 " frames, expected at least 3: the first and the last one do not count");
    const s2d::davis_masks right = pack_objects(input.truth, video, cut, frames - cut);
    const eval_object blank;
    std::vector<const eval_object*> given = input.found;
    for (const eval_object*& each : given)
      if (each == nullptr) each = &blank;
    const s2d::davis_masks found = pack_objects(given, video, cut, frames - cut);
    std::vector<s2d::bit_mask> nothing;
    if (input.nothing != nullptr)
      nothing = std::move(pack_objects({input.nothing}, video, cut, frames - cut).front());
    const s2d::davis_result result =
        s2d::evaluate_davis(right, found, nothing,
                            {.protocol = what.semi_supervised ? s2d::davis_protocol::semi_supervised
                                                              : s2d::davis_protocol::unsupervised,
                             .threads = what.threads});
    for (std::size_t o = 0; o < result.objects.size(); ++o) {
      const s2d::davis_object& object = result.objects[o];
      const eval_object* const proposal =
          object.proposal < 0 ? nullptr : input.found[static_cast<std::size_t>(object.proposal)];
      const std::array<double, 7> values{(object.j.mean + object.f.mean) / 2,
                                         object.j.mean,
                                         object.j.recall,
                                         object.j.decay,
                                         object.f.mean,
                                         object.f.recall,
                                         object.f.decay};
      for (std::size_t k = 0; k < values.size(); ++k) sum[k] += values[k];
      const std::string number = s2d::concat(input.truth[o]->number);
      outcome.rows.push_back(
          {{name_of(video), number, proposal == nullptr ? "none" : s2d::concat(proposal->number)},
           {values.begin(), values.end()}});
      outcome.frames.push_back({object.j_per_frame, object.f_per_frame});
      // The least and the greatest frame stand for the object.
      std::size_t low = 0, high = 0;
      const auto value = [&](std::size_t t) {
        return (object.j_per_frame[t] + object.f_per_frame[t]) / 2;
      };
      for (std::size_t t = 1; t < object.j_per_frame.size(); ++t) {
        if (value(t) < value(low)) low = t;
        if (value(t) > value(high)) high = t;
      }
      const auto add = [&](case_list& list, std::size_t t) {
        if (!list.wants(value(t))) return;
        const auto frame = static_cast<std::ptrdiff_t>(t) + cut;
        list.add({s2d::concat(name_of(video), ", object ", number, ", frame ",
                              video.frames[static_cast<std::size_t>(frame)]),
                  value(t),
                  "J " + fixed(object.j_per_frame[t], 3) + ", F " + fixed(object.f_per_frame[t], 3),
                  mask_or_empty(input.truth[o], frame, video),
                  mask_or_empty(proposal, frame, video)});
      };
      add(worst, low);
      add(best, high);
    }
  }
  s2d::require(!outcome.rows.empty(), truth.place.string(), ": holds no objects");
  std::vector<double> mean;
  for (const double value : sum) mean.push_back(value / static_cast<double>(outcome.rows.size()));
  outcome.rows.push_back({{"all", "", ""}, std::move(mean)});
  outcome.worst = worst.take();
  outcome.best = best.take();
  return outcome;
}

/// The frame of a truth with most pixels.
std::ptrdiff_t fullest_frame(const eval_object& object) {
  std::ptrdiff_t frame = 0, most = -1;
  for (const auto& segment : object.masks)
    if (const std::ptrdiff_t pixels = area(segment.mask); pixels > most) {
      most = pixels;
      frame = segment.frame;
    }
  return frame;
}

template <class Shape, class ShapeOf>
std::vector<s2d::ap_instance<Shape>> instances(const std::vector<eval_object>& objects,
                                               const ShapeOf& shape_of) {
  std::vector<s2d::ap_instance<Shape>> all;
  for (const eval_object& object : objects) {
    const Shape* const shape = shape_of(object);
    if (shape == nullptr) continue;
    all.push_back({static_cast<std::int64_t>(object.video), object.category, shape, object.score,
                   object.crowd, object.area});
  }
  return all;
}

/// Every truth with the prediction that overlaps it most.
void find_cases(const eval_data& prediction, const eval_data& truth, const eval_settings& what,
                eval_outcome& outcome) {
  using rle_tube = std::vector<s2d::tube_segment<s2d::rle>>;
  case_list worst{what.cases, true}, best{what.cases, false};
  for (std::size_t v = 0; v < truth.videos.size(); ++v) {
    throw_if_stopped();
    std::vector<const eval_object*> right, found;
    std::vector<rle_tube> right_tubes, found_tubes;
    for (const eval_object& object : truth.objects)
      if (object.video == v && !object.crowd) {
        right.push_back(&object);
        right_tubes.push_back(object.masks);
      }
    for (const eval_object& object : prediction.objects)
      if (object.video == v) {
        found.push_back(&object);
        found_tubes.push_back(object.masks);
      }
    const auto table = s2d::tube_iou<double>(right_tubes, found_tubes, s2d::absent_frame::empty);
    for (std::size_t i = 0; i < right.size(); ++i) {
      const double* const row = table.row(static_cast<std::ptrdiff_t>(i));
      const eval_object* match = nullptr;
      double overlap = 0;
      for (std::size_t j = 0; j < found.size(); ++j) {
        if (what.by_category && found[j]->category != right[i]->category) continue;
        if (row[j] <= overlap) continue;
        overlap = row[j];
        match = found[j];
      }
      if (!worst.wants(overlap) && !best.wants(overlap)) continue;
      const eval_video& video = truth.videos[v];
      const std::ptrdiff_t frame = fullest_frame(*right[i]);
      eval_case one{name_of(video), overlap,
                    match == nullptr
                        ? std::string{"not found"}
                        : "IoU " + fixed(overlap, 3) + ", score " + fixed(match->score, 2),
                    mask_or_empty(right[i], frame, video), mask_or_empty(match, frame, video)};
      one.title += s2d::concat(", object ", right[i]->number);
      if (static_cast<std::size_t>(frame) < video.frames.size() && video.frames.size() > 1)
        one.title += ", frame " + video.frames[static_cast<std::size_t>(frame)];
      if (worst.wants(overlap)) worst.add(one);
      if (best.wants(overlap)) best.add(std::move(one));
    }
  }
  outcome.worst = worst.take();
  outcome.best = best.take();
}

eval_outcome measure_precision(const eval_data& prediction, const eval_data& truth,
                               const eval_settings& what) {
  using rle_tube = std::vector<s2d::tube_segment<s2d::rle>>;
  s2d::require(!truth.objects.empty(), truth.place.string(), ": holds no objects");
  const bool images = what.metric == eval_metric::coco;
  s2d::ap_options options = images ? s2d::ap_options{} : s2d::ytvis_ap_options(what.by_category);
  options.by_category = what.by_category;
  s2d::ap_result result;
  if (images) {
    const auto shape = [](const eval_object& object) {
      return object.masks.empty() ? nullptr : &object.masks.front().mask;
    };
    auto found = instances<s2d::rle>(prediction.objects, shape);
    for (auto& one : found) one.area = -1;  // detections are measured by their masks
    result = s2d::evaluate_instances(found, instances<s2d::rle>(truth.objects, shape), options,
                                     what.threads);
  } else {
    const auto shape = [](const eval_object& object) { return &object.masks; };
    auto found = instances<rle_tube>(prediction.objects, shape);
    for (auto& one : found) one.area = -1;
    result = s2d::evaluate_instances(found, instances<rle_tube>(truth.objects, shape), options,
                                     what.threads);
  }
  eval_outcome outcome;
  outcome.name_columns = {"category"};
  outcome.value_columns = {"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                           "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
  const auto add = [&](const std::string& name, const s2d::ap_summary& s) {
    std::vector<double> values{s.ap,        s.ap_50,     s.ap_75,     s.ap_little,
                               s.ap_medium, s.ap_large,  s.ar_first,  s.ar_second,
                               s.ar,        s.ar_little, s.ar_medium, s.ar_large};
    for (double& value : values)
      if (value < 0) value = std::numeric_limits<double>::quiet_NaN();
    outcome.rows.push_back({{name}, std::move(values)});
  };
  if (what.by_category)
    for (std::size_t k = 0; k < result.categories.size(); ++k) {
      const auto name = truth.categories.find(result.categories[k]);
      add(name == truth.categories.end() ? s2d::concat(result.categories[k]) : name->second,
          result.by_category[k]);
    }
  add("all", result.all);
  find_cases(prediction, truth, what, outcome);
  return outcome;
}

/// What is seen of the objects of a video in every frame.
std::vector<s2d::tracked_frame> frames_of(std::size_t v, const eval_data& prediction,
                                          const eval_data& truth) {
  std::vector<s2d::tracked_frame> frames(truth.videos[v].frames.size());
  std::vector<std::vector<s2d::rle>> right, found;  // [frames][objects]
  const auto collect = [&](const eval_data& from, auto names, auto& masks) {
    for (std::size_t o = 0; o < from.objects.size(); ++o) {
      if (from.objects[o].video != v) continue;
      for (const auto& segment : from.objects[o].masks) {
        if (area(segment.mask) == 0) continue;
        const auto t = static_cast<std::size_t>(segment.frame);
        if (frames.size() <= t) frames.resize(t + 1);  // lists of results do not tell
        if (masks.size() <= t) masks.resize(t + 1);
        (frames[t].*names).push_back(static_cast<std::int64_t>(o));
        masks[t].push_back(segment.mask);
      }
    }
  };
  collect(truth, &s2d::tracked_frame::truth, right);
  collect(prediction, &s2d::tracked_frame::found, found);
  right.resize(frames.size());
  found.resize(frames.size());
  for (std::size_t t = 0; t < frames.size(); ++t)
    frames[t].overlap = s2d::iou<double>(right[t], found[t]);
  return frames;
}

eval_outcome measure_identity(const eval_data& prediction, const eval_data& truth,
                              const eval_settings& what) {
  s2d::require(!truth.objects.empty(), truth.place.string(), ": holds no objects");
  eval_outcome outcome;
  outcome.name_columns = {"video"};
  outcome.value_columns = {"IDF1",      "IDP",      "IDR",   "recall",
                           "precision", "switches", "found", "objects"};
  outcome.counts = 3;
  const auto share = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(part) / static_cast<double>(whole);
  };
  const auto add = [&](const std::string& name, const s2d::identity_scores& scores,
                       const s2d::identity_counts& counts, std::size_t found, std::size_t objects) {
    outcome.rows.push_back(
        {{name},
         {scores.f1(), share(scores.matched, scores.found), scores.recall(),
          share(counts.matched, scores.truths), share(counts.matched, scores.found),
          static_cast<double>(counts.switches), static_cast<double>(found),
          static_cast<double>(objects)}});
  };
  s2d::identity_scores all;
  s2d::identity_counts all_counts;
  for (std::size_t v = 0; v < truth.videos.size(); ++v) {
    throw_if_stopped();
    const std::vector<s2d::tracked_frame> frames = frames_of(v, prediction, truth);
    const s2d::identity_scores scores = s2d::identity_f1(frames);
    const s2d::identity_counts counts = s2d::identity_switches(frames);
    const auto objects_in = [v](const eval_data& data) {
      return static_cast<std::size_t>(
          std::count_if(data.objects.begin(), data.objects.end(),
                        [v](const eval_object& object) { return object.video == v; }));
    };
    add(name_of(truth.videos[v]), scores, counts, objects_in(prediction), objects_in(truth));
    all.truths += scores.truths;
    all.found += scores.found;
    all.matched += scores.matched;
    all_counts.switches += counts.switches;
    all_counts.matched += counts.matched;
  }
  add("all", all, all_counts, prediction.objects.size(), truth.objects.size());
  find_cases(prediction, truth, what, outcome);
  return outcome;
}

}  // namespace

eval_outcome measure(const eval_data& prediction, const eval_data& truth,
                     const eval_settings& what) {
  switch (what.metric) {
    case eval_metric::davis:
      return measure_davis(prediction, truth, what);
    case eval_metric::identity:
      return measure_identity(prediction, truth, what);
    case eval_metric::ytvis:
    case eval_metric::coco:
      break;
  }
  return measure_precision(prediction, truth, what);
}

}  // namespace app
