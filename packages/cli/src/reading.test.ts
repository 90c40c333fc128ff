import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { EchoGateway } from '@assay/node/http/echo-gateway.fixture';
import { type HttpServer, startHttpServer } from '@assay/node/http/server';
import { SmallChain, TwoRoles } from '@assay/node/http/small-chain.fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCommand } from './commands/list.ts';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';

let server: HttpServer;
beforeAll(async () => {
  const parts = { chat: new EchoGateway(), node: new SmallChain(), roles: new TwoRoles() };
  server = await startHttpServer({ host: '127.0.0.1', port: 0, adminToken: '', onRequestError: () => {}, ...parts });
});
afterAll(() => server.stop());

const list = (...words: string[]) => assay('list', ...words);

async function assay(...words: string[]) {
  const terminal = { out: new PassThrough(), note: new PassThrough() };
  const environment = { ASSAY_HOME: join(tmpdir(), 'no-such-home'), ASSAY_API: server.url };
  const code = await runProgram(words, { terminal, environment });
  const [out = '', note = ''] = [terminal.out, terminal.note].map((stream) => String(stream.read() ?? ''));
  return { code, out, note };
}

describe('assay params show', () => {
  it('shows all, a group or one, and what each is for', async () => {
    const { out: all } = await assay('params', 'show');
    expect(all).toMatch(/^blockTimeMs +0 +Time from one block to the next\.\nepochBlocks +0 +Blocks in an epoch\.\n/);
    expect(all).toMatch(/\ngovernance\.vetoPpb +0 +From this part/);
    expect((await assay('params', 'show', 'stacks')).out).toMatch(/^stacks\.minersBps +0 +Miners' part/);
    expect((await assay('params', 'show', 'cases.foundation')).out).toBe(
      'cases.foundation  []  Members of the foundation.\n',
    );
    const { out } = await assay('params', 'show', 'stake.mixerMinUnits', '--json');
    expect(JSON.parse(out)).toEqual({ params: '0' });
  });

  it.each(['stake.', 'nothing', 'epochBlocks.0', '__proto__', 'stake.constructor'])('knows no %s', async (path) => {
    const { code, note } = await assay('params', 'show', path);
    expect([code, note]).toEqual([4, `There is no parameter "${path}"; \`assay params show\` lists them.\n`]);
  });
});

describe('assay list', () => {
  it.each([
    ['miners', 3, /^miner +status +level +streak +trust +availability +collateral .*\n +.* operator\n +0 +active +0 /],
    ['mixers', 3, /^mixer +status +stake +duties this period +strikes +owner +reached at\n +0 +active .* –\n/],
    ['oracles', 3, /^oracle +status +stake/],
    ['validators', 3, /^validator +status +stake .* reached at\n/],
    ['gateways', 3, /^gateway +status +stake .* reached at\n/],
    ['domains', 1, /^domain +name +burn +gateways +validators +domain +collateral +fee +announced\n +owner\n +0 /],
    ['models', 1, /^model +name +status +domain +price in .* +context[\s\S]*creator\n +0 +proposed /],
    [
      'profiles',
      1,
      /^profile +model +requests +limit +margin, nats +miner’s engine +auditor’s engine\n +0 +0 +0 +withdrawn/,
    ],
    ['holdings', 1, /^holding +model +shares +offered +price each +backs +holder\n +0 +0 +0 +0 +–/],
    [
      'sessions',
      1,
      /^session +status +model +escrow +spent +redundancy +miners .* for\n +payer\n +0 +open .* all +no +/,
    ],
  ])('shows %s, a row a line, and in JSON', async (what, total, head) => {
    expect((await list(what)).out).toMatch(head);
    const { out } = await list(what, '--json');
    expect(listCommand.output.parse(JSON.parse(out))).toMatchObject({ height: 5, total, names: {} });
  });

  it('shows every field of one', async () => {
    const { out } = await list('miners', '1');
    expect(out).toMatch(/^index +1\noperator +assay1/);
    expect(out).toMatch(/\ncollateral +0\n/);
    expect(out).toMatch(/\nsplit operator +0 %\n/);
    for (const what of ['miners', 'mixers', 'oracles', 'validators', 'gateways', 'domains', 'models', 'sessions']) {
      expect((await list(what, '0')).out).not.toMatch(/[{}[\]]|4294967295|(Micro|Ppb|Ppm|Bps|Milli) /);
    }
  });

  it('shows who staked on a miner, who has a model', async () => {
    expect((await list('miners', '0')).out).toMatch(/\n\nstaker +staked\nassay1\w+ +0\n$/);
    expect((await list('models', '0')).out).toMatch(/\n\nholder +shares of 10000 +backs it with\nassay1\w+ +0 +0\n$/);
    expect((await list('miners', '1')).out).not.toContain('staker  ');
  });

  it('goes on where a page ends', async () => {
    expect((await list('miners', '--limit', '2')).out).toMatch(/… of 3; --from 2 goes on\.\n$/);
    expect((await list('miners', '--from', '3')).out).toBe('There are no miners from 3 on.\n');
  });

  it.each([
    [['people'], 'usage', 'There are lists of miners, mixers,'],
    [['miners', '-1'], 'usage', 'The index takes a whole number from 0 to 4294967295, not "-1".'],
    [['miners', '1e3'], 'usage', 'The index takes a whole number from 0 to 4294967295, not "1e3".'],
    [['miners', '3'], 'notFound', 'There is no 3 among the miners: the chain has 0 to 2.'],
  ] as const)('refuses %j', async (words, exit, sentence) => {
    const { code, note } = await list(...words);
    expect(note).toContain(sentence);
    expect(code).toBe(exitCodes[exit].code);
  });
});
