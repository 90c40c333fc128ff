import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createClient, type NodeCondition } from '@assay/client';
import { EchoGateway } from '@assay/node/http/echo-gateway.fixture';
import { startHttpServer } from '@assay/node/http/server';
import { SmallChain, TwoRoles } from '@assay/node/http/small-chain.fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { minerStatusCommand } from './commands/miner-status.ts';
import { minerStatusLines } from './miner-lines.ts';
import { minerStatuses } from './miner-status.ts';
import { runProgram } from './program.ts';

class Changed extends TwoRoles {
  readonly #change: (condition: NodeCondition) => NodeCondition;

  constructor(change: (condition: NodeCondition) => NodeCondition) {
    super();
    this.#change = change;
  }

  override condition(): NodeCondition {
    return this.#change(super.condition());
  }
}

async function nodeOf(change: (condition: NodeCondition) => NodeCondition = (condition) => condition) {
  const parts = { chat: new EchoGateway(), node: new SmallChain(), roles: new Changed(change) };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    adminToken: '',
    onRequestError: () => {},
    ...parts,
  });
  onTestFinished(() => server.stop());
  return server.url;
}

async function assay(url: string, ...words: string[]) {
  const terminal = { out: new PassThrough(), note: new PassThrough() };
  const environment = { ASSAY_HOME: join(tmpdir(), 'no-such-home'), ASSAY_API: url };
  const code = await runProgram(['miner', 'status', ...words], { terminal, environment });
  const [out, note] = [terminal.out, terminal.note].map((stream) => String(stream.read() ?? ''));
  return { code, out: out ?? '', note: note ?? '' };
}

describe('assay miner status §20.6.1', () => {
  it('shows each miner of the node, its steps, and the reasons with what to do', async () => {
    const url = await nodeOf();
    const { code, out } = await assay(url);
    expect(code).toBe(0);
    expect(out).toMatch(/^miner-0, assay1\w+\n {2}✓ online {6}running\n {2}✓ registered {2}miner 0, active\n/);
    expect(out).toMatch(/\n {2}compared +not known here/);
    expect(out).toMatch(/\n {2}open cases +2: `assay case show 2`\n/);
    expect(out).toMatch(/\n {2}1\. It is new\.\n$/);
    expect(minerStatusCommand.output.parse(JSON.parse((await assay(url, '--json')).out))).toMatchObject({
      miners: [{ name: 'miner-0', miner: { index: 0 }, hindrances: [{ code: 'trialPeriod' }] }],
    });
  });

  it('looks at a miner of another node, and says what only that one knows', async () => {
    const { out } = await assay(await nodeOf(), '--miner', '1');
    expect(out).toMatch(/\n {2}\? online {6}another node runs it\n {2}✓ registered {2}miner 1/);
    expect((await assay(await nodeOf(), '--miner', '7')).note).toBe('Not found. No miner has this index.\n');
  });

  it('says that a model is being loaded, and that a registration is still to come', async () => {
    const cure = 'Look what it waits for.';
    const hindrances = [{ code: 'notRegistered' as const, sentence: 'The chain has no miner with this key.', cure }];
    const url = await nodeOf((condition) => ({
      ...condition,
      isCurrent: false,
      lagBlocks: 9,
      roles: condition.roles.map((role) => ({ ...role, running: false, index: null, isLoading: true, hindrances })),
    }));
    const { out } = await assay(url);
    expect(out).toContain('This node is catching up: 9 blocks behind; what follows is as of block');
    expect(out).toMatch(/✗ online {6}loading its model\n {2}✗ registered {2}not yet\n {2}Its model is being loaded\./);
    expect(out).toMatch(/1\. The chain has no miner with this key\.\n {5}Look what it waits for\.\n$/);
  });

  it('says what settled epochs paid, and nothing where there are none', async () => {
    const found = await minerStatuses(createClient({ baseUrl: await nodeOf() }), 0);
    const income = { epochs: [{ epoch: 4, units: '1' }], leastUnits: '1', mostUnits: '1' };
    const lines = (each: Partial<(typeof found.miners)[number]>) =>
      minerStatusLines({ ...found, miners: found.miners.map((miner) => ({ ...miner, ...each })) }).join('\n');
    expect(lines({ income })).toContain(
      '0.000000001 units an epoch, in the one settled epoch, 4; no promise of the next',
    );
    const two = [...income.epochs, { epoch: 5, units: '3' }];
    expect(lines({ income: { ...income, epochs: two, mostUnits: '3' } })).toContain(
      '0.000000001 to 0.000000003 units an epoch, in 2 settled epochs, 4 to 5;',
    );
    expect(lines({ income: null })).toContain('not known: no epoch is settled since it came');
  });

  it('tells a node without a miner from one with it', async () => {
    const url = await nodeOf((condition) => ({ ...condition, roles: [] }));
    const { code, note } = await assay(url);
    expect(code).toBe(4);
    expect(note).toContain('This node runs no miner. `assay join INVITATION` makes one');
  });
});
