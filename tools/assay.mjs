#!/usr/bin/env node
// The command of the released package. Plain JavaScript: it starts on any Node from 20 and goes on with the pinned one.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkNode, launch, pinnedNode } from './launch.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
  checkNode();
  process.exitCode = await launch(pinnedNode(root), [join(root, 'lib/main.js'), ...process.argv.slice(2)], {});
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
