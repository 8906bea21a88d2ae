// What changes while training goes on: the rate, the weights of the losses, the teacher's pace.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

enum class rate_shape {
  steps,  ///< times `factor` at every milestone
  cosine  ///< down to 0 at the last step
};

struct rate_schedule {
  rate_shape shape = rate_shape::steps;
  std::vector<std::int64_t> milestones{20'200};
  double factor = 0.1;
  std::int64_t warm_up = 0;  ///< steps of linear rise, the first one at 1 / warm_up
};

/// The share of the base learning rate at step `step` of `steps`.
[[nodiscard]] inline double rate_at(const rate_schedule& schedule, std::int64_t step,
                                    std::int64_t steps) {
  double rate = 1;
  if (step < schedule.warm_up)
    rate = static_cast<double>(step + 1) / static_cast<double>(schedule.warm_up);
  if (schedule.shape == rate_shape::cosine && steps > 0)
    return rate * 0.5 *
           (1 +
            std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
  for (const std::int64_t milestone : schedule.milestones)
    if (step >= milestone) rate *= schedule.factor;
  return rate;
}

enum class ramp_shape { constant, linear, cosine };

/// How weight goes from the pseudo masks (down to a share) to the teacher's masks (up from a
/// share).
struct loss_schedule {
  ramp_shape shape = ramp_shape::constant;
  std::int64_t begin = 0;
  std::int64_t end = -1;  ///< -1: the last step
  double supervised_least = 0.1;
  double teacher_least = 0.1;
  bool change_supervised = true;
  bool change_teacher = true;
  /// From this step on the supervised weights are those at their least; 0: never. Constant only.
  std::int64_t drop_at = 0;
  /// Before this step the teacher does not teach.
  std::int64_t teacher_from = 0;
  /// As the official code: values act one step late and go on behind the end, negative or rising.
  bool compat = false;
};

/// Factors of the weights of the losses.
struct loss_factors {
  double supervised = 1, teacher = 1;
};

[[nodiscard]] inline loss_factors loss_factors_at(const loss_schedule& schedule, std::int64_t step,
                                                  std::int64_t steps) {
  loss_factors factors;
  if (schedule.shape == ramp_shape::constant) {
    if (schedule.drop_at > 0 && step >= schedule.drop_at)
      factors.supervised = schedule.supervised_least;
  } else if (!schedule.compat || step > 0) {
    const auto end = schedule.end < 0 ? steps : schedule.end;
    require(end > schedule.begin, "loss_schedule: goes from step ", schedule.begin, " to ", end,
            ", expected an end behind the beginning");
    double q = static_cast<double>(step - (schedule.compat ? 1 : 0) - schedule.begin) /
               static_cast<double>(end - schedule.begin);
    if (q < 0) q = 0;
    if (q > 1 && !schedule.compat) q = 1;
    const double stay =
        schedule.shape == ramp_shape::linear ? 1 - q : 0.5 * (1 + std::cos(std::numbers::pi * q));
    const auto between = [](double least, double share) { return least + (1 - least) * share; };
    if (schedule.change_supervised) factors.supervised = between(schedule.supervised_least, stay);
    if (schedule.change_teacher) factors.teacher = between(schedule.teacher_least, 1 - stay);
  }
  if (step < schedule.teacher_from) factors.teacher = 0;
  return factors;
}

/// The share of itself that the teacher keeps in every step.
struct ema_schedule {
  double momentum = 0.999;
  /// At the beginning less, so that a young teacher follows: at most (1 + step) / (10 + step).
  bool early = false;
  double begin = 0.999;    ///< rises along a half cosine to `momentum` at `until`
  std::int64_t until = 0;  ///< 0: no rise
  bool compat = false;     ///< as the official code: one step late, falls again behind the end
};

[[nodiscard]] inline double momentum_at(const ema_schedule& schedule, std::int64_t step) {
  double m = schedule.momentum;
  if (schedule.until > 0) {
    const auto at = schedule.compat ? step - 1 : step;
    if (at < 0) {
      m = schedule.begin;
    } else if (schedule.compat || at < schedule.until) {
      m -= (schedule.momentum - schedule.begin) *
           (std::cos(std::numbers::pi * static_cast<double>(at) /
                     static_cast<double>(schedule.until)) +
            1) /
           2;
    }
  }
  const double young = static_cast<double>(1 + step) / static_cast<double>(10 + step);
  return schedule.early && young < m ? young : m;
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
