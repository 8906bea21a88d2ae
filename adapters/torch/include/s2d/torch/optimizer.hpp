// AdamW with the rates and decays of the official groups, and the clip of the gradient.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/torch/safetensors.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

/// Which parameters do not decay.
enum class no_decay {
  norms_and_embeddings,   ///< as the official code: biases decay
  vectors_and_embeddings  ///< all of less than two dimensions, and what stands for queries and
                          ///< levels
};

struct optimizer_options {
  double rate = 1e-6;
  double weight_decay = 0.05;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  no_decay rule = no_decay::norms_and_embeddings;
  /// Factor of the rate of parameters below `backbone`. The official code means 0.1, but applies it
  /// only where it trains without a teacher: 1.0 repeats its training with one.
  double backbone_rate = 0.1;
  double clip_norm = 0.01;  ///< longest gradient of all parameters together; 0: any
};

/// How one parameter learns.
struct parameter_rule {
  std::string name;
  ::torch::Tensor value;
  double rate = 0;
  double weight_decay = 0;
};

/// All parameters that are trained, in the order of the module.
[[nodiscard]] inline std::vector<parameter_rule> parameter_rules(const ::torch::nn::Module& module,
                                                                 const optimizer_options& options) {
  namespace nn = ::torch::nn;
  std::vector<const void*> still;
  for (const auto& part : module.modules()) {
    const auto* p = part.get();
    const bool embedding = dynamic_cast<const nn::EmbeddingImpl*>(p) != nullptr;
    const bool norm = dynamic_cast<const nn::LayerNormImpl*>(p) != nullptr ||
                      dynamic_cast<const nn::GroupNormImpl*>(p) != nullptr ||
                      dynamic_cast<const nn::BatchNorm2dImpl*>(p) != nullptr;
    if (embedding || norm)
      for (const auto& parameter : p->parameters(false))
        still.push_back(parameter.unsafeGetTensorImpl());
  }
  std::vector<parameter_rule> rules;
  for (const auto& item : module.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    bool stays = false;
    for (const void* one : still) stays = stays || one == item.value().unsafeGetTensorImpl();
    if (options.rule == no_decay::vectors_and_embeddings)
      stays = stays || item.value().dim() < 2 || item.key().ends_with("level_embed");
    const bool backbone =
        item.key().starts_with("backbone.") || item.key().find(".backbone.") != std::string::npos;
    rules.push_back({item.key(), item.value(),
                     options.rate * (backbone ? options.backbone_rate : 1.0),
                     stays ? 0.0 : options.weight_decay});
  }
  return rules;
}

/// AdamW (1711.05101). Parameters without gradient are left alone, as LibTorch does.
class adamw {
 public:
  explicit adamw(const ::torch::nn::Module& module, const optimizer_options& options)
      : options_{options}, rules_{parameter_rules(module, options)} {
    const ::torch::NoGradGuard guard;
    for (const parameter_rule& rule : rules_) {
      mean_.push_back(::torch::zeros_like(rule.value));
      square_.push_back(::torch::zeros_like(rule.value));
      steps_.push_back(::torch::zeros(
          {}, ::torch::TensorOptions().dtype(::torch::kFloat).device(rule.value.device())));
    }
  }

  [[nodiscard]] const std::vector<parameter_rule>& rules() const noexcept { return rules_; }

  void zero_grad() {
    for (const parameter_rule& rule : rules_) rule.value.mutable_grad().reset();
  }

  /// The length of the gradient of all parameters together, a scalar on their device.
  [[nodiscard]] ::torch::Tensor gradient_norm() const {
    const ::torch::NoGradGuard guard;
    std::vector<::torch::Tensor> grads;
    for (const parameter_rule& rule : rules_)
      if (rule.value.grad().defined()) grads.push_back(rule.value.grad());
    if (grads.empty()) return ::torch::zeros({});
    return ::torch::stack(::at::_foreach_norm(grads)).norm();
  }

  /// One step at `share` of the rates, the gradient first shortened to options.clip_norm.
  /// @param norm  gradient_norm()
  void step(double share, const ::torch::Tensor& norm) {
    const ::torch::NoGradGuard guard;
    if (options_.clip_norm > 0) {
      std::vector<::torch::Tensor> grads;
      for (const parameter_rule& rule : rules_)
        if (rule.value.grad().defined()) grads.push_back(rule.value.grad());
      if (!grads.empty())
        ::at::_foreach_mul_(grads, (options_.clip_norm / (norm + 1e-6)).clamp_max(1.0));
    }
    std::vector<bool> done(rules_.size());
    for (std::size_t first = 0; first < rules_.size(); ++first) {
      if (done[first]) continue;
      std::vector<::torch::Tensor> values, grads, means, squares, steps;
      for (std::size_t i = first; i < rules_.size(); ++i) {
        if (rules_[i].rate != rules_[first].rate ||
            rules_[i].weight_decay != rules_[first].weight_decay)
          continue;
        done[i] = true;
        if (!rules_[i].value.grad().defined()) continue;
        values.push_back(rules_[i].value);
        grads.push_back(rules_[i].value.grad());
        means.push_back(mean_[i]);
        squares.push_back(square_[i]);
        steps.push_back(steps_[i]);
      }
      if (values.empty()) continue;
      ::at::_foreach_add_(steps, 1);
      ::at::_fused_adamw_(values, grads, means, squares, {}, steps, rules_[first].rate * share,
                          options_.beta1, options_.beta2, rules_[first].weight_decay,
                          options_.epsilon, false, false);
    }
  }

  /// What it remembers, by name; the tensors are its own.
  [[nodiscard]] named_tensors state() const {
    named_tensors tensors;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      tensors.emplace_back("mean." + rules_[i].name, mean_[i]);
      tensors.emplace_back("square." + rules_[i].name, square_[i]);
      tensors.emplace_back("step." + rules_[i].name, steps_[i]);
    }
    return tensors;
  }

 private:
  optimizer_options options_;
  std::vector<parameter_rule> rules_;
  std::vector<::torch::Tensor> mean_, square_, steps_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
