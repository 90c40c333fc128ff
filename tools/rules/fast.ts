import type { Rule } from './repository.ts';
import type { Finding } from './tree.ts';

/** The rule and its tests speak of the marker without being fast. */
const here = /^tools\/rules\//;

/** What is longer than it need be, for speed, names the bench that shows what this saves: `PERF(receipts): …`. */
export const fast: Rule = {
  name: 'what is there for speed names its bench',
  check({ files, sources }) {
    const benches = new Set([...files.keys()].flatMap((path) => /([^/]+)\.bench\.ts$/.exec(path)?.[1] ?? []));
    const findings: Finding[] = [];
    for (const { path, text } of sources.filter((source) => !here.test(source.path))) {
      text.split('\n').forEach((line, index) => {
        const marker = /\bPERF\b(?:\(([\w-]+)\): \S)?/.exec(line);
        if (marker === null || benches.has(marker[1] ?? '')) return;
        const sentence = `Write PERF(bench): what it saves; the benches are ${[...benches].sort().join(', ')}.`;
        findings.push({ path, line: index + 1, sentence });
      });
    }
    return findings;
  },
};
