// What both programs check of their options, beside what CLI11 has.
#pragma once

#include <charconv>
#include <string>

#include <CLI/CLI.hpp>

#include <s2d/core/error.hpp>

namespace app {

/// A number from `least` to `most`; unlike CLI::Range it does not take what is no number.
inline CLI::Validator between(double least, double most, const std::string& name = "NUMBER") {
  return {[least, most](std::string& text) {
            double value = 0;
            const char* end = text.data() + text.size();
            const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
            const auto [next, error] = std::from_chars(begin, end, value);
            if (error == std::errc{} && next == end && value >= least && value <= most)
              return std::string{};
            return s2d::concat("found ", text, ", expected ", least, " to ", most);
          },
          name};
}

/// The name of a file or folder.
inline const CLI::Validator given_path{
    [](std::string& text) { return text.empty() ? std::string{"is empty"} : std::string{}; },
    "PATH"};

/// What is wrong with a call, in a line.
inline std::string text_of(const CLI::ParseError& error) {
  const std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return text;
  const bool twice = text.find("At most") != text.npos || text.find("At Most") != text.npos;
  return text.substr(0, text.find(':')) + (twice ? ": is given twice" : ": needs a value");
}

}  // namespace app
