// What the arithmetic of PTX computes, lane by lane. Source: PTX ISA 9.0, chapter 9.7.
#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <s2d/cuda/float16.hpp>

#include "decode.hpp"

namespace simulator {
namespace {

using f16 = s2d::cuda::float16;
using f32 = float;
using f64 = double;

template <class T>
inline constexpr int bits_of = 8 * sizeof(T);

template <class D, class A, auto F>
void unary(warp& w, const instruction& in, u32 lanes) {
  D* const d = w.lanes_of<D>(in.to[0]);
  const A* const a = w.lanes_of<A>(in.from[0]);
  for_lanes(lanes, [&](int i) { d[i] = F(a[i]); });
}
template <class D, class A, class B, auto F>
void binary(warp& w, const instruction& in, u32 lanes) {
  D* const d = w.lanes_of<D>(in.to[0]);
  const A* const a = w.lanes_of<A>(in.from[0]);
  const B* const b = w.lanes_of<B>(in.from[1]);
  for_lanes(lanes, [&](int i) { d[i] = F(a[i], b[i]); });
}
template <class D, class A, class B, class C, auto F>
void ternary(warp& w, const instruction& in, u32 lanes) {
  D* const d = w.lanes_of<D>(in.to[0]);
  const A* const a = w.lanes_of<A>(in.from[0]);
  const B* const b = w.lanes_of<B>(in.from[1]);
  const C* const c = w.lanes_of<C>(in.from[2]);
  for_lanes(lanes, [&](int i) { d[i] = F(a[i], b[i], c[i]); });
}

void set_predicate(u32& to, u32 lanes, u32 value) { to = (to & ~lanes) | (value & lanes); }

template <class T, auto F>
void compare(warp& w, const instruction& in, u32 lanes) {
  const T* const a = w.lanes_of<T>(in.from[0]);
  const T* const b = w.lanes_of<T>(in.from[1]);
  u32 result = 0;
  for (int i = 0; i < 32; ++i) result |= static_cast<u32>(F(a[i], b[i]) ? 1 : 0) << i;
  set_predicate(w.predicate(in.to[0]), lanes, result);
}

/// On predicates, all lanes at once.
template <auto F>
void logic(warp& w, const instruction& in, u32 lanes) {
  set_predicate(w.predicate(in.to[0]), lanes, F(w.predicate(in.from[0]), w.predicate(in.from[1])));
}

template <class T>
void select(warp& w, const instruction& in, u32 lanes) {
  T* const d = w.lanes_of<T>(in.to[0]);
  const T* const a = w.lanes_of<T>(in.from[0]);
  const T* const b = w.lanes_of<T>(in.from[1]);
  const u32 first = w.predicate(in.from[2]);
  for_lanes(lanes, [&](int i) { d[i] = (first >> i & 1) != 0 ? a[i] : b[i]; });
}

/// A product of all its bits.
template <class T>
auto wide_product(T a, T b) {
  if constexpr (sizeof(T) == 2) {
    using to = std::conditional_t<std::is_signed_v<T>, s32, u32>;
    return static_cast<to>(static_cast<to>(a) * static_cast<to>(b));
  } else {
    using to = std::conditional_t<std::is_signed_v<T>, s64, u64>;
    return static_cast<to>(static_cast<to>(a) * static_cast<to>(b));
  }
}
template <class T>
T high_product(T a, T b) {
  __extension__ using wide = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
  return static_cast<T>(static_cast<wide>(a) * static_cast<wide>(b) >> bits_of<T>);
}

// Wrapping, as registers do.
template <class T>
T wrap_add(T a, T b) {
  using u = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<u>(static_cast<u>(a) + static_cast<u>(b)));
}
template <class T>
T wrap_sub(T a, T b) {
  using u = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<u>(static_cast<u>(a) - static_cast<u>(b)));
}
template <class T>
T wrap_mul(T a, T b) {
  return static_cast<T>(static_cast<u64>(a) * static_cast<u64>(b));
}
/// Division by zero gives some number and no trap.
template <class T>
T divide(T a, T b) {
  if (b == 0) return static_cast<T>(-1);
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return wrap_sub(T{0}, a);
  return static_cast<T>(a / b);
}
template <class T>
T remainder(T a, T b) {
  if (b == 0) return a;
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;
  return static_cast<T>(a % b);
}
/// Amounts beyond the width are the width.
template <class T>
T shift_left(T a, u32 b) {
  return b >= bits_of<T> ? T{0} : static_cast<T>(a << b);
}
template <class T>
T shift_right(T a, u32 b) {
  if (b >= bits_of<T>) return std::is_signed_v<T> && a < 0 ? static_cast<T>(-1) : T{0};
  return static_cast<T>(a >> b);
}
template <class T>
T insert_bits(T a, T b, u32 at, u32 length) {
  at &= 0xff, length &= 0xff;
  if (at >= bits_of<T> || length == 0) return b;
  const T ones = length >= bits_of<T> ? ~T{0} : static_cast<T>((T{1} << length) - 1);
  return static_cast<T>((b & ~(ones << at)) | (a & ones) << at);
}
template <class T>
T extract_bits(T a, u32 at, u32 length) {
  at &= 0xff, length &= 0xff;
  if (length == 0) return 0;
  const u32 last = std::min<u32>(at + length - 1, bits_of<T> - 1);
  const bool sign = std::is_signed_v<T> && (a >> last & 1) != 0;
  T result = 0;
  for (u32 i = 0; i < bits_of<T>; ++i) {
    const bool set = i < length && at + i < bits_of<T> ? (a >> (at + i) & 1) != 0 : sign;
    if (set) result = static_cast<T>(result | static_cast<T>(u64{1} << i));
  }
  return result;
}
u32 permute_bytes(u32 a, u32 b, u32 selectors) {
  const u64 bytes = static_cast<u64>(b) << 32 | a;
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) {
    const u32 which = selectors >> (4 * i) & 0xf;
    u32 byte = static_cast<u32>(bytes >> (8 * (which & 7)) & 0xff);
    if ((which & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}
u32 reverse_bits(u32 a) {
  u32 result = 0;
  for (u32 i = 0; i < 32; ++i) result |= (a >> i & 1) << (31 - i);
  return result;
}
u32 mask_bits(u32 at, u32 length) {
  at = std::min<u32>(at, 32);
  length = std::min<u32>(length, 32);
  return shift_left(length == 32 ? ~u32{0} : (u32{1} << length) - 1, at);
}

/// Its number, or all ones.
template <class T>
u32 highest_bit(T a) {
  return static_cast<u32>(bits_of<T> - 1 - std::countl_zero(a));
}

template <class T>
T least(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return b;
    if (a == b) return std::signbit(a) ? a : b;  // -0 is less than 0
    return a < b || std::isnan(b) ? a : b;
  } else {
    return std::min(a, b);
  }
}
template <class T>
T most(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return b;
    if (a == b) return std::signbit(a) ? b : a;
    return a > b || std::isnan(b) ? a : b;
  } else {
    return std::max(a, b);
  }
}

/// bfi has four operands.
template <class T>
void insert(warp& w, const instruction& in, u32 lanes) {
  T* const d = w.lanes_of<T>(in.to[0]);
  const T* const a = w.lanes_of<T>(in.from[0]);
  const T* const b = w.lanes_of<T>(in.from[1]);
  const u32* const at = w.lanes_of<u32>(in.from[2]);
  const u32* const length = w.lanes_of<u32>(in.from[3]);
  for_lanes(lanes, [&](int i) { d[i] = insert_bits(a[i], b[i], at[i], length[i]); });
}

/// f with the processor rounding that way; its operands must not be known to the compiler.
template <class F>
auto rounding(int way, F f) {
  const int before = std::fegetround();
  std::fesetround(way);
  volatile auto result = f();
  std::fesetround(before);
  return result;
}
f32 add_toward_zero(f32 a, f32 b) {
  volatile f32 left = a, right = b;
  return rounding(FE_TOWARDZERO, [&] { return left + right; });
}
f32 fma_down(f32 a, f32 b, f32 c) {
  volatile f32 left = a, right = b, more = c;
  return rounding(FE_DOWNWARD, [&] { return std::fma(f32{left}, f32{right}, f32{more}); });
}
f32 flush(f32 a) { return std::fpclassify(a) == FP_SUBNORMAL ? std::copysign(0.0f, a) : a; }
f32 power_of_two(f32 a) { return flush(std::exp2(flush(a))); }

template <class T>
constexpr int size = sizeof(T);

template <class D, class A, auto F>
operation one() {
  return {unary<D, A, F>, {size<D>, size<A>, -1, -1, -1}};
}
template <class D, class A, class B, auto F>
operation two() {
  return {binary<D, A, B, F>, {size<D>, size<A>, size<B>, -1, -1}};
}
template <class D, class A, class B, class C, auto F>
operation three() {
  return {ternary<D, A, B, C, F>, {size<D>, size<A>, size<B>, size<C>, -1}};
}

template <class T>
void add_compares(operation_table& to, const std::string& type) {
  const auto add = [&](const std::string& how, handler run) {
    to["setp." + how + "." + type] = {run, {0, size<T>, size<T>, -1, -1}};
  };
  add("eq", compare<T, [](T a, T b) { return a == b; }>);
  add("lt", compare<T, [](T a, T b) { return a < b; }>);
  add("le", compare<T, [](T a, T b) { return a <= b; }>);
  add("gt", compare<T, [](T a, T b) { return b < a; }>);
  add("ge", compare<T, [](T a, T b) { return a >= b; }>);
  if constexpr (std::is_floating_point_v<T>) {  // ...u: true of what is not a number
    add("ne", compare<T, [](T a, T b) { return (a < b) || (b < a); }>);
    add("equ", compare<T, [](T a, T b) { return !((a < b) || (b < a)); }>);
    add("neu", compare<T, [](T a, T b) { return !(a == b); }>);
    add("ltu", compare<T, [](T a, T b) { return !(a >= b); }>);
    add("leu", compare<T, [](T a, T b) { return !(b < a); }>);
    add("gtu", compare<T, [](T a, T b) { return !(a <= b); }>);
    add("geu", compare<T, [](T a, T b) { return !(a < b); }>);
    add("num", compare<T, [](T a, T b) { return !std::isnan(a) && !std::isnan(b); }>);
    add("nan", compare<T, [](T a, T b) { return std::isnan(a) || std::isnan(b); }>);
  } else {
    add("ne", compare<T, [](T a, T b) { return a != b; }>);
  }
}

template <class T>
void add_integers(operation_table& to, const std::string& type) {
  to["add." + type] = two<T, T, T, wrap_add<T>>();
  to["sub." + type] = two<T, T, T, wrap_sub<T>>();
  to["mul.lo." + type] = two<T, T, T, wrap_mul<T>>();
  to["mul.hi." + type] = two<T, T, T, high_product<T>>();
  to["mad.lo." + type] =
      three<T, T, T, T, [](T a, T b, T c) { return wrap_add(wrap_mul(a, b), c); }>();
  to["div." + type] = two<T, T, T, divide<T>>();
  to["rem." + type] = two<T, T, T, remainder<T>>();
  to["min." + type] = two<T, T, T, least<T>>();
  to["max." + type] = two<T, T, T, most<T>>();
  to["shr." + type] = two<T, T, u32, shift_right<T>>();
  if constexpr (std::is_signed_v<T>) {
    to["neg." + type] = one<T, T, [](T a) { return wrap_sub(T{0}, a); }>();
    to["abs." + type] = one<T, T, [](T a) { return a < 0 ? wrap_sub(T{0}, a) : a; }>();
  }
  if constexpr (sizeof(T) < 8) {
    using wide = decltype(wide_product(T{}, T{}));
    to["mul.wide." + type] = two<wide, T, T, wide_product<T>>();
    to["mad.wide." + type] =
        three<wide, T, T, wide, [](T a, T b, wide c) { return wrap_add(wide_product(a, b), c); }>();
  }
  if constexpr (sizeof(T) > 2) to["bfe." + type] = three<T, T, u32, u32, extract_bits<T>>();
  add_compares<T>(to, type);
}

template <class T>
void add_bits(operation_table& to, const std::string& type) {
  to["and." + type] = two<T, T, T, [](T a, T b) { return static_cast<T>(a & b); }>();
  to["or." + type] = two<T, T, T, [](T a, T b) { return static_cast<T>(a | b); }>();
  to["xor." + type] = two<T, T, T, [](T a, T b) { return static_cast<T>(a ^ b); }>();
  to["not." + type] = one<T, T, [](T a) { return static_cast<T>(~a); }>();
  to["shl." + type] = two<T, T, u32, shift_left<T>>();
  to["shr." + type] = two<T, T, u32, shift_right<T>>();
  to["setp.eq." + type] = {compare<T, [](T a, T b) { return a == b; }>,
                           {0, size<T>, size<T>, -1, -1}};
  to["setp.ne." + type] = {compare<T, [](T a, T b) { return a != b; }>,
                           {0, size<T>, size<T>, -1, -1}};
  if constexpr (sizeof(T) > 2) {
    to["popc." + type] = one<u32, T, [](T a) { return static_cast<u32>(std::popcount(a)); }>();
    const std::string number = "u" + std::to_string(bits_of<T>);
    to["bfind." + number] = one<u32, T, [](T a) { return highest_bit(a); }>();
    to["bfind.shiftamt." + number] = one<u32, T, [](T a) {
      return a == 0 ? highest_bit(a) : static_cast<u32>(std::countl_zero(a));
    }>();
    to["clz." + type] = one<u32, T, [](T a) { return static_cast<u32>(std::countl_zero(a)); }>();
  }
}

template <class T>
void add_floats(operation_table& to, const std::string& type) {
  for (const std::string rn : {".", ".rn."}) {
    to["add" + rn + type] = two<T, T, T, [](T a, T b) { return a + b; }>();
    to["sub" + rn + type] = two<T, T, T, [](T a, T b) { return a - b; }>();
    to["mul" + rn + type] = two<T, T, T, [](T a, T b) { return a * b; }>();
  }
  to["div.rn." + type] = two<T, T, T, [](T a, T b) { return a / b; }>();
  to["rcp.rn." + type] = one<T, T, [](T a) { return T{1} / a; }>();
  to["sqrt.rn." + type] = one<T, T, [](T a) { return std::sqrt(a); }>();
  to["fma.rn." + type] = three<T, T, T, T, [](T a, T b, T c) { return std::fma(a, b, c); }>();
  to["min." + type] = two<T, T, T, least<T>>();
  to["max." + type] = two<T, T, T, most<T>>();
  to["neg." + type] = one<T, T, [](T a) { return -a; }>();
  to["abs." + type] = one<T, T, [](T a) { return std::abs(a); }>();
  add_compares<T>(to, type);
}

template <class T>
void add_moves(operation_table& to, const std::string& bits) {
  for (const char kind : {'b', 'u', 's', 'f'}) {
    to["mov." + (kind + bits)] = one<T, T, [](T a) { return a; }>();
    to["selp." + (kind + bits)] = {select<T>, {size<T>, size<T>, size<T>, 0, -1}};
  }
}

operation_table make_arithmetic() {
  operation_table to;
  add_integers<u16>(to, "u16"), add_integers<s16>(to, "s16");
  add_integers<u32>(to, "u32"), add_integers<s32>(to, "s32");
  add_integers<u64>(to, "u64"), add_integers<s64>(to, "s64");
  add_bits<u16>(to, "b16"), add_bits<u32>(to, "b32"), add_bits<u64>(to, "b64");
  add_floats<f32>(to, "f32"), add_floats<f64>(to, "f64");
  add_moves<u16>(to, "16"), add_moves<u32>(to, "32"), add_moves<u64>(to, "64");
  to["bfi.b32"] = {insert<u32>, {4, 4, 4, 4, 4}};
  to["bfi.b64"] = {insert<u64>, {8, 8, 8, 4, 4}};
  to["prmt.b32"] = three<u32, u32, u32, u32, permute_bytes>();
  to["brev.b32"] = one<u32, u32, reverse_bits>();
  to["bmsk.clamp.b32"] = two<u32, u32, u32, mask_bits>();
  to["add.rz.f32"] = two<f32, f32, f32, add_toward_zero>();
  to["fma.rm.f32"] = three<f32, f32, f32, f32, fma_down>();
  to["ex2.approx.ftz.f32"] = one<f32, f32, power_of_two>();
  const std::array<int, 5> flags{0, 0, 0, -1, -1};
  to["and.pred"] = {logic<[](u32 a, u32 b) { return a & b; }>, flags};
  to["or.pred"] = {logic<[](u32 a, u32 b) { return a | b; }>, flags};
  to["xor.pred"] = {logic<[](u32 a, u32 b) { return a ^ b; }>, flags};
  to["not.pred"] = {logic<[](u32 a, u32) { return ~a; }>, {0, 0, -1, -1, -1}};
  to["mov.pred"] = {logic<[](u32 a, u32) { return a; }>, {0, 0, -1, -1, -1}};
  return to;
}

// Conversions.

/// Numbers to integers: rounded, then the nearest that there is. What is no number becomes 0, or
/// with 64 bits on either side the highest bit alone.
template <class D, class S, auto Round>
D to_integer(S a) {
  if (std::isnan(a))
    return sizeof(D) == 8 || sizeof(S) == 8 ? static_cast<D>(u64{1} << (bits_of<D> - 1)) : D{0};
  const S whole = Round(a);
  const S end = std::ldexp(S{1}, std::numeric_limits<D>::digits);
  if (whole >= end) return std::numeric_limits<D>::max();
  if (whole < static_cast<S>(std::numeric_limits<D>::min())) return std::numeric_limits<D>::min();
  return static_cast<D>(whole);
}

template <class D, class S, auto F>
void convert(warp& w, const instruction& in, u32 lanes) {
  if (in.to_bytes == sizeof(D) && in.from_bytes == sizeof(S)) return unary<D, S, F>(w, in, lanes);
  for_lanes(lanes, [&](int i) {  // from the low bytes, and extended as the type says
    S a;
    std::memcpy(&a, w.registers.data() + in.from[0] + i * in.from_bytes, sizeof a);
    const D d = F(a);
    u64 wide = 0;
    if constexpr (std::is_integral_v<D>)
      wide = static_cast<u64>(d);
    else
      std::memcpy(&wide, &d, sizeof d);
    std::memcpy(w.registers.data() + in.to[0] + i * in.to_bytes, &wide, in.to_bytes);
  });
}

template <class T>
std::string name_of() {
  if constexpr (std::is_same_v<T, f16>) return "f16";
  const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 's' : 'u';
  return kind + std::to_string(bits_of<T>);
}

template <class D, class S>
void add_integer_conversion(handler_table& to) {
  const std::string types = name_of<D>() + "." + name_of<S>();
  to["cvt." + types] = convert<D, S, [](S a) { return static_cast<D>(a); }>;
}
template <class S>
void add_conversions_of_integer(handler_table& to) {
  add_integer_conversion<u8, S>(to), add_integer_conversion<s8, S>(to);
  add_integer_conversion<u16, S>(to), add_integer_conversion<s16, S>(to);
  add_integer_conversion<u32, S>(to), add_integer_conversion<s32, S>(to);
  add_integer_conversion<u64, S>(to), add_integer_conversion<s64, S>(to);
  to["cvt.rn.f32." + name_of<S>()] = convert<f32, S, [](S a) { return static_cast<f32>(a); }>;
  to["cvt.rn.f64." + name_of<S>()] = convert<f64, S, [](S a) { return static_cast<f64>(a); }>;
}
template <class D, class S>
void add_rounded(handler_table& to) {
  const std::string types = name_of<D>() + "." + name_of<S>();
  to["cvt.rzi." + types] = convert<D, S, to_integer<D, S, [](S a) { return std::trunc(a); }>>;
  to["cvt.rni." + types] = convert<D, S, to_integer<D, S, [](S a) { return std::nearbyint(a); }>>;
  to["cvt.rmi." + types] = convert<D, S, to_integer<D, S, [](S a) { return std::floor(a); }>>;
  to["cvt.rpi." + types] = convert<D, S, to_integer<D, S, [](S a) { return std::ceil(a); }>>;
}
template <class S>
void add_conversions_of_float(handler_table& to) {
  add_rounded<u16, S>(to), add_rounded<s16, S>(to);
  add_rounded<u32, S>(to), add_rounded<s32, S>(to);
  add_rounded<u64, S>(to), add_rounded<s64, S>(to);
  const std::string types = name_of<S>() + "." + name_of<S>();
  to["cvt.rzi." + types] = convert<S, S, [](S a) { return std::trunc(a); }>;
  to["cvt.rni." + types] = convert<S, S, [](S a) { return std::nearbyint(a); }>;
  to["cvt.rmi." + types] = convert<S, S, [](S a) { return std::floor(a); }>;
  to["cvt.rpi." + types] = convert<S, S, [](S a) { return std::ceil(a); }>;
  to["cvt.sat." + types] =
      convert<S, S, [](S a) { return std::isnan(a) ? S{0} : std::clamp(a, S{0}, S{1}); }>;
}

handler_table make_conversions() {
  handler_table to;
  add_conversions_of_integer<u8>(to), add_conversions_of_integer<s8>(to);
  add_conversions_of_integer<u16>(to), add_conversions_of_integer<s16>(to);
  add_conversions_of_integer<u32>(to), add_conversions_of_integer<s32>(to);
  add_conversions_of_integer<u64>(to), add_conversions_of_integer<s64>(to);
  add_conversions_of_float<f32>(to), add_conversions_of_float<f64>(to);
  to["cvt.f64.f32"] = convert<f64, f32, [](f32 a) { return f64{a}; }>;
  to["cvt.rn.f32.f64"] = convert<f32, f64, [](f64 a) { return static_cast<f32>(a); }>;
  to["cvt.f32.f16"] = convert<f32, f16, [](f16 a) { return s2d::cuda::to_float(a); }>;
  to["cvt.rn.f16.f32"] = convert<f16, f32, s2d::cuda::from_float<f16>>;
  return to;
}

}  // namespace

const operation_table& arithmetic() {
  static const operation_table all = make_arithmetic();
  return all;
}

const handler_table& conversions() {
  static const handler_table all = make_conversions();
  return all;
}

}  // namespace simulator
