// The dense result: a network trained on one video from its keymasks, from nothing, and what it
// then finds in all frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/keymask/result.hpp>
#include <s2d/segment/frame_masks_types.hpp>

#include "clip.hpp"
#include "measure.hpp"

namespace quality {

/// How a network learns a video. Defaults are those of the tables.
struct recipe {
  bool unite = true;    ///< one object, the foreground; else the objects of discovery
  bool select = true;   ///< keymasks; else all raw masks
  double trust = 0.75;  ///< label_options::relative_trust
  double share = 1;     ///< label_options::frame_share
  double power = 0;     ///< weight of a mask: (trust / greatest)^power
  bool drop = true;     ///< Temporal DropLoss; else frames without mask are background
  bool teacher = true;  ///< the average teaches and predicts; else the student predicts
  std::int64_t steps = 400;
  std::int64_t final_steps = 300;  ///< of a final round; 0: none
  /// The final round goes on with the keymasks and the frame masks that overlap the dense result
  /// this much; 0: the official one, a new network that learns the dense result.
  double agree = 0.6;
  bool both = true;      ///< of a single object they and the dense result together
  double pixels = 1.33;  ///< of a training frame, as a share of 224 x 384
  double rate = 2e-3;
  double decay = 0.01;
  double momentum = 0.99;
};

/// KEY=VALUE, divided by commas; keys are the members of recipe.
/// @throws s2d::invalid_input for another key or no number
recipe parse_recipe(const std::string& text);

/// What is found in a clip before a network is trained.
struct sparse_result {
  s2d::video_flow flow;
  s2d::frame_masks_result raw;
  std::vector<s2d::object> objects;
};

sparse_result find_sparse(const clip& of);

/// Masks of an object or of the foreground over time, [T]; without pixels: none.
using tube = std::vector<s2d::bit_mask>;

struct dense_result {
  std::vector<tube> keys;     ///< [objects] keymasks trained on
  std::vector<tube> plain;    ///< [found] as the network says it, at one size
  std::vector<tube> dense;    ///< [found] at two sizes, drawn to the edges of the picture
  std::vector<tube> final;    ///< [found] the same after a final round; empty without
  std::vector<double> score;  ///< of what is found in the end
  double train_seconds = 0, seconds = 0;  ///< of processor time
  double loss = 0;                        ///< of the last step of the first round
  double agreed = 0;                      ///< frame masks that joined the keymasks

  /// What is found in the end.
  [[nodiscard]] const std::vector<tube>& found() const { return final.empty() ? dense : final; }
};

/// Trains and predicts with one thread.
/// @throws s2d::invalid_input if no keymask is left
dense_result train_dense(const clip& of, const sparse_result& found, const recipe& how,
                         std::uint64_t seed);

/// J of the union on all frames: raw, key_J (on their frames), key_frames, prop (the same keymasks
/// along the flow), plain, dense, final; objects, agreed, seconds.
figures measure_dense(const clip& of, const sparse_result& found, const dense_result& result);

/// The union of some tubes.
tube united(const std::vector<tube>& tubes, std::size_t frames, std::ptrdiff_t height,
            std::ptrdiff_t width);

}  // namespace quality
