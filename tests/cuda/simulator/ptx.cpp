// Reader of PTX.
#include "ptx.hpp"

#include <cctype>
#include <charconv>
#include <utility>

namespace simulator {
namespace {

struct token {
  std::string_view text;  ///< a word (of letters, digits and _ $ % .), a string, or one sign
  int line = 0;
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '%' ||
         c == '.';
}

std::vector<token> tokens_of(std::string_view text) {
  std::vector<token> tokens;
  int line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::string_view rest = text.substr(i);
    std::size_t length = 1;
    if (c == '\0') break;
    if (c == '\n') {
      ++line;
    } else if (rest.starts_with("//")) {
      length = std::min(rest.find('\n'), rest.size());
    } else if (rest.starts_with("/*")) {
      length = std::min(rest.find("*/"), rest.size() - 2) + 2;
      for (const char in_comment : rest.substr(0, length)) line += in_comment == '\n';
    } else if (c == '"') {
      length = std::min(rest.find('"', 1), rest.size() - 1) + 1;
      tokens.push_back({rest.substr(0, length), line});
    } else if (is_word(c)) {
      while (length < rest.size() && is_word(rest[length])) ++length;
      tokens.push_back({rest.substr(0, length), line});
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      tokens.push_back({rest.substr(0, 1), line});
    }
    i += length;
  }
  return tokens;
}

std::vector<std::string> split(std::string_view word) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= word.size();) {
    const std::size_t end = std::min(word.find('.', at), word.size());
    parts.emplace_back(word.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// Bits of ".u32", ".pred" and the like; 0 of anything else.
int bits_of_type(std::string_view type) {
  if (type == ".pred") return 1;
  if (type.size() < 3 || std::string_view{"busf"}.find(type[1]) == std::string_view::npos) return 0;
  int bits = 0;
  const auto [end, error] = std::from_chars(type.data() + 2, type.data() + type.size(), bits);
  return error == std::errc{} && end == type.data() + type.size() ? bits : 0;
}

class reader {
 public:
  explicit reader(std::string_view text) : tokens_{tokens_of(text)} {}

  ptx_module read() {
    while (at_ < tokens_.size()) {
      if (accept(".version") || accept(".address_size") || accept(".target")) {
        next();
        while (accept(",")) next();
      } else if (accept(".visible") || accept(".weak") || accept(".extern")) {
      } else if (accept(".entry")) {
        read_kernel();
      } else if (accept(".global") || accept(".const")) {
        module_.globals.push_back(read_variable());
        expect(";");
      } else if (accept(".shared")) {
        module_.shared.push_back(read_variable());
        expect(";");
      } else if (accept(".pragma")) {
        while (!accept(";")) next();
      } else if (accept(".file")) {
        next(), next();
        while (accept(",")) next();
      } else {
        refuse("a directive of a module");
      }
    }
    return std::move(module_);
  }

 private:
  using scope = std::unordered_map<std::string, std::pair<int, int>>;  // first register, count

  [[noreturn]] void refuse(const std::string& expected) const {
    const bool ended = at_ >= tokens_.size();
    throw ptx_error{"PTX, line " + std::to_string(ended ? tokens_.back().line : tokens_[at_].line) +
                    ": found '" + (ended ? "the end" : std::string{tokens_[at_].text}) +
                    "', expected " + expected};
  }
  [[nodiscard]] std::string_view peek() const {
    return at_ < tokens_.size() ? tokens_[at_].text : std::string_view{};
  }
  std::string_view next() {
    if (at_ >= tokens_.size()) refuse("more");
    return tokens_[at_++].text;
  }
  bool accept(std::string_view text) {
    if (peek() != text) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text)) refuse("'" + std::string{text} + "'");
  }

  std::uint64_t read_number() {
    const bool negative = accept("-");
    const std::string_view word = peek();
    std::uint64_t value = 0;
    std::size_t skip = 0;
    int base = 10;
    if (word.starts_with("0f") || word.starts_with("0F") || word.starts_with("0d") ||
        word.starts_with("0D") || word.starts_with("0x") || word.starts_with("0X"))
      skip = 2, base = 16;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + skip, end, value, base);
    if (error != std::errc{} || (stop != end && std::string_view(stop, end) != "U"))
      refuse("a number");
    ++at_;
    return negative ? 0 - value : value;
  }

  /// After its state space: [.align N] .type name[N] [= {...}]
  variable read_variable() {
    variable found;
    if (accept(".align")) found.align = read_number();
    std::uint64_t bytes = static_cast<std::uint64_t>(bits_of_type(next())) / 8;
    if (bytes == 0) refuse("a type");
    found.align = std::max(found.align, bytes);
    if (accept(".ptr")) {  // what a parameter points to
      while (peek().starts_with(".")) next();
    }
    found.name = next();
    const std::uint64_t element = bytes;
    while (accept("[")) {
      bytes = peek() == "]" ? 0 : bytes * read_number();
      expect("]");
    }
    found.bytes = bytes;
    if (accept("=")) read_values(found, element);
    return found;
  }

  void read_values(variable& of, std::uint64_t element) {
    const bool list = accept("{");
    do {
      const std::uint64_t value = read_number();
      for (std::uint64_t b = 0; b < element; ++b)
        of.values.push_back(static_cast<std::uint8_t>(value >> (8 * b)));
    } while (list && accept(","));
    if (list) expect("}");
  }

  void read_kernel() {
    kernel_ = {};
    scopes_.assign(1, {});
    kernel_.name = next();
    if (accept("(")) {
      while (!accept(")")) {
        expect(".param");
        kernel_.parameters.push_back(read_variable());
        accept(",");
      }
    }
    while (peek() != "{") next();  // .maxntid and other advice
    read_block();
    module_.kernels.push_back(std::move(kernel_));
  }

  void read_block() {
    expect("{");
    scopes_.emplace_back();
    while (!accept("}")) {
      if (peek() == "{") {
        read_block();
      } else if (accept(".reg")) {
        read_registers();
      } else if (accept(".shared")) {
        kernel_.shared.push_back(read_variable());
        expect(";");
      } else if (accept(".local")) {
        kernel_.local.push_back(read_variable());
        expect(";");
      } else if (accept(".pragma") || accept(".loc")) {
        while (!accept(";")) next();
      } else if (at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == ":") {
        kernel_.labels[std::string{next()}] = static_cast<int>(kernel_.body.size());
        expect(":");
      } else if (!accept(";")) {
        read_statement();
      }
    }
    scopes_.pop_back();
  }

  void read_registers() {
    const int bits = bits_of_type(next());
    if (bits != 1 && bits != 16 && bits != 32 && bits != 64) refuse("registers of 16 to 64 bits");
    do {
      const std::string name{next()};
      int count = -1;
      if (accept("<")) {
        count = static_cast<int>(read_number());
        expect(">");
      }
      scopes_.back()[name] = {static_cast<int>(kernel_.register_bits.size()), count};
      kernel_.register_bits.insert(kernel_.register_bits.end(),
                                   static_cast<std::size_t>(count < 0 ? 1 : count), bits);
    } while (accept(","));
    expect(";");
  }

  /// The register of that name in the innermost block that has one; -1 if there is none.
  [[nodiscard]] int find_register(std::string_view name) const {
    const std::size_t digits = name.size() - (name.find_last_not_of("0123456789") + 1);
    int number = -1;
    const std::string stem{name.substr(0, name.size() - digits)};
    if (digits > 0 && digits < 9) number = std::stoi(std::string{name.substr(stem.size())});
    for (auto block = scopes_.rbegin(); block != scopes_.rend(); ++block) {
      if (const auto found = block->find(std::string{name}); found != block->end())
        return found->second.first;
      if (const auto found = block->find(stem);
          found != block->end() && number >= 0 && number < found->second.second)
        return found->second.first + number;
    }
    return -1;
  }

  void read_statement() {
    statement found;
    found.line = tokens_[at_].line;
    if (accept("@")) {
      found.guard_negated = accept("!");
      found.guard = find_register(next());
      if (found.guard < 0) refuse("a predicate before this");
    }
    found.opcode = split(next());
    while (!accept(";")) {
      found.operands.push_back(read_operand());
      accept(",");
    }
    kernel_.body.push_back(std::move(found));
  }

  operand read_operand() {
    operand found;
    if (accept("{")) {
      found.is = operand::kind::list;
      while (!accept("}")) {
        found.list.push_back(read_operand());
        accept(",");
      }
      return found;
    }
    if (accept("[")) {
      found = read_operand();
      found.is = operand::kind::address;
      if (found.reg < 0 && found.name.empty()) refuse("the base of an address before this");
      if (accept("+")) found.offset = static_cast<std::int64_t>(read_number());
      if (peek() == "-") found.offset = static_cast<std::int64_t>(read_number());
      expect("]");
      return found;
    }
    found.negated = accept("!");
    const std::string_view word = peek();
    if (word == "-" || (!word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0)) {
      found.is = operand::kind::number;
      found.bits = read_number();
      return found;
    }
    next();
    if (word == "_") return found;
    found.reg = find_register(word);
    if (found.reg >= 0) {
      found.is = operand::kind::reg;
      if (accept("|")) found.second = find_register(next());
    } else {
      found.is = word.starts_with("%") ? operand::kind::special : operand::kind::symbol;
      found.name = word;
    }
    return found;
  }

  std::vector<token> tokens_;
  std::size_t at_ = 0;
  ptx_module module_;
  ptx_kernel kernel_;
  std::vector<scope> scopes_;
};

}  // namespace

ptx_module parse_ptx(std::string_view text) { return reader{text}.read(); }

}  // namespace simulator
