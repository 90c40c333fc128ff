/** `npm run sim -- --seed 7 --miners 50 --minutes 10`: a network of production roles in simulated time, from a seed. */
import { parseArgs } from 'node:util';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { SimulationFailed, type SimulationReport, simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    miners: { type: 'string', default: '50' },
    minutes: { type: 'string', default: '10' },
  },
});

function whole(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  console.error(`--${name} takes a whole number from 1 on, not "${values[name]}".`);
  return process.exit(2);
}

function sentences(report: SimulationReport): string[] {
  const refused = Object.entries(report.refused).map(([code, count]) => `, ${count} × ${code}`);
  return [
    `seed              ${report.seed}`,
    `simulated         ${report.minutes.toFixed(1)} min`,
    `blocks            ${report.blocks}`,
    `tasks             ${report.asked} asked, ${report.answered} answered${refused.join('')}`,
    `certified         ${report.certified}, ${report.approved} approved, ${report.rejected} rejected`,
    `never certified   ${report.lost.length} of the answered`,
    ...report.lost.map((line) => `                  ${line}`),
    `without a fault   ${report.unexplained.length} of the rejected`,
    `epochs            ${report.epochs}`,
    `crashes           ${report.crashes}`,
    `state root        ${report.stateRoot}`,
    `trace hash        ${report.traceHash}`,
    `simulated ÷ real  ${report.speed.toFixed(2)}`,
  ];
}

useNativeHasher();
try {
  const options = { seed: whole('seed'), miners: whole('miners'), minutes: whole('minutes') };
  for (const line of sentences(await simulate(options))) console.log(line);
} catch (error) {
  if (!(error instanceof SimulationFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
