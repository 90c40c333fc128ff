import { type LedgerEvent, measuredValues } from '@assay/ledger';
import {
  DataRequest,
  limits,
  messageTypes,
  Ping,
  Pong,
  type RoleStatus,
  roleStatuses,
  SignedAnnouncement,
  stakeKinds,
  taskStatuses,
} from '@assay/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { KeyStream } from '../src/crypto/key-stream.ts';
import { names } from '../src/devnet/genesis.ts';
import { type Endpoint, StreamLost } from '../src/network/port.ts';
import { receive } from '../src/network/wire.ts';
import { networkAddress, protocols, SigningRoots, topics } from '../src/roles/context.ts';
import { SimulatedModel } from './simulated/model.ts';
import { SimulatedNetwork, type SimulatedOptions } from './simulated/network.ts';

let network: SimulatedNetwork | null = null;

async function start(options: SimulatedOptions): Promise<SimulatedNetwork> {
  network = await SimulatedNetwork.start({ ...options, params: { epochBlocks: 16, ...options.params } });
  return network;
}

afterEach(async () => {
  await network?.stop();
  network = null;
});

type Measured = Extract<LedgerEvent, { type: 'minerMeasured' }> & { readonly epoch: number };

/** Everything that is measured from the next epoch on; `until` waits for what is there to hold. */
function watch(net: SimulatedNetwork) {
  const { state } = net.engine.ledger;
  const first = state.globals.epoch + 1;
  const measured: Measured[] = [];
  net.engine.onBlock(({ result }) => {
    const epoch = Math.floor(result.height / state.params.epochBlocks);
    for (const event of result.events) {
      if (event.type === 'minerMeasured' && epoch >= first) measured.push({ ...event, epoch });
    }
  });
  const of = (miner: number) => measured.filter((each) => each.miner === miner);
  return { of, until: (holds: () => boolean) => net.until(holds) };
}

const addressOf = (net: SimulatedNetwork, miner: number) => networkAddress(net.engine.ledger.state.miners.at(miner));

/** Stops a miner and takes its place in the network, with its key. */
async function impersonate(net: SimulatedNetwork, miner: number, line: { signsOther: boolean; sendsOther: boolean }) {
  await net.built.roles.set(names.miner(miner), false);
  const endpoint: Endpoint = net.network.join(addressOf(net, miner));
  const roots = new SigningRoots(net.engine.ledger.state.chain);
  const signer = net.keys.account(names.miner(line.signsOther ? 1 - miner : miner));
  endpoint.handle(protocols.ping, async (stream) => {
    for (let ping = await receive(stream, Ping); ping !== null; ping = await receive(stream, Ping)) {
      const signature = signer.sign(roots.of(messageTypes.ping, Ping, ping));
      await stream.send(Pong.serialize({ signature }));
    }
  });
  endpoint.handle(protocols.data, async (stream) => {
    const request = await receive(stream, DataRequest);
    const bytes = new KeyStream(request?.seed ?? new Uint8Array(32), limits.dataPieceBytes);
    for (let sent = 0; sent < limits.dataBytes; sent += limits.dataPieceBytes) {
      const piece = Uint8Array.from(bytes.next());
      const isLast = sent + limits.dataPieceBytes === limits.dataBytes;
      if (line.sendsOther && isLast) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 1;
      await stream.send(piece);
    }
    stream.close();
  });
}

describe('the line of a miner', () => {
  it('is measured by the mixers that were drawn, once an epoch, over a restart too (A3, §15.1, §15.2)', async () => {
    const net = await start({ miners: 1 });
    const { state } = net.engine.ledger;
    const seen = watch(net);
    await seen.until(() => seen.of(0).length > 0);
    for (const isRunning of [false, true]) {
      for (const mixer of [0, 1, 2, 3]) await net.built.roles.set(names.mixer(mixer), isRunning);
    }
    await seen.until(() => seen.of(0).length >= 6);
    const turns = seen.of(0).map(({ epoch, mixer }) => `${epoch}/${mixer}`);
    expect(new Set(turns).size).toBe(turns.length);
    for (const { latencyMs, bandwidth, failed } of seen.of(0)) {
      expect(latencyMs).toBeGreaterThanOrEqual(1);
      expect(bandwidth).toBeGreaterThan(0n);
      expect(failed).toBe(0);
    }
    expect(measuredValues(state.measures.of(0))).toMatchObject({ hashRate: null, latencyMs: expect.any(Number) });
    expect(net.log.filter((line) => line.includes('DUPLICATE'))).toEqual([]);
  });

  it('has no bandwidth when one byte is wrong, and no latency when another signs (§15.1, §15.2)', async () => {
    const net = await start({ miners: 2 });
    await impersonate(net, 1, { signsOther: false, sendsOther: true });
    await impersonate(net, 0, { signsOther: true, sendsOther: false });
    const seen = watch(net);
    await seen.until(() => [0, 1].every((miner) => seen.of(miner).length >= 3));
    expect(seen.of(1).map(({ bandwidth, latencyMs }) => bandwidth === 0n && latencyMs > 0)).not.toContain(false);
    expect(seen.of(0).map(({ bandwidth, latencyMs }) => bandwidth > 0n && latencyMs === 0)).not.toContain(false);
  });

  it('is not reported of a miner that answers nothing, and shown to no stranger', async () => {
    const net = await start({ miners: 2 });
    const stranger = net.network.join('stranger');
    const ask = async (protocol: string, message: Uint8Array) => {
      const stream = stranger.open(addressOf(net, 0), protocol);
      await stream.send(message);
      return stream.messages.next();
    };
    const nonce = new Uint8Array(32);
    await expect(ask(protocols.ping, Ping.serialize({ miner: 0, nonce }))).rejects.toThrow(StreamLost);
    await expect(ask(protocols.data, DataRequest.serialize({ seed: nonce }))).rejects.toThrow(StreamLost);
    await net.built.roles.set(names.miner(1), false);
    const seen = watch(net);
    await seen.until(() => seen.of(0).length >= 4);
    expect(seen.of(1)).toEqual([]);
  });
});

/** Has so many tasks done and approved by audits. */
async function answerTasks(net: SimulatedNetwork, count: number, from = 0): Promise<void> {
  const asked: string[] = [];
  for (let seed = from; seed < from + count; seed++) asked.push((await net.ask({ seed, maxTokens: 40 })).taskId);
  await net.until(() => asked.every((id) => (net.task(id)?.row.status ?? 0) >= taskStatuses.approved));
}

async function setStatus(net: SimulatedNetwork, miner: number, status: RoleStatus): Promise<void> {
  const change = { kind: stakeKinds.miner, role: miner, status: roleStatuses[status] };
  expect(await net.send(names.miner(miner), 'setRoleStatus', change)).toBe('OK');
}

const manyChallenges = { challenges: { lambdaMilli: 20_000, alpha: 1, bandwidthCap: 125_000_000n } };

describe('challenges', () => {
  it('measure the hash rate of honest miners, which fail none (A2, A3, E3, §15.3)', async () => {
    const net = await start({ miners: 2, params: manyChallenges });
    let certified = 0;
    net.engine.onBlock(({ result }) => {
      certified += result.events.filter(({ type }) => type === 'taskCertified').length;
    });
    const seen = watch(net);
    const isMeasured = () => [0, 1].every((miner) => seen.of(miner).some(({ hashRate }) => hashRate > 0n));
    let asked = 0;
    // An answer is asked of a miner once, and a task that comes meanwhile has it given up: then others are needed.
    for (; !isMeasured(); asked += 8) {
      await answerTasks(net, 8, asked);
      const { epoch } = net.engine.ledger.state.globals;
      await seen.until(() => isMeasured() || net.engine.ledger.state.globals.epoch > epoch + 1);
    }
    expect([...seen.of(0), ...seen.of(1)].every(({ failed }) => failed === 0)).toBe(true);
    // Nothing of it is certified.
    expect(certified).toBe(asked);
  });

  it('are failed by who serves another model, and most measurers punish it (A10, §8.5, §15.3)', async () => {
    const net = await start({
      miners: 3,
      params: manyChallenges,
      modelOf: (miner) => new SimulatedModel(miner === 1 ? 'cheaper' : 'registered'),
    });
    const { state } = net.engine.ledger;
    await setStatus(net, 1, 'paused');
    await answerTasks(net, 24);
    await setStatus(net, 1, 'active');
    const seen = watch(net);
    const punished: number[] = [];
    net.engine.onBlock(({ result }) => {
      for (const event of result.events) if (event.type === 'challengesFailed') punished.push(event.miner);
    });
    await seen.until(() => punished.length > 0);
    expect(new Set(punished)).toEqual(new Set([1]));
    const { epochFailed, failedMicro, rejected } = state.miners.at(1);
    expect([epochFailed + failedMicro > 0, rejected]).toEqual([true, 0]);
    expect([...seen.of(0), ...seen.of(2)].every(({ failed }) => failed === 0)).toBe(true);
  });

  it('are given up when a user’s task comes to the miner, and tell nothing of its speed (§15.3)', async () => {
    const [began, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isArmed = true;
    const slow = new SimulatedModel('registered', async () => {
      if (!isArmed) return;
      isArmed = false;
      began.resolve();
      await released.promise;
    });
    const net = await start({
      miners: 2,
      params: manyChallenges,
      modelOf: (miner) => (miner === 1 ? slow : new SimulatedModel('registered')),
    });
    const announced: number[] = [];
    net.network.join('listener').subscribe(topics.tasks, (message) => {
      const { announcement } = SignedAnnouncement.deserialize(message);
      if (announcement.miner === 1) announced.push(announcement.mixer);
    });
    const seen = watch(net);
    await setStatus(net, 1, 'paused');
    await answerTasks(net, 16);
    await setStatus(net, 0, 'paused');
    const before = announced.length;
    await setStatus(net, 1, 'active');
    await began.promise;
    const { epoch } = net.engine.ledger.state.globals;
    expect((await net.ask()).text).toHaveLength(8);
    released.resolve();
    const mixer = announced[before];
    const reportOf = () => seen.of(1).find((each) => each.mixer === mixer && each.epoch === epoch);
    await seen.until(() => reportOf() !== undefined);
    const report = reportOf();
    expect(report).toMatchObject({ failed: 0, hashRate: 0n });
    expect(report?.owed).toBeGreaterThan(0);
  });
});
