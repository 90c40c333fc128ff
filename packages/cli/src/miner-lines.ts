import { type Comparison, formatUnits, type MinerEarning } from '@assay/client';
import { ratio } from '@assay/explain/ratio';
import { fields } from '@assay/explain/table';
import { hardwareText } from './hardware-text.ts';
import type { MinerStatus, MinerStatuses, Step } from './miner-status.ts';
import { duration } from './node-lines.ts';

/** How miners do, for a person: how far each has come, what it is, and what keeps it from earning. */
export function minerStatusLines(status: MinerStatuses): string[] {
  const { height, isCurrent, lagBlocks, miners } = status;
  const behind = lagBlocks === null ? '' : `${lagBlocks} blocks behind; `;
  const late = isCurrent ? [] : [`This node is catching up: ${behind}what follows is as of block ${height}.`, ''];
  return [...late, ...miners.flatMap((miner, index) => [...(index === 0 ? [] : ['']), ...minerLines(miner, status)])];
}

function minerLines(status: MinerStatus, all: MinerStatuses): string[] {
  const { name, address, isLoading, steps, hindrances } = status;
  const width = Math.max(...steps.map((step) => step.name.length));
  const loading = isLoading
    ? ['Its model is being loaded. Until then it takes no task, and what it declines costs it nothing.']
    : [];
  return [
    `${[name, address].filter((part) => part !== null).join(', ')}`,
    ...steps.map((step) => `  ${markOf(step)} ${step.name.padEnd(width)}  ${step.text}`),
    ...loading.map((line) => `  ${line}`),
    ...fields(factsOf(status, all)).map((line) => `  ${line}`),
    ...(hindrances.length === 0
      ? ['  Nothing that the chain shows keeps it from earning.']
      : [
          '  Why it earns nothing, or less than it might:',
          ...hindrances.flatMap(({ sentence, cure }, index) => [
            `  ${index + 1}. ${sentence}`,
            ...(cure === null ? [] : [`     ${cure}`]),
          ]),
        ]),
  ];
}

const markOf = ({ isDone }: Step) => (isDone === null ? '?' : isDone ? '✓' : '✗');

function factsOf({ miner, earning, income }: MinerStatus, all: MinerStatuses): [string, string][] {
  const next = `${all.epoch + 1}, from block ${all.nextEpochHeight} on: in about ${inWords(all.nextEpochInMs)}`;
  if (miner === null || earning === null) return [['next epoch', next]];
  const { collateralUnits, trustPpb, availabilityPpb, level, weight, resultsOwed, evidenceLevel } = miner;
  const owed = resultsOwed === 0 ? 'none' : `${resultsOwed}, of audits that found another engine`;
  const cases = earning.openCases.map((number) => `${number}: \`assay case show ${number}\``);
  return [
    ['evidence', `level ${evidenceLevel}: ${evidenceWords[evidenceLevel] ?? 'as validators ask for it'}`],
    ['engine', engineText(earning)],
    ['machine', hardwareText(miner.hardware)],
    ['compared', comparisons[earning.comparison]],
    ['collateral', `${amount(collateralUnits)} units; the least is ${amount(earning.minCollateralUnits)}`],
    ['trust', `${ratio(trustPpb)}; availability ${ratio(availabilityPpb)}`],
    ['level', `${level}; users get miners from ${earning.userLevel} on`],
    ['weight', weight],
    ['results owed', owed],
    ['open cases', cases.join(', ') || 'none'],
    ['next epoch', next],
    ['paid', incomeText(income)],
  ];
}

const amount = (units: string) => formatUnits(BigInt(units));
const inWords = (ms: number) => duration(Math.ceil(ms / 1000));

const evidenceWords = [
  'text alone, which is not paid',
  'token ids',
  'token ids and probabilities, which can be re-checked',
];

const comparisons: Readonly<Record<Comparison, string>> = {
  text: 'no: text alone cannot be re-checked, so nothing of it is paid',
  equal: 'yes: validators with the same build and kernels repeat it to the last bit',
  named: 'yes: a noise profile of its model names its engine',
  widest: 'in part: by the widest profile of its model a pass is paid but builds no trust, and the rest is not paid',
  none: 'no: no noise profile of its model is in force, so audits give no result, and no pay',
  unknown: 'not known here: no profile names its engine, and only its own node knows which it is',
};

function engineText({ engine }: MinerEarning): string {
  if (engine === null) return 'not known here: only its own node, with its model loaded, knows it by name';
  return `${engine.name} ${engine.build}, ${engine.backend}, sampler ${engine.sampler}`;
}

function incomeText(income: MinerStatus['income']): string {
  const [first, last] = [income?.epochs[0], income?.epochs.at(-1)];
  if (income === null || first === undefined || last === undefined) {
    return 'not known: no epoch is settled since it came, so nothing can be said of what it may earn';
  }
  const { leastUnits, mostUnits, epochs } = income;
  const least = leastUnits === mostUnits ? '' : `${amount(leastUnits)} to `;
  const which =
    epochs.length === 1
      ? `the one settled epoch, ${last.epoch}`
      : `${epochs.length} settled epochs, ${first.epoch} to ${last.epoch}`;
  return `${least}${amount(mostUnits)} units an epoch, in ${which}; no promise of the next`;
}
