// Networks and containers from the Engine's JSON, and what we ask for in turn.
#include "docker/network.h"

#include "base/error.h"
#include "base/text.h"
#include "catch.h"
#include "docker/container.h"
#include "dokku/flags.h"
#include "network/create.h"
#include "network/rebuild.h"
#include "network/show.h"

using namespace netports;

namespace {

Network network_of(const std::string& text) {
  return parse_network(json::parse_object(text, "the test"));
}

NetworkSpec spec_of(const std::vector<std::string>& words) {
  Entry entry;
  entry.name = "network";
  return network::spec_of(Flags(entry, command_of(entry, "create"), words));
}

}  // namespace

TEST_CASE("parse_network keeps label values whole", "[docker]") {
  const auto network = network_of(
      R"({"Id":"0123456789abcdef","Name":"n1","Created":"2026-01-02T03:04:05.6Z","Scope":"local",)"
      R"("Driver":"bridge","EnableIPv6":true,"Internal":false,"Labels":{"a":"1,b=2","com.dokku.network-name":"n1"}})");
  CHECK(network.labels.at("a") == "1,b=2");
  CHECK(network.dokku_managed());
  CHECK(network.ipv6);
  CHECK(network::network_json(network) ==
        R"({"CreatedAt":"2026-01-02T03:04:05.6Z","DokkuManaged":true,"Driver":"bridge",)"
        R"("ID":"0123456789ab","Internal":false,"IPv6":true,)"
        R"("Labels":{"a":"1,b=2","com.dokku.network-name":"n1"},"Name":"n1","Scope":"local"})");
}

TEST_CASE("parse_network survives members of other types", "[docker]") {
  const auto network = network_of(R"({"Id":1,"Name":null,"Labels":[1],"Internal":"yes"})");
  CHECK(network.name.empty());
  CHECK(network.labels.empty());
  CHECK_FALSE(network.internal);
  CHECK_THROWS_AS(network_of("null"), Error);
  CHECK(network::list_json({}) == "[]\n");
}

TEST_CASE("utc_time moves any offset to UTC", "[docker]") {
  CHECK(utc_time("2026-01-01T00:30:00.123456789+01:00") == "2025-12-31T23:30:00.123456789Z");
  CHECK(utc_time("2026-01-01T00:30:00-00:30") == "2026-01-01T01:00:00Z");
  CHECK(utc_time("2026-01-01T00:30:00Z") == "2026-01-01T00:30:00Z");
  CHECK(utc_time("yesterday") == "yesterday");
  CHECK(utc_time("2026-01-01T00:30:00") == "2026-01-01T00:30:00");
}

TEST_CASE("json_quote escapes as Go does", "[text]") {
  CHECK(json_quote("a\"\\\n\t\x01<&>\x7f") ==
        "\"a\\\"\\\\\\n\\t\\u0001\\u003c\\u0026\\u003e\x7f\"");
  CHECK(json_quote("\xff\xe2\x80\xa8\xed\xa0\x80") == "\"\\ufffd\\u2028\\ufffd\\ufffd\\ufffd\"");
  CHECK(json_quote(std::string("\0", 1)) == "\"\\u0000\"");
}

TEST_CASE("create without flags asks for what Dokku does", "[network]") {
  CHECK(spec_of({"n1"}).to_json() ==
        R"({"Name":"n1","CheckDuplicate":true,"Driver":"bridge","Attachable":true,)"
        R"("Internal":false,"EnableIPv6":false,"Labels":{"com.dokku.network-name":"n1"}})");
  CHECK(spec_of({"n1"}).to_words() ==
        std::vector<std::string>{"network", "create", "--attachable", "--driver=bridge",
                                 "--label=com.dokku.network-name=n1", "--", "n1"});
}

TEST_CASE("create gives each gateway to its subnet", "[network]") {
  const auto spec =
      spec_of({"n1", "--subnet=10.1.0.0/16", "--subnet", "2001:db8::/64", "--gateway=2001:db8::1",
               "--ipv6", "--internal", "--opt=a=b=c", "--label", "k=v,w"});
  CHECK(spec.to_json() ==
        R"({"Name":"n1","CheckDuplicate":true,"Driver":"bridge","Attachable":true,)"
        R"("Internal":true,"EnableIPv6":true,)"
        R"("Labels":{"k":"v,w","com.dokku.network-name":"n1"},"Options":{"a":"b=c"},)"
        R"("IPAM":{"Driver":"default","Config":[{"Subnet":"10.1.0.0/16"},)"
        R"({"Subnet":"2001:db8::/64","Gateway":"2001:db8::1"}]}})");
}

TEST_CASE("create refuses words it cannot mean", "[network]") {
  CHECK_THROWS_WITH(spec_of({}), "No network name specified");
  CHECK_THROWS_WITH(spec_of({""}), "No network name specified");
  CHECK_THROWS_WITH(spec_of({"a b"}), "Invalid network name: a b");
  CHECK_THROWS_WITH(spec_of({"n", "--subnet=10.0.0.1"}),
                    "Invalid value for --subnet, use <ip>/<prefix length>: 10.0.0.1");
  CHECK_THROWS_WITH(spec_of({"n", "--subnet=10.0.0.0/8", "--gateway=11.0.0.1"}),
                    "Gateway 11.0.0.1 lies in no --subnet");
  CHECK_THROWS_WITH(spec_of({"n", "--opt=parent"}),
                    "Invalid value for --opt, use <key>=<value>: parent");
  CHECK_THROWS_WITH(spec_of({"n", "--label=com.dokku.network-name=x"}),
                    "Label com.dokku.network-name is Dokku's own");
  CHECK_THROWS_AS(spec_of({"n", "--driver=a b"}), Error);
}

TEST_CASE("container_address prefers the initial network", "[network]") {
  Container container{};
  container.network_mode = "default";
  container.addresses = {{"bridge", "172.17.0.2"}, {"n1", "10.0.0.2"}};
  CHECK(network::container_address(container, "") == "172.17.0.2");
  CHECK(network::container_address(container, "n1") == "10.0.0.2");
  CHECK(network::container_address(container, "n1\n") == "10.0.0.2");
  CHECK(network::container_address(container, "n2") == "172.17.0.2");
  container.addresses.erase("bridge");
  CHECK(network::container_address(container, "n2").empty());
  container.network_mode = "host";
  CHECK(network::container_address(container, "n1") == "127.0.0.1");
}

TEST_CASE("parse_inspected reads hostname and environment", "[docker]") {
  const auto container = parse_inspected(json::parse_object(
      R"({"Id":"abc","Config":{"Hostname":"h1","Env":["PORT=5000",1]},"State":{"Status":"running"}})",
      "the test"));
  CHECK(container.hostname == "h1");
  CHECK(container.environment == std::vector<std::string>{"PORT=5000"});
}
