#include "report_dense.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include <s2d/core/error.hpp>

#include "html.hpp"

namespace app::report {

namespace {

using s2d::concat;

constexpr std::size_t curve_points = 250;

std::string compared_picture(std::size_t frame, std::string_view what, const picture& shown) {
  return concat("<button type=\"button\" class=\"thumb\" data-frame=\"", frame, "\" data-title=\"",
                what, "\" data-text=\"\"><img alt=\"", what, " of frame ", frame, "\" width=\"",
                shown.width, "\" height=\"", shown.height, "\" src=\"", shown.uri,
                "\"></button>\n");
}

/// Means over equal shares of the steps.
std::vector<double> smoothed(const std::vector<loss_entry>& steps, double loss_entry::*of) {
  const std::size_t points = (std::min)(curve_points, steps.size());
  std::vector<double> means(points);
  for (std::size_t i = 0; i < points; ++i) {
    // Neighbouring shares overlap: single steps differ much, clip by clip.
    const std::size_t half = (std::max)(steps.size() / 60, std::size_t{1});
    const std::size_t centre = (2 * i + 1) * steps.size() / (2 * points);
    const std::size_t from = centre < half ? 0 : centre - half;
    const std::size_t to = (std::min)(centre + half, steps.size());
    double sum = 0;
    for (std::size_t step = from; step < to; ++step) sum += steps[step].*of;
    means[i] = sum / static_cast<double>(to - from);
  }
  return means;
}

std::string curve(const char* name, const std::vector<double>& values, double most) {
  std::string path;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = (static_cast<double>(i) + 0.5) / static_cast<double>(values.size()) * 1000;
    path += concat(i == 0 ? "M" : "L", compact(std::round(x * 10) / 10), " ",
                   std::lround(1000 * (1 - values[i] / most)));
  }
  return concat("<path class=\"curve ", name, "\" d=\"", path, "\"></path>\n");
}

/// 1, 2 or 5 times a power of ten, so that a few of it make up `most`.
double tick(double most) {
  double step = std::pow(10, std::floor(std::log10(most)));
  if (most / step < 2)
    step /= 5;
  else if (most / step < 5)
    step /= 2;
  return step;
}

struct shown_loss {
  const char* name;
  const char* text;
  double loss_entry::*value;
};
constexpr std::array<shown_loss, 4> shown_losses{{
    {"c-dice", "Dice", &loss_entry::dice},
    {"c-mask", "mask (cross entropy)", &loss_entry::mask},
    {"c-class", "class", &loss_entry::class_},
    {"c-teacher", "the teacher’s masks, all three", &loss_entry::teacher},
}};

std::string chart(const std::vector<loss_entry>& steps) {
  std::vector<std::vector<double>> curves;
  double most = 1e-6;
  for (const shown_loss& each : shown_losses) {
    curves.push_back(smoothed(steps, each.value));
    for (const double value : curves.back()) most = (std::max)(most, value);
  }
  const double step = tick(most);
  most = std::ceil(most / step) * step;
  std::string grid, ruler;
  for (double value = 0; value <= most * 1.0001; value += step) {
    const double y = 1 - value / most;
    grid += concat("M0 ", std::lround(1000 * y), "H1000");
    ruler += concat("<span style=\"top:", compact(100 * (30 + 1000 * y) / 1060), "%\">",
                    compact(std::round(value / step) * step), "</span>");
  }
  std::string text = concat(
      "<div class=\"chart\"><div class=\"ruler\" aria-hidden=\"true\">", ruler,
      "</div>\n<div class=\"curves\" role=\"img\" aria-label=\"Losses over ", grouped(steps.size()),
      " steps\">\n<svg viewBox=\"0 -30 1000 1060\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\">\n<path class=\"grid\" d=\"",
      grid, "\"></path>\n");
  for (std::size_t i = 0; i < curves.size(); ++i)
    if (std::any_of(curves[i].begin(), curves[i].end(), [](double value) { return value > 0; }))
      text += curve(shown_losses[i].name, curves[i], most);
  text += "</svg></div></div>\n<div class=\"axis below\" aria-hidden=\"true\">";
  const auto all = static_cast<double>(steps.size());
  const double stride = (std::max)(1.0, tick(all));
  std::size_t number = 0;
  for (double at = 0; at < all * 0.97; at += stride, ++number)
    text += concat("<span", number % 2 == 1 ? " class=\"even\"" : "",
                   " style=\"left:", compact(at / all * 100), "%\">", at == 0 ? "step " : "",
                   static_cast<std::size_t>(at), "</span>");
  return text + "</div>\n";
}

}  // namespace

std::string comparison_section(const page_pictures& pictures) {
  if (pictures.compared.empty()) return {};
  std::string text =
      "<section aria-labelledby=\"compared\">\n<h2 id=\"compared\">From frame masks to dense "
      "masks</h2>\n<p class=\"about\">The same frames, stage by stage: all that moves; the "
      "keymasks, which agree with the other masks over time; the masks of the network that has "
      "learned the keymasks. An object has the same number in both.</p>\n"
      "<div class=\"compared\">\n<h3>Frame masks</h3>\n<h3>Keymasks</h3>\n<h3>Dense "
      "masks</h3>\n";
  for (const auto& each : pictures.compared)
    text += compared_picture(each.frame, "Frame masks", each.frame_masks) +
            compared_picture(each.frame, "Keymasks", each.keymasks) +
            compared_picture(each.frame, "Dense masks", each.dense) +
            concat("<p>frame ", each.frame, "</p>\n");
  return text + "</div>\n</section>\n";
}

std::string training_section(const result_data& data) {
  if (data.rounds.empty()) return {};
  std::string text =
      "<section aria-labelledby=\"training\">\n<h2 id=\"training\">Training</h2>\n"
      "<p class=\"about\">What the network still gets wrong, step by step: weighted losses, summed "
      "over the outputs of all its layers, means over some steps. Late in training the teacher, "
      "the network’s own moving average, gives masks for frames without a keymask.</p>\n"
      "<ul class=\"legend\">\n";
  for (const shown_loss& each : shown_losses) {
    const bool there = std::any_of(data.rounds.begin(), data.rounds.end(), [&](const auto& round) {
      return std::any_of(round.begin(), round.end(),
                         [&](const loss_entry& step) { return step.*each.value > 0; });
    });
    if (there)
      text += concat("<li><svg viewBox=\"0 0 34 20\" aria-hidden=\"true\"><path class=\"curve ",
                     each.name, "\" d=\"M2 10h30\"></path></svg>", each.text, "</li>\n");
  }
  text += "</ul>\n";
  for (std::size_t i = 0; i < data.rounds.size(); ++i) {
    if (i > 0) text += "<h3>Final round, on dense labels</h3>\n";
    text += chart(data.rounds[i]);
  }
  return text + "</section>\n";
}

}  // namespace app::report
