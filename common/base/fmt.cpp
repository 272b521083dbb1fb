// The compiled half of {fmt}, once for all programs. Debian ships fmt as a shared library and as
// headers only: linking the former would rule out static programs, and compiling the latter in
// every source took half of the whole build. This source is the one that does.
//
// Numbers are written without a locale's separators: nothing here asks for them ({:L}), and static
// programs are a third smaller without std::locale.
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
// What <fmt/core.h> declares `extern template`.
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;
template void vformat_to<char>(buffer<char>&, string_view, format_args, locale_ref);
}  // namespace detail
FMT_END_NAMESPACE
