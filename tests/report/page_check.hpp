// What a page consists of, read strictly: every tag closed, every attribute quoted.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct page_tag {
  std::string name;
  std::map<std::string, std::string> attributes;
};

struct page_content {
  std::string error;  ///< the first thing that is wrong, empty if nothing is
  std::vector<page_tag> tags;
  std::string text;  ///< outside tags, scripts and styles

  [[nodiscard]] std::size_t count(std::string_view name, std::string_view of_class = {}) const {
    return static_cast<std::size_t>(std::count_if(tags.begin(), tags.end(), [&](const auto& tag) {
      if (tag.name != name) return false;
      const auto found = tag.attributes.find("class");
      return of_class.empty() ||
             (found != tag.attributes.end() &&
              (" " + found->second + " ").find(" " + std::string{of_class} + " ") !=
                  std::string::npos);
    }));
  }
};

inline page_content read_page(std::string_view html) {
  constexpr std::array<std::string_view, 6> empty_elements{"meta",  "link", "img",
                                                           "input", "br",   "hr"};
  page_content page;
  std::vector<std::string> open;
  const auto fail = [&](const std::string& what, std::size_t at) {
    if (page.error.empty()) page.error = what + " before: " + std::string{html.substr(at, 60)};
  };
  constexpr std::string_view doctype = "<!DOCTYPE html>";
  if (!html.starts_with(doctype)) fail("no doctype", 0);
  std::size_t i = doctype.size();
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  while (i < html.size() && page.error.empty()) {
    if (html[i] != '<') {
      if (html[i] == '>') fail("a bare >", i);
      page.text += html[i++];
      continue;
    }
    if (html.substr(i, 2) == "</") {
      const std::size_t end = html.find('>', i);
      if (end == html.npos) return fail("end tag without end", i), page;
      const std::string name{html.substr(i + 2, end - i - 2)};
      if (open.empty() || open.back() != name)
        fail("</" + name + "> closes <" + (open.empty() ? "" : open.back()) + ">", i);
      else
        open.pop_back();
      i = end + 1;
      continue;
    }
    page_tag tag;
    std::size_t at = i + 1;
    while (at < html.size() && is_name(html[at])) tag.name += html[at++];
    if (tag.name.empty()) return fail("a bare <", i), page;
    while (at < html.size() && html[at] != '>') {
      if (html[at] == ' ' || html[at] == '\n') {
        ++at;
        continue;
      }
      std::string name, value;
      while (at < html.size() && is_name(html[at])) name += html[at++];
      if (name.empty()) return fail("not an attribute in <" + tag.name, at), page;
      if (html.substr(at, 2) == "=\"") {
        const std::size_t end = html.find('"', at + 2);
        if (end == html.npos) return fail("attribute without end", at), page;
        value = html.substr(at + 2, end - at - 2);
        at = end + 1;
      }
      if (value.find('<') != value.npos) fail("a bare < in " + name, at);
      if (!tag.attributes.emplace(name, value).second) fail(name + " twice", at);
    }
    i = at + 1;
    if (tag.name == "script" || tag.name == "style") {
      const std::size_t end = html.find("</" + tag.name + ">", i);
      if (end == html.npos) return fail(tag.name + " without end", i), page;
      i = end + tag.name.size() + 3;
    } else if (std::find(empty_elements.begin(), empty_elements.end(), tag.name) ==
               empty_elements.end()) {
      open.push_back(tag.name);
    }
    page.tags.push_back(std::move(tag));
  }
  if (page.error.empty() && !open.empty()) page.error = "<" + open.back() + "> is never closed";
  return page;
}

}  // namespace support
