import { join } from 'node:path';
import { formatUnits } from '@assay/client';
import { table } from '@assay/explain/table';
import { devnetParams } from '@assay/node/devnet/genesis';
import { dataFiles } from '@assay/node/host/data-files';
import { readGenesisFile } from '@assay/node/host/genesis-file';
import { presetParams } from '@assay/node/presets/presets';
import { defaultMarket, isGuarded, type Market, selfDealing, wholeReturn } from '@assay/sim/justice/wash';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError, failureOf } from '../failures.ts';
import { decimalNumber, wholeNumber } from '../inputs.ts';
import { presetOption } from '../preset-option.ts';

const capacitiesBps = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenths) => tenths * 1000);
const unit = 1_000_000_000;

const input = z.object({
  preset: presetOption.optional(),
  model: wholeNumber('--model', { min: 0, max: 2 ** 32 - 1 }).default(0),
  fees: decimalNumber('--fees', { min: 0.000_001, max: 1_000_000 }).default(1),
});
type Input = z.infer<typeof input>;

const Row = z.object({
  /** The miner's part of all draws and of measured capacity; null for who has every role and all capacity. */
  capacity: z.number().nullable(),
  isBootstrap: z.boolean(),
  /** Base units a reward period brings beyond what it brought without, less the fees. */
  drawnUnits: z.string(),
  steeredUnits: z.string(),
});

const output = z.object({
  /** Whose parameters these are. */
  source: z.string(),
  feesUnits: z.string(),
  /** Whether what work mints is bounded by what it burned (economics §7.2). */
  isGuarded: z.boolean(),
  /** Reward periods in which measured capacity is paid; none without the guard. */
  bootstrapPeriods: z.int(),
  rows: z.array(Row),
});
type Output = z.infer<typeof output>;

export const paramsWashCommand = defineCommand({
  name: 'params wash',
  summary: 'What buying from one’s own miner brings in a network or under a preset, before and after the bootstrap.',
  arguments: [],
  options: [
    { syntax: '--preset <NAME>', description: 'a new network of this preset, instead of the one asked' },
    { syntax: '--model <N>', description: 'the model that is bought, which says the domain (default 0)' },
    { syntax: '--fees <UNITS>', description: 'what is paid for own traffic in a reward period (default 1)' },
  ],
  input,
  output,
  run: async (invocation) => {
    const { source, market } = await marketOf(invocation);
    const feesUnits = BigInt(Math.round(invocation.input.fees * unit));
    const { bootstrapPeriods } = market.params.wash;
    const hasBootstrap = isGuarded(market) && bootstrapPeriods > 0;
    return {
      source,
      feesUnits: String(feesUnits),
      isGuarded: isGuarded(market),
      bootstrapPeriods: hasBootstrap ? bootstrapPeriods : 0,
      rows: (hasBootstrap ? [true, false] : [false]).flatMap((isBootstrap) => rowsOf(market, isBootstrap, feesUnits)),
    };
  },
  print: (found) => [
    `What a reward period brings who pays ${formatUnits(BigInt(found.feesUnits))} units for its own traffic,`,
    'beyond what it had without, less the fees and before what the work costs.',
    `By the rules of settlement, with the parameters of ${found.source}.`,
    ...(found.isGuarded ? [] : ['', 'The wash guard is off here: the schedule alone decides what work is paid.']),
    ...(found.bootstrapPeriods > 0 ? ['', 'Before the bootstrap ends, by the miner’s capacity:', ''] : ['']),
    ...(found.bootstrapPeriods > 0 ? [...grid(found, true), '', 'After it:', ''] : []),
    ...grid(found, false),
    '',
    'Drawn: its traffic goes to miners as everybody’s. Steered: all of it to its own miner, which draws prevent.',
    'Nobody else buys anything, so it has all that work can win. In per cent of the fees; below zero it loses.',
  ],
});

function rowsOf(market: Market, isBootstrap: boolean, feesUnits: bigint): Output['rows'] {
  const whole = String(wholeReturn(market, { isBootstrap, feesUnits }));
  return [
    ...capacitiesBps.map((capacityBps) => {
      const units = (isSteered: boolean) =>
        String(selfDealing(market, { capacityBps, isSteered, isBootstrap, feesUnits }));
      return { capacity: capacityBps / 10_000, isBootstrap, drawnUnits: units(false), steeredUnits: units(true) };
    }),
    { capacity: null, isBootstrap, drawnUnits: whole, steeredUnits: whole },
  ];
}

function grid({ rows, feesUnits }: Output, isBootstrap: boolean): string[] {
  const shown = (units: string) => `${signed(units)} units, ${percent(Number(units) / Number(feesUnits))}`;
  return table(
    ['capacity', 'drawn', 'steered'],
    rows
      .filter((row) => row.isBootstrap === isBootstrap)
      .map(({ capacity, drawnUnits, steeredUnits }) => [
        capacity === null ? 'every role its own' : percent(capacity),
        shown(drawnUnits),
        shown(steeredUnits),
      ]),
  );
}

function signed(units: string): string {
  const amount = BigInt(units);
  return amount < 0n ? `-${formatUnits(-amount)}` : formatUnits(amount);
}

function percent(value: number): string {
  return `${Number((value * 100).toFixed(2))} %`;
}

/** The network that was asked: a preset, the node, or the genesis of the data directory where no node runs. */
async function marketOf(invocation: Invocation<Input>): Promise<{ source: string; market: Market }> {
  const { preset, model: index } = invocation.input;
  if (preset !== undefined) {
    const market = { ...defaultMarket, params: presetParams(preset, devnetParams) };
    return { source: `a new network of the preset ${preset}`, market };
  }
  const genesis = invocation.isNodeNamed ? null : await readGenesisFile(join(invocation.dataDir, dataFiles.genesis));
  const running = await marketOfNode(invocation, index).catch((error: unknown) => {
    const { exit, message } = failureOf(error);
    if (exit !== 'unreachable') throw error;
    if (genesis === null) throw new CliError(exit, `${message} Or name a preset with --preset.`);
    return null;
  });
  if (running !== null) return running;
  const model = genesis?.models[index];
  const splits = model && genesis?.domains[model.domain];
  if (genesis === null || model === undefined || splits === undefined) throw noModel(index);
  const market = { params: genesis.params, splits, royaltyBps: model.royaltyBps };
  return { source: `the genesis in ${invocation.dataDir}`, market };
}

async function marketOfNode(invocation: Invocation<Input>, index: number): Promise<{ source: string; market: Market }> {
  const client = invocation.client();
  const params = await client.getParams();
  const [model] = (await client.getModels({ from: index, limit: 1 })).items;
  if (model === undefined) throw noModel(index);
  const { items, height } = await client.getDomains({ from: model.domain, limit: 1 });
  const epoch = Math.floor((height + 1) / params.epochBlocks);
  const splits = items[0]?.terms.findLast(({ fromEpoch }) => fromEpoch <= epoch);
  if (splits === undefined) throw noModel(index);
  return { source: `the network at ${invocation.nodeUrl()}`, market: { params, splits, royaltyBps: model.royaltyBps } };
}

const noModel = (index: number) =>
  new CliError('notFound', `There is no model ${index}; \`assay list models\` lists them.`);
