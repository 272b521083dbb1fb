# shellcheck shell=bash
# HTTP port mappings as Dokku detects them for an image: always the default.

trigger:ports-get() { echo "http:80:5000"; }
trigger:proxy-is-enabled() { echo true; }
trigger:proxy-type() { echo nginx; }
