#!/bin/sh
# The program of the first package: leaves one line that says when and where it ran.
set -eu

line="hello from $(uname -n) at $(date -u +%Y-%m-%dT%H:%M:%SZ)"
echo "$line"
if [ -n "${HOME:-}" ] && [ -d "$HOME" ]; then
  mkdir -p "$HOME/.cache"
  echo "$line" >> "$HOME/.cache/muster-hello"
fi
