#include "report_page.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <s2d/core/error.hpp>

#include "../palette.hpp"
#include "html.hpp"
#include "report_dense.hpp"
#include "template.hpp"

namespace app::report {

namespace {

using s2d::concat;

std::string css_colour(colour c) {
  constexpr char hex[] = "0123456789abcdef";
  std::string text = "#";
  for (const unsigned channel : {c.red, c.green, c.blue}) {
    text += hex[channel >> 4];
    text += hex[channel & 15];
  }
  return text;
}

std::string number_of(std::size_t number) { return concat(number); }

std::string object_number(const result_data& data, std::size_t object) {
  return number_of(data.objects[object].id);
}

std::string seconds_text(double seconds) {
  if (seconds < 9.95) return fixed(seconds, seconds < 0.995 ? 2 : 1) + " s";
  if (seconds < 120) return fixed(seconds, 0) + " s";
  const auto whole = static_cast<std::size_t>(std::llround(seconds));
  if (whole < 3600) return concat(whole / 60, " min ", whole % 60, " s");
  return concat(whole / 3600, " h ", whole / 60 % 60, " min");
}

std::string entry(std::string_view name, std::string_view value) {
  return concat("<div><dt>", name, "</dt><dd>", value, "</dd></div>\n");
}

std::string numbers(const result_data& data) {
  return entry("frames", grouped(data.frames)) + entry("frame masks", grouped(data.masks.size())) +
         entry("objects", grouped(data.objects.size())) +
         entry("keymasks", grouped(data.keymask_count())) +
         (data.has_dense ? entry("dense masks", grouped(data.dense_count())) : std::string{}) +
         entry("to compute", seconds_text(data.seconds));
}

/// Where the clip is and which part of it was looked at.
std::string meta(const result_data& data) {
  std::string text = escape(data.input.string());
  if (data.width > 0) text += concat(" · ", data.width, " × ", data.height, " pixels");
  if (data.fps > 0)
    text += concat(" · ", compact(std::round(data.fps * 100) / 100), " frames a second");
  if (data.frames > 0 && (data.start > 0 || data.stride > 1)) {
    text += concat(" · frames ", grouped(data.start), " to ",
                   grouped(data.start + (data.frames - 1) * data.stride), " of the file");
    if (data.stride > 1) text += concat(", one in ", data.stride);
  }
  if (data.seconds > 0 && data.frames > 0 && data.rounds.empty())
    text += concat(" · ", fixed(static_cast<double>(data.frames) / data.seconds, 1),
                   " frames analysed a second");
  return text;
}

bool says_objects(const result_data& data) { return data.result == "objects"; }

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::string notes(const result_data& data, const page_pictures& pictures) {
  std::string text;
  const auto note = [&](const std::string& content) {
    text += "<p class=\"note\">" + content + "</p>\n";
  };
  if (!pictures.missing_clip.empty())
    note("Not every frame of the clip could be read; what is missing is shown as plain shapes: " +
         escape(pictures.missing_clip));
  if (!data.has_masks) note("There is no masks.json here, so single masks are not shown.");
  if (!data.has_keymasks) note("There is no keymasks.json here, so objects are not shown.");
  return text;
}

// ---- pictures of frames

std::string frame_strip(const page_pictures& pictures) {
  if (pictures.strip.empty()) return {};
  std::string text = "<div class=\"frames\">\n";
  for (const auto& each : pictures.strip)
    text += concat("<button type=\"button\" class=\"thumb\" data-frame=\"", each.frame,
                   "\" data-title=\"Frame ", each.frame, "\" data-text=\"\"><img alt=\"Frame ",
                   each.frame, " of the clip\" width=\"", each.small.width, "\" height=\"",
                   each.small.height, "\" src=\"", each.small.uri, "\"><span>frame ", each.frame,
                   "</span></button>\n");
  return text + "</div>\n";
}

std::string cast_list(const result_data& data, const page_pictures& pictures) {
  if (pictures.objects.empty()) return {};
  std::string text = "<ul class=\"cast\" aria-label=\"Objects\">\n";
  for (const std::size_t i : pictures.objects) {
    const std::string number = object_number(data, i);
    text +=
        concat("<li><a href=\"#object-", number, "\" data-object=\"", i,
               "\" style=\"--c:", css_colour(colour_of(i)),
               "\"><span class=\"swatch\" aria-hidden=\"true\">", number, "</span>Object ", number,
               "<small>", counted(data.objects[i].keymasks.size(), "keymask", "keymasks"),
               "</small></a></li>\n");
  }
  return text + "</ul>\n";
}

constexpr std::string_view transport_head = R"(<div class="transport" id="transport" hidden>
<button type="button" class="icon" id="play" aria-label="Play"><svg viewBox="0 0 20 20" aria-hidden="true"><path class="go" d="M6 4l10 6-10 6z"></path><path class="pause" d="M6 4h2v12H6zM12 4h2v12h-2z"></path></svg></button>
<button type="button" class="icon" id="back" aria-label="Previous frame"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M14 5l-7 5 7 5zM5 5v10"></path></svg></button>
<button type="button" class="icon" id="forward" aria-label="Next frame"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M6 5l7 5-7 5zM15 5v10"></path></svg></button>
)";
constexpr std::string_view transport_tail = R"(<output id="now" for="scrub">frame 0</output>
<select id="speed" aria-label="Speed">
<option value="0.25">¼ ×</option>
<option value="0.5">½ ×</option>
<option value="1" selected>1 ×</option>
<option value="2">2 ×</option>
</select>
</div>
)";

constexpr std::string_view view_buttons =
    R"(<div class="views" id="views" role="group" aria-label="Which masks are shown" hidden>
<button type="button" data-view="dense" aria-pressed="true">Dense masks</button>
<button type="button" data-view="keymasks" aria-pressed="false">Keymasks</button>
</div>
)";

std::string clip_section(const result_data& data, const page_pictures& pictures) {
  std::string text = "<section aria-labelledby=\"clip\">\n<h2 id=\"clip\">Clip</h2>\n";
  const page_video& first =
      pictures.dense_video.uri.empty() ? pictures.video : pictures.dense_video;
  if (first.uri.empty()) {
    if (!pictures.video.note.empty())
      text += "<p class=\"about\">" + escape(pictures.video.note) + "</p>\n";
    return text + frame_strip(pictures) + "</section>\n";
  }
  const bool both = !pictures.dense_video.uri.empty() && !pictures.video.uri.empty();
  if (both)
    text +=
        "<p class=\"about\">The masks of the trained network, and the keymasks that it has "
        "learned, in "
        "the colour of their object; beside keymasks, other frame masks have thin white "
        "edges.</p>\n";
  else if (!pictures.objects.empty())
    text +=
        "<p class=\"about\">Keymasks are filled in the colour of their object; other frame masks "
        "have thin white edges.</p>\n";
  else if (!data.masks.empty())
    text += "<p class=\"about\">Frame masks have thin white edges.</p>\n";
  if (!pictures.video.note.empty())
    text += "<p class=\"about\">" + escape(pictures.video.note) + "</p>\n";
  text += concat("<div class=\"player", pictures.objects.empty() ? " alone" : "", "\">\n<div>\n",
                 both ? view_buttons : std::string_view{},
                 "<div class=\"screen\"><div class=\"stage\">"
                 "<video id=\"video\" controls muted loop playsinline preload=\"auto\" "
                 "aria-label=\"The clip with its masks drawn in\" src=\"",
                 first.uri, "\"></video>",
                 both ? concat("<video id=\"other\" muted hidden preload=\"none\" src=\"",
                               pictures.video.uri, "\"></video>")
                      : std::string{},
                 "<button type=\"button\" class=\"icon mini-close\" id=\"mini-close\" "
                 "aria-label=\"Close the small video\"><svg viewBox=\"0 0 20 20\" "
                 "aria-hidden=\"true\"><path d=\"M5 5l10 10M15 5L5 15\"></path></svg></button>"
                 "</div></div>\n",
                 transport_head, "<input type=\"range\" id=\"scrub\" min=\"0\" max=\"",
                 data.frames == 0 ? 0 : data.frames - 1, "\" value=\"0\" aria-label=\"Frame\">\n",
                 transport_tail, "</div>\n", cast_list(data, pictures), "</div>\n");
  return text + "</section>\n";
}

// ---- time lines

/// Ticks at round numbers of frames, about `count` of them.
std::string axis(const result_data& data, std::size_t count, bool below) {
  std::size_t step = 1;
  for (std::size_t i = 0; data.frames / step > count; ++i) step = step * (i % 3 == 1 ? 5 : 4) / 2;
  std::string text = concat("<div class=\"axis", below ? " below" : "", "\" aria-hidden=\"true\">");
  std::size_t number = 0;
  for (std::size_t t = 0; t < data.frames; t += step, ++number) {
    const double at = (static_cast<double>(t) + 0.5) / static_cast<double>(data.frames) * 100;
    if (at > 97.5) break;
    text += concat("<span", number % 2 == 1 ? " class=\"even\"" : "", " style=\"left:", compact(at),
                   "%\">", t == 0 ? "frame " : "", t, "</span>");
  }
  return text + "</div>\n";
}

/// What a column of a long time line shows: the most that any of its frames is.
char strongest(std::string_view states) {
  constexpr std::string_view order = ".vrk";
  std::size_t best = 0;
  for (const char state : states) best = (std::max)(best, order.find(state));
  return order[best];
}

/// Rectangles of the runs of one state, `columns` in all, between heights y and y + height.
std::string run_path(std::string_view columns, char state,
                     std::initializer_list<std::pair<int, int>> rails) {
  std::string text;
  for (std::size_t i = 0; i < columns.size();) {
    const std::size_t end = (std::min)(columns.find_first_not_of(columns[i], i), columns.size());
    if (columns[i] == state)
      for (const auto& [y, height] : rails)
        text += concat("M", i, " ", y, "h", end - i, "v", height, "h-", end - i, "z");
    i = end;
  }
  return text;
}

std::string strip(const result_data& data, std::size_t object, const std::string& label,
                  std::size_t most_columns) {
  const std::string& states = data.objects[object].states;
  std::string columns = states;
  if (states.size() > most_columns) {
    columns.clear();
    for (std::size_t c = 0; c < most_columns; ++c) {
      const std::size_t from = c * states.size() / most_columns;
      const std::size_t to = (c + 1) * states.size() / most_columns;
      columns += strongest(std::string_view{states}.substr(from, to - from));
    }
  }
  std::string text = concat("<div class=\"plot strip\" role=\"img\" data-object=\"", object,
                            "\" aria-label=\"", label, "\"><svg viewBox=\"0 0 ", columns.size(),
                            " 28\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
  const auto add = [&](const char* name, const std::string& path) {
    if (!path.empty()) text += concat("<path class=\"", name, "\" d=\"", path, "\"></path>");
  };
  add("s-v", run_path(columns, 'v', {{12, 4}}));
  add("s-r", run_path(columns, 'r', {{7, 3}, {18, 3}}));
  add("s-k", run_path(columns, 'k', {{3, 22}}));
  return text + "</svg></div>\n";
}

/// The column of each thumbnail, as near as possible below its frame, ascending.
std::vector<std::size_t> thumbnail_columns(const std::vector<std::size_t>& frames,
                                           std::size_t all_frames, std::size_t columns) {
  std::vector<std::size_t> place(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::size_t wanted = frames[i] * columns / (std::max)(all_frames, std::size_t{1});
    const std::size_t least = i == 0 ? 0 : place[i - 1] + 1;
    const std::size_t most = columns - (frames.size() - i);
    place[i] = std::clamp(wanted, least, most);
  }
  return place;
}

std::string thumbnails(const result_data& data, std::size_t object,
                       const std::vector<page_pictures::thumbnail>& chosen, std::size_t columns) {
  if (chosen.empty()) return {};
  const object_entry& of = data.objects[object];
  const std::string number = object_number(data, object);
  std::vector<std::size_t> frames;
  for (const auto& each : chosen) frames.push_back(of.keymasks[each.keymask].frame);
  const std::vector<std::size_t> place = thumbnail_columns(frames, data.frames, columns);
  std::string text =
      "<svg class=\"wires\" viewBox=\"0 0 1000 22\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><path d=\"";
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const double from =
        (static_cast<double>(frames[i]) + 0.5) / static_cast<double>(data.frames) * 1000;
    const double to = (static_cast<double>(place[i]) + 0.5) / static_cast<double>(columns) * 1000;
    text += concat("M", compact(from), " 1C", compact(from), " 14 ", compact(to), " 8 ",
                   compact(to), " 21");
  }
  text += concat("\"></path></svg>\n<div class=\"thumbs\" style=\"--columns:", columns, "\">\n");
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const keymask_entry& key = of.keymasks[chosen[i].keymask];
    const picture& cut = chosen[i].cut_out;
    const std::string coherence =
        std::isnan(key.coherence) ? std::string{} : "coherence " + fixed(key.coherence, 2);
    text += concat("<button type=\"button\" class=\"thumb\" style=\"grid-column:", place[i] + 1,
                   "\" data-frame=\"", key.frame, "\" data-title=\"Object ", number,
                   "\" data-text=\"", coherence, "\"><img alt=\"Object ", number, " in frame ",
                   key.frame, ", cut out\" width=\"", cut.width, "\" height=\"", cut.height,
                   "\" src=\"", cut.uri, "\"><span>", key.frame, "</span></button>\n");
  }
  return text + "</div>\n";
}

double mean_coherence(const object_entry& object) {
  double sum = 0;
  std::size_t count = 0;
  for (const keymask_entry& key : object.keymasks)
    if (!std::isnan(key.coherence)) {
      sum += key.coherence;
      ++count;
    }
  return count == 0 ? unknown : sum / static_cast<double>(count);
}

std::string object_article(const result_data& data, std::size_t object,
                           const std::vector<page_pictures::thumbnail>& chosen,
                           const report_options& options) {
  const object_entry& of = data.objects[object];
  const std::string number = object_number(data, object);
  const auto in_state = [&](char state) {
    return static_cast<std::size_t>(std::count(of.states.begin(), of.states.end(), state));
  };
  const std::size_t keys = in_state('k'), rejected = in_state('r');
  const std::size_t visible = keys + rejected + in_state('v');
  std::string facts = concat("<li>", counted(keys, "keymask", "keymasks"), "</li><li>visible in ",
                             counted(visible, "frame", "frames"), "</li>");
  if (rejected > 0) facts += concat("<li>", counted(rejected, "mask", "masks"), " rejected</li>");
  if (const double mean = mean_coherence(of); !std::isnan(mean))
    facts += concat("<li>mean coherence ", fixed(mean, 2), "</li>");
  if (!std::isnan(of.score)) facts += concat("<li>score ", fixed(of.score, 2), "</li>");
  const std::string label =
      concat("Time line of object ", number, ": of ", counted(data.frames, "frame", "frames"),
             ", visible in ", grouped(visible), ", keymask in ", grouped(keys),
             ", mask rejected in ", grouped(rejected));
  return concat("<article class=\"object\" id=\"object-", number,
                "\" style=\"--c:", css_colour(colour_of(object)),
                "\">\n<div><h3><button type=\"button\" class=\"name\" aria-pressed=\"false\" "
                "data-object=\"",
                object,
                "\" title=\"Show only this object in the coherence chart\"><span class=\"swatch\" "
                "aria-hidden=\"true\">",
                number, "</span>Object ", number, "</button></h3>\n<ul class=\"facts\">", facts,
                "</ul></div>\n<div>\n", strip(data, object, label, options.max_columns),
                thumbnails(data, object, chosen, (std::max)(options.thumbnails, std::size_t{1})),
                "</div>\n</article>\n");
}

constexpr std::string_view state_legend = R"(<ul class="legend">
<li><svg viewBox="0 0 34 20" aria-hidden="true" style="--c:#00bea0"><path class="s-k" d="M0 2h34v16h-34z"></path></svg>keymask: agrees with the other masks over time</li>
<li><svg viewBox="0 0 34 20" aria-hidden="true"><path class="s-r" d="M0 5h34v2.5h-34zM0 12.5h34v2.5h-34z"></path></svg>rejected: a mask in this place that does not agree</li>
<li><svg viewBox="0 0 34 20" aria-hidden="true" style="--c:#00bea0"><path class="s-v" d="M0 8.5h34v3h-34z"></path></svg>visible, no mask</li>
<li><svg viewBox="0 0 34 20" aria-hidden="true"></svg>not visible</li>
</ul>
)";

/// What a result other than objects means, and what can be done.
std::string_view explanation(std::string_view result) {
  if (result == "nothing moves")
    return "Objects are found because they move unlike the camera. Where nothing does, there is "
           "nothing to find. If something slow or small moves here after all, a longer part of the "
           "clip, a larger --stride or a larger --size can show it.";
  if (result == "everything moves")
    return "Where the whole background moves (water, leaves, smoke), or near and far things shift "
           "against each other as the camera goes by, motion alone does not tell objects from what "
           "is around them. What is shown below may be a part of the background.";
  if (result == "no objects")
    return "A mask can be trusted if it agrees with the masks of other frames once its points are "
           "carried there. Here too few do: what moves is seen too shortly, or is found in another "
           "shape in every frame. A longer part of the clip can help.";
  return {};
}

std::string objects_section(const result_data& data, const page_pictures& pictures,
                            const report_options& options) {
  std::string text = "<section aria-labelledby=\"objects\">\n<h2 id=\"objects\">Objects</h2>\n";
  if (!says_objects(data)) {
    text += concat("<div class=\"note\"><h2>", escape(capitalised(data.result)), "</h2><p>",
                   escape(explanation(data.result).empty() ? std::string_view{data.message}
                                                           : explanation(data.result)),
                   "</p></div>\n");
    if (!pictures.video.uri.empty()) text += frame_strip(pictures);
  }
  if (pictures.objects.empty()) return text + "</section>\n";
  text +=
      "<p class=\"about\">Where each object is seen, and in which frames its mask can be "
      "trusted. Click a time line to see the frame, a picture to enlarge it.</p>\n";
  if (pictures.objects.size() < data.objects.size())
    text += concat("<p class=\"about\">Shown are the ", pictures.objects.size(),
                   " objects with most keymasks, of ", grouped(data.objects.size()), ".</p>\n");
  text += std::string{state_legend} + axis(data, 12, false);
  for (std::size_t i = 0; i < pictures.objects.size(); ++i)
    text += object_article(data, pictures.objects[i], pictures.thumbnails[i], options);
  return text + "</section>\n";
}

// ---- charts

/// Every `step`-th mask that has a coherence, so that there are at most `most`.
std::vector<std::size_t> chart_masks(const result_data& data, std::size_t most) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < data.masks.size(); ++i)
    if (!std::isnan(data.masks[i].coherence)) all.push_back(i);
  const std::size_t step = (all.size() + most - 1) / (std::max)(most, std::size_t{1});
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < all.size(); i += (std::max)(step, std::size_t{1}))
    chosen.push_back(all[i]);
  return chosen;
}

std::string dots(const result_data& data, const std::vector<std::size_t>& masks,
                 std::size_t object) {
  std::string path;
  for (const std::size_t i : masks) {
    const mask_entry& mask = data.masks[i];
    if (mask.object != object) continue;
    const double y = 1000 * (1 - std::clamp(mask.coherence, 0.0, 1.0));
    path += concat("M", mask.frame, ".5 ", std::llround(y), "h0");
  }
  if (path.empty()) return {};
  if (object == none)
    return concat("<path class=\"dots loose\" data-object=\"-1\" d=\"", path, "\"></path>\n");
  return concat("<path class=\"dots\" data-object=\"", object,
                "\" style=\"--c:", css_colour(colour_of(object)), "\" d=\"", path, "\"></path>\n");
}

std::string coherence_section(const result_data& data, const std::vector<std::size_t>& chosen) {
  if (chosen.empty()) return {};
  std::size_t with = 0, trusted = 0;
  for (const mask_entry& mask : data.masks)
    if (!std::isnan(mask.coherence)) {
      ++with;
      trusted += mask.object != none;
    }
  std::string grid;
  for (const int y : {0, 250, 500, 750, 1000}) grid += concat("M0 ", y, "H", data.frames);
  std::string text =
      "<section aria-labelledby=\"coherence\">\n<h2 id=\"coherence\">Coherence of every mask</h2>\n"
      "<p class=\"about\">How well a mask, carried along by its points, agrees with the masks of "
      "the other frames: 1 is perfect. A dot is a mask; ";
  text += concat(grouped(trusted), " of ", grouped(with),
                 " belong to an object and have its colour, the others are grey squares.");
  if (chosen.size() < with) text += concat(" Shown are ", grouped(chosen.size()), " of them.");
  text += concat(
      "</p>\n<div class=\"chart\"><div class=\"ruler\" aria-hidden=\"true\">"
      "<span style=\"top:2.83%\">1</span><span style=\"top:26.42%\">0.75</span>"
      "<span style=\"top:50%\">0.5</span><span style=\"top:73.58%\">0.25</span>"
      "<span style=\"top:97.17%\">0</span></div>\n"
      "<div class=\"plot scatter\" role=\"img\" aria-label=\"Coherence of ",
      grouped(with), " masks over ", grouped(data.frames), " frames\">\n<svg viewBox=\"0 -30 ",
      data.frames,
      " 1060\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\n"
      "<path class=\"grid\" d=\"",
      grid, "\"></path>\n");
  text += dots(data, chosen, none);
  for (std::size_t i = 0; i < data.objects.size(); ++i) text += dots(data, chosen, i);
  return text + "</svg></div></div>\n" + axis(data, 12, true) + "</section>\n";
}

std::string visibility_section(const result_data& data, const visibility_picture& drawn) {
  if (drawn.rows.empty()) return {};
  const std::size_t rows = drawn.rows.size();
  const std::size_t height = std::clamp(rows, std::size_t{90}, std::size_t{560});
  std::string text =
      "<section aria-labelledby=\"visibility\">\n<h2 id=\"visibility\">Visibility</h2>\n"
      "<p class=\"about\">A row for every mask, a column for every frame: coloured where most of "
      "what the mask covers is seen, white in the mask's own frame. Rows are grouped by object, "
      "masks of no object are grey. Masks of one object should be seen in the same frames.";
  if (rows < drawn.masks)
    text += concat(" Shown are ", grouped(rows), " of ", grouped(drawn.masks), " masks.");
  if (drawn.columns < data.frames)
    text += concat(" Shown are ", grouped(drawn.columns), " of ", grouped(data.frames), " frames.");
  text += concat("</p>\n<div class=\"chart\"><div class=\"bands\" style=\"height:", height,
                 "px\" aria-hidden=\"true\">");
  for (const auto& band : drawn.bands) {
    const double share = 100 / static_cast<double>(rows);
    const bool room = band.rows * height >= 14 * rows;
    text += concat(
        "<span style=\"top:", compact(static_cast<double>(band.first) * share),
        "%;height:", compact(static_cast<double>(band.rows) * share), "%",
        band.object == none ? std::string{} : ";--c:" + css_colour(colour_of(band.object)), "\">",
        !room                 ? std::string{}
        : band.object == none ? "no object"
                              : "Object " + object_number(data, band.object),
        "</span>");
  }
  text += concat("</div>\n<div class=\"plot matrix\" style=\"height:", height,
                 "px\"><img alt=\"Visibility of ", grouped(drawn.masks), " masks in ",
                 grouped(data.frames), " frames\" src=\"", drawn.image.uri, "\"></div></div>\n");
  return text + axis(data, 12, true) + "</section>\n";
}

// ---- tables

std::string stages_table(const result_data& data) {
  if (data.stages.empty()) return "<p class=\"about\">run.json does not say.</p>\n";
  double most = 0;
  for (const stage_entry& stage : data.stages) most = (std::max)(most, stage.seconds);
  std::string text = "<table class=\"time\">\n<tbody>\n";
  for (const stage_entry& stage : data.stages)
    text += concat("<tr><th scope=\"row\">", escape(stage.name),
                   "</th><td><span class=\"bar\" style=\"width:",
                   compact(most > 0 ? stage.seconds / most * 100 : 0), "%\"></span></td><td>",
                   fixed(stage.seconds, 2), " s</td></tr>\n");
  return text + concat("</tbody>\n<tfoot><tr><th scope=\"row\">all</th><td></td><td>",
                       fixed(data.seconds, 2), " s</td></tr></tfoot>\n</table>\n");
}

std::string settings_table(const result_data& data) {
  if (data.settings.empty()) return "<p class=\"about\">run.json does not say.</p>\n";
  std::string text = "<table>\n<tbody>\n";
  for (const auto& [name, value] : data.settings)
    text += concat("<tr><th scope=\"row\">", escape(name), "</th><td>",
                   value.empty() ? "–" : escape(value), "</td></tr>\n");
  return text + "</tbody>\n</table>\n";
}

// ---- what the script reads

template <class Range, class Show>
std::string json_list(const Range& range, const Show& show) {
  std::string text = "[";
  for (const auto& each : range) {
    if (text.size() > 1) text += ',';
    text += show(each);
  }
  return text + "]";
}

std::string json_object_index(std::size_t object) {
  return object == none ? "-1" : number_of(object);
}

std::string script_data(const result_data& data, const page_pictures& pictures,
                        const std::vector<std::size_t>& chosen) {
  const auto rounded = [](double number, int decimals) {
    const double scale = std::pow(10, decimals);
    return std::isnan(number) ? std::string{"null"} : compact(std::round(number * scale) / scale);
  };
  const auto of_masks = [&](const auto& show) {
    return json_list(chosen, [&](std::size_t i) { return show(data.masks[i]); });
  };
  std::string text = concat("{\"frames\":", data.frames, ",\"fps\":", rounded(data.fps, 4));
  text += ",\"times\":";
  text += data.times.empty() ? "null"
                             : json_list(data.times, [&](double time) { return rounded(time, 3); });
  const auto video = [&](const page_video& shown) {
    return shown.uri.empty() ? std::string{"null"}
                             : concat("{\"frames\":", (std::max)(shown.frames, std::size_t{1}),
                                      ",\"stride\":", shown.stride, "}");
  };
  text += concat(",\"video\":", video(pictures.video), ",\"dense\":", video(pictures.dense_video));
  text += ",\"ids\":" +
          json_list(data.objects, [](const object_entry& object) { return number_of(object.id); });
  text += ",\"objects\":{";
  for (std::size_t i = 0; i < pictures.objects.size(); ++i)
    text += concat(i == 0 ? "\"" : ",\"", pictures.objects[i], "\":{\"states\":\"",
                   data.objects[pictures.objects[i]].states, "\"}");
  text +=
      "},\"masks\":{\"id\":" + of_masks([](const mask_entry& mask) { return number_of(mask.id); });
  text += ",\"frame\":" + of_masks([](const mask_entry& mask) { return number_of(mask.frame); });
  text += ",\"object\":" +
          of_masks([](const mask_entry& mask) { return json_object_index(mask.object); });
  text += ",\"coherence\":" +
          of_masks([&](const mask_entry& mask) { return rounded(mask.coherence, 3); });
  text += "},\"rows\":" + json_list(pictures.visibility.rows, [&](std::size_t i) {
            const mask_entry& mask = data.masks[i];
            return concat("[", mask.id, ",", mask.frame, ",", json_object_index(mask.object), "]");
          });
  return text + "}";
}

}  // namespace

std::string write_page(const result_data& data, const page_pictures& pictures,
                       const report_options& options) {
  const std::string name = data.input.filename().string();
  const std::vector<std::size_t> chosen = chart_masks(data, options.max_points);
  std::string sources;
  if (data.has_masks) sources += ", masks.json";
  if (data.has_keymasks) sources += ", keymasks.json";
  if (!pictures.video.uri.empty()) sources += ", overlay.mp4";
  if (data.has_dense) sources += ", dense.json";
  if (!pictures.dense_video.uri.empty()) sources += ", dense.mp4";
  if (!data.rounds.empty()) sources += ", log.jsonl";
  return fill(template_html,
              {{"version", escape(data.version)},
               {"title", escape(name.empty() ? data.input.string() : name)},
               {"css", std::string{template_css}},
               {"script", std::string{template_js}},
               {"message", escape(data.message + (data.dense_message.empty() ? "" : " ") +
                                  data.dense_message)},
               {"numbers", numbers(data)},
               {"meta", meta(data)},
               {"notes", notes(data, pictures)},
               {"clip", clip_section(data, pictures)},
               {"compared", comparison_section(pictures)},
               {"training", training_section(data)},
               {"objects", objects_section(data, pictures, options)},
               {"coherence", coherence_section(data, chosen)},
               {"visibility", visibility_section(data, pictures.visibility)},
               {"stages", stages_table(data)},
               {"settings", settings_table(data)},
               {"sources", sources},
               {"data", script_data(data, pictures, chosen)}});
}

}  // namespace app::report
