// Reading foreign JSON without trusting its shape: a member that is missing or of another type
// reads as empty. Poco does the work, and only json.cpp sees it: its headers cost every source that
// includes them a second.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace netports::json {

struct PocoObject;
struct PocoArray;

/// A parsed object (array), or null. Copies share it.
using Object = std::shared_ptr<PocoObject>;
using Array = std::shared_ptr<PocoArray>;

/// Parses text that must be one object (array). `source` names it in errors. Errors: Error.
Object parse_object(const std::string& text, const std::string& source);
/// The same, and `to_text` gives the members in the order of `text`. For documents of our own: the
/// time is the square of the number of members.
Object parse_in_order(const std::string& text, const std::string& source);
Array parse_array(const std::string& text, const std::string& source);

/// The member `key`; null (or "", 0, false) when `from` is null, lacks it, or it has another type.
Object object(const Object& from, const std::string& key);
Array array(const Object& from, const std::string& key);
std::string text(const Object& from, const std::string& key);
std::int64_t number(const Object& from, const std::string& key);
bool boolean(const Object& from, const std::string& key);

/// The elements that are objects (texts, whole numbers); none for a null array.
std::vector<Object> objects(const Array& from);
std::vector<std::string> texts(const Array& from);
std::vector<std::int64_t> numbers(const Array& from);

/// The names of all members, none for null.
std::vector<std::string> names(const Object& from);

/// An array of `elements`.
Array array_of(const std::vector<Object>& elements);

/// Sets the member `key` of `object`, also for all that share it.
void set(const Object& object, const std::string& key, const Array& value);

/// The JSON text, without blanks.
std::string to_text(const Object& object);
std::string to_text(const Array& array);

}  // namespace netports::json
