# shellcheck shell=bash
# There is one scheduler.

trigger:scheduler-detect() { echo docker-local; }
