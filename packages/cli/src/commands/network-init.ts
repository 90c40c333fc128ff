import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { settingOption } from '@assay/explain/gov/settings';
import { presetNames } from '@assay/node/presets/presets';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { wholeNumber } from '../inputs.ts';
import { initNetwork } from '../network/init.ts';
import { presetOption } from '../preset-option.ts';
import { profileInput, profileOption } from '../profile-option.ts';
import { upstreamInput, upstreamOf, upstreamOptions } from '../upstream-options.ts';

const standardPort = 4100;
const standardChain = 'assay-local';

const input = z.object({
  dir: z.string({ error: 'Name the directory of the network: --dir DIR.' }),
  validators: wholeNumber('--validators', { min: 1, max: 100 }).default(4),
  mixers: wholeNumber('--mixers', { min: 1, max: 128 }).default(7),
  miners: wholeNumber('--miners', { min: 0, max: 200 }).default(10),
  oracles: wholeNumber('--oracles', { min: 0, max: 64 }).default(3),
  gateways: wholeNumber('--gateways', { min: 0, max: 64 }).default(2),
  engine: z.enum(['cometbft', 'embedded'], '--engine takes cometbft or embedded.').optional(),
  hosts: z.string().optional(),
  address: z.string().optional(),
  port: wholeNumber('--port', { min: 1024, max: 65_000 }).default(standardPort),
  chain: z
    .string()
    .regex(/^[\w.-]{1,41}$/, '--chain takes a name of up to 41 letters, digits, dots and hyphens.')
    .default(standardChain),
  model: z.string().optional(),
  ...upstreamInput,
  context: wholeNumber('--context', { min: 256, max: 131_072 }).optional(),
  threads: wholeNumber('--threads', { min: 1, max: 1024 }).optional(),
  preset: presetOption.optional(),
  set: settingOption,
  profile: profileInput,
  faucet: z.boolean().default(true),
});
type Input = z.infer<typeof input>;

const output = z.object({
  dir: z.string(),
  chainId: z.string(),
  genesisHash: z.string(),
  engine: z.enum(['cometbft', 'embedded']),
  invitation: z.string(),
  nodes: z.array(
    z.object({ name: z.string(), dir: z.string(), host: z.string().nullable(), roles: z.array(z.string()) }),
  ),
});

export const networkInitCommand = defineCommand({
  name: 'network init',
  summary: 'Write a network of many processes: one genesis, a directory a node with its own keys, cold keys apart.',
  arguments: [],
  options: [
    { syntax: '--dir <DIR>', description: 'where the network is written; empty, or not there' },
    { syntax: '--validators <N>', description: 'how many validators (default 4)' },
    { syntax: '--mixers <N>', description: 'how many mixers (default 7)' },
    { syntax: '--miners <N>', description: 'how many miners (default 10)' },
    { syntax: '--oracles <N>', description: 'how many oracles (default 3)' },
    { syntax: '--gateways <N>', description: 'how many gateways (default 2)' },
    {
      syntax: '--engine <ENGINE>',
      description: 'cometbft, or embedded: one node makes the blocks (default: cometbft where it is)',
    },
    { syntax: '--hosts <FILE>', description: 'machines, one a line as NAME ADDRESS; each gets a directory of its own' },
    {
      syntax: '--address <ADDRESS>',
      description: 'address of this machine for others (default: none but this machine)',
    },
    { syntax: '--port <N>', description: `first port; each node has ten (default ${standardPort})` },
    { syntax: '--chain <NAME>', description: `name of the chain (default ${standardChain})` },
    { syntax: '--model <FILE|NAME>', description: 'a GGUF file, or a model of `assay models list`' },
    ...upstreamOptions,
    { syntax: '--context <TOKENS>', description: 'longest prompt plus answer (default: 2048, with an upstream 8192)' },
    { syntax: '--threads <N>', description: 'threads of each answer of the built-in backend' },
    { syntax: '--preset <NAME>', description: `parameters: ${presetNames.join(', ')}` },
    { syntax: '--set <PATH=VALUE...>', description: 'a parameter, and its value; as often as needed' },
    profileOption,
    { syntax: '--no-faucet', description: 'nobody is given units: for a network whose units are worth something' },
  ],
  input,
  output,
  run: async (invocation) => {
    const { input: asked } = invocation;
    const dir = resolve(asked.dir);
    const { validators, mixers, miners, oracles, gateways, engine, model, context, threads, preset } = asked;
    const wish = {
      dir,
      counts: { validators, mixers, miners, oracles, gateways },
      engine,
      hosts: await hostsOf(asked),
      isSplit: asked.hosts !== undefined,
      firstPort: asked.port,
      chainId: asked.chain,
      hasFaucet: asked.faucet,
      settings: asked.set,
      profiles: asked.profile,
      upstream: upstreamOf(asked),
    };
    const made = await initNetwork({ ...wish, model, context, threads, preset }, invocation);
    const { chainId, genesisHash, invitation, nodes } = made.network;
    return { dir, chainId, genesisHash, engine: made.engine, invitation, nodes };
  },
  print: ({ dir, chainId, nodes, engine, genesisHash, invitation }) => [
    `${chainId}: ${nodes.length} nodes in ${dir}, genesis ${genesisHash}.`,
    engine === 'cometbft'
      ? 'Its validators agree by CometBFT.'
      : 'The node "chain" holds the consensus keys of all validators and makes the blocks; all others follow it.',
    `The keys of owners, creator, payer and foundation are in ${dir}/cold: move them to where nothing runs.`,
    ...(nodes.some(({ host }) => host !== null)
      ? ['Copy each directory to its machine; its README.md says what to do there.']
      : [`Start it: assay network up --dir ${dir}`]),
    'Whoever is to join gets this line:',
    invitation,
  ],
});

async function hostsOf({ hosts, address }: Input) {
  const { parseHosts } = await import('@assay/node/deploy/hosts');
  if (hosts !== undefined && address !== undefined) {
    throw new CliError('usage', 'With --hosts each machine has its own address: leave out --address.');
  }
  if (hosts === undefined) return parseHosts(`here ${address ?? '127.0.0.1'}`);
  try {
    return parseHosts(await readFile(hosts, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined || !('syscall' in (cause as object))) throw cause;
    throw new CliError('usage', `The hosts in ${hosts} cannot be read.`, { cause });
  }
}
