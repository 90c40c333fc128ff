import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { explainCase } from '@assay/explain/case';
import { caseOf, casesOf } from '@assay/explain/case-book';
import { hindrancesOf } from '@assay/explain/earning';
import { hexText, openCaseJson, paramsJson, rowJson } from '@assay/explain/json';
import { isUndecided } from '@assay/ledger';
import { hardFailure, realKeys, World } from '@assay/ledger/fixture';
import { EchoGateway } from '@assay/node/http/echo-gateway.fixture';
import type { PageRequest } from '@assay/node/http/port';
import { startHttpServer } from '@assay/node/http/server';
import { SmallChain, TwoRoles } from '@assay/node/http/small-chain.fixture';
import { openKeystore, passphraseFrom } from '@assay/node/keys/keystore';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { addressText, type Params } from '@assay/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { caseAppealCommand } from './commands/case-appeal.ts';
import { caseDecideCommand } from './commands/case-decide.ts';
import { statusCommand } from './commands/status.ts';
import { runProgram } from './program.ts';
import { RecordedWorld } from './recorded-world.fixture.ts';

const fast = { fast: true };
const { params: usual } = new World().state;
const terms = { gainPpb: 600_000_000, foundationQuorum: 2, reviewEpochs: 1, appealEpochs: 1, appealBondUnits: 5n };

/** A chain of which a miner is asked for a fine, in the answers of a node. */
class CaseChain extends SmallChain {
  readonly world: RecordedWorld;

  constructor(world: RecordedWorld) {
    super();
    this.world = world;
  }

  override status() {
    const { chain, globals, params } = this.world.state;
    const identity = { chainId: chain.chainId, genesisHash: hexText(chain.genesisHash) };
    return {
      ...super.status(),
      ...identity,
      height: globals.height,
      epoch: globals.epoch,
      epochBlocks: params.epochBlocks,
    };
  }
  override params = () => paramsJson(this.world.state.params);
  override account(address: Uint8Array) {
    const index = this.world.state.accountOf(address);
    return index === undefined ? null : rowJson.account(this.world.state.accounts.at(index));
  }
  override openCases = ({ from, limit }: PageRequest) => {
    const { state } = this.world;
    const open = [...state.cases].filter(isUndecided);
    const items = open.slice(from, from + limit).map((row) => openCaseJson(state, row));
    return { height: state.globals.height, total: open.length, items };
  };
  override async submit(transaction: Uint8Array) {
    const { height, transactions, events } = this.world.block(transaction);
    return { code: transactions[0]?.code ?? 'MALFORMED', height, events };
  }
}

/** A miner that failed, a data directory with the keys of its owner and the foundation, and a node. */
async function caseNode(change: Partial<Params['cases']> = {}) {
  const dir = await newDirectory();
  const names = ['member-1', 'member-2', 'owner'];
  const wanted = names.map((name) => ({ name, bls: false }));
  const keys = await openKeystore(join(dir, 'keys.json'), passphraseFrom({}), wanted);
  const addressOf = (name: string) => keys.account(name).address;
  const foundation = names.slice(0, 2).map(addressOf);
  const cases = { ...usual.cases, ...terms, foundation, ...change };
  const world = new RecordedWorld({
    keys: realKeys,
    params: { epochBlocks: 64, cases },
    audit: { newMinerTasks: 100 },
  });
  world.block(world.tx('minerA', 'registerMiner', world.registration({ owner: addressOf('owner') })));
  world.populate();
  world.block(...names.map((name) => world.tx('payer', 'transfer', { to: addressOf(name), amountUnits: 100_000n })));
  const receipt = world.receipt();
  world.certify(receipt);
  world.auditAll(receipt, hardFailure);
  const parts = { chat: new EchoGateway(), node: new CaseChain(world), roles: new TwoRoles() };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    adminToken: '',
    onRequestError: () => {},
    ...parts,
  });
  onTestFinished(() => server.stop());
  const assay = async (...words: string[]) => {
    const terminal = { out: new PassThrough(), note: new PassThrough() };
    const named = [...words, '--data', dir, '--api', server.url];
    const code = await runProgram(named, { terminal, environment: {} });
    const [out, note] = [terminal.out, terminal.note].map((stream) => String(stream.read() ?? ''));
    return { code, out: out ?? '', note: note ?? '' };
  };
  return { world, assay, dir, url: server.url };
}

const statusOf = (world: World) => world.state.cases.at(0).status;

describe('assay case decide', () => {
  it('signs with the key of a member that has not spoken, and says how many agree so far', async () => {
    const { world, assay } = await caseNode();
    const { out } = await assay('case', 'decide', '0', '--fine', '--json');
    const first = caseDecideCommand.output.parse(JSON.parse(out));
    expect(first).toMatchObject({ code: 'OK', fine: 1, dismiss: 0, quorum: 2, members: 2 });
    expect(statusOf(world)).toBe('review');
    const second = await assay('case', 'decide', '0', '--fine');
    expect(second.out).toMatch(/^In block \d+: OK\.[\s\S]*caseExecuted[\s\S]*\nCase 0 is decided\.\n$/);
    expect(statusOf(world)).toBe('executed');
  });

  it('says what it takes either way, and dismisses', async () => {
    const { world, assay } = await caseNode({ foundationQuorum: 1 });
    const refused = await assay('case', 'decide', '0', '--dismiss', '--from', 'member-2');
    expect(refused.out).toContain('Case 0: 0 for the fine, 1 against it; 1 of 2 take it, 2 against it dismiss it.');
    await assay('case', 'decide', '0', '--dismiss');
    expect(statusOf(world)).toBe('dismissed');
  });

  it('wants one of both, a case there is, and a member’s key', async () => {
    const { assay } = await caseNode({ foundation: [] });
    expect(await assay('case', 'decide', '0')).toMatchObject({ code: 2, note: 'Say either --fine or --dismiss.\n' });
    expect((await assay('case', 'decide', '0', '--fine', '--dismiss')).code).toBe(2);
    const { code, note } = await assay('case', 'decide', '0', '--fine');
    expect([code, note.includes('has no key of a member')]).toEqual([4, true]);
    const named = await assay('case', 'decide', '0', '--fine', '--from', 'owner');
    expect([named.code, named.note.includes('NOT_FOUNDATION')]).toEqual([5, true]);
  });
});

describe('assay case appeal', () => {
  it('leaves the bond with the key that owns the stake, once the fine is due', async () => {
    const { world, assay } = await caseNode();
    expect((await assay('case', 'appeal', '0')).note).toContain('CASE_NOT_OPEN');
    world.finishEpoch();
    world.finishEpoch();
    expect(statusOf(world)).toBe('pending');
    const { out } = await assay('case', 'appeal', '0', '--json');
    const events = [expect.objectContaining({ type: 'caseAppealed', case: 0 })];
    expect(caseAppealCommand.output.parse(JSON.parse(out))).toMatchObject({ code: 'OK', events });
    expect(world.state.cases.at(0)).toMatchObject({ status: 'review', bondUnits: 5n });
    expect((await assay('case', 'appeal', '7')).note).toContain('There is no undecided case 7');
  });
});

describe('what is undecided', () => {
  it('is named by `assay status`, case by case where a key of a member is', async () => {
    const { world, assay, url } = await caseNode();
    const { out } = await assay('status');
    expect(out).toMatch(
      /\nThe foundation has to decide, and a key of a member is here:\n {2}Case 0 \(hardFailure\) holds /,
    );
    expect(out).toMatch(/else the fine falls due unless its owner appeals \(2 epochs, about 59 s\)/);
    const json = statusCommand.output.parse(JSON.parse((await assay('status', '--json')).out));
    expect(json).toMatchObject({ members: ['member-1', 'member-2'], waiting: [{ id: 0, silence: 'due' }] });
    const terminal = { out: new PassThrough(), note: new PassThrough() };
    await runProgram(['status', '--data', await newDirectory(), '--api', url], { terminal, environment: {} });
    expect(String(terminal.out.read())).toMatch(/\n1 case waits for the foundation, the first for 2 epochs, about/);
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    expect((await assay('status')).out).not.toContain('foundation');
  });

  it('is a reason of the role it is against, with the way to appeal (§20.6)', async () => {
    const { world } = await caseNode();
    const role = { kind: 'miner', index: 0, operator: world.address('minerA'), engine: null } as const;
    const found = () => hindrancesOf(world.state, role).find(({ code }) => code === 'caseOpen');
    expect(found()?.cure).toBe('`assay case show 0` says why; its owner may appeal once it falls due.');
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    expect(found()?.sentence).toMatch(/^Case 0 .* of miner 0: taken at the end of epoch 2 unless its owner appeals\.$/);
    expect(found()?.cure).toContain('its owner appeals with `assay case appeal 0`');
  });
});

describe('assay case show', () => {
  it('shows matter, checks, who accuses, the owner’s other cases, caps, and who decides until when', async () => {
    const { world } = await caseNode();
    const receipt = world.receipt();
    world.certify(receipt);
    world.auditAll(receipt, hardFailure);
    const { result, steps, answer } = await explainCase(world.history, 0, fast);
    const payer = addressText(world.address('payer'));
    expect(result).toMatchObject({ silence: 'due', deadlineEpoch: 1, ofOwner: [1], quorum: 2, status: 'review' });
    expect(result.accusers).toEqual([{ payer, flaw: null, cases: [0, 1] }]);
    expect(steps.map(({ clause }) => clause)).toEqual([
      '§10.4, economics §6.3',
      '§10.4, §10.12, verification §3.5, §4.7',
      '§10.15',
      '§10.6',
      'economics §6.4, economics §6.5',
      '§10.6–§10.8, §10.15',
    ]);
    expect(steps[2]?.facts[0]).toMatchObject({ name: 'payers', value: '1' });
    expect(answer).toContain('`assay case decide 0 --fine` or `--dismiss`');
    expect(answer).toMatch(/`assay explain audit 0x\w+` shows the audit/);
  });

  it('tells a case that fell due, its appeal and the end that silence makes of it (§10.7.1)', async () => {
    const { world, assay } = await caseNode();
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    const due = await explainCase(world.history, 0, fast);
    expect(due.result).toMatchObject({ status: 'pending', silence: 'executed', deadlineEpoch: 2 });
    expect(due.answer).toContain('Its owner can have the foundation decide: `assay case appeal 0`.');
    await assay('case', 'appeal', '0');
    const appealed = await explainCase(world.history, 0, fast);
    expect(appealed.result).toMatchObject({ status: 'review', silence: 'executed' });
    expect(appealed.answer).toContain('else the fine is taken and the bond goes back.');
    for (let epoch = 0; epoch < 6; epoch++) world.finishEpoch();
    const [listed] = await casesOf(world.history, fast);
    expect(listed).toMatchObject({ status: 'executed', open: null });
    const found = await caseOf(world.history, 0, fast);
    expect(found?.record.end?.value).toMatchObject({ type: 'caseExecuted', by: 'time', rewards: [] });
    expect((await explainCase(world.history, 0, fast)).result).toMatchObject({ deadlineEpoch: null, silence: null });
  });
});
