#include "ports/table.h"

#include "base/error.h"
#include "catch.h"
#include "ports/assign.h"

using namespace netports;

TEST_CASE("status_table aligns ports and backends, and ends with what is wrong", "[ports]") {
  CHECK(status_table(R"({"ports":[
    {"listen":"25","app":"mail","process":"web","private_port":5025,"state":"listening","error":"",
     "open":3,"bytes_in":1234,"bytes_out":56789012,"backends":[
       {"name":"web.1","address":"172.17.0.2:5025","state":"up","open":3},
       {"name":"web.2","address":"172.17.0.3:5025","state":"draining","open":0}]},
    {"listen":"26","app":"b","process":"web","private_port":1,"state":"waiting",
     "error":"Address already in use","backends":[]}],
    "problems":[{"app":"c","text":"PORTS:1:1: \u001b[2J"}]})") ==
        "PUBLIC  APP   PROCESS  PRIVATE  STATE      OPEN  IN    OUT  BACKEND                 "
        "ADDRESS\n"
        "25      mail  web      5025     listening  3     1.2k  57M  web.1 up, 3 open        "
        "172.17.0.2:5025\n"
        "                                                            web.2 draining, 0 open  "
        "172.17.0.3:5025\n"
        "26      b     web      1        waiting    0     0     0    -                       -\n"
        " !     Public port 26 of app b: Address already in use\n"
        " !     App c: PORTS:1:1: \\x1b[2J\n");
  CHECK(status_table(R"({"ports":[],"older_daemons":[17,18,"\u001b"],"problems":[]})") ==
        "       Older forwarders still finish their connections, as process 17, 18\n");
  CHECK(status_table(R"({"ports":[],"problems":[]})").empty());
  CHECK(status_table(R"({"ports":[1,null,"x"],"problems":7})").empty());
  CHECK_THROWS_AS(status_table("nonsense"), Error);
}

TEST_CASE("status_of_apps keeps the apps asked for and the order of members", "[ports]") {
  const std::string document =
      R"({"version":"0.1.0","ports":[{"listen":"25","app":"a"},{"listen":"26","app":"b"}],)"
      R"("problems":[{"app":"b","text":"x"}]})";
  CHECK(status_of_apps(document, {"a", "b"}) == document);
  CHECK(status_of_apps(document, {"a"}) ==
        R"({"version":"0.1.0","ports":[{"listen":"25","app":"a"}],"problems":[]})");
  CHECK_THROWS_AS(status_of_apps("[1]", {}), Error);
  CHECK_THROWS_AS(status_of_apps("", {}), Error);
}

TEST_CASE("connections_table says who is connected to which release since when", "[ports]") {
  const std::string list = R"([{"listen":"25","app":"mail","client":"192.0.2.7:40112",)"
                           R"("container":"web.1","container_id":"0123456789abcdef0123",)"
                           R"("state":"draining","age_seconds":3725},)"
                           R"({"listen":"26","app":"b","client":"\u001b","container":"",)"
                           R"("container_id":"","state":"connecting","age_seconds":0}])";
  CHECK(connections_table(list) ==
        "PUBLIC  APP   CLIENT           CONTAINER  RELEASE       STATE       SINCE\n"
        "25      mail  192.0.2.7:40112  web.1      0123456789ab  draining    1h\n"
        "26      b     \\x1b                                      connecting  0s\n");
  CHECK(connections_of_apps(list, {"b"}).find("mail") == std::string::npos);
  CHECK(connections_table("[]").empty());
  CHECK_THROWS_AS(connections_table("{}"), Error);
}

TEST_CASE("older daemons' ports and connections stand behind the newest one's", "[ports]") {
  const std::string status =
      R"({"version":"1","older_daemons":[7,"x",12],"ports":[{"listen":"25","app":"a"}]})";
  CHECK(older_daemons(status) == std::vector<std::int64_t>{7, 12});
  CHECK(older_daemons("{}").empty());
  CHECK(status_and(status, R"({"ports":[{"listen":"25","app":"a","state":"draining"},3]})") ==
        R"({"version":"1","older_daemons":[7,"x",12],"ports":[{"listen":"25","app":"a"},)"
        R"({"listen":"25","app":"a","state":"draining"}]})");
  CHECK(status_and("{}", "{}") == R"({"ports":[]})");
  CHECK_THROWS_AS(status_and(status, "nonsense"), Error);
  CHECK(connections_and(R"([{"app":"a"}])", R"([{"app":"b"}])") == R"([{"app":"a"},{"app":"b"}])");
  CHECK_THROWS_AS(connections_and("[]", "{}"), Error);
}

TEST_CASE("short_number keeps to four digits", "[ports]") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(999) == "999");
  CHECK(short_number(1000) == "1.0k");
  CHECK(short_number(9960) == "10k");
  CHECK(short_number(999'600) == "1.0M");
  CHECK(short_number(UINT64_MAX) == "18E");
}

TEST_CASE("ports_text_of_words puts options behind their mapping", "[ports]") {
  CHECK(ports_text_of_words({}) == "");
  CHECK(ports_text_of_words({"25:5025", "993:5993", "process=imap", "26:5026 process=x"}) ==
        "25:5025\n993:5993 process=imap\n26:5026 process=x\n");
  CHECK(ports_text_of_words({"25:5025", "allow=2001:db8::/32"}) == "25:5025 allow=2001:db8::/32\n");
  CHECK_THROWS_AS(ports_text_of_words({"25:5025\n26:5026"}), Error);
  CHECK_THROWS_AS(ports_text_of_words({"25:5025", "#"}), Error);
}
