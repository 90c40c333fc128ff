/** `npm run tidy`: every law of the house, with what to do about each finding. The tests hold the same laws. */
import { dirname } from 'node:path';
import { houseOf } from './house/house.ts';
import { laws } from './house/laws.ts';
import { readTree } from './house/tree.ts';

const house = houseOf(readTree(dirname(import.meta.dirname)));
const under = process.argv[2] ?? '';
let count = 0;
for (const law of laws) {
  const findings = law.check(house).filter(({ path }) => path.startsWith(under));
  if (findings.length > 0) console.log(`\n${law.name}`);
  for (const { path, line, sentence } of findings) console.log(`  ${path}${line === 0 ? '' : `:${line}`}  ${sentence}`);
  count += findings.length;
}
console.log(count === 0 ? 'Tidy: every law holds.' : `\n${count} to fix.`);
process.exitCode = count === 0 ? 0 : 1;
