#include "eval_page.hpp"

#include <algorithm>
#include <cstdint>

#include <s2d/core/image.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/image.hpp>

#include "palette.hpp"
#include "report/html.hpp"
#include "version.hpp"

namespace app {

namespace {

using report::escape;

// Apart for all kinds of colour vision, and in lightness.
constexpr colour agreed{236, 236, 230}, missed{230, 120, 20}, extra{60, 120, 235},
    neither{28, 30, 34};

constexpr const char* page_template = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="generator" content="s2d {{version}}">
<link rel="icon" href="data:,">
<title>{{title}} – s2d eval</title>
<style>
:root { color-scheme: light dark; --paper: #fbfbf9; --ink: #1a1c1f; --soft: #585d65; --line: #dedfdb; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d0e10; --ink: #e8e9ea; --soft: #a3a9b2; --line: #2a2d32; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 40px 24px; background: var(--paper); color: var(--ink); font-variant-numeric: tabular-nums; }
h1 { font-size: 34px; line-height: 1.15; font-weight: 650; letter-spacing: -.015em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 21px; font-weight: 650; margin: 48px 0 4px; }
p { margin: 8px 0; color: var(--soft); overflow-wrap: anywhere; }
.table { overflow-x: auto; margin-top: 24px; }
table { border-collapse: collapse; font-size: 15px; }
th, td { padding: 5px 14px 5px 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
.name { text-align: left; }
tbody tr:last-child { font-weight: 650; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 24px; margin-top: 14px; }
figure { margin: 0; }
img { display: block; width: 100%; border-radius: 6px; background: #1c1e22; }
figcaption { font-size: 14px; margin-top: 6px; overflow-wrap: anywhere; }
figcaption span { display: block; color: var(--soft); }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin: 0 4px 0 12px; border: 1px solid var(--line); }
</style>
</head>
<body>
<p>s2d eval</p>
<h1>{{title}}</h1>
<p>{{about}}</p>
{{notes}}
<div class="table">
{{table}}
</div>
{{worst}}
{{best}}
<p>Made by s2d {{version}}. Everything on this page is inside this one file.</p>
</body>
</html>
)";

std::string hex(colour c) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t v : {c.red, c.green, c.blue}) {
    text += digits[v >> 4];
    text += digits[v & 15];
  }
  return text;
}

/// Truth and prediction in one picture of at most 480 pixels on the longer side.
s2d::image draw(const eval_case& one) {
  constexpr std::ptrdiff_t limit = 480;
  const s2d::matrix<std::uint8_t> truth = decode(one.truth), found = decode(one.found);
  const std::ptrdiff_t longer = (std::max)(truth.height, truth.width);
  const auto scaled = [&](std::ptrdiff_t extent) {
    return longer <= limit ? extent : (std::max)(std::ptrdiff_t{1}, extent * limit / longer);
  };
  s2d::image picture(scaled(truth.height), scaled(truth.width));
  for (std::ptrdiff_t y = 0; y < picture.height; ++y)
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      const std::ptrdiff_t from_y = y * truth.height / picture.height;
      const std::ptrdiff_t from_x = x * truth.width / picture.width;
      const bool right = truth(from_y, from_x) != 0, here = found(from_y, from_x) != 0;
      const colour c = right ? (here ? agreed : missed) : (here ? extra : neither);
      std::uint8_t* const pixel = picture.row(y) + 3 * x;
      pixel[0] = c.red;
      pixel[1] = c.green;
      pixel[2] = c.blue;
    }
  return picture;
}

std::string gallery(const std::vector<eval_case>& cases, const char* heading) {
  if (cases.empty()) return {};
  std::string html = s2d::concat("<section>\n<h2>", heading, "</h2>\n<p>");
  for (const auto& [c, words] : {std::pair{agreed, "in both"},
                                 {missed, "only in the truth"},
                                 {extra, "only in the prediction"}})
    html += s2d::concat("<span class=\"key\" style=\"background:", hex(c), "\"></span>", words);
  html += "</p>\n<div class=\"cases\">\n";
  for (const eval_case& one : cases) {
    const std::string title = escape(one.title), text = escape(one.text);
    const s2d::image picture = draw(one);
    html += s2d::concat("<figure><img loading=\"lazy\" width=\"", picture.width, "\" height=\"",
                        picture.height, "\" alt=\"", title, ": ", text, "\" src=\"",
                        report::data_uri("image/png", s2d::encode_png(picture)), "\"><figcaption>",
                        title, "<span>", text, "</span></figcaption></figure>\n");
  }
  return html + "</div>\n</section>";
}

std::string table(const eval_outcome& outcome) {
  std::string html = "<table>\n<thead><tr>";
  for (const std::string& name : outcome.name_columns)
    html += "<th class=\"name\" scope=\"col\">" + escape(name) + "</th>";
  for (const std::string& name : outcome.value_columns)
    html += "<th scope=\"col\">" + escape(name) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const eval_row& row : outcome.rows) {
    html += "<tr>";
    for (const std::string& name : row.names)
      html += "<td class=\"name\">" + escape(name) + "</td>";
    for (std::size_t c = 0; c < row.values.size(); ++c)
      html += "<td>" + report::fixed(row.values[c], outcome.digits(c)) + "</td>";
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>";
}

}  // namespace

void write_eval_page(const eval_outcome& outcome, const std::string& title,
                     const std::string& about, const std::filesystem::path& file) {
  std::string notes;
  for (const std::string& note : outcome.notes) notes += "<p>" + escape(note) + "</p>\n";
  s2d::write_file(file, std::string_view{report::fill(
                            page_template, {{"version", version_text},
                                            {"title", escape(title)},
                                            {"about", escape(about)},
                                            {"notes", notes},
                                            {"table", table(outcome)},
                                            {"worst", gallery(outcome.worst, "Worst cases")},
                                            {"best", gallery(outcome.best, "Best cases")}})});
}

}  // namespace app
