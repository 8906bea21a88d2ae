#include <torch/torch.h>

#include <s2d/torch/ms_deform_attn.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"
#include "torch/golden.hpp"

namespace st = s2d::torch;
using support::message_of;
using torch::Tensor;

namespace {

struct problem {
  std::vector<st::level_size> levels;
  Tensor value, location, attention, grad_out;
};

problem random_problem(std::vector<st::level_size> levels, std::int64_t n, std::int64_t m,
                       std::int64_t d, std::int64_t q, std::int64_t p, torch::ScalarType dtype) {
  std::int64_t tokens = 0;
  for (const auto& level : levels) tokens += level.height * level.width;
  const auto l = static_cast<std::int64_t>(levels.size());
  const auto options = torch::TensorOptions().dtype(dtype);
  return {levels, torch::randn({n, tokens, m, d}, options).requires_grad_(),
          (torch::rand({n, q, m, l, p, 2}, options) * 1.8 - 0.4).requires_grad_(),
          torch::rand({n, q, m, l * p}, options).softmax(-1).view({n, q, m, l, p}).requires_grad_(),
          torch::randn({n, q, m * d}, options)};
}

double farthest(const Tensor& a, const Tensor& b) {
  return a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>();
}

struct result {
  Tensor out;
  std::vector<Tensor> grads;
};

template <class Call>
result run(const problem& x, const Call& call) {
  const Tensor out = call(x.value, x.levels, x.location, x.attention);
  return {out, torch::autograd::grad({out}, {x.value, x.location, x.attention}, {x.grad_out})};
}

}  // namespace

TEST_CASE("deformable attention equals its composition, any channels, points outside included",
          "[torch]") {
  torch::manual_seed(3);
  for (const auto dtype : {torch::kFloat, torch::kDouble})
    for (const std::int64_t d : {1, 3, 8, 16, 32, 40, 64}) {
      const auto x = random_problem({{3, 4}, {1, 1}, {6, 5}}, 2, 3, d, 7, 4, dtype);
      const auto ours = run(x, st::ms_deform_attn);
      const auto composed = run(x, st::ms_deform_attn_composed);
      const double close = dtype == torch::kFloat ? 2e-5 : 1e-12;
      INFO("channels " << d);
      CHECK(farthest(ours.out, composed.out) < close);
      for (int i = 0; i < 3; ++i)
        CHECK(farthest(ours.grads[i], composed.grads[i]) < close * (i == 1 ? 20 : 4));
    }
}

TEST_CASE("deformable attention's gradients are those of finite differences", "[torch]") {
  torch::manual_seed(4);
  auto x = random_problem({{3, 4}, {5, 2}}, 1, 2, 8, 3, 2, torch::kDouble);
  const auto ours = run(x, st::ms_deform_attn);
  const torch::NoGradGuard guard;
  const auto loss = [&] {
    return (st::ms_deform_attn(x.value, x.levels, x.location, x.attention) * x.grad_out)
        .sum()
        .item<double>();
  };
  const double step = 1e-6;
  int i = 0;
  for (Tensor* input : {&x.value, &x.location, &x.attention}) {
    const auto flat = input->view(-1);
    const auto gradient = ours.grads[static_cast<std::size_t>(i++)].reshape(-1);
    for (std::int64_t k = 0; k < flat.numel(); ++k) {
      const double kept = flat[k].item<double>();
      flat[k] = kept + step;
      const double above = loss();
      flat[k] = kept - step;
      const double below = loss();
      flat[k] = kept;
      CHECK(gradient[k].item<double>() == Approx((above - below) / (2 * step)).margin(2e-7));
    }
  }
}

TEST_CASE("deformable attention gives the same bits for any number of threads", "[torch]") {
  torch::manual_seed(5);
  const auto x = random_problem({{8, 14}, {15, 27}}, 2, 8, 32, 517, 4, torch::kFloat);
  const int threads = torch::get_num_threads();
  torch::set_num_threads(1);
  const auto one = run(x, st::ms_deform_attn);
  torch::set_num_threads(3);
  const auto three = run(x, st::ms_deform_attn);
  torch::set_num_threads(threads);
  CHECK(torch::equal(one.out, three.out));
  for (int i = 0; i < 3; ++i) CHECK(torch::equal(one.grads[i], three.grads[i]));
}

TEST_CASE("deformable attention samples pixel centres exactly and nothing beyond the border",
          "[torch]") {
  const auto value = torch::arange(1, 13, torch::kFloat).view({1, 12, 1, 1});
  const std::vector<st::level_size> levels{{3, 4}};
  const auto at = [&](float x, float y) {
    return st::ms_deform_attn(value, levels, torch::tensor({x, y}).view({1, 1, 1, 1, 1, 2}),
                              torch::ones({1, 1, 1, 1, 1}))
        .item<float>();
  };
  CHECK(at(0.125f, 0.5f / 3) == Approx(1));
  CHECK(at(0.875f, 2.5f / 3) == Approx(12));
  CHECK(at(0.5f, 0.5f / 3) == Approx(2.5));
  CHECK(at(0.0f, 0.0f) == Approx(0.25));
  for (int steps = 0; steps < 40; ++steps) {  // just inside the last place where a pixel takes part
    float x = 1.125f, y = 3.5f / 3;
    for (int i = 0; i < steps; ++i) x = std::nextafter(x, 0.0f), y = std::nextafter(y, 0.0f);
    CHECK(std::abs(at(x, y)) < 1e-3f);
    CHECK(std::abs(at(x, 2.5f / 3)) < 1e-3f);
  }
  CHECK(at(-0.125f, 0.5f) == 0);
  CHECK(at(1.125f, 0.5f) == 0);
  CHECK(at(1e30f, -1e30f) == 0);
  CHECK(at(std::numeric_limits<float>::infinity(), 0.5f) == 0);
  CHECK(at(std::nanf(""), 0.5f) == 0);
}

TEST_CASE("deformable attention takes no query and strided input", "[torch]") {
  torch::manual_seed(6);
  const auto none = random_problem({{2, 2}}, 1, 2, 4, 0, 2, torch::kFloat);
  const auto empty = run(none, st::ms_deform_attn);
  CHECK(empty.out.sizes() == torch::IntArrayRef({1, 0, 8}));
  CHECK(empty.grads[0].abs().max().item<float>() == 0);
  const auto x = random_problem({{2, 3}}, 2, 2, 16, 4, 2, torch::kFloat);
  const auto strided = x.value.detach().transpose(1, 2).contiguous().transpose(1, 2);
  REQUIRE_FALSE(strided.is_contiguous());
  CHECK(torch::equal(st::ms_deform_attn(strided, x.levels, x.location, x.attention),
                     st::ms_deform_attn(x.value, x.levels, x.location, x.attention)));
}

TEST_CASE("deformable attention names what does not fit", "[torch]") {
  const auto x = random_problem({{2, 3}}, 1, 2, 4, 5, 2, torch::kFloat);
  const auto refuse = [&](const Tensor& v, const std::vector<st::level_size>& levels,
                          const Tensor& loc, const Tensor& att) {
    return message_of<s2d::invalid_input>([&] { (void)st::ms_deform_attn(v, levels, loc, att); });
  };
  CHECK(refuse(x.value, {{3, 3}}, x.location, x.attention) ==
        "ms_deform_attn: value has 6 tokens, the levels have 9");
  CHECK(refuse(x.value, x.levels, x.location.to(torch::kDouble), x.attention) ==
        "ms_deform_attn: location: dtype is Double, expected Float");
  CHECK(refuse(x.value, x.levels, x.location, x.attention.narrow(1, 0, 4)) ==
        "ms_deform_attn: attention: shape is [1, 4, 2, 1, 2], expected [1, 5, 2, 1, 2]");
  CHECK(refuse(x.value.to(torch::kHalf), x.levels, x.location.to(torch::kHalf),
               x.attention.to(torch::kHalf)) ==
        "ms_deform_attn: value: dtype is Half, expected Float or Double");
}

TEST_CASE("a device's kernel plugs in", "[torch]") {
  auto& place = st::ms_deform_attn_kernel_of(torch::kMeta);
  const auto x = random_problem({{2, 3}}, 1, 2, 4, 5, 2, torch::kFloat);
  const auto meta = [](const Tensor& t) { return t.detach().to(torch::kMeta); };
  const auto call = [&] {
    return st::ms_deform_attn(meta(x.value), x.levels, meta(x.location), meta(x.attention));
  };
  place.forward = [](const Tensor& value, const std::vector<st::level_size>&, const Tensor&,
                     const Tensor&) { return torch::empty({17}, value.options()); };
  CHECK(call().sizes() == torch::IntArrayRef({17}));
  place = {};
}

TEST_CASE("deformable attention equals the official values", "[torch]") {
  const auto folder = support::golden_folder("network");
  if (!folder) return;
  const golden::file file{*folder / "blocks.safetensors"};
  const auto shapes = file["msda.shapes"];
  std::vector<st::level_size> levels;
  for (std::int64_t l = 0; l < shapes.size(0); ++l)
    levels.push_back({shapes[l][0].item<std::int64_t>(), shapes[l][1].item<std::int64_t>()});
  const problem x{levels, file["msda.value"].requires_grad_(), file["msda.loc"].requires_grad_(),
                  file["msda.weight"].requires_grad_(), file["msda.grad_out"]};
  const auto ours = run(x, st::ms_deform_attn);
  CHECK(farthest(ours.out, file["msda.out"]) < 1e-6);
  CHECK(farthest(ours.grads[0], file["msda.grad_value"]) < 1e-6);
  CHECK(farthest(ours.grads[1], file["msda.grad_loc"]) < 2e-5);
  CHECK(farthest(ours.grads[2], file["msda.grad_weight"]) < 5e-6);

  const auto points = file["msda_special.points"];
  const auto n = x.value.size(0), m = x.value.size(2), l = shapes.size(0), p = points.size(0);
  const auto location = points.view({1, p, 1, 1, 1, 2}).expand({n, p, m, l, x.location.size(4), 2});
  const auto weight = torch::full({n, p, m, l, location.size(4)}, 1.0 / 12);
  CHECK(farthest(st::ms_deform_attn(x.value, levels, location, weight), file["msda_special.out"]) <
        1e-6);
}
