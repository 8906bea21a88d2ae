// The stages of segment/frame_masks.hpp; include that one.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/stopwatch.hpp>
#include <s2d/core/color.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/flow/evidence.hpp>
#include <s2d/mask/components.hpp>
#include <s2d/mask/morphology.hpp>
#include <s2d/segment/appearance.hpp>
#include <s2d/segment/detail/confidence.hpp>
#include <s2d/segment/detail/work_grid.hpp>
#include <s2d/segment/frame_masks_types.hpp>
#include <s2d/segment/detail/require_clip.hpp>
#include <s2d/segment/motion_saliency.hpp>
#include <s2d/segment/pixels.hpp>
#include <s2d/segment/superpixel_graph.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

inline void check_frame_masks(std::span<const image> frames, const video_flow& flow,
                              const frame_masks_options& options) {
  require_clip("frame_masks", frames, flow, options.threads);
  require(options.longer_side >= 16 && options.longer_side <= 4096, "frame_masks: longer_side is ",
          options.longer_side, ", expected 16..4096");
  require(options.overlap < options.chunk && options.chunk - options.overlap > options.overlap,
          "frame_masks: chunk is ", options.chunk, " frames, overlap ", options.overlap,
          "; expected a chunk of more than two overlaps");
  require(options.threshold >= 0 && options.threshold <= 1, "frame_masks: threshold is ",
          options.threshold, ", expected 0..1");
  require(options.context_sigma > 0 && options.context_sigma < 1e4,
          "frame_masks: context_sigma is ", options.context_sigma, ", expected 0..1e4");
  require(options.appearance_ramp > 0 && options.appearance_mix >= 0 &&
              options.appearance_mix <= 1 && options.threshold_mix >= 0 &&
              options.threshold_mix <= 1,
          "frame_masks: appearance_ramp is ", options.appearance_ramp, ", appearance_mix ",
          options.appearance_mix, ", threshold_mix ", options.threshold_mix,
          "; expected > 0, 0..1, 0..1");
  require(options.least_area >= 0 && options.least_of_moving >= 0 && options.least_share >= 0,
          "frame_masks: least_area is ", options.least_area, ", least_of_moving ",
          options.least_of_moving, ", least_share ", options.least_share, "; expected >= 0");
  require(options.least_energy >= 0 && options.rest_energy >= 0, "frame_masks: least_energy is ",
          options.least_energy, ", rest_energy ", options.rest_energy, "; expected >= 0");
  check_saliency("frame_masks: motion", options.motion);
  check_diffusion("frame_masks: diffusion", options.diffusion);
  check_appearance("frame_masks: appearance", options.appearance);
}

/// Frames [begin, end) that are decided together.
struct chunk_range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Cuts `count` frames into ranges of at most `chunk`, neighbours sharing `overlap`, as equal in
/// length as possible.
inline std::vector<chunk_range> overlapping_chunks(std::size_t count, std::size_t chunk,
                                                   std::size_t overlap) {
  if (count <= chunk) return {{0, count}};
  const std::size_t fresh = chunk - overlap;
  const std::size_t parts = (count - overlap + fresh - 1) / fresh;
  std::vector<chunk_range> ranges(parts);
  for (std::size_t i = 0; i < parts; ++i)
    ranges[i] = {(count - overlap) * i / parts, (count - overlap) * (i + 1) / parts + overlap};
  return ranges;
}

/// Share of the later chunk in the i-th of `overlap` shared frames.
[[nodiscard]] inline float fade(std::size_t i, std::size_t overlap) noexcept {
  return static_cast<float>(i + 1) / static_cast<float>(overlap + 1);
}

/// Flow from a frame to its neighbours on the work grid; empty where there is none.
struct frame_flow {
  flow_field forward;
  flow_field backward;
};

/// The steps of frame_masks_run that a device can take over, on the processor.
class processor_steps {
 public:
  /// @param options  must outlive this
  explicit processor_steps(const frame_masks_options& options) : options_{options} {}

  /// How many frames a step takes at once that needs so many bytes for each: what lives between
  /// steps grows with it.
  [[nodiscard]] std::size_t block(std::size_t) const noexcept {
    const std::size_t threads = thread_count(options_.threads);
    return threads == 1 ? 1 : 4 * threads;
  }

  /// The superpixels of pictures of the work grid, with their means.
  [[nodiscard]] std::vector<motion_cells> describe(std::span<const image> pictures,
                                                   std::span<const frame_flow> flow) const {
    std::vector<motion_cells> cells(pictures.size());
    parallel_for(pictures.size(), options_.threads, [&](std::size_t i) {
      const lab_image colors = to_lab(pictures[i]);
      cells[i] = measure_cells(colors, slic(colors, options_.cells), flow[i].forward,
                               flow[i].backward, options_.context_sigma);
    });
    return cells;
  }

  [[nodiscard]] std::vector<float> diffuse(const sparse_graph& graph,
                                           std::span<const float> votes) const {
    diffusion_options how = options_.diffusion;
    how.threads = options_.threads;
    return run_diffusion(graph, votes, how);
  }

  /// The masks {pixel value > level} of every frame.
  [[nodiscard]] std::vector<std::vector<bit_mask>> threshold(
      std::span<const image> frames, std::span<const superpixels> cells,
      std::span<const std::vector<float>> values, std::span<const float> levels) const {
    std::vector<std::vector<bit_mask>> masks(frames.size());
    parallel_for(frames.size(), options_.threads, [&](std::size_t i) {
      masks[i] = threshold_pixels(frames[i], cells[i], values[i], levels, options_.pixels);
    });
    return masks;
  }

 private:
  const frame_masks_options& options_;
};

/// Steps: processor_steps, or a device's with the same members.
template <class Steps>
class frame_masks_run {
 public:
  frame_masks_run(std::span<const image> frames, const video_flow& flow,
                  const frame_masks_options& options, const progress_callback& progress,
                  Steps& steps)
      : frames_{frames}, flow_{flow}, options_{options}, progress_{progress}, steps_{steps} {
    options_.motion.threads = options_.graph.threads = options_.threads;
    options_.appearance.threads = options_.threads;
  }

  [[nodiscard]] frame_masks_result run() {
    const std::size_t count = frames_.size();
    result_.masks.resize(count);
    result_.confidence.resize(count);
    result_.diagnosis.energy.assign(count, std::numeric_limits<float>::quiet_NaN());
    if (count == 0) return std::move(result_);
    grid_ = work_grid(frames_[0], options_.longer_side);
    options_.graph.flow_scale = 0.5F;

    cells_.resize(count);
    values_.resize(count);
    votes_.resize(count);
    least_.resize(count);
    for (std::size_t begin = 0; begin < count;) {
      std::size_t end = begin + 1;
      while (end < count && !cut_before(end)) ++end;
      decide_shot(begin, end);
      begin = end;
    }
    conclude();
    if (!result_.diagnosis.nothing_moves) cut_out();
    report(progress_, "masks", count, count);
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool cut_before(std::size_t t) const {
    return t < options_.cut_before.size() && options_.cut_before[t];
  }

  void spent(const char* stage, const stopwatch& since) {
    const double seconds = since.seconds();
    for (stage_time& s : result_.stages)
      if (s.name == stage) {
        s.seconds += seconds;
        return;
      }
    result_.stages.push_back({stage, seconds});
  }

  /// body(first, count) for all of [begin, end), at most `block` at once, before each of which
  /// progress is told: done(first) frames.
  template <class Done, class Body>
  void in_blocks(const char* stage, std::size_t begin, std::size_t end, std::size_t block,
                 const Done& done, const Body& body) {
    for (std::size_t first = begin; first < end; first += block) {
      report(progress_, stage, done(first), frames_.size());
      body(first, smaller_of(block, end - first));
    }
  }

  /// Of work that leaves little behind.
  [[nodiscard]] std::size_t frames_at_once() const { return 8 * thread_count(options_.threads); }

  /// body(t) for all of [first, first + count), on the threads asked for.
  template <class Body>
  void each(std::size_t first, std::size_t count, const Body& body) const {
    parallel_for(count, options_.threads, [&](std::size_t i) { body(first + i); });
  }

  /// What the pictures of the work grid let be believed of a flow, in pixels of twice that grid.
  [[nodiscard]] flow_field believed(const flow_field& field, const image& here,
                                    const image& there) const {
    flow_field flow = grid_.resized(field);
    if (flow.empty()) return {};
    flow = evident_flow(flow, to_gray_float(here), to_gray_float(there), options_.evidence);
    scale_flow(flow, 2, 2);
    return flow;
  }

  /// Decides the values of the superpixels of frames [begin, end), which show one shot.
  void decide_shot(std::size_t begin, std::size_t end) {
    const stopwatch start;
    // Frames without flow between them that look the same are one.
    std::vector<image> pictures(end - begin);
    in_blocks(
        "superpixels", begin, end, frames_at_once(), [&](std::size_t) { return begin; },
        [&](std::size_t first, std::size_t size) {
          each(first, size,
               [&](std::size_t t) { pictures[t - begin] = grid_.picture(frames_[t]); });
        });
    std::vector<std::size_t> group(end - begin);
    std::vector<std::size_t> first_of;
    std::vector<std::size_t> last_of;
    for (std::size_t t = begin; t < end; ++t) {
      const bool same = t > begin && flow_.forward[t - 1].empty() && flow_.backward[t].empty() &&
                        pictures[t - begin] == pictures[t - begin - 1];
      if (!same) {
        first_of.push_back(t);
        last_of.push_back(t);
      }
      last_of.back() = t;
      group[t - begin] = first_of.size() - 1;
    }
    spent("resize", start);

    const stopwatch describing;
    // The picture of every group, in the place of the first.
    for (std::size_t g = 0; g < first_of.size(); ++g)
      if (first_of[g] - begin != g) pictures[g] = std::move(pictures[first_of[g] - begin]);
    std::vector<motion_cells> cells(first_of.size());
    in_blocks(
        "superpixels", 0, first_of.size(),
        steps_.block(19 * static_cast<std::size_t>(grid_.height * grid_.width)),
        [&](std::size_t g) { return first_of[g]; },
        [&](std::size_t first, std::size_t size) {
          std::vector<frame_flow> flow(size);
          each(first, size, [&](std::size_t g) {
            if (g + 1 < first_of.size())
              flow[g - first].forward =
                  believed(flow_.forward[last_of[g]], pictures[g], pictures[g + 1]);
            if (g > 0)
              flow[g - first].backward =
                  believed(flow_.backward[first_of[g]], pictures[g], pictures[g - 1]);
          });
          std::vector<motion_cells> described =
              steps_.describe(std::span<const image>(pictures).subspan(first, size), flow);
          for (std::size_t i = 0; i < size; ++i) cells[first + i] = std::move(described[i]);
        });
    pictures.clear();
    spent("superpixels", describing);

    std::vector<std::vector<float>> values(first_of.size());
    std::vector<std::vector<float>> votes(first_of.size());
    std::vector<float> energy(first_of.size());
    const std::vector<chunk_range> chunks =
        overlapping_chunks(first_of.size(), options_.chunk, options_.overlap);
    for (std::size_t c = 0; c < chunks.size(); ++c) {
      report(progress_, "grouping", begin + chunks[c].begin, frames_.size());
      decide_chunk(std::span(cells).subspan(chunks[c].begin, chunks[c].end - chunks[c].begin),
                   c == 0 ? 0 : chunks[c - 1].end - chunks[c].begin,
                   std::span(values).subspan(chunks[c].begin),
                   std::span(votes).subspan(chunks[c].begin),
                   std::span(energy).subspan(chunks[c].begin));
    }
    const double least = least_area_of(cells, values);
    for (std::size_t t = begin; t < end; ++t) {
      least_[t] = least;
      const std::size_t g = group[t - begin];
      const bool last_use = t + 1 == end || group[t + 1 - begin] != g;
      result_.diagnosis.energy[t] = energy[g];
      if (last_use) {
        cells_[t] = std::move(cells[g].grid);
        values_[t] = std::move(values[g]);
        votes_[t] = std::move(votes[g]);
      } else {
        cells_[t] = cells[g].grid;
        values_[t] = values[g];
        votes_[t] = votes[g];
      }
    }
  }

  /// The least area of a mask of a shot, as a share of the frame.
  [[nodiscard]] double least_area_of(std::span<const motion_cells> cells,
                                     std::span<const std::vector<float>> values) const {
    std::vector<double> moving;  // shares of the frames in which something does
    for (std::size_t t = 0; t < cells.size(); ++t) {
      std::ptrdiff_t area = 0;
      for (std::size_t k = 0; k < values[t].size(); ++k)
        if (values[t][k] > 0.5F) area += cells[t].grid.count[k];
      if (area > 0)
        moving.push_back(static_cast<double>(area) /
                         static_cast<double>(grid_.height * grid_.width));
    }
    if (moving.empty()) return options_.least_area;
    return smaller_of(options_.least_area, options_.least_of_moving * median(moving));
  }

  /// Decides one chunk and fades its values into those of the `shared` first frames.
  void decide_chunk(std::span<const motion_cells> cells, std::size_t shared,
                    std::span<std::vector<float>> values, std::span<std::vector<float>> votes,
                    std::span<float> energy) {
    const std::size_t count = cells.size();
    const std::size_t n = cells[0].size();
    const stopwatch moving;
    const motion_saliency motion = saliency(cells, options_.motion);
    spent("motion", moving);

    const std::vector<float> decided = decide(cells, motion);
    for (std::size_t t = 0; t < count; ++t) {
      const auto from = static_cast<std::ptrdiff_t>(t * n);
      const auto to = static_cast<std::ptrdiff_t>((t + 1) * n);
      const std::vector<float> now(decided.begin() + from, decided.begin() + to);
      energy[t] = motion.energy[t];
      votes[t].assign(motion.votes.begin() + from, motion.votes.begin() + to);
      if (t < shared) {
        const float share = fade(t, shared);
        for (std::size_t k = 0; k < n; ++k) values[t][k] += share * (now[k] - values[t][k]);
      } else {
        values[t] = now;
      }
    }
  }

  /// Values in [0, 1] of all superpixels of a chunk; all 0 if nothing moves.
  [[nodiscard]] std::vector<float> decide(std::span<const motion_cells> cells,
                                          const motion_saliency& motion) {
    const std::size_t count = cells.size();
    const std::size_t n = cells[0].size();
    // What moves says what is usual; in frames that rest there is nothing but noise.
    const float least = motion.rests ? smaller_of(options_.rest_energy, options_.least_energy)
                                     : options_.least_energy;
    const auto moves = [&](std::size_t t) { return motion.energy[t] >= least; };  // not if NaN
    std::size_t known = 0;
    std::vector<float> energy;  // of the frames in which something moves
    for (std::size_t t = 0; t < count; ++t) {
      if (!std::isnan(motion.energy[t])) ++known;
      if (!moves(t)) continue;
      energy.push_back(motion.energy[t]);
      std::vector<float> residual(
          motion.residual.begin() + static_cast<std::ptrdiff_t>(t * n),
          motion.residual.begin() + static_cast<std::ptrdiff_t>((t + 1) * n));
      // What is less than this, flow cannot tell from nothing.
      residual_.push_back(percentile(residual, 50) + (motion.rests ? 0.03F : 0.1F));
      energy_.push_back(motion.energy[t]);
    }
    std::vector<float> values(count * n);
    if (energy.empty() || (4 * energy.size() < known && energy.size() < options_.least_moving))
      return values;
    const float usual_energy = percentile(energy, 50);

    const stopwatch linking;
    const sparse_graph graph = link_superpixels(cells, grid_.height, grid_.width, options_.graph);
    spent("graph", linking);

    const stopwatch spreading;
    std::vector<float> spread = steps_.diffuse(graph, motion.votes);
    std::vector<float> most;  // likewise
    for (std::size_t t = 0; t < count; ++t) {
      if (!moves(t)) continue;
      float here = 0;
      for (std::size_t k = 0; k < n; ++k) here = larger_of(here, spread[t * n + k]);
      most.push_back(here);
    }
    const float top = larger_of(percentile(most, 50), 1e-6F);
    for (float& v : spread) v /= top;
    float thresholds[10];
    for (int i = 0; i < 10; ++i) thresholds[i] = 0.30F + 0.05F * static_cast<float>(i);
    const std::vector<double> cuts = find_normalized_cuts(graph, spread, thresholds);
    std::size_t best = 0;
    for (std::size_t i = 1; i < cuts.size(); ++i)
      if (cuts[i] < cuts[best]) best = i;
    const float from_cut = std::isinf(cuts[best]) ? options_.threshold : thresholds[best];
    const float threshold =
        options_.threshold_mix * from_cut + (1 - options_.threshold_mix) * options_.threshold;
    spent("diffusion", spreading);

    const stopwatch learning;
    const std::vector<float> looks = learn(cells, motion, spread, threshold, usual_energy);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float moved = limited(spread[i] - threshold + 0.5F, 0.0F, 1.0F);
      values[i] = moved + options_.appearance_mix * (looks[i] - moved);
    }
    spent("appearance", learning);
    return values;
  }

  /// What a classifier trained on {spread > threshold} says about every superpixel.
  [[nodiscard]] std::vector<float> learn(std::span<const motion_cells> cells,
                                         const motion_saliency& motion,
                                         const std::vector<float>& spread, float threshold,
                                         float usual_energy) const {
    constexpr std::size_t inputs = 13;
    const std::size_t count = cells.size();
    const std::size_t n = cells[0].size();
    std::vector<float> x(count * n * inputs);
    std::vector<float> target(count * n);
    std::vector<float> weight(count * n);
    const float motion_scale = 1 / larger_of(usual_energy, 0.3F);
    double mean_count = 0;
    for (const motion_cells& f : cells)
      for (const std::int32_t c : f.grid.count) mean_count += c;
    mean_count /= static_cast<double>(count * n);
    double sums[2] = {};
    for (std::size_t t = 0; t < count; ++t) {
      const motion_cells& f = cells[t];
      double total = 0;
      double cx = 0;
      double cy = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const float v = spread[t * n + k];
        const double w = 1e-9 + (v > 0.7F * threshold
                                     ? static_cast<double>(smaller_of(v, 1.0F)) * f.grid.count[k]
                                     : 0.0);
        total += w;
        cx += w * static_cast<double>(f.grid.centre[k].x);
        cy += w * static_cast<double>(f.grid.centre[k].y);
      }
      const auto centre_x = static_cast<float>(cx / total);
      const auto centre_y = static_cast<float>(cy / total);
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t i = t * n + k;
        const float row[inputs] = {
            0.04F * f.grid.l[k],
            f.grid.a[k] / 20,
            f.grid.b[k] / 20,
            f.context[0][k] / 25,
            f.context[1][k] / 25,
            f.context[2][k] / 25,
            f.deviation[0][k] / 15,
            f.deviation[1][k] / 15,
            f.deviation[2][k] / 15,
            static_cast<float>(t) / 30,
            (f.grid.centre[k].x - centre_x) / 40,
            (f.grid.centre[k].y - centre_y) / 40,
            smaller_of(motion.residual[i] * motion_scale, 2.0F),
        };
        for (std::size_t d = 0; d < inputs; ++d) x[i * inputs + d] = row[d];
        const float away = std::fabs(spread[i] - threshold) / options_.appearance_ramp;
        target[i] = spread[i] > threshold ? 1.0F : 0.0F;
        weight[i] = static_cast<float>(f.grid.count[k] / mean_count) * limited(away, 0.05F, 1.0F);
        sums[spread[i] > threshold ? 1 : 0] += static_cast<double>(weight[i]);
      }
    }
    const double half = (sums[0] + sums[1]) / 2;
    const float balance[2] = {static_cast<float>(std::sqrt(half / larger_of(sums[0], 1e-6))),
                              static_cast<float>(std::sqrt(half / larger_of(sums[1], 1e-6)))};
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] *= balance[target[i] > 0 ? 1 : 0];
    return fit_appearance({x.data(), static_cast<std::ptrdiff_t>(count * n), inputs}, target,
                          weight, options_.appearance);
  }

  void conclude() {
    for (const std::vector<float>& values : values_)
      for (const float v : values)
        if (v > 0) result_.diagnosis.nothing_moves = false;
    if (energy_.empty()) return;
    result_.diagnosis.contrast = percentile(energy_, 50) / percentile(residual_, 50);
    result_.diagnosis.everything_moves =
        !result_.diagnosis.nothing_moves && result_.diagnosis.contrast < 6;
  }

  /// Pixels, components and confidences.
  void cut_out() {
    const stopwatch start;
    const std::size_t count = frames_.size();
    constexpr float levels[3] = {0.38F, 0.5F, 0.62F};
    std::vector<matrix<float>> unions(count);  // coverage of the masks of a frame, work grid
    in_blocks(
        "masks", 0, count, steps_.block(frames_[0].values.size()),
        [](std::size_t t) { return t / 2; },
        [&](std::size_t first, std::size_t size) {
          const std::vector<std::vector<bit_mask>> soft = steps_.threshold(
              frames_.subspan(first, size),
              std::span<const superpixels>(cells_).subspan(first, size),
              std::span<const std::vector<float>>(values_).subspan(first, size), levels);
          each(first, size, [&](std::size_t t) {
            find_objects(t, soft[t - first]);
            unions[t] = coverage(united(t), grid_.height, grid_.width);
            judge_alone(t, soft[t - first], unions[t]);
          });
        });
    spent("pixels", start);
    const stopwatch judging;
    in_blocks(
        "masks", 0, count, frames_at_once(), [&](std::size_t t) { return (count + t) / 2; },
        [&](std::size_t first, std::size_t size) {
          each(first, size, [&](std::size_t t) { judge_in_time(t, unions); });
        });
    spent("confidence", judging);
  }

  void find_objects(std::size_t t, const std::vector<bit_mask>& soft) {
    const component_list found = components(soft[1]);
    if (found.empty()) return;
    const auto pixels = static_cast<double>(frames_[t].height * frames_[t].width);
    const auto largest = static_cast<double>(found.items[0].area);
    const double least =
        larger_of(larger_of(least_[t] * pixels, options_.least_share * largest), 12.0);
    for (std::size_t i = 0; i < found.size() && i < options_.most_masks; ++i)
      if (static_cast<double>(found.items[i].area) >= least)
        result_.masks[t].push_back({extract(found, i), 0});
  }

  [[nodiscard]] bit_mask united(std::size_t t) const {
    bit_mask all(frames_[t].height, frames_[t].width);
    for (const frame_mask& object : result_.masks[t])
      for (std::size_t w = 0; w < all.words().size(); ++w) all.words()[w] |= object.mask.words()[w];
    return all;
  }

  /// The band in which an object is judged where there are several.
  [[nodiscard]] static bit_mask band(const bit_mask& mask) { return dilate(mask, 4); }

  void judge_alone(std::size_t t, const std::vector<bit_mask>& soft, const matrix<float>& all) {
    std::vector<frame_mask>& objects = result_.masks[t];
    if (objects.empty()) return;
    const matrix<std::int32_t>& labels = cells_[t].labels;
    std::vector<float> votes = votes_[t];
    float top = 1e-6F;
    for (const float v : votes) top = larger_of(top, v);
    for (float& v : votes) v /= top;
    result_.confidence[t] =
        stability(soft[2], soft[0], nullptr) * agreement(all, nullptr, labels, votes);
    for (frame_mask& object : objects) {
      if (objects.size() == 1) {
        object.confidence = result_.confidence[t];
        continue;
      }
      const bit_mask near = band(object.mask);
      const matrix<float> share = coverage(object.mask, grid_.height, grid_.width);
      const matrix<float> room = coverage(near, grid_.height, grid_.width);
      object.confidence =
          stability(soft[2], soft[0], &near) * agreement(share, &room, labels, votes);
    }
  }

  void judge_in_time(std::size_t t, const std::vector<matrix<float>>& unions) {
    std::vector<frame_mask>& objects = result_.masks[t];
    if (objects.empty()) return;
    std::vector<matrix<float>> around;
    if (!flow_.forward[t].empty() && t + 1 < unions.size() && !cut_before(t + 1))
      around.push_back(warped_coverage(unions[t + 1], flow_.forward[t]));
    if (!flow_.backward[t].empty() && t > 0 && !cut_before(t))
      around.push_back(warped_coverage(unions[t - 1], flow_.backward[t]));
    if (around.empty()) return;
    const auto steadiness = [&](const matrix<float>& share, const matrix<float>* near) {
      float sum = 0;
      for (const matrix<float>& other : around) sum += soft_iou(other, share, near);
      return sum / static_cast<float>(around.size());
    };
    result_.confidence[t] *= steadiness(unions[t], nullptr);
    for (frame_mask& object : objects) {
      if (objects.size() == 1) {
        object.confidence = result_.confidence[t];
        continue;
      }
      const matrix<float> room = coverage(band(object.mask), grid_.height, grid_.width);
      object.confidence *= steadiness(coverage(object.mask, grid_.height, grid_.width), &room);
    }
  }

  std::span<const image> frames_;
  const video_flow& flow_;
  frame_masks_options options_;
  const progress_callback& progress_;
  Steps& steps_;
  frame_masks_result result_;
  work_grid grid_;
  std::vector<superpixels> cells_;          // [T]
  std::vector<std::vector<float>> values_;  // [T][N] object above 0.5
  std::vector<std::vector<float>> votes_;   // [T][N]
  std::vector<double> least_;               // [T] area of a mask, as a share of the frame
  std::vector<float> residual_, energy_;  // medians and energies of frames in which something moves
};

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
