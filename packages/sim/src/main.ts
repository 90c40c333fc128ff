/**
 * `npm run sim -- --seed 7 --miners 50 --mixers 4 --minutes 10`: a network of production roles in simulated time, from
 * a seed, with what it carried for its tasks. `--epoch-blocks` sets the length of an epoch.
 */
import { parseArgs } from 'node:util';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { limits } from '@assay/protocol';
import { SimulationFailed, type SimulationReport, simulate } from './simulate.ts';
import type { Sent } from './traffic.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    miners: { type: 'string', default: '50' },
    mixers: { type: 'string', default: '4' },
    minutes: { type: 'string', default: '10' },
    'epoch-blocks': { type: 'string', default: '' },
  },
});

function whole(name: keyof typeof values, most: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  console.error(`--${name} takes a whole number from 1 to ${most}, not "${values[name]}".`);
  return process.exit(2);
}

function minutes(): number {
  const value = Number(values.minutes);
  if (value > 0 && value <= 1_000_000) return value;
  console.error(`--minutes takes a number above 0, to 1,000,000, not "${values.minutes}".`);
  return process.exit(2);
}

/** A line for each name: how many, and how many bytes. */
function lines(title: string, sent: ReadonlyMap<string, Sent>, tasks: number): string[] {
  const rows = [...sent].filter(([, { messages }]) => messages > 0);
  return rows.map(([name, { messages, bytes }], index) => {
    const perTask = `${(messages / tasks).toFixed(1)} and ${Math.round(bytes / tasks)} B a task`;
    return `${(index === 0 ? title : '').padEnd(18)}${name}: ${messages}, ${bytes} B; ${perTask}`;
  });
}

function sentences(report: SimulationReport): string[] {
  const refused = Object.entries(report.refused).map(([code, count]) => `, ${count} × ${code}`);
  const { p50, p99 } = report.load.certificateMs;
  return [
    `seed              ${report.seed}`,
    `simulated         ${report.minutes.toFixed(1)} min`,
    `blocks            ${report.blocks}`,
    `tasks             ${report.asked} asked, ${report.answered} answered${refused.join('')}`,
    `certified         ${report.certified}, ${report.approved} approved, ${report.rejected} rejected`,
    `never certified   ${report.lost.length} of the answered`,
    ...report.lost.map((line) => `                  ${line}`),
    `without a fault   ${report.unexplained.length} of the rejected`,
    ...lines('sent', report.load.sent, report.certified),
    ...lines('on chain', report.load.onChain, report.certified),
    `certificate after ${p50} ms, p99 ${p99} ms`,
    `epochs            ${report.epochs}`,
    `crashes           ${report.crashes}`,
    `state root        ${report.stateRoot}`,
    `trace hash        ${report.traceHash}`,
    `simulated ÷ real  ${report.speed.toFixed(2)}`,
  ];
}

useNativeHasher();
try {
  const epochBlocks = values['epoch-blocks'] === '' ? undefined : whole('epoch-blocks', 1_000_000);
  const options = {
    seed: whole('seed', Number.MAX_SAFE_INTEGER),
    miners: whole('miners', 100_000),
    mixers: whole('mixers', limits.maxMixers),
    minutes: minutes(),
    epochBlocks,
  };
  for (const line of sentences(await simulate(options))) console.log(line);
} catch (error) {
  if (!(error instanceof SimulationFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
