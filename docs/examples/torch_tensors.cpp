// A network's mask as the core's mask, and deformable attention with its gradient.
#include <torch/torch.h>

#include <s2d/torch/ms_deform_attn.hpp>
#include <s2d/torch/tensors.hpp>

int main() {
  // A view: no copy; the core sees the tensor's memory.
  const auto logits = torch::randn({120, 200});
  const auto plane = s2d::torch::as_plane<const float>(logits, "logits");
  const s2d::bit_mask mask = s2d::torch::to_bit_mask(logits > 0);
  if (mask(3, 5) != (plane(3, 5) > 0)) return 1;

  // Two levels, 8 heads of 32 channels, 10 queries, 4 points a level.
  const std::vector<s2d::torch::level_size> levels{{12, 20}, {24, 40}};
  const auto value = torch::randn({1, 12 * 20 + 24 * 40, 8, 32}).requires_grad_();
  const auto location = torch::rand({1, 10, 8, 2, 4, 2});
  const auto attention = torch::full({1, 10, 8, 2, 4}, 1.0 / 8);
  const auto out = s2d::torch::ms_deform_attn(value, levels, location, attention);
  out.sum().backward();
  return out.size(2) == 8 * 32 && value.grad().defined() ? 0 : 1;
}
