#!/usr/bin/env node
// What `npx assay` runs: the same way in as every script, on whatever Node the user has.
process.argv.splice(2, 0, 'assay');
await import('../../../tools/run.mjs');
