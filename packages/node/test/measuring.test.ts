import { type LedgerEvent, measurersOf } from '@assay/ledger';
import {
  DataRequest,
  limits,
  type MeasureReport,
  messageTypes,
  Ping,
  Pong,
  type RoleStatus,
  roleStatuses,
  stakeKinds,
  taskStatuses,
} from '@assay/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { KeyStream } from '../src/crypto/key-stream.ts';
import { names } from '../src/devnet/genesis.ts';
import { type Endpoint, StreamLost } from '../src/network/port.ts';
import { receive } from '../src/network/wire.ts';
import { networkAddress, protocols, SigningRoots } from '../src/roles/context.ts';
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

/** What the chain knows of a miner at the end of the next whole epoch. */
async function measuredInEpoch(net: SimulatedNetwork, miner: number): Promise<readonly MeasureReport[]> {
  const { state } = net.engine.ledger;
  const epoch = state.globals.epoch + 1;
  await net.until(() => state.globals.height + 2 === (epoch + 1) * state.params.epochBlocks);
  const row = state.measures.of(miner);
  return row?.epoch === epoch ? row.reports : [];
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
  it('is measured by three mixers in an epoch, once by each, over a restart too (A3, §15.1, §15.2)', async () => {
    const net = await start({ miners: 1 });
    const { measures } = net.engine.ledger.state;
    await net.until(() => measures.of(0) !== undefined);
    for (const isRunning of [false, true]) {
      for (const mixer of [0, 1, 2, 3]) await net.built.roles.set(names.mixer(mixer), isRunning);
    }
    const reports = await measuredInEpoch(net, 0);
    const drawn = measurersOf(net.engine.ledger.state, 0).map(({ mixer }) => mixer);
    expect(reports.map(({ mixer }) => mixer).toSorted()).toEqual(drawn.toSorted());
    for (const { latencyMs, bandwidth, failed } of reports) {
      expect(latencyMs).toBeGreaterThanOrEqual(1);
      expect(bandwidth).toBeGreaterThan(0n);
      expect(failed).toBe(0);
    }
    expect(net.log.filter((line) => /discarded|refused/.test(line))).toEqual([]);
  });

  it('has no bandwidth when one byte is wrong, and no latency when another signs (§15.1, §15.2)', async () => {
    const net = await start({ miners: 2 });
    await impersonate(net, 1, { signsOther: false, sendsOther: true });
    const wrongBytes = await measuredInEpoch(net, 1);
    expect(wrongBytes.map(({ bandwidth, latencyMs }) => [bandwidth, latencyMs > 0])).toEqual(Array(3).fill([0n, true]));
    await impersonate(net, 0, { signsOther: true, sendsOther: false });
    const wrongKey = await measuredInEpoch(net, 0);
    expect(wrongKey.map(({ bandwidth, latencyMs }) => [bandwidth > 0n, latencyMs])).toEqual(Array(3).fill([true, 0]));
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
    expect(await measuredInEpoch(net, 1)).toEqual([]);
  });
});

/** Has so many tasks done and approved by audits. */
async function answerTasks(net: SimulatedNetwork, count: number): Promise<void> {
  const asked: string[] = [];
  for (let seed = 0; seed < count; seed++) asked.push((await net.ask({ seed, maxTokens: 40 })).taskId);
  await net.until(() => asked.every((id) => (net.task(id)?.row.status ?? 0) >= taskStatuses.approved));
}

const manyChallenges = { challenges: { lambdaMilli: 20_000, alpha: 1, bandwidthCap: 125_000_000n } };

describe('challenges', () => {
  it('measure the hash rate of honest miners, which fail none (A2, A3, E3, §15.3)', async () => {
    const net = await start({ miners: 2, params: manyChallenges });
    const { measures } = net.engine.ledger.state;
    await answerTasks(net, 16);
    const ratesOf = (miner: number) => {
      const row = measures.of(miner);
      return [...(row?.reports.map(({ hashRate }) => hashRate) ?? []), ...(row?.hashRates ?? [])];
    };
    const failures: number[] = [];
    let certified = 0;
    const done = net.engine.onBlock(({ result }) => {
      for (const event of result.events) {
        if (event.type === 'minerMeasured') failures.push(event.failed);
        if (event.type === 'taskCertified') certified++;
      }
    });
    await net.until(() => [0, 1].every((miner) => ratesOf(miner).some((rate) => rate > 0n)));
    await net.blocks(32);
    done();
    expect(failures.length).toBeGreaterThan(2);
    expect(failures.every((failed) => failed === 0)).toBe(true);
    expect(certified).toBe(0);
  });

  it('are failed by who serves another model, and most measurers punish it (A10, §8.5, §15.3)', async () => {
    const net = await start({
      miners: 3,
      params: manyChallenges,
      modelOf: (miner) => new SimulatedModel(miner === 1 ? 'cheaper' : 'registered'),
    });
    const { state } = net.engine.ledger;
    const setTo = (status: RoleStatus) =>
      net.send(names.miner(1), 'setRoleStatus', { kind: stakeKinds.miner, role: 1, status: roleStatuses[status] });
    expect(await setTo('paused')).toBe('OK');
    await answerTasks(net, 24);
    expect(await setTo('active')).toBe('OK');
    const punished: LedgerEvent[] = [];
    const failed = new Map<number, number>();
    const done = net.engine.onBlock(({ result }) => {
      for (const event of result.events) {
        if (event.type === 'challengesFailed') punished.push(event);
        if (event.type === 'minerMeasured') failed.set(event.miner, (failed.get(event.miner) ?? 0) + event.failed);
      }
    });
    await net.until(() => punished.length > 0);
    done();
    expect(punished[0]).toMatchObject({ miner: 1 });
    const { epochFailed, failedMicro, rejected } = state.miners.at(1);
    expect([epochFailed + failedMicro > 0, rejected]).toEqual([true, 0]);
    expect([failed.get(0) ?? 0, failed.get(2) ?? 0]).toEqual([0, 0]);
  });
});
