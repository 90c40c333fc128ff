/** `npm run tidy`: every rule of the repository, with what to do about each finding. The tests hold the same rules. */
import { dirname } from 'node:path';
import { repositoryOf } from './rules/repository.ts';
import { rules } from './rules/rules.ts';
import { readTree } from './rules/tree.ts';

const repository = repositoryOf(readTree(dirname(import.meta.dirname)));
const under = process.argv[2] ?? '';
let count = 0;
for (const rule of rules) {
  const findings = rule.check(repository).filter(({ path }) => path.startsWith(under));
  if (findings.length > 0) console.log(`\n${rule.name}`);
  for (const { path, line, sentence } of findings) console.log(`  ${path}${line === 0 ? '' : `:${line}`}  ${sentence}`);
  count += findings.length;
}
console.log(count === 0 ? 'Tidy: every rule holds.' : `\n${count} to fix.`);
process.exitCode = count === 0 ? 0 : 1;
