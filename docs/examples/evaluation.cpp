// How good are predicted masks? J and F of a video, and average precision over videos.
#include <cstdio>
#include <vector>

#include <s2d/eval/davis.hpp>
#include <s2d/eval/instances.hpp>

namespace {

// A square of 20 x 20 pixels in a frame of 48 x 64.
s2d::bit_mask square(std::ptrdiff_t left) {
  s2d::bit_mask mask(48, 64);
  for (std::ptrdiff_t y = 10; y < 30; ++y)
    for (std::ptrdiff_t x = left; x < left + 20; ++x) mask.set(y, x);
  return mask;
}

}  // namespace

int main() {
  // DAVIS: [objects][frames]. Proposals are given to the objects that they fit best.
  const s2d::davis_masks truth{{square(10), square(12), square(14)}};
  const s2d::davis_masks found{{square(40), square(40), square(40)},
                               {square(10), square(13), square(16)}};
  const auto video =
      s2d::evaluate_davis(truth, found, {}, {.protocol = s2d::davis_protocol::unsupervised});
  std::printf("proposal %td: J %.3f, F %.3f\n", video.objects[0].proposal, video.j_mean,
              video.f_mean);

  // YouTube-VIS: tubes with scores. A frame without mask has no element.
  using tube = std::vector<s2d::tube_segment<s2d::bit_mask>>;
  const tube object{{0, square(10)}, {1, square(12)}, {2, square(14)}};
  const tube guess{{0, square(10)}, {1, square(12)}};
  const std::vector<s2d::ap_instance<tube>> truths{{.group = 1, .shape = &object}};
  const std::vector<s2d::ap_instance<tube>> guesses{{.group = 1, .shape = &guess, .score = 0.9}};
  const auto table = s2d::evaluate_instances(guesses, truths, s2d::ytvis_ap_options(false));
  std::printf("AP %.3f, AP50 %.3f, AR1 %.3f\n", table.all.ap, table.all.ap_50, table.all.ar_first);
  return video.objects[0].proposal == 1 && table.all.ap_50 > 0.99 ? 0 : 1;
}
