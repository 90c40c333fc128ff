import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineFacts, ModelFacts } from '@assay/node/doctor/diagnose';
import { type Finding, findingChecks, isFit } from '@assay/node/doctor/finding';
import type { NodeConfig } from '@assay/node/host/config';
import { dataFiles } from '@assay/node/host/data-files';
import type { Genesis } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { readNodeFile } from '../location.ts';

const input = z.object({ invitation: z.string().optional(), quick: z.boolean().default(false) });
type Input = z.infer<typeof input>;

const output = z.object({
  isFit: z.boolean(),
  findings: z.array(
    z.object({
      check: z.enum(findingChecks),
      result: z.enum(['ok', 'warning', 'failed']),
      text: z.string(),
      cure: z.string().nullable(),
    }),
  ),
});

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Look at this machine, and at the node of a data directory: what is not well, and what to do.',
  arguments: [
    { syntax: '[invitation]', description: 'look at the peers of this network (default: those of config.json)' },
  ],
  options: [{ syntax: '--quick', description: 'neither read the model file whole nor measure how fast it is' }],
  input,
  output,
  run: async (invocation) => {
    const ground = await groundOf(invocation);
    const { diagnose } = await import('@assay/node/doctor/diagnose');
    const machine = diagnose(await machineFacts(invocation, ground));
    const findings = [...machine, ...(await ofNode(invocation, ground)), ...(await ofWork(invocation, ground))];
    return { isFit: isFit(findings), findings };
  },
  print: ({ findings, isFit }) => [
    ...findings.flatMap(({ result, check, text, cure }) => {
      return [`${marks[result]} ${check}: ${text}`, ...(cure === null ? [] : [`  ${cure}`])];
    }),
    isFit ? 'A node can run here.' : 'A node cannot run here yet.',
  ],
  exit: ({ isFit }) => (isFit ? 'ok' : 'failure'),
});

const marks = { ok: '✓', warning: '!', failed: '✗' } as const;

/** What the data directory says of its node. */
interface Ground {
  readonly config: NodeConfig | null;
  readonly genesis: Genesis | null;
  /** What is served or checked with; null where a server has it, or nothing is. */
  readonly model: ModelFacts | null;
}

async function groundOf({ dataDir, home }: Invocation<Input>): Promise<Ground> {
  const { readNodeConfig } = await import('@assay/node/host/config');
  const { readGenesisFile } = await import('@assay/node/host/genesis-file');
  const { chooseModel } = await import('@assay/node/join/choose-model');
  const config = existsSync(join(dataDir, dataFiles.config)) ? await readNodeConfig(dataDir) : null;
  const genesis = await readGenesisFile(join(dataDir, dataFiles.genesis));
  // The default network has no configuration: it serves what its genesis names.
  const backend = config === null ? { kind: 'file' as const, model: null } : config.backend;
  if (genesis === null || backend === null) return { config, genesis, model: null };
  const wish = {
    domain: config?.roles[0]?.domain ?? 0,
    model: (backend.kind === 'upstream' ? backend.file : backend.model) ?? null,
    upstream: backend.kind === 'upstream' ? backend : null,
    threads: null,
    home,
  };
  const { facts } = chooseModel(genesis, wish);
  // Of the default network nobody but `up` says whether a server serves, or which file.
  return { config, genesis, model: config === null && facts?.problem !== null ? null : facts };
}

async function machineFacts(
  { input: { invitation }, dataDir, terminal }: Invocation<Input>,
  { config, genesis, model }: Ground,
): Promise<MachineFacts> {
  const { lookAtMachine } = await import('@assay/node/doctor/look');
  const { parseInvitation } = await import('@assay/node/host/invitation');
  const given = invitation === undefined ? null : parseInvitation(invitation).peers;
  const onProgress = (line: string) => terminal.note.write(`${line}\n`);
  const blockTimeMs = genesis?.params.blockTimeMs ?? 500;
  const common = { dataDir, model, listen: [], peers: given ?? [], blockTimeMs, onProgress };
  if (config === null) return lookAtMachine(common);
  const { listenedAt } = await import('@assay/node/host/config');
  const { engine, peers } = config;
  return lookAtMachine({
    ...common,
    // A node that runs holds its own ports.
    listen: readNodeFile(dataDir) === null ? listenedAt(config) : [],
    peers: given ?? peers,
    cometbft: engine.kind === 'cometbft' ? engine.binary : undefined,
    asksComet: engine.kind === 'cometbft' && engine.asksPeers,
  });
}

/** Keys, deposits and who dials whom; nothing of a directory that holds no node. */
async function ofNode(invocation: Invocation<Input>, { config, genesis }: Ground): Promise<Finding[]> {
  const { dataDir, environment, isNodeNamed } = invocation;
  if (genesis === null) return [];
  const { lookAtFunds, lookAtKeys } = await import('@assay/node/doctor/look-node');
  const { depositOf, diagnoseFunds, diagnoseKeys, diagnoseReach } = await import('@assay/node/doctor/diagnose-node');
  const { passphraseFrom } = await import('@assay/node/keys/keystore');
  const isUsual = environment['ASSAY_PASSPHRASE'] === undefined;
  const keys = await lookAtKeys(dataDir, passphraseFrom(environment), isUsual);
  const isThere = isNodeNamed || readNodeFile(dataDir) !== null;
  const funds = isThere ? await lookAtFunds(invocation.client()) : null;
  const [role] = config?.roles ?? [];
  return [
    diagnoseKeys(keys),
    ...diagnoseFunds(funds, role === undefined ? null : depositOf(genesis, role)),
    ...diagnoseReach(config?.roles ?? []),
  ];
}

async function ofWork({ input: { quick } }: Invocation<Input>, { config, genesis, model }: Ground): Promise<Finding[]> {
  // A node that computes nothing needs no engine.
  if (config !== null && config.backend === null) return [];
  const { lookAtWork } = await import('@assay/node/doctor/look-work');
  const { diagnoseWork } = await import('@assay/node/doctor/diagnose-work');
  const { toHex } = await import('@assay/ssz');
  const facts = await lookAtWork({ path: model?.isHere === true ? model.path : null, isQuick: quick });
  const modelHashes = genesis?.models.map(({ fileHash }) => toHex(fileHash)) ?? null;
  const upstreamUrl = config?.backend?.kind === 'upstream' ? config.backend.url : null;
  return diagnoseWork(facts, { upstreamUrl, modelHashes, deadlines: genesis?.params.deadlines ?? null });
}
