#include "docker/json.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/JSONException.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <optional>
#include <sstream>

#include "base/error.h"

namespace netports::json {

struct PocoObject {
  Poco::JSON::Object::Ptr it;
};
struct PocoArray {
  Poco::JSON::Array::Ptr it;
};

namespace {

using Poco::Dynamic::Var;

Var parse(const std::string& text, const std::string& source, bool in_order = false) {
  try {
    Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(in_order));
    return parser.parse(text);
  } catch (const Poco::Exception&) {
    throw Error("Unable to read {}: It is not JSON", source);
  }
}

Object as_object(const Var& value) {
  if (value.type() != typeid(Poco::JSON::Object::Ptr)) return nullptr;
  return std::make_shared<PocoObject>(PocoObject{value.extract<Poco::JSON::Object::Ptr>()});
}

Array as_array(const Var& value) {
  if (value.type() != typeid(Poco::JSON::Array::Ptr)) return nullptr;
  return std::make_shared<PocoArray>(PocoArray{value.extract<Poco::JSON::Array::Ptr>()});
}

Object object_or_throw(const Var& value, const std::string& source) {
  if (auto object = as_object(value)) return object;
  throw Error("Unable to read {}: It is no object", source);
}

std::optional<std::int64_t> whole_number(const Var& value) {
  try {
    if (value.isInteger()) return value.convert<std::int64_t>();
  } catch (const Poco::Exception&) {  // out of range
  }
  return std::nullopt;
}

Var member(const Object& from, const std::string& key) { return from ? from->it->get(key) : Var(); }

template <typename Value>
std::string written(const Value& value) {
  std::ostringstream out;
  value->it->stringify(out);
  return out.str();
}

}  // namespace

Object parse_object(const std::string& text, const std::string& source) {
  return object_or_throw(parse(text, source), source);
}

Object parse_in_order(const std::string& text, const std::string& source) {
  return object_or_throw(parse(text, source, /*in_order=*/true), source);
}

Array parse_array(const std::string& text, const std::string& source) {
  if (auto array = as_array(parse(text, source))) return array;
  throw Error("Unable to read {}: It is no list", source);
}

Object object(const Object& from, const std::string& key) { return as_object(member(from, key)); }

Array array(const Object& from, const std::string& key) { return as_array(member(from, key)); }

std::string text(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  return value.isString() ? value.extract<std::string>() : std::string();
}

std::int64_t number(const Object& from, const std::string& key) {
  return whole_number(member(from, key)).value_or(0);
}

bool boolean(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  return value.isBoolean() && value.convert<bool>();
}

std::vector<Object> objects(const Array& from) {
  std::vector<Object> found;
  if (!from) return found;
  for (const auto& value : *from->it) {
    if (auto object = as_object(value)) found.push_back(std::move(object));
  }
  return found;
}

std::vector<std::string> texts(const Array& from) {
  std::vector<std::string> found;
  if (!from) return found;
  for (const auto& value : *from->it) {
    if (value.isString()) found.push_back(value.extract<std::string>());
  }
  return found;
}

std::vector<std::int64_t> numbers(const Array& from) {
  std::vector<std::int64_t> found;
  if (!from) return found;
  for (const auto& value : *from->it) {
    if (const auto number = whole_number(value)) found.push_back(*number);
  }
  return found;
}

std::vector<std::string> names(const Object& from) {
  return from ? from->it->getNames() : std::vector<std::string>();
}

Array array_of(const std::vector<Object>& elements) {
  Poco::JSON::Array::Ptr array = new Poco::JSON::Array;
  for (const auto& element : elements) array->add(element->it);
  return std::make_shared<PocoArray>(PocoArray{array});
}

void set(const Object& object, const std::string& key, const Array& value) {
  object->it->set(key, value->it);
}

std::string to_text(const Object& object) { return written(object); }
std::string to_text(const Array& array) { return written(array); }

}  // namespace netports::json
