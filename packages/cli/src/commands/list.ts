import {
  type Client,
  Delegation,
  DomainPage,
  GatewayPage,
  Holding,
  HoldingPage,
  MinerPage,
  MixerPage,
  ModelPage,
  type PageOptions,
  ProfilePage,
  pageLimits,
  RolePage,
  SessionPage,
  ValidatorPage,
} from '@assay/client';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { listKeys } from '../data-keys.ts';
import { CliError } from '../failures.ts';
import { wholeNumber } from '../inputs.ts';
import { holderLines, type Kind, type Row, rowLines, rowsTable } from '../rows.ts';

const listed = {
  miners: { page: MinerPage, read: (node, page) => node.getMiners(page) },
  mixers: { page: MixerPage, read: (node, page) => node.getMixers(page) },
  oracles: { page: RolePage, read: (node, page) => node.getOracles(page) },
  validators: { page: ValidatorPage, read: (node, page) => node.getValidators(page) },
  gateways: { page: GatewayPage, read: (node, page) => node.getGateways(page) },
  domains: { page: DomainPage, read: (node, page) => node.getDomains(page) },
  models: { page: ModelPage, read: (node, page) => node.getModels(page) },
  holdings: { page: HoldingPage, read: (node, page) => node.getHoldings(page) },
  profiles: { page: ProfilePage, read: (node, page) => node.getProfiles(page) },
  sessions: { page: SessionPage, read: (node, page) => node.getSessions(page) },
} as const satisfies Record<
  Kind,
  { page: z.ZodType; read: (node: Client, page: PageOptions) => Promise<{ items: readonly Row[] }> }
>;
const kinds = Object.keys(listed) as Kind[];
const index = wholeNumber('The index', { min: 0, max: 2 ** 32 - 1 });

export const listCommand = defineCommand({
  name: 'list',
  summary: `What stands on the chain: ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}; with an index all of one.`,
  arguments: [
    { syntax: '<what>', description: kinds.join(', ') },
    { syntax: '[index]', description: 'its number; shows every field of it' },
  ],
  options: [
    { syntax: '--from <N>', description: 'the first index (default 0)' },
    { syntax: '--limit <N>', description: `at most so many (default ${pageLimits.standard})` },
  ],
  input: z.object({
    what: z.enum(kinds, `There are lists of ${kinds.join(', ')}.`),
    index: index.optional(),
    from: wholeNumber('--from', { min: 0, max: 2 ** 32 - 1 }).default(0),
    limit: wholeNumber('--limit', { min: 1, max: pageLimits.max }).default(pageLimits.standard),
  }),
  output: z.object({
    /** The epoch it is read in. */
    epoch: z.int(),
    /** Of the block that it is read after. */
    height: z.int(),
    /** How many there are in all. */
    total: z.int(),
    items: z.union(kinds.map((kind) => listed[kind].page.shape.items)),
    /** Of one miner or model: what others have in it. */
    holders: z.array(z.union([Delegation, Holding])),
    /** Names of the keys of the data directory that are among the addresses. */
    names: z.record(z.string(), z.string()),
  }),
  run: async (invocation) => {
    const { what, index: one, from, limit } = invocation.input;
    const page = one === undefined ? { from, limit } : { from: one, limit: 1 };
    const answer = await listed[what].read(invocation.client(), page);
    if (one !== undefined && answer.items.length === 0) {
      const there = answer.total === 0 ? 'none of them' : `0 to ${answer.total - 1}`;
      throw new CliError('notFound', `There is no ${one} among the ${what}: the chain has ${there}.`);
    }
    const { epoch } = await invocation.client().getStatus();
    const holders = one === undefined ? [] : await holdersOf(invocation.client(), what, one);
    return { ...answer, epoch, holders, names: await namesOf(invocation) };
  },
  print: ({ items, total, epoch, holders, names }, { what, index: one, from, limit }) => {
    const rows = items as readonly Row[];
    const [first] = rows;
    if (first === undefined) return [`There are no ${what}${total === 0 ? '' : ` from ${from} on`}.`];
    if (one !== undefined) return [...rowLines(first, { epoch, names }), ...holderLines(holders, names)];
    const rest = from + rows.length < total ? [`… of ${total}; --from ${from + limit} goes on.`] : [];
    return [...rowsTable(what, rows, { epoch, names }), ...rest];
  },
});

/** What accounts have in a miner or a model. */
async function holdersOf(node: Client, what: Kind, one: number): Promise<(Delegation | Holding)[]> {
  if (what === 'miners') {
    return (await everyRow((page) => node.getDelegations(page))).filter(({ miner }) => miner === one);
  }
  if (what !== 'models') return [];
  return (await everyRow((page) => node.getHoldings(page))).filter(({ model }) => model === one);
}

async function everyRow<Each>(
  read: (page: { from: number; limit: number }) => Promise<{ total: number; items: Each[] }>,
): Promise<Each[]> {
  const all: Each[] = [];
  for (let from = 0; ; from += pageLimits.max) {
    const { total, items } = await read({ from, limit: pageLimits.max });
    all.push(...items);
    if (from + pageLimits.max >= total) return all;
  }
}

/** The keys of the data directory by their addresses; none where there is no key file that opens. */
async function namesOf({ dataDir, environment }: Invocation<unknown>): Promise<Record<string, string>> {
  const keys = await listKeys(dataDir, environment).catch(() => []);
  return Object.fromEntries(keys.map(({ name, address }) => [address, name]));
}
