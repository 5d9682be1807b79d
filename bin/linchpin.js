#!/usr/bin/env node
// Runs before anything is imported: an old Node must get a sentence, not a crash in a native addon.
// Old syntax only, so that an old Node can read it.
var found = process.versions.node
var parts = found.split('.')
var major = Number(parts[0])
var minor = Number(parts[1])

if (major < 22 || (major === 22 && minor < 12)) {
  console.error(
    'Linchpin needs Node 22.12 or newer; this is Node ' +
      found +
      '. Install a newer one (https://nodejs.org) and run the command again.'
  )
  process.exit(1)
}

import('../out/main/cli.js')
