import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineFacts } from '@assay/node/doctor/diagnose';
import { dataFiles } from '@assay/node/host/data-files';
import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { readNodeFile } from '../location.ts';

const input = z.object({ invitation: z.string().optional() });
type Input = z.infer<typeof input>;

const output = z.object({
  isFit: z.boolean(),
  findings: z.array(
    z.object({
      check: z.enum(['node', 'disk', 'memory', 'model', 'ports', 'peers', 'clock', 'cometbft', 'validators']),
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
  options: [],
  input,
  output,
  run: async (invocation) => {
    const { diagnose, isFit } = await import('@assay/node/doctor/diagnose');
    const findings = diagnose(await factsOf(invocation));
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

async function factsOf({ input: { invitation }, dataDir, home, terminal }: Invocation<Input>): Promise<MachineFacts> {
  const { lookAtMachine } = await import('@assay/node/doctor/look');
  const { parseInvitation } = await import('@assay/node/host/invitation');
  const given = invitation === undefined ? null : parseInvitation(invitation).peers;
  const onProgress = (line: string) => terminal.note.write(`${line}\n`);
  const common = { dataDir, model: null, listen: [], peers: given ?? [], blockTimeMs: 500, onProgress };
  if (!existsSync(join(dataDir, dataFiles.config))) return lookAtMachine(common);
  const { listenedAt, readNodeConfig } = await import('@assay/node/host/config');
  const { readGenesisFile } = await import('@assay/node/host/genesis-file');
  const { chooseModel } = await import('@assay/node/join/choose-model');
  const config = await readNodeConfig(dataDir);
  const genesis = await readGenesisFile(join(dataDir, dataFiles.genesis));
  const { engine, roles, backend, peers } = config;
  const isRunning = readNodeFile(dataDir) !== null;
  const wish = {
    domain: roles[0]?.domain ?? 0,
    model: (backend?.kind === 'upstream' ? backend.file : backend?.model) ?? null,
    upstream: backend?.kind === 'upstream' ? backend : null,
    threads: null,
    home,
  };
  return lookAtMachine({
    ...common,
    model: backend === null || genesis === null ? null : chooseModel(genesis, wish).facts,
    // A node that runs holds its own ports.
    listen: isRunning ? [] : listenedAt(config),
    peers: given ?? peers,
    blockTimeMs: genesis?.params.blockTimeMs ?? common.blockTimeMs,
    cometbft: engine.kind === 'cometbft' ? engine.binary : undefined,
    asksComet: engine.kind === 'cometbft' && engine.asksPeers,
  });
}
