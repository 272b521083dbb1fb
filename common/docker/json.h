// Reading foreign JSON without trusting its shape: a member that is missing or of another type
// reads as empty.
#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <optional>
#include <string>
#include <vector>

namespace netports::json {

using Object = Poco::JSON::Object::Ptr;
using Array = Poco::JSON::Array::Ptr;

/// Parses text that must be one object (array). `source` names it in errors. Errors: Error.
Object parse_object(const std::string& text, const std::string& source);
Array parse_array(const std::string& text, const std::string& source);

/// The member `key`; null (or "", 0, false) when `from` is null, lacks it, or it has another type.
Object object(const Object& from, const std::string& key);
Array array(const Object& from, const std::string& key);
std::string text(const Object& from, const std::string& key);
std::int64_t number(const Object& from, const std::string& key);
bool boolean(const Object& from, const std::string& key);

/// The elements that are objects (texts); none for a null array.
std::vector<Object> objects(const Array& from);
std::vector<std::string> texts(const Array& from);

/// The names of all members, none for null.
std::vector<std::string> names(const Object& from);

/// `text` as a JSON string with its quotes; `<`, `>` and `&` escaped as Go does when `html`.
std::string quote(const std::string& text, bool html = false);

}  // namespace netports::json
